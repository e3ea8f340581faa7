"""What Asterisk reads is what the settings say, and nothing that somebody else wanted to add."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import Centre, Line, Paths, Pbx, Queue, Ring, Service, Settings, Sip, Voicemail
from config.words import TONGUES
from telephony.places import Places
from telephony.problem import BadValue, PbxProblem
from telephony.provision import (
    PHONES_FILE,
    PhoneAccount,
    apply_phones,
    number_forms,
    phone_ha1,
    queue_names,
    render,
    render_phones,
    to_reload,
    write,
)
from telephony.secrets import Secrets, kept_secrets

SECRETS = Secrets(ari_password="a" * 32, ami_secret="b" * 32)
HA1 = "0123456789abcdef" * 2


def settings(**changes: Any) -> Settings:
    return msgspec.structs.replace(Settings(paths=Paths(data="/srv/hotline")), **changes)


def rendered(changed: Settings, phones: tuple[PhoneAccount, ...] = ()) -> dict[str, str]:
    return render(
        changed, SECRETS, phones, places=Places.of(changed), modules=Path("/usr/lib/asterisk")
    )


def test_rendering_is_a_function_of_its_arguments() -> None:
    assert rendered(settings()) == rendered(settings())


def test_nothing_is_left_to_fill_in_and_secrets_stay_where_they_belong() -> None:
    texts = rendered(settings())
    assert not [name for name, text in texts.items() if "@{" in text]
    assert [name for name, text in texts.items() if SECRETS.ari_password in text] == ["ari.conf"]
    assert [n for n, text in texts.items() if SECRETS.ami_secret in text] == ["manager.conf"]
    assert SECRETS.ari_password not in repr(SECRETS)


def test_everything_is_under_the_data_directory() -> None:
    directories = re.findall(r"^ast\w+dir => (.*)$", rendered(settings())["asterisk.conf"], re.M)
    assert len(directories) == 12
    outside = [d for d in directories if not d.startswith("/srv/hotline/pbx/")]
    assert outside == ["/usr/lib/asterisk"]


def test_settings_arrive_in_the_files() -> None:
    line = Line(
        centre=Centre(id="lz", number="12348", area_code="0830"),
        services=(Service(id="labour", name="劳动", fallback_queue="labour"),),
        queue=Queue(max_wait_s=90.5),
        ring=Ring(timeout_s=12.2),
        voicemail=Voicemail(max_s=61, silence_s=7, end_key="*"),
    )
    sip = Sip(host="0.0.0.0", port=5071, trunks=("192.0.2.1", "198.51.100.0/24"))
    texts = rendered(settings(line=line, sip=sip, pbx=Pbx(http_port=8099, ami_port=5039, app="x")))
    assert "systemname = lz\n" in texts["asterisk.conf"]
    assert "bindport = 8099\n" in texts["http.conf"]
    assert "port = 5039\n" in texts["manager.conf"]
    assert "bind = 0.0.0.0:5071\n" in texts["pjsip.conf"]
    assert "media_address" not in texts["pjsip.conf"]
    assert "match = 192.0.2.1/32\n" in texts["pjsip.conf"]
    assert "match = 198.51.100.0/24\n" in texts["pjsip.conf"]
    assert "[q-general](fallback)\n[q-labour](fallback)\n" in texts["queues.conf"]
    assert "timeout = 13\n" in texts["queues.conf"]
    dialplan = texts["extensions.conf"]
    assert "exten => 083012348,1," in dialplan
    assert "Stasis(x,caller,${HOTLINE_INGRESS}," in dialplan
    assert "Queue(${FALLBACK_QUEUE},C,,,91)" in dialplan
    assert "Record(${HOTLINE_VOICEMAIL},7,61,kqt)" in dialplan


def test_on_loopback_media_says_an_address_that_can_be_reached() -> None:
    assert "media_address = 127.0.0.1\n" in rendered(settings())["pjsip.conf"]


def test_browsers_are_told_the_public_address_too() -> None:
    """They go by ICE candidates and not by the address that SIP phones are told."""
    changed = settings(sip=Sip(host="0.0.0.0", public="192.0.2.7"))
    texts = render(
        changed, SECRETS, (), places=Places.of(changed), modules=Path("/m"), addresses=("10.0.0.5",)
    )
    candidates = "[ice_host_candidates]\n10.0.0.5 => 192.0.2.7,include_local_address"
    assert candidates in texts["rtp.conf"]
    assert "[ice_host_candidates]" not in rendered(settings())["rtp.conf"]


def test_the_files_are_asked_before_the_memory_and_no_file_has_a_browsers_phone() -> None:
    for kind in ("endpoint", "auth", "aor"):
        places = re.findall(rf"^{kind} = (\w+)", rendered(settings())["sorcery.conf"], re.M)
        assert places == ["config", "memory"]
    with pytest.raises(BadValue, match=r"phone\.name"):
        render_phones((PhoneAccount("web0123456789abcdef0123", HA1),))


def test_phones_are_told_the_public_address_where_there_is_one() -> None:
    texts = rendered(settings(sip=Sip(host="0.0.0.0", public="192.0.2.7")))
    assert "external_signaling_address = 192.0.2.7\n" in texts["pjsip.conf"]
    assert "external_media_address = 192.0.2.7\n" in texts["pjsip.conf"]
    assert "external_" not in rendered(settings())["pjsip.conf"]
    with pytest.raises(BadValue, match=r"sip\.public"):
        rendered(settings(sip=Sip(public="line.example")))


def test_an_ipv6_host_is_bracketed() -> None:
    assert "bind = [::1]:5060\n" in rendered(settings(sip=Sip(host="::1")))["pjsip.conf"]


BAD = ("a]b", "a\nb", "a;b", "a=>b", "", "a b", "a\u2028b", "a,b", "${x}", "a)b", "名")


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("line.centre.id", lambda v: {"line": Line(centre=Centre(id=v))}),
        ("line.centre.number", lambda v: {"line": Line(centre=Centre(number=v))}),
        (
            "line.services.s.fallback_queue",
            lambda v: {"line": Line(services=(Service(id="s", name="s", fallback_queue=v),))},
        ),
        ("sip.host", lambda v: {"sip": Sip(host=v)}),
        ("sip.trunks[1]", lambda v: {"sip": Sip(trunks=("127.0.0.1", v))}),
        ("sip.codecs", lambda v: {"sip": Sip(codecs=("alaw", v))}),
        ("pbx.host", lambda v: {"pbx": Pbx(host=v)}),
        ("pbx.app", lambda v: {"pbx": Pbx(app=v)}),
        ("pbx.ari_user", lambda v: {"pbx": Pbx(ari_user=v)}),
        ("pbx.ami_user", lambda v: {"pbx": Pbx(ami_user=v)}),
    ],
)
def test_no_setting_can_add_a_line(field: str, make: Any, bad: str) -> None:
    with pytest.raises(BadValue) as refused:
        rendered(settings(**make(bad)))
    assert refused.value.field == field
    for tongue in TONGUES:
        said = refused.value.text(tongue)
        assert field in said
        assert not bad or bad not in said or bad in field


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("line.centre.area_code", {"line": Line(centre=Centre(area_code="28"))}),
        ("pbx.ari_user", {"pbx": Pbx(ari_user="general")}),
        ("sip.codecs", {"sip": Sip(codecs=())}),
        ("sip.port", {"sip": Sip(port=0)}),
        ("sip.rtp_last", {"sip": Sip(rtp_first=16000, rtp_last=16002)}),
        ("paths.data", {"paths": Paths(data="/srv/a,b")}),
        ("paths.data", {"paths": Paths(data="/srv/a;b")}),
        ("paths.data", {"paths": Paths(data="/srv/" + "x" * 90)}),
    ],
)
def test_other_values_asterisk_could_not_use(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(BadValue) as refused:
        rendered(settings(**changes))
    assert refused.value.field == field


def test_the_forms_of_a_number() -> None:
    assert number_forms("12348", "028") == (
        "12348",
        "8612348",
        "+8612348",
        "02812348",
        "862812348",
        "+862812348",
    )
    assert number_forms("12348", "") == ("12348", "8612348", "+8612348")


def test_the_general_queue_is_always_there() -> None:
    assert queue_names(settings()) == ("general",)


def test_modules_this_asterisk_lacks_are_left_out_or_named() -> None:
    places = Places.of(settings())
    texts = render(
        settings(), SECRETS, (), places=places, modules=Path("/m"), absent=["res_websocket_client"]
    )
    assert "load = res_ari.so" in texts["modules.conf"]
    assert "res_websocket_client" not in texts["modules.conf"]
    absent = ["app_queue", "app_record"]
    with pytest.raises(PbxProblem, match="app_queue, app_record") as refused:
        render(settings(), SECRETS, (), places=places, modules=Path("/m"), absent=absent)
    assert refused.value.code == "missing-modules"


# ---- phones ----


def test_a_phone_is_endpoint_auth_and_aor() -> None:
    text = render_phones([PhoneAccount("zhang", HA1, "张三")])
    assert "[zhang](Phone)\nauth = zhang\naors = zhang\n" in text
    assert 'callerid = "张三" <zhang>\n' in text
    assert f"md5_cred = {HA1}\n" in text


@pytest.mark.parametrize(
    "name",
    [*BAD, "1001", "13800000001", "Zhang", "anonymous", "Phone", "trunk-1", "-a", "a" * 33],
)
def test_a_phone_needs_a_name_that_no_caller_can_have(name: str) -> None:
    with pytest.raises(BadValue) as refused:
        render_phones([PhoneAccount(name, HA1)])
    assert refused.value.field == "phone.name"


def test_two_phones_of_one_name_are_refused() -> None:
    with pytest.raises(BadValue, match=r"phone\.name"):
        render_phones([PhoneAccount("a", HA1), PhoneAccount("a", HA1)])


@pytest.mark.parametrize("ha1", ["", "secret", HA1.upper(), HA1 + "\n[x]"])
def test_a_phone_needs_a_digest(ha1: str) -> None:
    with pytest.raises(BadValue) as refused:
        render_phones([PhoneAccount("a", ha1)])
    assert refused.value.field == "phone.ha1"


@given(st.text())
def test_a_persons_name_stays_on_its_line(display: str) -> None:
    lines = render_phones([PhoneAccount("a", HA1, display)]).split("\n")
    [callerid] = [line for line in lines if line.startswith("callerid")]
    assert len(lines) == len(render_phones([PhoneAccount("a", HA1)]).split("\n"))
    label = re.fullmatch(r'callerid = "(.*)" <a>', callerid)
    assert label
    assert not re.search(r'["<>]|(?<!\\);', label[1])
    assert len(callerid.splitlines()) == 1


def test_the_digest_is_the_one_of_rfc_2617() -> None:
    # printf '%s' 'a:hotline-12348:b' | md5sum
    assert phone_ha1("a", "b") == "98a23c7506dc1571f58acbb998dcb6c4"


# ---- writing ----


def test_writing_touches_only_what_changed_and_is_for_the_owner_only(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    assert write({"a.conf": "1", "b.conf": "2"}, etc) == {"a.conf", "b.conf"}
    before = (etc / "a.conf").stat().st_ino
    assert write({"a.conf": "1", "b.conf": "三"}, etc) == {"b.conf"}
    assert (etc / "a.conf").stat().st_ino == before
    assert (etc / "b.conf").read_text("utf-8") == "三"
    assert {path.name: path.stat().st_mode & 0o777 for path in etc.iterdir()} == {
        "a.conf": 0o600,
        "b.conf": 0o600,
    }
    assert etc.stat().st_mode & 0o777 == 0o700


def test_what_a_change_means_for_a_running_asterisk() -> None:
    assert to_reload(frozenset()) == frozenset()
    assert to_reload(frozenset({PHONES_FILE, "queues.conf"})) == {"res_pjsip.so", "app_queue.so"}
    assert to_reload(frozenset({PHONES_FILE, "pjsip.conf"})) is None


async def test_phones_are_applied_once(tmp_path: Path) -> None:
    asked: list[tuple[str, dict[str, str]]] = []

    async def request(action: str, fields: Any) -> None:
        asked.append((action, dict(fields)))

    phones = [PhoneAccount("zhang", HA1)]
    assert await apply_phones(phones, tmp_path, request)
    assert not await apply_phones(phones, tmp_path, request)
    assert asked == [("Reload", {"Module": "res_pjsip.so"})]


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secrets.toml"
    made = kept_secrets(path)
    assert kept_secrets(path) == made
    assert made.ari_password != made.ami_secret
    assert re.fullmatch("[0-9a-f]{32}", made.ari_password)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secrets.toml"]


def test_a_file_of_secrets_that_is_not_ours_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text("something = 1\n")
    with pytest.raises(ValueError, match="ari_password"):
        kept_secrets(path)
    assert path.read_text() == "something = 1\n"
