"""Writes everything our Asterisk reads, from settings, secrets and people's phones.

`render` is pure: same arguments, same texts. Every value that comes from settings or from people
is checked before it gets into a line, so that none can add a line, a section or an application;
what is refused is named by its field. This module must never start, stop or ask Asterisk, except
that `apply_phones` has it read the phones again.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from importlib.resources import files
from ipaddress import ip_address, ip_network
from math import ceil
from pathlib import Path
from string import Template
from typing import Final

import msgspec

from config.model import Settings
from router.phones import is_browser
from telephony.places import Places
from telephony.problem import BadValue, PbxProblem
from telephony.secrets import Secrets

REALM: Final = "hotline-12348"
"""Realm of the phones' digest sign-in; part of every `PhoneAccount.ha1`."""

PHONES_FILE: Final = "pjsip_phones.conf"
OUTBOUND: Final = "trunk-out"
"""The endpoint through which callers are rung back. It takes no calls in: it has no address."""
GENERAL: Final = "general"
"""The fallback queue that always exists."""

CODECS: Final = ("alaw", "ulaw", "g722")

_MODULES: Final = """
    res_timing_timerfd pbx_config res_sorcery_config res_sorcery_memory res_sorcery_astdb
    res_crypto res_http_websocket res_websocket_client res_ari res_ari_model
    res_stasis res_stasis_answer res_stasis_playback res_stasis_recording res_stasis_snoop
    res_stasis_device_state res_ari_applications res_ari_asterisk res_ari_bridges
    res_ari_channels res_ari_device_states res_ari_endpoints res_ari_events res_ari_playbacks
    res_ari_recordings res_ari_sounds app_stasis
    bridge_simple bridge_softmix bridge_holding bridge_native_rtp bridge_builtin_features
    format_pcm format_wav format_sln
    codec_ulaw codec_alaw codec_a_mu codec_g722 codec_resample
    res_musiconhold res_manager_devicestate
    app_exec app_queue app_mixmonitor app_record app_playback app_echo app_stack
    app_dial app_verbose app_senddtmf app_userevent
    func_callerid func_channel func_logic func_strings func_cut func_uri func_timeout
    res_pjproject res_pjsip res_pjsip_pubsub res_pjsip_session res_pjsip_sdp_rtp res_pjsip_registrar
    res_pjsip_authenticator_digest res_pjsip_outbound_authenticator_digest
    res_pjsip_endpoint_identifier_user res_pjsip_endpoint_identifier_ip res_pjsip_caller_id
    res_pjsip_dtmf_info res_pjsip_nat res_pjsip_rfc3326 res_rtp_asterisk chan_pjsip
    res_pjsip_header_funcs res_pjsip_transport_websocket res_srtp res_format_attr_opus
    codec_opus_open_source codec_opus
"""
MODULES: Final = tuple(_MODULES.split())
OPUS: Final = ("codec_opus_open_source", "codec_opus")
"""The codec that browsers like best has one of two names (Debian's, Digium's), or is not there."""
REQUIRED: Final = frozenset(MODULES) - {"res_websocket_client", "res_format_attr_opus", *OPUS}
"""`res_websocket_client` came with Asterisk 22.5; where it is there, `res_ari` needs it."""

_EPOCH: Final = 1767225600
"""2026-01-01 UTC: the fixed day from which the dialplan counts a caller's queue priority."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
# A phone whose name could be somebody's telephone number would take that caller for itself,
# because phones are recognised by name before trunks are by address.
_PHONE = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_OUTBOUND = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):[0-9]{1,5}")
_NUMBER = re.compile(r"[0-9]{3,15}")
_AREA = re.compile(r"(0[0-9]{2,3})?")
_HA1 = re.compile(r"[0-9a-f]{32}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{8,80}")
_PATH = re.compile(r"/[\w ./+@-]*")
_WITHHELD = frozenset({"anonymous", "private", "restricted", "unavailable", "unknown"})
"""What a network writes for a caller who withholds the number."""
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\"<>\\]")


class PhoneAccount(msgspec.Struct, frozen=True):
    """A person's phone. `name` is the SIP account; `ha1` comes from `phone_ha1`."""

    name: str
    ha1: str
    display: str = ""


