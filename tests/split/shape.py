"""The hotline as real processes in either shape: one that does everything, or router and screens.

For suites that must pass in both (the browser suite does). The settings are those of a file that
is given (Asterisk, ports, data directory); only the shape and Redis are decided here.

    with Shape(file, "apart", redis=server.url) as line:
        …  f"http://127.0.0.1:{line.port}"  …
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal

import msgspec

from config.loader import load
from config.model import Settings
from telephony.places import PROJECT, Places

Form = Literal["together", "apart"]

COMMAND = "import sys; from hotline.cli import main; sys.exit(main())"
START_S = 90.0
STOP_S = 30.0


class Process:
    """One `hotline serve`. `code`: what Python runs in place of the installed command."""

    def __init__(self, file: Path, role: str, env: Mapping[str, str], code: str = COMMAND) -> None:
        self.role = role
        self.settings: Settings = load(file, dict(env))
        self._env = {**os.environ, **env, "HOTLINE_SETTINGS": str(file)}
        self._code = code
        self._log = Places.of(self.settings).data / f"serve-{role}.out"
        self._process: subprocess.Popen[bytes] | None = None
        self._began_at = 0

    def start(self, *more: str) -> None:
        """Start it; see `wait_until`."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._began_at = len(self._printed())
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", self._code, "serve", "--role", self.role, *more],
                cwd=PROJECT, env=self._env, stdin=subprocess.PIPE, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def wait_until(self, said: str, within_s: float = START_S) -> None:
        """Return once it has printed `said`. Raises AssertionError with what it printed else."""
        deadline = time.monotonic() + within_s
        while said not in self.said():
            if not self.runs() or time.monotonic() > deadline:
                raise AssertionError(f"{self.role} did not start: {self.said()[-3000:]}")
            threading.Event().wait(0.05)

    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def tell(self, line: str) -> None:
        """A line on its standard input, for a program of ours that reads it."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._reaped(STOP_S)

    def stop(self) -> int:
        """Ctrl-C, as an operator does; its exit code."""
        if self._process is None:
            return 0
        if self.runs():
            self._process.send_signal(signal.SIGINT)
        try:
            return self._reaped(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._reaped(STOP_S)
            raise AssertionError(f"{self.role} did not stop: {self.said()[-3000:]}") from None

    def ended(self, within_s: float = STOP_S) -> int:
        """Wait until it ends by itself; its exit code."""
        return self._reaped(within_s)

    def said(self) -> str:
        """Everything it has printed since its last start."""
        return self._printed()[self._began_at :].decode("utf-8", "replace")

    def _printed(self) -> bytes:
        try:
            return self._log.read_bytes()
        except FileNotFoundError:
            return b""

    def _reaped(self, within_s: float) -> int:
        assert self._process is not None
        code = self._process.wait(within_s)
        if self._process.stdin is not None:
            self._process.stdin.close()
        return code


class Shape:
    """A running line. `redis` is needed apart; `env` are settings on top of the file's."""

    def __init__(
        self,
        file: Path,
        form: Form,
        *,
        redis: str = "",
        env: Mapping[str, str] | None = None,
        code: str = COMMAND,
    ) -> None:
        env = {**(env or {}), "HOTLINE__REDIS__URL": redis if form == "apart" else ""}
        roles: Sequence[str] = ("router", "web") if form == "apart" else ("all",)
        self.processes = {role: Process(file, role, env, code) for role in roles}
        self.form = form

    def __enter__(self) -> Shape:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def router(self) -> Process:
        """The process that serves callers."""
        return self.processes.get("router") or self.processes["all"]

    @property
    def web(self) -> Process:
        """The process that serves screens; together, the same one."""
        return self.processes.get("web") or self.processes["all"]

    @property
    def port(self) -> int:
        """Where screens are."""
        return self.web.settings.web.port

    def start(self) -> None:
        """Start what does not run, router first; return when screens say that all is well."""
        for process in self.processes.values():
            if not process.runs():
                process.start()
                process.wait_until("Ctrl-C")
        deadline = time.monotonic() + START_S
        while (health := self.health()).get("status") != "ok":
            if time.monotonic() > deadline:
                raise AssertionError(f"the line is not well: {health}")
            threading.Event().wait(0.05)

    def health(self) -> dict[str, object]:
        """What the screens' process says of the line; empty when it says nothing."""
        url = f"http://127.0.0.1:{self.port}/api/v1/health"
        try:
            with urllib.request.urlopen(url, timeout=2) as reply:
                raw = reply.read()
        except urllib.error.HTTPError as error:
            raw = error.read()
        except OSError:
            return {}
        decoded: dict[str, object] = msgspec.json.decode(raw)
        return decoded

    def stop(self) -> None:
        """Screens first, as an operator would; Asterisk goes with the router that started it."""
        for process in reversed(self.processes.values()):
            process.stop()
