"""The private Asterisk that all tests marked `pbx` share: rendered from settings, started by us.

It has six phones, `phone1` to `phone6`, and for the tests of our clients a manager account that
may do anything and a dialplan context `tests` with parties that answer, press keys and wait. No
watchdog runs unless a test starts one.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from config.model import (
    Centre,
    Line,
    Paths,
    Pbx,
    Queue,
    Ring,
    Service,
    Settings,
    Sip,
    Voicemail,
    Wrapup,
)
from telephony.amiline import AmiLine
from telephony.pbx import PrivatePbx
from telephony.places import PROJECT, Places
from telephony.process import Deadline
from telephony.program import find_program
from telephony.provision import PhoneAccount, phone_ha1
from telephony.secrets import kept_secrets
from telephony.tones import write_tone

_T = TypeVar("_T")

PASSWORD = "only-for-tests"
PHONES: Mapping[str, str] = MappingProxyType({f"phone{n}": PASSWORD for n in range(1, 7)})

PROMPTS = (
    "fallback-wait",
    "fallback-voicemail",
    "voicemail-thanks",
    "voicemail-empty",
    "device-check",
)
"""What the dialplan says without the router."""

_DIALPLAN = """
[tests]
exten => quiet,1,Answer()
 same => n,Wait(60)
exten => keys,1,Answer()
 same => n,Wait(0.3)
 same => n,SendDTMF(57#,50,100)
 same => n,Wait(60)
"""


@dataclass(frozen=True)
class RunningPbx:
    """What a test needs to know of the running Asterisk."""

    settings: Settings
    pbx: PrivatePbx
    sound: str
    """A second of silence, without its extension."""
    ami_username: str = "tests"
    ami_secret: str = "ami-secret"
    """An account with all rights; `secrets.ami_secret` is the product's own."""

    @property
    def phones(self) -> Mapping[str, str]:
        """Account → password."""
        return PHONES

    @property
    def secrets(self) -> Any:
        return self.pbx.secrets

    @property
    def places(self) -> Places:
        return self.pbx.places

    @property
    def host(self) -> str:
        return self.settings.pbx.host

    @property
    def ami_port(self) -> int:
        return self.settings.pbx.ami_port

    @property
    def ari_url(self) -> str:
        return f"http://{self.host}:{self.settings.pbx.http_port}/ari"

    @property
    def ari_username(self) -> str:
        return self.settings.pbx.ari_user

    @property
    def ari_password(self) -> str:
        return str(self.secrets.ari_password)

    @property
    def sip(self) -> str:
        """`host:port` for phones and callers."""
        return f"{self.settings.sip.host}:{self.settings.sip.port}"

    def ari(self, method: str, path: str) -> Any:
        """One blocking ARI request, for looking on from outside; the body as Python data."""
        token = base64.b64encode(f"{self.ari_username}:{self.ari_password}".encode()).decode()
        request = urllib.request.Request(
            f"{self.ari_url}/{path}", method=method, headers={"Authorization": f"Basic {token}"}
        )
        with urllib.request.urlopen(request, timeout=5) as reply:
            body = reply.read()
        return json.loads(body) if body else None

    def log(self) -> str:
        """Everything Asterisk has logged so far."""
        return (self.places.log / "messages").read_text("utf-8", "replace")

    def left_behind(self) -> list[str]:
        """Channels and bridges that still exist."""
        return [
            f"{kind} {thing['id']} {thing.get('name', '')}"
            for kind in ("channels", "bridges")
            for thing in self.ari("GET", kind)
        ]


def start_pbx(data: Path, **changes: Any) -> RunningPbx:
    """Start an Asterisk on free ports with its data in `data`. `changes` replace settings."""
    settings = test_settings(data, **changes)
    places = Places.of(settings)
    places.moh.mkdir(parents=True)
    write_tone(places.moh / "hold.wav", 300, 5)
    spoken = places.sounds / "zh-CN"
    spoken.mkdir(parents=True)
    for prompt in (*(spoken / name for name in PROMPTS), places.sounds / "beep"):
        prompt.with_suffix(".alaw").write_bytes(b"\xd5" * 800)  # a tenth of a second of silence
    second = data / "second"
    second.with_suffix(".sln").write_bytes(bytes(16000))
    pbx = PrivatePbx(settings, kept_secrets(places.secrets), places, find_program(settings, places))
    pbx.start(accounts(PHONES), watchdog=False)
    running = RunningPbx(settings=settings, pbx=pbx, sound=str(second))
    try:
        _add_test_parts(running)
    except BaseException:
        pbx.stop()
        raise
    return running


def test_settings(data: Path, **changes: Any) -> Settings:
    """Small times and free ports; two checkouts can test side by side."""
    rtp = 20000 + free_port(socket.SOCK_DGRAM) % 100 * 100
    settings = Settings(
        line=Line(
            centre=Centre(id="test"),
            services=(
                Service(id="general", name="综合"),
                Service(id="labour", name="劳动", fallback_queue="labour"),
            ),
            queue=Queue(max_wait_s=20.0),
            ring=Ring(timeout_s=5.0),
            wrapup=Wrapup(seconds=0.0),
            voicemail=Voicemail(max_s=6, min_s=1.0, silence_s=3),
        ),
        sip=Sip(
            outbound=f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}",
            port=free_port(socket.SOCK_DGRAM),
            rtp_first=rtp,
            rtp_last=rtp + 399,
            qualify_s=1,
        ),
        pbx=Pbx(
            http_port=free_port(socket.SOCK_STREAM),
            ami_port=free_port(socket.SOCK_STREAM),
            orphan_s=1.0,
        ),
        paths=Paths(data=str(data), asterisk_root=asterisk_root()),
    )
    return msgspec.structs.replace(settings, **changes)


# Not a test, whatever pytest thinks of its name.
test_settings.__test__ = False  # type: ignore[attr-defined]


def accounts(phones: Mapping[str, str]) -> list[PhoneAccount]:
    return [PhoneAccount(name, phone_ha1(name, password)) for name, password in phones.items()]


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def until(look: Callable[[], _T], within_s: float = 5.0) -> _T:
    """Look every 20 ms until there is something true to see; the last look, whatever it saw."""
    deadline = time.monotonic() + within_s
    while not (seen := look()) and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    return seen


def asterisk_root() -> str:
    """The root that `scripts/test` names, else the checkout's own, else Asterisk on PATH."""
    named = os.environ.get("HOTLINE__PATHS__ASTERISK_ROOT", "")
    own = PROJECT / "var" / "asterisk-root"
    return named or (str(own) if own.is_dir() else "")


def _add_test_parts(running: RunningPbx) -> None:
    etc, settings = running.places.etc, running.settings.pbx
    with (etc / "extensions.conf").open("a") as file:
        file.write(_DIALPLAN)
    with (etc / "manager.conf").open("a") as file:
        file.write(f"\n[{running.ami_username}]\nsecret = {running.ami_secret}\n")
        file.write("read = all\nwrite = all\n")
    deadline = Deadline(10.0)
    line = AmiLine(
        settings.host, settings.ami_port, settings.ami_user, running.secrets.ami_secret, deadline
    )
    with line:
        line.ask("Reload", Module="pbx_config.so")
        line.ask("Reload", Module="manager")