def phone_ha1(name: str, password: str) -> str:
    """MD5 of `name:realm:password` (RFC 2617 A1): what is kept instead of a phone's password."""
    return hashlib.md5(f"{name}:{REALM}:{password}".encode(), usedforsecurity=False).hexdigest()


def render(
    settings: Settings,
    secrets: Secrets,
    phones: Sequence[PhoneAccount],
    *,
    places: Places,
    modules: Path,
    language: str = "zh-CN",
    absent: Collection[str] = (),
    addresses: Sequence[str] = (),
) -> dict[str, str]:
    """Texts of all configuration files, by name relative to `places.etc`.

    `modules`: the directory with Asterisk's modules; `absent`: modules that are not in it;
    `addresses`: the machine's own, of which browsers are told `sip.public` in their place.
    Raises BadValue naming the field, and PbxProblem naming modules we cannot do without.
    """
    if missing := REQUIRED & frozenset(absent):
        raise PbxProblem("missing-modules", modules=", ".join(sorted(missing)))
    line, sip, pbx = settings.line, settings.sip, settings.pbx
    values = {
        "pbx": _short(_path("paths.data", places.pbx)),
        "recordings": _path("paths.data", places.recordings),
        "modules": _path("paths.asterisk_root", modules),
        "language": _matching("language", language, _NAME, "name"),
        "centre": _matching("line.centre.id", line.centre.id, _NAME, "name"),
        "loads": "\n".join(f"load = {name}.so" for name in MODULES if name not in absent),
        "pbx_host": _address("pbx.host", pbx.host),
        "http_port": str(_port("pbx.http_port", pbx.http_port)),
        "ami_port": str(_port("pbx.ami_port", pbx.ami_port)),
        "ari_user": _user("pbx.ari_user", pbx.ari_user),
        "ami_user": _user("pbx.ami_user", pbx.ami_user),
        "ari_password": _matching("ari_password", secrets.ari_password, _SECRET, "secret"),
        "ami_secret": _matching("ami_secret", secrets.ami_secret, _SECRET, "secret"),
        "app": _matching("pbx.app", pbx.app, _NAME, "name"),
        "sip_bind": _bind(_address("sip.host", sip.host), _port("sip.port", sip.port)),
        "public": _public(sip.public),
        "codecs": ",".join(_codec(codec) for codec in sip.codecs) or _codec(""),
        "media": _media(sip.host),
        "ice": _candidates(sip.public, addresses),
        "realm": REALM,
        "qualify_s": str(sip.qualify_s),
        "trunks": "\n".join(_trunk(n, trunk) for n, trunk in enumerate(sip.trunks, 1)),
        "outbound": _outbound(sip.outbound),
        "number": _matching("line.centre.number", line.centre.number, _NUMBER, "number"),
        "rtp_first": str(_port("sip.rtp_first", sip.rtp_first)),
        "rtp_last": str(_rtp_last(sip.rtp_first, sip.rtp_last)),
        "numbers": "\n".join(
            f"exten => {number},1,Set(HOTLINE_DIALLED={number})\n same => n,Goto(line,s,1)"
            for number in number_forms(line.centre.number, line.centre.area_code)
        ),
        "ring_s": str(ceil(line.ring.timeout_s)),
        "wrapup_s": str(ceil(line.wrapup.seconds)),
        "max_wait_s": str(ceil(line.queue.max_wait_s)),
        "queues": "\n".join(f"[{app_queue(name)}](fallback)" for name in queue_names(settings)),
        "voicemail_max_s": str(line.voicemail.max_s),
        "voicemail_least_s": str(line.voicemail.silence_s + ceil(line.voicemail.min_s)),
        "voicemail_silence_s": str(line.voicemail.silence_s),
        # Record() ends on `#`, with `t` on `*`, with `y` on any key.
        "voicemail_end": {"#": "", "*": "t"}.get(line.voicemail.end_key, "y"),
        "epoch": str(_EPOCH),
        "sounds": _path("paths.data", places.sounds),
        "prompts": _path("paths.data", places.sounds / language),
    }
    texts = {
        template.name.removesuffix(".tmpl"): _Lines(template.read_text("utf-8")).substitute(values)
        for template in files("config.asterisk").iterdir()
        if template.name.endswith(".tmpl")
    }
    texts[PHONES_FILE] = render_phones(phones)
    return texts


