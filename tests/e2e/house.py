"""The whole hotline for the end-to-end tests: `hotline serve` as a process of its own.

Asterisk, SIP, audio and database are real; only times and prompts are short. The router may be
killed and started again while calls go on. Whatever the tests look at, they look at from outside:
the API, Asterisk's own lists, and the files.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from cases.people import People
from cases.sessions import Sessions
from cases.store import Store, store_url
from config.loader import load
from config.model import Settings
from hotline.cast import Cast, Player
from hotline.pbx import private_pbx
from hotline.phones import provision
from telephony.pbx import PrivatePbx
from telephony.places import PROJECT, Places
from telephony.tones import write_tone
from tests.pbx import RunningPbx, asterisk_root, free_port

PROMPT_HZ = 2400
"""Every prompt of this line is 0.4 s of this tone."""

_LINE = """
[line.centre]
id = "e2e"

[line.menu.nodes.language]
timeout_s = 1.0
[line.menu.nodes.dialect]
timeout_s = 1.0
[line.menu.nodes.service]
timeout_s = 1.0

[line.queue]
announce_first_s = 600.0
announce_every_s = 600.0

[line.ring]
timeout_s = 2.5
dead_after_s = 1.0
busy_pause_s = 3.0
reject_pause_s = 30.0

[line.wrapup]
seconds = 0.0

[line.rating]
timeout_s = 1.5

[line.voicemail]
max_s = 20
min_s = 1.0
silence_s = 3
"""

_PLACES = """
[sip]
port = {sip}
rtp_first = {rtp}
rtp_last = {rtp_last}
qualify_s = 1

[pbx]
http_port = {http}
ami_port = {ami}
orphan_s = 20.0  # longer than a restart takes on a busy machine
heal_s = 1.0

[web]
port = {web}

[paths]
data = "{data}"
prompts = "{prompts}"
asterisk_root = "{root}"
"""

_COMMAND = "import sys; from hotline.cli import main; sys.exit(main())"

SEATS = ("8001", "8002", "8003", "8004")
SKILLS = {"lang:cmn": 3, "law:general": 3, "law:labour": 3}


class House:
    """One running line. `start`, `kill` and `stop` are about the router's process."""

    def __init__(self, directory: Path, line: str = _LINE) -> None:
        """Everything it writes is below `directory`; `line` is the line's part of the settings."""
        self.data = directory / "data"
        self._file = directory / "hotline.toml"
        self._file.write_text(line + _places(directory, self.data), encoding="utf-8")
        self._env = {**os.environ, "HOTLINE_SETTINGS": str(self._file)}
        self.settings: Settings = load(self._file)
        self.places = Places.of(self.settings)
        self.players: list[Player] = []
        self.supervisor: Player
        self._process: subprocess.Popen[bytes] | None = None

    # ---- the router's process ----

    def start(self, within_s: float = 60.0) -> None:
        """Start the router (and, the first time, Asterisk); return when the line is well."""
        self.data.mkdir(exist_ok=True)
        with (self.data / "serve.out").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _COMMAND, "serve"],
                cwd=PROJECT, env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + within_s
        while not self._well():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the line did not start: {self.said()[-2000:]}")
            threading.Event().wait(0.05)

    def kill(self) -> None:
        """kill -9: no farewell, no snapshot."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Ctrl-C, as an operator does; ends Asterisk too, whatever state the tests left."""
        if self._process is not None and self.runs():
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self.places.etc.exists():
            self.pbx.stop()

    def runs(self) -> bool:
        """Whether the router's process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def pbx(self) -> PrivatePbx:
        return private_pbx(self.settings)

    def run(self, *argv: str, within_s: float = 150.0) -> tuple[int, str]:
        """Another `hotline` command beside the line; its exit code and what it said."""
        done = subprocess.run(
            [sys.executable, "-c", _COMMAND, *argv],
            cwd=PROJECT, env=self._env, stdin=subprocess.DEVNULL, timeout=within_s,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    def said(self) -> str:
        """Everything the router has printed and logged."""
        return (self.data / "serve.out").read_text("utf-8", "replace")

    def _well(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/api/v1/health", timeout=2) as reply:
                return bool(reply.status == 200)
        except (OSError, urllib.error.HTTPError):
            return False

    # ---- where things are ----

    @property
    def address(self) -> str:
        return f"http://{self.settings.web.host}:{self.settings.web.port}"

    @property
    def sip(self) -> str:
        return f"{self.settings.sip.host}:{self.settings.sip.port}"

    @property
    def asterisk(self) -> RunningPbx:
        """Asterisk looked at through its own interfaces."""
        return RunningPbx(settings=self.settings, pbx=self.pbx, sound="")

    # ---- people ----

    def hire(self, many: int, skills: Mapping[str, int] = SKILLS) -> None:
        """The supervisor and `many` agents, `agent1` …, with phones that Asterisk lets in."""
        asyncio.run(self._hire(many, skills))

    async def _hire(self, many: int, skills: Mapping[str, int]) -> None:
        store = await Store.open(store_url(self.settings.store.url, self.places.data))
        try:
            people = People(store)

            async def tell_exchange() -> None:
                assert await provision(self.settings, people), "Asterisk was not told"

            cast = Cast(people, Sessions(store, 24.0), tell_exchange)
            self.supervisor = await cast.add("chief", "班长", "supervisor")
            self.players = [
                await cast.add(f"agent{n}", f"坐席{n}", "seat", skills) for n in range(1, many + 1)
            ]
            await cast.provision()
        finally:
            await store.close()


def _places(directory: Path, data: Path) -> str:
    prompts = directory / "prompts"
    (prompts / "zh-CN").mkdir(parents=True)
    manifest = tomllib.loads((PROJECT / "config" / "prompts" / "manifest.toml").read_text("utf-8"))
    for prompt in manifest["text"]["zh-CN"]:
        write_tone(prompts / "zh-CN" / f"{prompt}.wav", PROMPT_HZ, 0.4)
    rtp = 22000 + free_port(socket.SOCK_DGRAM) % 60 * 100
    return _PLACES.format(
        sip=free_port(socket.SOCK_DGRAM),
        rtp=rtp,
        rtp_last=rtp + 399,
        http=free_port(socket.SOCK_STREAM),
        ami=free_port(socket.SOCK_STREAM),
        web=free_port(socket.SOCK_STREAM),
        data=data,
        prompts=prompts,
        root=asterisk_root(),
    )
