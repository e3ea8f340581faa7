"""`hotline pbx run`, as a container runs it: it ends when it is told to, and when Asterisk ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from telephony.places import PROJECT, Places
from telephony.process import end, pid_of
from tests.pbx import asterisk_root, free_port, until

pytestmark = pytest.mark.pbx

RUN = "import sys; from hotline.cli import main; sys.exit(main(['--lang', 'en', 'pbx', 'run']))"


class Foreground:
    """The command in a process of its own, on an empty data directory."""

    def __init__(self, data: Path) -> None:
        self._places = Places(data)
        rtp = 20000 + free_port(socket.SOCK_DGRAM) % 100 * 100
        self._env = {name: text for name, text in os.environ.items() if "HOTLINE" not in name} | {
            "HOTLINE_SETTINGS": os.devnull,
            "HOTLINE__PATHS__DATA": str(data),
            "HOTLINE__PATHS__ASTERISK_ROOT": asterisk_root(),
            "HOTLINE__PBX__HTTP_PORT": str(free_port(socket.SOCK_STREAM)),
            "HOTLINE__PBX__AMI_PORT": str(free_port(socket.SOCK_STREAM)),
            "HOTLINE__SIP__PORT": str(free_port(socket.SOCK_DGRAM)),
            "HOTLINE__SIP__RTP_FIRST": str(rtp),
            "HOTLINE__SIP__RTP_LAST": str(rtp + 399),
        }
        self._child: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns when Asterisk serves; the first time the prompts are converted before."""
        self._child = subprocess.Popen(
            [sys.executable, "-c", RUN],
            cwd=PROJECT,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._child.stdout is not None
        assert self._child.stdout.readline() == "Asterisk is running now.\n"

    def asterisk(self) -> int | None:
        return pid_of(self._places.pbx / "run" / "asterisk.pid", self._asterisk_mark)

    def watchdog(self) -> int | None:
        return pid_of(self._places.pbx / "run" / "watchdog.pid", self._watchdog_mark)

    def told_to_end(self) -> int:
        """The exit code after SIGTERM."""
        assert self._child is not None
        self._child.send_signal(signal.SIGTERM)
        return self.ended()[0]

    def ended(self) -> tuple[int, str]:
        """Exit code and what it complained of."""
        assert self._child is not None
        _, complaint = self._child.communicate(timeout=30)
        return self._child.returncode, complaint

    def clear_up(self) -> None:
        """Whatever became of the test."""
        if self._child is not None and self._child.poll() is None:
            self._child.kill()
            self._child.communicate(timeout=10)
        for pid, mark in (
            (self.watchdog(), self._watchdog_mark),
            (self.asterisk(), self._asterisk_mark),
        ):
            if pid is not None:
                end(pid, mark, 5.0)

    @property
    def _asterisk_mark(self) -> str:
        return str(self._places.etc / "asterisk.conf")

    @property
    def _watchdog_mark(self) -> str:
        return str(self._places.pbx / "watchdog.json")


@pytest.fixture(scope="module")
def foreground() -> Iterator[Foreground]:
    with tempfile.TemporaryDirectory(prefix="hotline-") as directory:
        running = Foreground(Path(directory))
        try:
            yield running
        finally:
            running.clear_up()


def test_it_ends_with_an_error_when_asterisk_does(foreground: Foreground) -> None:
    foreground.start()
    asterisk = foreground.asterisk()
    assert asterisk is not None
    os.kill(asterisk, signal.SIGKILL)
    code, complaint = foreground.ended()
    assert code == 1
    assert "ended by itself" in complaint
    assert foreground.watchdog() is None


def test_it_replaces_a_watchdog_and_ends_both_when_told_to(foreground: Foreground) -> None:
    foreground.start()
    first = foreground.watchdog()
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert until(lambda: foreground.watchdog() not in {None, first})
    assert foreground.told_to_end() == 0
    assert (foreground.asterisk(), foreground.watchdog()) == (None, None)
