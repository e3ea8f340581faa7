"""Looks after callers whom a dead router left waiting: a process of its own, beside Asterisk.

    python -m telephony.watchdog FILE

Once a second it asks Asterisk for the router's sign of life. When there was none for `orphan_s`
seconds, waiting callers are redirected to the dialplan's fallback and leftovers are swept
(`telephony.orphans`), again and again until a router is back. Started and stopped by
`telephony.pbx`; it outlives the router and bears Asterisk's restarts. While there is a router it
must do nothing at all.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from telephony.ami import Ami
from telephony.ari import Ari
from telephony.faults import AmiRefused, AriRefused, PbxFault
from telephony.heartbeat import VARIABLE
from telephony.orphans import sweep
from telephony.secrets import kept_secrets

log = structlog.get_logger(__name__)

_LOOK_S = 1.0
_APART_S = 0.05
"""Between two callers; more than the odd frame by which two playbacks of one prompt differ."""


class Task(msgspec.Struct, frozen=True):
    """What the watchdog is told; `telephony.pbx` writes it. Paths are absolute."""

    host: str
    http_port: int
    ami_port: int
    app: str
    ari_user: str
    ami_user: str
    orphan_s: float
    secrets: str
    pid_file: str


class Absence:
    """For how long there has been no new sign of life. Seconds of any clock that only grows."""

    def __init__(self, orphan_s: float) -> None:
        self._orphan_s = orphan_s
        self._sign = ""
        self._since: float | None = None

    def seen(self, sign: str, now: float) -> bool:
        """Take note of the variable's value; True when the router counts as gone.

        An empty value means that this Asterisk never had a router: nobody can be inside its
        application, and the counting starts over.
        """
        if not sign or sign != self._sign or self._since is None:
            self._sign, self._since = sign, now
        return bool(sign) and now - self._since >= self._orphan_s

    def lost(self) -> None:
        """Asterisk did not answer: a router cannot have reached it either, so count afresh."""
        self._since = None


class Watchdog:
    """One Asterisk, one application."""

    def __init__(self, ari: Ari, ami: Ami, app: str, orphan_s: float) -> None:
        self._ari = ari
        self._ami = ami
        self._app = app
        self._absence = Absence(orphan_s)
        self._gone = False

    async def run(self) -> None:
        """Look once a second, until cancelled."""
        now = asyncio.get_running_loop().time
        while True:
            try:
                await self.look(now())
            except PbxFault as fault:
                self._absence.lost()
                log.info("asterisk out of reach", fault=type(fault).__name__)
            await asyncio.sleep(_LOOK_S)

    async def look(self, now: float) -> None:
        """One look. Raises PbxFault when Asterisk cannot be asked."""
        answer = await self._ari.get("asterisk", "variable", query={"variable": VARIABLE})
        gone = self._absence.seen(answer["value"], now)
        if gone != self._gone:
            self._gone = gone
            log.warning("router gone" if gone else "router back")
        if gone:
            await self._sweep()

    async def _sweep(self) -> None:
        channels, bridges = await asyncio.gather(
            self._ari.get("channels"), self._ari.get("bridges")
        )
        todo = sweep(self._app, channels, bridges)
        # What vanished meanwhile is not an error: callers hang up when they like.
        for name in todo.redirect:
            with suppress(AmiRefused):
                await self._ami.request(
                    "Redirect",
                    {"Channel": name, "Context": "fallback", "Exten": "s", "Priority": "1"},
                )
            # Each hears a prompt before the queue: who came first must also get there first.
            await asyncio.sleep(_APART_S)
        for channel in todo.hang_up:
            with suppress(AriRefused):
                await self._ari.delete("channels", channel, query={"reason": "normal"})
        for bridge in todo.destroy:
            with suppress(AriRefused):
                await self._ari.delete("bridges", bridge)
        if todo.redirect or todo.hang_up or todo.destroy:
            log.warning(
                "orphans swept",
                redirected=len(todo.redirect),
                hung_up=len(todo.hang_up),
                destroyed=len(todo.destroy),
            )


async def watch(task: Task) -> None:
    """Watch until SIGTERM."""
    secrets = kept_secrets(Path(task.secrets))
    host = f"[{task.host}]" if ":" in task.host else task.host
    ari = Ari(
        f"http://{host}:{task.http_port}/ari",
        task.ari_user,
        secrets.ari_password,
        task.app,  # only named: the websocket, which would take it from the router, stays closed
        on_event=lambda _event: None,
        connections=2,
    )
    ami = Ami(
        task.host, task.ami_port, task.ami_user, secrets.ami_secret, on_event=lambda _event: None
    )
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    async with ari:
        work = [
            asyncio.create_task(ami.run()),
            asyncio.create_task(Watchdog(ari, ami, task.app, task.orphan_s).run()),
            asyncio.create_task(over.wait()),
        ]
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in work:
                part.cancel()
            await asyncio.gather(*work, return_exceptions=True)
        for part in done:
            part.result()


def main() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    task = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Task)
    Path(task.pid_file).write_text(f"{os.getpid()}\n")
    try:
        asyncio.run(watch(task))
    finally:
        Path(task.pid_file).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
