"""A private redis-server for tests: own directory, own unix socket, killed and started at will."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

START_S = 10.0


class NoRedis(RuntimeError):
    """The machine has no Redis: install Debian's package `redis-server`."""


class RedisServer:
    """`keeps`: whether what it knew is there again after a restart (every command on the disk)."""

    def __init__(self, *, keeps: bool = True) -> None:
        if shutil.which("redis-server") is None:
            raise NoRedis("no Redis here: install the package redis-server")
        # Not pytest's own directory: a socket's path may have no more than 107 bytes.
        self._folder = Path(tempfile.mkdtemp(prefix="hotline-redis-"))
        self._socket = self._folder / "redis.sock"
        self._keeps = keeps
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    @property
    def runs(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        """Return once it answers."""
        keeps = ("--appendonly", "yes", "--appendfsync", "always") if self._keeps else ()
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["redis-server", "--port", "0", "--unixsocket", str(self._socket),
                 "--dir", str(self._folder), "--save", "", *keeps],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self._folder / "log").read_text("utf-8", "replace")[-2000:])
            threading.Event().wait(0.01)

    def kill(self) -> None:
        """kill -9, as a machine that loses power."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None
            self._socket.unlink(missing_ok=True)

    def forget(self) -> None:
        """While it is away: it will be empty when it comes back, as on a new machine."""
        assert self._process is None
        shutil.rmtree(self._folder / "appendonlydir", ignore_errors=True)

    def freeze(self) -> None:
        """It still takes connections (the system does) and says nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        if self._process is not None:
            self.thaw()
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def command(self, *words: str) -> str:
        """One command from outside, for a test that meddles; the reply as redis-cli shows it."""
        done = subprocess.run(
            ["redis-cli", "-s", str(self._socket), *words],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=True,
        )  # fmt: skip
        return done.stdout.decode("utf-8", "replace").strip()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self._socket))
                probe.sendall(b"PING\r\n")
                return probe.recv(16).startswith(b"+PONG")
            except OSError:
                return False