def render_phones(phones: Sequence[PhoneAccount]) -> str:
    """The text of `pjsip_phones.conf`, ordered by name. Raises BadValue for any bad account."""
    blocks = []
    seen: set[str] = set()
    for phone in sorted(phones, key=lambda phone: phone.name):
        name = _matching("phone.name", phone.name, _PHONE, "phone")
        reserved = name in _WITHHELD or name.startswith("trunk") or is_browser(name)
        if reserved or name in seen:
            raise BadValue("phone.name", "phone")
        seen.add(name)
        ha1 = _matching("phone.ha1", phone.ha1, _HA1, "ha1")
        # A label on other phones: a name that is odd must not keep the line from opening.
        display = _NOT_SHOWN.sub(" ", phone.display)[:64].replace(";", "\\;")
        blocks.append(
            f"[{name}](Phone)\nauth = {name}\naors = {name}\n"
            f'callerid = "{display}" <{name}>\n'
            f"[{name}](Phone-auth)\nusername = {name}\nmd5_cred = {ha1}\n"
            f"[{name}](Phone-aor)\n"
        )
    return "\n".join(blocks)


def write(texts: Mapping[str, str], etc: Path) -> frozenset[str]:
    """Write the files that differ, each at once or not at all, readable by their owner only.

    Returns the names that changed; `to_reload` says what that means for a running Asterisk.
    """
    etc.mkdir(parents=True, exist_ok=True, mode=0o700)
    changed = set()
    for name, text in texts.items():
        path = etc / name
        data = text.encode()
        try:
            if path.read_bytes() == data:
                continue
        except FileNotFoundError:
            pass
        draft = etc / f".{name}.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        changed.add(name)
    return frozenset(changed)


_RELOADS: Final = {
    PHONES_FILE: "res_pjsip.so",
    "queues.conf": "app_queue.so",
    "extensions.conf": "pbx_config.so",
    "musiconhold.conf": "res_musiconhold.so",
}


def to_reload(changed: frozenset[str]) -> frozenset[str] | None:
    """Modules to reload for these files; None when Asterisk has to be started again."""
    if changed - _RELOADS.keys():
        return None
    return frozenset(_RELOADS[name] for name in changed)


async def apply_phones(
    phones: Sequence[PhoneAccount],
    etc: Path,
    request: Callable[[str, Mapping[str, str]], Awaitable[object]],
) -> bool:
    """Write the phones and have Asterisk read them; False when nothing had changed.

    `request` is `Ami.request`. A phone that was removed is refused from its next request on; its
    talk goes on. Raises BadValue before anything is written, OSError, and what `request` raises.
    """
    if not write({PHONES_FILE: render_phones(phones)}, etc):
        return False
    await request("Reload", {"Module": _RELOADS[PHONES_FILE]})
    return True


def number_forms(number: str, area_code: str) -> tuple[str, ...]:
    """The ways a trunk may write our number: as dialled, with area code, and international."""
    _matching("line.centre.number", number, _NUMBER, "number")
    _matching("line.centre.area_code", area_code, _AREA, "area-code")
    forms = [number, f"86{number}", f"+86{number}"]
    if area_code:
        city = area_code.removeprefix("0")
        forms += [area_code + number, f"86{city}{number}", f"+86{city}{number}"]
    return tuple(forms)


