"""The engine's state in a file that is always either the old one or the new one, never half.

First line: CRC-32 of the content, the number of its last fact, the content's length. It must
never be trusted when the sum is wrong: the facts that led to it may have been let go.
"""

from __future__ import annotations

import os
from binascii import crc32
from pathlib import Path

from cases.lines import JournalDamaged

_FILE = "snapshot"


def write_snapshot(directory: Path, seq: int, content: bytes) -> None:
    """Replace the snapshot; on the disk when this returns. Raises OSError."""
    fresh = directory / f"{_FILE}.new"
    with fresh.open("wb") as file:
        file.write(b"%08x %d %d\n" % (crc32(content), seq, len(content)))
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(directory / _FILE)
    sync_directory(directory)


def read_snapshot(directory: Path) -> tuple[int, bytes] | None:
    """Raises JournalDamaged for a file that is not as it was written."""
    try:
        data = (directory / _FILE).read_bytes()
    except FileNotFoundError:
        return None
    head, _, content = data.partition(b"\n")
    try:
        checksum, seq, length = head.split()
        if int(length) == len(content) and int(checksum, 16) == crc32(content):
            return int(seq), content
    except ValueError:
        pass
    raise JournalDamaged(_FILE, 0, "the snapshot is not as it was written")


def sync_directory(directory: Path) -> None:
    """Make new and renamed files of the directory outlive a loss of power."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
