"""The whole hotline for the end-to-end tests: `hotline serve` as a process of its own.

Asterisk, SIP, audio and database are real; only times and prompts are short. The router may be
killed and started again while calls go on. Whatever the tests look at, they look at from outside:
the API, Asterisk's own lists, and the files.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from cases.people import People
from cases.sessions import Sessions
from cases.store import Store, store_url
from config.model import Settings
from hotline.cast import Cast, Player
from hotline.pbx import private_pbx
from hotline.phones import provision
from telephony.pbx import PrivatePbx
from telephony.places import PROJECT, Places
from telephony.tones import write_tone
from tests.pbx import RunningPbx, asterisk_root, free_port
from tests.split.shape import COMMAND, Form, Shape

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

SEATS = ("8001", "8002", "8003", "8004", "8005")
"""At the last of them sits an interpreter."""
SKILLS = {"lang:cmn": 3, "law:general": 3, "law:labour": 3}
INTERPRETS = {"lang:cmn": 3, "lang:ii": 4, "interpreter": 3}


class House:
    """One running line. `start`, `kill` and `stop` are about its processes, most often just one."""

    def __init__(
        self,
        directory: Path,
        line: str = _LINE,
        *,
        form: Form = "together",
        redis: str = "",
        store: str = "",
    ) -> None:
        """Everything it writes is below `directory`; `line` is the line's part of the settings.

        `redis`: its address, for router and screens apart. `store`: the database's; a file else.
        """
        self.data = directory / "data"
        file = directory / "hotline.toml"
        file.write_text(line + _places(directory, self.data), encoding="utf-8")
        env = {"HOTLINE__STORE__URL": store} if store else {}
        self._env = {**os.environ, **env, "HOTLINE_SETTINGS": str(file)}
        self.shape = Shape(file, form, redis=redis, env=env)
        self.settings: Settings = self.shape.router.settings
        self.places = Places.of(self.settings)
        self.players: list[Player] = []
        self.supervisor: Player

    # ---- the processes ----

    def start(self) -> None:
        """Start the router (and, the first time, Asterisk); return when the line is well."""
        self.shape.start()

    def kill(self) -> None:
        """kill -9 of the router: no farewell, no snapshot."""
        self.shape.router.kill()

    def stop(self) -> None:
        """Ctrl-C, as an operator does; ends Asterisk too, whatever state the tests left."""
        try:
            self.shape.stop()
        finally:
            if self.places.etc.exists():
                self.pbx.stop()

    def runs(self) -> bool:
        """Whether the router's process is there."""
        return self.shape.router.runs()

    @property
    def pid(self) -> int:
        """Of the router's process."""
        return self.shape.router.pid

    @property
    def pbx(self) -> PrivatePbx:
        return private_pbx(self.settings)

    def run(self, *argv: str, within_s: float = 150.0) -> tuple[int, str]:
        """Another `hotline` command beside the line; its exit code and what it said."""
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, *argv],
            cwd=PROJECT, env=self._env, stdin=subprocess.DEVNULL, timeout=within_s,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

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

    def hire(self, many: int, *others: Mapping[str, int]) -> None:
        """The supervisor and `many` agents, `agent1` …, with phones that Asterisk lets in; after
        them one for each of the `others`, who can do something else."""
        asyncio.run(self._hire([SKILLS] * many + [*others]))

    async def _hire(self, people_can: Sequence[Mapping[str, int]]) -> None:
        store = await Store.open(store_url(self.settings.store.url, self.places.data))
        try:
            people = People(store)

            async def tell_exchange() -> None:
                assert await provision(self.settings, people), "Asterisk was not told"

            cast = Cast(people, Sessions(store, 24.0), tell_exchange)
            self.supervisor = await cast.add("chief", "班长", "supervisor")
            self.players = [
                await cast.add(f"agent{n}", f"坐席{n}", "seat", skills)
                for n, skills in enumerate(people_can, 1)
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