def app_queue(name: str) -> str:
    """Asterisk's name of a fallback queue: `general` alone is taken in its files."""
    return f"q-{name}"


def queue_names(settings: Settings) -> tuple[str, ...]:
    """The fallback queues: `general` and every other one that a service or language names."""
    named: list[tuple[str, str | None]] = [
        *((f"services.{one.id}", one.fallback_queue) for one in settings.line.services),
        *((f"languages.{one.id}", one.fallback_queue) for one in settings.line.languages),
    ]
    names = {
        _matching(f"line.{place}.fallback_queue", queue, _NAME, "name")
        for place, queue in named
        if queue is not None and queue != GENERAL
    }
    return (GENERAL, *sorted(names))


class _Lines(Template):
    """`@{name}`, because `$` is Asterisk's own."""

    delimiter = "@"
    idpattern = "(?!)"
    braceidpattern = "[a-z0-9_]+"


def _media(host: str) -> str:
    """On loopback, sessions would otherwise name an address that cannot be reached."""
    if not ip_address(host).is_loopback:
        return ""
    return f"media_address = {host}\nbind_rtp_to_media_address = yes"


def _public(address: str) -> str:
    """Behind NAT, or in a container, Asterisk's own address means nothing to a phone outside."""
    if not address:
        return ""
    address = _address("sip.public", address)
    return f"external_signaling_address = {address}\nexternal_media_address = {address}"


def _candidates(public: str, addresses: Sequence[str]) -> str:
    """Browsers go by ICE and not by the address that phones are told: they must be told as well."""
    if not public:
        return ""
    public = _address("sip.public", public)
    told = (f"{_address('sip.host', one)} => {public},include_local_address" for one in addresses)
    return "\n".join(["[ice_host_candidates]", *told])


def _trunk(n: int, address: str) -> str:
    try:
        network = ip_network(address)
    except ValueError:
        raise BadValue(f"sip.trunks[{n - 1}]", "address") from None
    name = f"trunk-{n}"
    return (
        f"[{name}](Trunk)\nset_var = HOTLINE_INGRESS={name}\n"
        f"[{name}]\ntype = identify\nendpoint = {name}\nmatch = {network}\n"
    )


def _outbound(address: str) -> str:
    """The way out for callbacks; an IPv6 address stands in brackets."""
    if not address:
        return ""
    _matching("sip.outbound", address, _OUTBOUND, "outbound")
    return (
        f"[{OUTBOUND}](Trunk)\naors = {OUTBOUND}\n"
        f"set_var = HOTLINE_INGRESS={OUTBOUND}\n"
        f"[{OUTBOUND}]\ntype = aor\ncontact = sip:{address}\n"
    )


def _matching(field: str, value: str, pattern: re.Pattern[str], expected: str) -> str:
    if not pattern.fullmatch(value):
        raise BadValue(field, expected)
    return value


def _path(field: str, path: Path) -> str:
    return _matching(field, str(path), _PATH, "path")


def _short(pbx: str) -> str:
    """Asterisk's control socket lies below, and Linux takes 107 bytes for its path."""
    if len(os.fsencode(f"{pbx}/run/asterisk.ctl")) > 107:
        raise BadValue("paths.data", "short-path")
    return pbx


def _user(field: str, name: str) -> str:
    if name == "general":  # the name of the files' own first section
        raise BadValue(field, "name")
    return _matching(field, name, _NAME, "name")


def _address(field: str, host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        raise BadValue(field, "address") from None


def _bind(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _port(field: str, port: int) -> int:
    if not 1 <= port <= 65535:
        raise BadValue(field, "port")
    return port


def _rtp_last(first: int, last: int) -> int:
    """A call in the fallback uses four ports: two legs, RTP and RTCP each."""
    if _port("sip.rtp_last", last) < first + 3:
        raise BadValue("sip.rtp_last", "rtp-range")
    return last


def _codec(name: str) -> str:
    if name not in CODECS:
        raise BadValue("sip.codecs", "codec")
    return name
