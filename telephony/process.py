"""Programs that outlive us: started apart from our terminal, found again, ended by their id.

A process is ours when its command line names one of our files: that holds across a crash of ours,
a stale pid file and an id that the system has given to another program since. Nothing else is
ever signalled.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from telephony.problem import PbxProblem


def spawn(argv: tuple[str, ...], log: Path, env: Mapping[str, str]) -> int:
    """Start a program in a session of its own, without input, its output appended to `log`.

    Returns its id. Raises OSError when it cannot be started.
    """
    pid = os.posix_spawn(
        argv[0],
        argv,
        env,
        setsid=True,  # Ctrl-C in our terminal is not meant for it
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )
    # For an instant a new program has no command line yet, and `runs` would not know it.
    while not Path(f"/proc/{pid}/cmdline").read_bytes() and not ended(pid, 0.001):
        pass
    return pid


def pid_of(pid_file: Path, mark: str) -> int | None:
    """The process that `pid_file` names, if it runs and `mark` is in its command line."""
    try:
        pid = int(pid_file.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if runs(pid, mark) else None


def runs(pid: int, mark: str) -> bool:
    """Whether this process runs and is ours; takes notice of the end of a child of ours."""
    with suppress(ChildProcessError):  # when an earlier run of ours started it
        os.waitpid(pid, os.WNOHANG)
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return os.fsencode(mark) in line.split(b"\0")


def ended(pid: int, within_s: float) -> bool:
    """Wait for a process to end; True as soon as it has."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], within_s)[0])
    finally:
        os.close(handle)


def end(pid: int, mark: str, within_s: float) -> None:
    """Ask a process of ours to end, kill it after `within_s` seconds, and see it gone."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if not runs(pid, mark):  # checked on the handle's process: the id cannot change hands now
            return
        for number, seconds in ((signal.SIGTERM, within_s), (signal.SIGKILL, 5.0)):
            try:
                signal.pidfd_send_signal(handle, number)
            except ProcessLookupError:
                break
            if select.select([handle], [], [], seconds)[0]:
                break
        else:
            raise PbxProblem("would-not-end", pid=pid)
    finally:
        os.close(handle)
    runs(pid, mark)  # collects a child of ours


class Deadline:
    """How many seconds are left of an allowance."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        return max(0.0, self._until - time.monotonic())
