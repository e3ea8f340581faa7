"""Reads what the dialplan noted of calls it served without the router.

The dialplan appends one line to the ledger when such a call ends (config/asterisk, context
`ledger`); a line is an URI query, so that a caller's number may hold anything. We only read it:
`unread` gives the lines after our mark, `done` moves the mark once they are safe elsewhere. A
crash in between gives the same calls again, and the engine knows them by their call id; none is
lost. The ledger itself is never written or cut by us.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

import msgspec

from router.events import FallbackServed

_HEADER = 44
"""Bytes of a WAV file that are not sound."""
_BYTES_A_SECOND = 16000
"""Record() writes 8 kHz, 16 bits, mono."""


class Mark(msgspec.Struct, frozen=True):
    """How far the ledger was read: `offset` bytes of the file with this `inode`."""

    inode: int = 0
    offset: int = 0


class Unread(msgspec.Struct, frozen=True):
    """`unreadable` counts lines that are damaged, as after a power cut; they are passed over."""

    served: tuple[FallbackServed, ...]
    mark: Mark
    unreadable: int = 0


class Ledger:
    """The ledger with our mark, kept in `mark_file`."""

    def __init__(self, ledger: Path, mark_file: Path, *, min_voicemail_s: float) -> None:
        """`min_voicemail_s`: a shorter recording is no message (`line.voicemail.min_s`)."""
        self._ledger = ledger
        self._mark_file = mark_file
        self._min_voicemail_s = min_voicemail_s

    def unread(self) -> Unread:
        """Every whole line since the mark, oldest first. Raises OSError.

        A ledger that was replaced or cut is read from its start.
        """
        mark = self._mark()
        try:
            file = self._ledger.open("rb")
        except FileNotFoundError:
            return Unread((), Mark())
        with file:
            state = os.fstat(file.fileno())
            start = mark.offset if state.st_ino == mark.inode else 0
            file.seek(start if start <= state.st_size else 0)
            start = file.tell()
            whole, newline, _ = file.read().rpartition(b"\n")
        served, unreadable = [], 0
        for line in whole.split(b"\n") if newline else ():
            call = self._parse(line)
            if call is None:
                unreadable += 1
            else:
                served.append(call)
        end = start + len(whole) + len(newline)
        return Unread(tuple(served), Mark(state.st_ino, end), unreadable)

    def done(self, read: Unread) -> None:
        """These calls are safe: do not give them again. Raises OSError."""
        draft = self._mark_file.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(read.mark))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._mark_file)

    def _mark(self) -> Mark:
        try:
            return msgspec.json.decode(self._mark_file.read_bytes(), type=Mark)
        except (FileNotFoundError, msgspec.DecodeError):
            return Mark()  # calls that were imported already are known by their id

    def _parse(self, line: bytes) -> FallbackServed | None:
        pairs = (pair.partition("=") for pair in line.decode("utf-8", "replace").split("&"))
        fields = {name: unquote(value) for name, _, value in pairs}
        try:
            seconds = max(0.0, (int(fields["bytes"]) - _HEADER) / _BYTES_A_SECOND)
            member = fields["member"].removeprefix("PJSIP/")
            voicemail = fields["voicemail"] if seconds >= self._min_voicemail_s else ""
            outcome: Literal["answered", "voicemail", "abandoned"] = (
                "answered" if member else "voicemail" if voicemail else "abandoned"
            )
            return FallbackServed(
                call_id=fields["call"],
                caller_number=fields["number"],
                started_at=float(fields["arrived"]),
                ended_at=float(fields["ended"]),
                outcome=outcome,
                answered_by=member,
                voicemail_path=voicemail,
                voicemail_seconds=seconds if voicemail else 0.0,
            )
        except (KeyError, ValueError):
            return None
