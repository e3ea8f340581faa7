"""Settings: what a site may write, and what it is told when it cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from config.loader import SettingsError, load
from config.model import Settings
from config.problems import Problem
from config.words import words
from tests.config import test_policyfile

MENU = "line.menu.nodes"


def site(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "hotline.toml"
    file.write_text(text, "utf-8")
    return file


def problems(
    tmp_path: Path, text: str, env: Mapping[str, str] | None = None
) -> tuple[Problem, ...]:
    with pytest.raises(SettingsError) as caught:
        load(site(tmp_path, text), env or {})
    return caught.value.problems


# ---- what is shipped ----


def test_the_packaged_settings_are_sound_and_reach_a_human_in_two_presses() -> None:
    line = load(None, {}).line
    assert [language.id for language in line.languages] == [
        "cmn",
        "bo",
        "khg",
        "adx",
        "jya",
        "ii",
        "en",
    ]
    assert {"general", "labour", "marriage", "contract", "aid", "migrant", "veteran"} <= {
        service.id for service in line.services
    }
    start = line.menu.nodes[line.menu.start]
    for first in start.keys.values():
        if first.goto in line.menu.nodes:
            leads = {key.goto for key in line.menu.nodes[first.goto].keys.values()}
            assert leads <= {"queue", "again", line.menu.start}


def test_every_language_and_service_can_be_chosen_or_is_the_default() -> None:
    line = load(None, {}).line
    keys = [key for node in line.menu.nodes.values() for key in node.keys.values()]
    assert {s.id for s in line.services} <= {key.service for key in keys} | {line.default_service}
    assert {x.id for x in line.languages} <= {key.language for key in keys} | {
        line.default_language
    }


def test_packaged_files_say_what_the_model_would_say_without_them() -> None:
    """Two places for one default would drift apart: files and model agree but for the content."""
    loaded, model = load(None, {}), Settings()
    for section in ("sip", "pbx", "store", "web", "targets", "reports", "traffic"):
        assert getattr(loaded, section) == getattr(model, section), section
    for section in ("centre", "hours", "queue", "ring", "wrapup", "rating", "voicemail"):
        assert getattr(loaded.line, section) == getattr(model.line, section), section


# ---- merging ----


def test_a_site_changes_one_key_and_keeps_the_rest(tmp_path: Path) -> None:
    shipped = load(None, {})
    changed = load(site(tmp_path, "[line.queue]\nmax_wait_s = 60\n"), {})
    assert changed.line.queue.max_wait_s == 60.0
    assert changed.line.queue.announce_every_s == shipped.line.queue.announce_every_s
    assert changed.line.services == shipped.line.services


def test_a_list_is_replaced_as_a_whole(tmp_path: Path) -> None:
    text = '[[seats]]\nid = "1"\nname = "一号坐席"\n'
    assert [seat.name for seat in load(site(tmp_path, text), {}).seats] == ["一号坐席"]


def test_the_environment_wins_and_is_read_as_the_field_wants_it(tmp_path: Path) -> None:
    env = {
        "HOTLINE__SIP__PORT": "5090",
        "HOTLINE__LINE__CENTRE__NUMBER": "12348",
        "HOTLINE__LINE__CENTRE__AREA_CODE": "0836",
        "HOTLINE__PBX__MANAGE": "false",
        "HOTLINE__SIP__TRUNKS": '["192.0.2.1", "192.0.2.0/28"]',
        "HOTLINE__STORE__URL": "postgresql://hotline@db/hotline",
        "HOTLINE__LINE__WRAPUP__SECONDS": "0",
        "UNRELATED": "x",
    }
    settings = load(site(tmp_path, "[sip]\nport = 5070\n"), env)
    assert settings.sip.port == 5090
    assert settings.line.centre.number == "12348"
    assert settings.line.centre.area_code == "0836"
    assert settings.pbx.manage is False
    assert settings.sip.trunks == ("192.0.2.1", "192.0.2.0/28")
    assert settings.store.url == "postgresql://hotline@db/hotline"
    assert settings.line.wrapup.seconds == 0.0


def test_the_file_may_be_named_by_the_environment(tmp_path: Path) -> None:
    file = site(tmp_path, "[web]\nport = 18080\n")
    assert load(None, {"HOTLINE_SETTINGS": str(file)}).web.port == 18080


def test_paths_come_back_absolute(tmp_path: Path) -> None:
    settings = load(site(tmp_path, f'[paths]\ndata = "elsewhere"\nprompts = "{tmp_path}"\n'), {})
    assert Path(settings.paths.data).is_absolute()
    assert Path(settings.paths.data).name == "elsewhere"
    assert settings.paths.prompts == str(tmp_path)
    assert settings.paths.asterisk_root == ""


def test_the_version_names_the_lines_content_and_nothing_else(tmp_path: Path) -> None:
    shipped = load(None, {}).line.version
    assert load(site(tmp_path, "[web]\nport = 18080\n"), {}).line.version == shipped
    assert load(site(tmp_path, "[line.wrapup]\nseconds = 5\n"), {}).line.version != shipped
    assert load(site(tmp_path, '[line]\nversion = "2026-11"\n'), {}).line.version == "2026-11"


# ---- every way of being wrong: text, stable code, key, line ----

WRONG: dict[str, tuple[str, str, str, int | None]] = {
    "not toml": ("[sip\n", "not-toml", "", 1),
    "no address out": ('[sip]\noutbound = "no port"\n', "outbound", "sip.outbound", 2),
    "callbacks without a way out": (
        "[line.callbacks]\noffered = true\n",
        "no-way-out",
        "line.callbacks.offered",
        2,
    ),
    "unknown section": ("[sipp]\nport = 1\n", "unknown", "sipp", 1),
    "unknown key": ("[sip]\n\nprot = 5060\n", "unknown", "sip.prot", 3),
    "unknown key in a list": (
        '[[seats]]\nid = "1"\nname = "x"\n[[seats]]\nid = "2"\nname = "y"\nroom = 3\n',
        "unknown",
        "seats[1].room",
        7,
    ),
    "missing key": ('[[seats]]\nid = "1"\n', "missing", "seats[0].name", 1),
    "table expected": ("web = 8080\n", "misfit", "web", 1),
    "list expected": ('[sip]\ntrunks = "127.0.0.1"\n', "misfit", "sip.trunks", 2),
    "table in a list expected": ('seats = ["8001"]\n', "misfit", "seats[0]", 1),
    "text expected": ("[line.centre]\nname = 12348\n", "misfit", "line.centre.name", 2),
    "digits expected": ('[line.centre]\nnumber = "a"\n', "misfit", "line.centre.number", 2),
    "area code expected": (
        '[line.centre]\narea_code = "28"\n',
        "misfit",
        "line.centre.area_code",
        2,
    ),
    "truth expected": ('[pbx]\nmanage = "yes"\n', "misfit", "pbx.manage", 2),
    "number expected": ('[line.ring]\ntimeout_s = "20"\n', "misfit", "line.ring.timeout_s", 2),
    "infinite": ("[line.ring]\ntimeout_s = inf\n", "misfit", "line.ring.timeout_s", 2),
    "negative": ("[line.ring]\nbusy_pause_s = -1\n", "misfit", "line.ring.busy_pause_s", 2),
    "port too high": ("[web]\nport = 65536\n", "misfit", "web.port", 2),
    "port zero": ("[web]\nport = 0\n", "misfit", "web.port", 2),
    "choice": (
        '[[seats]]\nid = "1"\nname = "x"\nprovider = "agency"\n',
        "misfit",
        "seats[0].provider",
        4,
    ),
    "codec": ('[sip]\ncodecs = [\n  "alaw",\n  "mp3",\n]\n', "misfit", "sip.codecs[1]", 4),
    "no codec": ("[sip]\ncodecs = []\n", "empty", "sip.codecs", 2),
    "bad id": ('[[seats]]\nid = "8001 a"\nname = "x"\n', "misfit", "seats[0].id", 2),
    "hour": ('[[line.hours]]\nopen = "8:00"\n', "misfit", "line.hours[0].open", 2),
    "weekday": ("[[line.hours]]\ndays = [1, 8]\n", "misfit", "line.hours[0].days[1]", 2),
    "hours upside down": (
        '[[line.hours]]\nopen = "18:00"\nclose = "08:00"\n',
        "hours",
        "line.hours[0].close",
        3,
    ),
    "time zone": (
        '[line.centre]\ntimezone = "Asia/Chengdu"\n',
        "timezone",
        "line.centre.timezone",
        2,
    ),
    "time zone outside the data": (
        '[line.centre]\ntimezone = "../etc"\n',
        "timezone",
        "line.centre.timezone",
        2,
    ),
    "seat twice": (
        '[[seats]]\nid = "1"\nname = "x"\n\n[[seats]]\nid = "1"\nname = "y"\n',
        "twice",
        "seats[1].id",
        6,
    ),
    "id kept for demonstrations": (
        '[line.centre]\nid = "demo"\n',
        "reserved",
        "line.centre.id",
        2,
    ),
    "default language": (
        '[line]\ndefault_language = "xx"\n',
        "reference",
        "line.default_language",
        2,
    ),
    "default service": ('[line]\ndefault_service = "xx"\n', "reference", "line.default_service", 2),
    "menu start": ('[line.menu]\nstart = "servic"\n', "reference", "line.menu.start", 2),
    "menu target": (
        f'[{MENU}.service.keys]\n1 = {{ goto = "nowhere" }}\n',
        "reference",
        f"{MENU}.service.keys.1.goto",
        2,
    ),
    "menu language": (
        f'[{MENU}.language.keys]\n1 = {{ language = "mandarin" }}\n',
        "reference",
        f"{MENU}.language.keys.1.language",
        2,
    ),
    "menu service": (
        f'[{MENU}.service.keys]\n1 = {{ service = "advice" }}\n',
        "reference",
        f"{MENU}.service.keys.1.service",
        2,
    ),
    "menu prompt": (
        f'[{MENU}.service]\nprompt = "never-recorded"\n',
        "reference",
        f"{MENU}.service.prompt",
        2,
    ),
    "language of prompts": (
        '[[line.languages]]\nid = "cmn"\nname = "x"\nskill = "lang:cmn"\nprompts = "zh"\n'
        f"[{MENU}.language.keys]\n",
        "reference",
        "line.languages[0].prompts",
        5,
    ),
    "welcome prompt": ('[line.menu]\nwelcome = "hello"\n', "reference", "line.menu.welcome", 2),
    "menu key": (
        f'[{MENU}.service.keys]\n10 = {{ goto = "queue" }}\n',
        "misfit",
        f"{MENU}.service.keys.10",
        2,
    ),
    "zero": (
        f'[{MENU}.dialect.keys]\n0 = {{ goto = "again" }}\n',
        "zero",
        f"{MENU}.dialect.keys.0",
        2,
    ),
    "third press": (
        f'[{MENU}.dialect.keys.1]\ngoto = "service"\n',
        "too-deep",
        f"{MENU}.dialect.keys.1.goto",
        2,
    ),
    "endless": (
        f'[{MENU}.service.keys.1]\ngoto = "service"\n',
        "too-deep",
        f"{MENU}.service.keys.1.goto",
        2,
    ),
    "node name": (
        f'[{MENU}.queue]\nprompt = "menu-service"\nkeys = {{}}\n',
        "node-name",
        f"{MENU}.queue",
        1,
    ),
    "voicemail": ("[line.voicemail]\nmin_s = 300\n", "voicemail", "line.voicemail.min_s", 2),
    "port used twice": ("[web]\nport = 8088\n", "port-twice", "web.port", 2),
    "rtp upside down": ("[sip]\nrtp_last = 15000\n", "rtp-range", "sip.rtp_last", 2),
    "redis without a server": ('[redis]\nurl = "redis://"\n', "redis-url", "redis.url", 2),
    "redis by a web address": ('[redis]\nurl = "http://r"\n', "redis-url", "redis.url", 2),
    "redis at no port": ('[redis]\nurl = "redis://r:x/0"\n', "redis-url", "redis.url", 2),
    "rtp over sip": ("[sip]\nrtp_first = 5000\n", "rtp-over-sip", "sip.rtp_first", 2),
    "trunk": ('[sip]\ntrunks = ["carrier.example"]\n', "trunk", "sip.trunks[0]", 2),
    "weights": ("[traffic]\nhours = [1, 2]\n", "weights", "traffic.hours", 2),
    "outbound": ('[sip]\noutbound = "nowhere"\n', "outbound", "sip.outbound", 2),
    "callback without a way out": (
        "[line.callbacks]\noffered = true\n",
        "no-way-out",
        "line.callbacks.offered",
        2,
    ),
    "host": ('[sip]\nhost = "localhost"\n', "host", "sip.host", 2),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named_with_file_line_and_key(tmp_path: Path, name: str) -> None:
    text, code, key, line = WRONG[name]
    found = problems(tmp_path, text)
    file = str(tmp_path / "hotline.toml")
    # A second problem may follow from the first (the other of two equal ports, for one).
    assert (code, file, line) in [(p.code, p.source, p.line) for p in found], found
    for tongue in ("zh-CN", "en"):
        sentences = [p.text(tongue) for p in found if p.code == code and p.source == file]
        assert any(s.startswith(f"{file}:{line}: {key}".rstrip(": ")) for s in sentences), sentences
        assert "{" not in sentences[0].replace("{ ", "")


def test_the_table_above_knows_every_kind_of_problem() -> None:
    kinds = {k.split(".")[2] for k in words("en").entries if k.startswith("settings.problem.")}
    shown = {code for _, code, _, _ in [*WRONG.values(), *test_policyfile.WRONG.values()]}
    ends = {"nobody-speaks", "nobody-serves"}  # tests/queues/test_deadends.py
    files = {"no-file", "no-policy", "key-twice"}  # below, and with the policy files
    assert kinds - shown == files | ends


def test_all_problems_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        '[line]\ndefault_language = "xx"\n[line.queue]\nmax_wait_s = "long"\n'
        "[sip]\nport = 70000\n[web]\nprot = 1\n"
    )
    found = problems(tmp_path, text, {"HOTLINE__STORE__FLUSH_S": "soon"})
    assert [p.line for p in found] == [2, 4, 6, 8, None]
    assert found[-1].source == "$HOTLINE__STORE__FLUSH_S"
    assert len(str(SettingsError(found)).splitlines()) == 5


def test_a_broken_section_hides_no_problem_of_another_and_invents_none(tmp_path: Path) -> None:
    """The services could not be made: nothing is said about references to them."""
    text = '[[line.services]]\nid = 7\nname = "x"\n[sip]\nrtp_last = 15000\n'
    assert [p.code for p in problems(tmp_path, text)] == ["misfit", "rtp-range"]


def test_a_near_miss_is_suggested(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "[line.queue]\nmax_wait = 5\n")
    assert "max_wait_s" in problem.text("en")
    assert "max_wait_s" in problem.text("zh-CN")


def test_a_variable_that_names_nothing_is_reported(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "", {"HOTLINE__WEB__PRT": "1"})
    assert (problem.source, problem.code) == ("$HOTLINE__WEB__PRT", "unknown")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "gone.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load(file, {})
    (problem,) = caught.value.problems
    assert (problem.code, problem.source) == ("no-file", str(file))
    assert str(file) in problem.text("en")


def test_a_site_may_record_prompts_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "zh-CN").mkdir()
    (tmp_path / "zh-CN" / "our-menu.wav").touch()
    text = f'[paths]\nprompts = "{tmp_path}"\n[{MENU}.service]\nprompt = "our-menu"\n'
    assert load(site(tmp_path, text), {}).line.menu.nodes["service"].prompt == "our-menu"


def test_a_caller_may_always_go_back_or_hear_the_question_again(tmp_path: Path) -> None:
    text = f'[{MENU}.service.keys]\n"*" = {{ goto = "language" }}\n"#" = {{ goto = "again" }}\n'
    assert load(site(tmp_path, text), {}).line.menu.nodes["service"].keys["*"].goto == "language"


def test_a_host_name_is_for_an_asterisk_that_somebody_else_runs(tmp_path: Path) -> None:
    text = '[pbx]\nmanage = false\nhost = "asterisk"\n'
    assert load(site(tmp_path, text), {}).pbx.host == "asterisk"


def test_settings_survive_json(tmp_path: Path) -> None:
    settings = load(None, {})
    assert msgspec.json.decode(msgspec.json.encode(settings), type=Settings) == settings
