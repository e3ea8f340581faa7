"""A line of its own for the pictures: settings, two demonstration months, `hotline serve`, people.

Everything lies in one folder that the caller removes; every process ends with the block. It never
touches another line on the machine: ports are free ones.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from config.loader import load
from config.model import Settings
from hotline.demo_facts import last_complete
from telephony.places import PROJECT

_SETTINGS = """
[line.wrapup]
seconds = 600.0

[line.rating]
timeout_s = 2.0

[sip]
port = {sip}
rtp_first = {rtp}
rtp_last = {rtp_last}
qualify_s = 1

[pbx]
http_port = {http}
ami_port = {ami}

[web]
port = {web}

[reports]
issuer = "示例省公共法律服务中心"
send_to = ["示例省司法厅"]

[paths]
data = "{data}"
asterisk_root = "{root}"
"""


class House:
    """The folder, its settings, and the commands run with them."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "hotline.toml"
        self._file.write_text(_settings(folder), "utf-8")
        self._said = folder / "said.txt"
        self._env = {**os.environ, "HOTLINE_SETTINGS": str(self._file), "LC_ALL": "zh_CN.UTF-8"}
        self.settings: Settings = load(self._file)
        zone = ZoneInfo(self.settings.line.centre.timezone)
        last = last_complete(time.time(), zone)
        before = last_complete(datetime(last.year, last.month, 1, tzinfo=zone).timestamp(), zone)
        self.months = (f"{before:%Y-%m}", f"{last:%Y-%m}")

    @property
    def address(self) -> str:
        return f"http://{self.settings.web.host}:{self.settings.web.port}"

    def command(self, *words: str) -> None:
        """`hotline …` to its end; ends the program with what it said when it fails."""
        done = subprocess.run(
            self._argv(*words), cwd=PROJECT, env=self._env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            sys.exit(f"hotline {' '.join(words)}: {done.stdout}")

    def pour(self, calls: int) -> None:
        """Both months and their reports, before the line is open; `calls` in the later one."""
        before = calls * 14 // 15
        for month, many in zip(self.months, (before, calls), strict=True):
            self.command("demo", "month", "--month", month, "--calls", str(many), "--seed", "1")
        for month in self.months:
            self.command(
                "report", "month", month, "--form", "html", "--out", str(self._file.parent / month)
            )

    @contextmanager
    def serving(self, within_s: float = 60.0) -> Iterator[None]:
        """The line is open while the block runs; Ctrl-C, as an operator does, ends it."""
        with self._said.open("wb") as said:
            process = subprocess.Popen(
                self._argv("serve"), cwd=PROJECT, env=self._env, stdin=subprocess.DEVNULL,
                stdout=said, stderr=said, start_new_session=True,
            )  # fmt: skip
        try:
            deadline = time.monotonic() + within_s
            while not self._well():
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"the line did not start: {self._said.read_text('utf-8')[-2000:]}")
                threading.Event().wait(0.1)
            yield
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.command("pbx", "down")

    def _argv(self, *words: str) -> list[str]:
        code = "import sys; from hotline.cli import main; sys.exit(main())"
        return [sys.executable, "-c", code, *words]

    def _well(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/api/v1/health", timeout=2) as reply:
                return bool(reply.status == 200)
        except (OSError, urllib.error.HTTPError):
            return False


def _settings(folder: Path) -> str:
    named = os.environ.get("HOTLINE__PATHS__ASTERISK_ROOT", "")
    own = PROJECT / "var" / "asterisk-root"
    rtp = 24000 + _free(socket.SOCK_DGRAM) % 40 * 100
    return _SETTINGS.format(
        sip=_free(socket.SOCK_DGRAM), rtp=rtp, rtp_last=rtp + 399,
        http=_free(socket.SOCK_STREAM), ami=_free(socket.SOCK_STREAM),
        web=_free(socket.SOCK_STREAM), data=folder / "data",
        root=named or (own if own.is_dir() else ""),
    )  # fmt: skip


def _free(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
