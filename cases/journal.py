"""The fact log on the local disk: `router.ports.Journal` over append-only files.

A fact is in the operating system's hands before `append` returns, so it outlives the process; it
is on the disk a moment later (`sync_s`), so that the loss of power costs no more than that. A
thread does the syncing: the call path never waits for a disk. Facts stay here until both a
snapshot and the database have them. One process at a time may hold a log (`JournalHeld`).

Files: `facts-<seq of the first fact>.log` (see `cases.lines`), `snapshot`, `lock`.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Sequence
from pathlib import Path

import structlog

from cases.lines import JournalDamaged, decode, encode
from cases.snapshots import read_snapshot, sync_directory, write_snapshot
from router.facts import Fact

SEGMENT_BYTES = 16 * 1024 * 1024
"""A file of the log is closed at this size; about fifty thousand facts."""

_NAME = "facts-%016d.log"
log = structlog.get_logger()


class JournalHeld(Exception):
    """Another process works with this log: two hotlines share one data directory."""


class FileJournal:
    """Open with the constructor, which cuts off an unfinished last write; `close` when done.

    `append` belongs to one thread; the rest may be called from any. Raises JournalHeld,
    JournalDamaged, OSError.
    """

    def __init__(
        self, directory: Path, *, sync_s: float = 0.05, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._sync_s = sync_s
        self._hold = _held(directory)
        try:
            self._kept = read_snapshot(directory)
            self._segments = _segments(directory)
            self._fd, self._size, self._last = self._open_newest(self._kept[0] if self._kept else 0)
        except BaseException:
            os.close(self._hold)
            raise
        self._durable_snapshot = self._kept[0] if self._kept else 0
        self._synced = 0
        self._trouble: OSError | None = None
        self._pending: tuple[int, bytes] | None = None
        # What the process before us wrote last may still be on its way to the disk.
        before = self._segments[-2:-1]
        self._retired = [os.open(directory / (_NAME % seq), os.O_RDONLY) for seq in before]
        self._cursor = ((0, 0), 0)
        self._guard = threading.Lock()
        self._syncing = threading.Lock()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(
            target=self._sync_in_groups, name="journal-sync", daemon=True
        )
        self.sync()
        self._thread.start()

    @property
    def holder(self) -> str:
        """Names this log while it is held: another process that says the same has let go of it."""
        lock = os.fstat(self._hold)
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}-{lock.st_dev}-{lock.st_ino}"

    @property
    def last_seq(self) -> int:
        """Number of the newest fact; 0 when there has been none."""
        return self._last

    @property
    def synced_seq(self) -> int:
        """Facts up to here are on the disk."""
        return self._synced

    def append(self, facts: Sequence[Fact]) -> None:
        if not facts:
            return
        expected = self._last + 1
        for place, fact in enumerate(facts):
            if fact.seq != expected + place:
                raise ValueError(f"fact {fact.seq} where {expected + place} belongs")
        if self._trouble is not None:
            raise self._trouble
        data = encode(facts)
        with self._guard:
            if self._size and self._size + len(data) > self._segment_bytes:
                fresh = _begin(self._directory, expected)
                self._retired.append(self._fd)
                self._segments.append(expected)
                self._fd, self._size = fresh, 0
            self._write(data)
            self._size += len(data)
            self._last = facts[-1].seq
        self._wake.set()

    def read(self, after_seq: int, most: int | None = None) -> list[Fact]:
        """As the port says; at most `most` facts when given. Reading on where the last call
        ended costs no second look at the beginning of a file.

        Raises ValueError when facts after `after_seq` have been let go.
        """
        with self._guard:
            last, segments, newest_size = self._last, list(self._segments), self._size
            cursor, read_on = self._cursor
        facts: list[Fact] = []
        if after_seq + 1 < segments[0]:
            raise ValueError(f"facts {after_seq + 1} to {segments[0] - 1} have been let go")
        while after_seq < last and (most is None or len(facts) < most):
            first = max(seq for seq in segments if seq <= after_seq + 1)
            path = self._directory / (_NAME % first)
            size = newest_size if first == segments[-1] else None
            start, at = (after_seq + 1, read_on) if cursor == (first, after_seq) else (first, 0)
            skip = after_seq + 1 - start
            room = None if most is None else skip + most - len(facts)
            found, length = _load(path, start, at, size, room)
            if len(found) <= skip:
                raise JournalDamaged(path.name, at + length, "facts are missing here")
            facts += found[skip:]
            after_seq = facts[-1].seq
            cursor, read_on = (first, after_seq), at + length
        self._cursor = cursor, read_on
        return facts

    def keep_snapshot(self, seq: int, snapshot: bytes) -> None:
        """Written by the syncing thread, after the facts up to `seq` are on the disk."""
        with self._guard:
            self._pending = self._kept = (seq, snapshot)
        self._wake.set()

    def snapshot(self) -> tuple[int, bytes] | None:
        return self._kept

    def let_go(self, seq: int) -> None:
        """Delete files whose facts the database (up to `seq`) and the snapshot both have."""
        with self._guard:
            limit = min(seq, self._durable_snapshot)
            while len(self._segments) > 1 and self._segments[1] <= limit + 1:
                (self._directory / (_NAME % self._segments.pop(0))).unlink()

    def sync(self) -> None:
        """Block until everything appended so far is on the disk. Raises OSError."""
        with self._syncing:
            if self._trouble is not None:
                raise self._trouble
            with self._guard:
                retired, self._retired = self._retired, []
                current, last = os.dup(self._fd), self._last
                pending, self._pending = self._pending, None
            try:
                for fd in (*retired, current):
                    os.fsync(fd)
                if retired or not self._synced:
                    sync_directory(self._directory)
                if pending is not None:
                    write_snapshot(self._directory, *pending)
                    self._durable_snapshot = pending[0]
                self._synced = last
            except OSError as error:
                # After a failed sync the system may have dropped what it could not write: a
                # second sync that succeeds proves nothing. No more facts are taken.
                self._trouble = error
                raise
            finally:
                for fd in (*retired, current):
                    os.close(fd)

    def close(self) -> None:
        """Sync and let the log go to another process. Not an error when done twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._wake.set()
        self._thread.join()
        try:
            if self._trouble is None:
                self.sync()
        finally:
            os.close(self._fd)
            os.close(self._hold)

    def _sync_in_groups(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._wake.clear()
            if self._closing.is_set():
                return
            try:
                self.sync()
            except OSError as error:
                log.error("journal.sync_failed", reason=error.strerror)
                return
            self._closing.wait(self._sync_s)

    def _write(self, data: bytes) -> None:
        """All of `data`, or nothing: half a line is taken back before the error is raised."""
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError as error:
            try:
                os.ftruncate(self._fd, self._size)
            except OSError as worse:
                self._trouble = worse
            raise error

    def _open_newest(self, snapshot_seq: int) -> tuple[int, int, int]:
        """Descriptor, size and last fact of the newest file, which is made when there is none."""
        if not self._segments:
            self._segments.append(snapshot_seq + 1)
            return _begin(self._directory, snapshot_seq + 1), 0, snapshot_seq
        first = self._segments[-1]
        path = self._directory / (_NAME % first)
        facts, size = _load(path, first, 0)
        last = first + len(facts) - 1
        if last < snapshot_seq:
            raise JournalDamaged(path.name, size, f"facts up to {snapshot_seq} are missing")
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        torn = os.fstat(fd).st_size - size
        if torn:
            log.warning("journal.cut", file=path.name, bytes=torn)
            os.ftruncate(fd, size)
        return fd, size, last


def _segments(directory: Path) -> list[int]:
    """Numbers of the first facts of the files there are, in order."""
    return sorted(int(path.stem.removeprefix("facts-")) for path in directory.glob("facts-*.log"))


def _begin(directory: Path, first_seq: int) -> int:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    return os.open(directory / (_NAME % first_seq), flags, 0o600)


def _load(
    path: Path, first_seq: int, at: int, size: int | None = None, most: int | None = None
) -> tuple[list[Fact], int]:
    """Facts from byte `at` on, up to byte `size` or the end of the file, and their length."""
    with path.open("rb") as file:
        file.seek(at)
        data = file.read() if size is None else file.read(size - at)
    return decode(data, path.name, first_seq, most)


def _held(directory: Path) -> int:
    fd = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise JournalHeld(str(directory)) from None
    return fd
