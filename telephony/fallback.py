"""Reads what the dialplan noted of calls it served without the router.

The ledger is the file of Asterisk's queue log. The dialplan adds one line with the event `SERVED`
to it when such a call ends (config/asterisk, context `ledger`); its values are an URI query, so
that a caller's number may hold anything. We only read: `unread` gives the calls after our mark,
`done` moves the mark once they are safe elsewhere. A crash in between gives the same calls again,
and the engine knows them by their call id; none is lost. We never write or cut the ledger itself.
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

_TAIL_S = 1.0
"""Record() leaves this much of the silence that ended a message."""


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
            # time|call id|queue|agent|event|what the event says; all but ours are Queue()'s own.
            head, ours, info = line.decode("utf-8", "replace").partition("|NONE|SERVED|")
            if not ours:
                continue
            call = self._parse(head, info)
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

    def _parse(self, head: str, info: str) -> FallbackServed | None:
        pairs = (pair.partition("=") for pair in info.split("&"))
        fields = {name: unquote(value) for name, _, value in pairs}
        try:
            _, call_id, _ = head.split("|")
            member = fields["member"].removeprefix("PJSIP/")
            seconds = _seconds(fields["voicemail"])
            spoken = seconds - (_TAIL_S if fields["end"] == "SILENCE" else 0.0)
            voicemail = Path(fields["voicemail"]).name if spoken >= self._min_voicemail_s else ""
            outcome: Literal["answered", "voicemail", "abandoned"] = (
                "answered" if member else "voicemail" if voicemail else "abandoned"
            )
            return FallbackServed(
                call_id=call_id,
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


def _seconds(recording: str) -> float:
    """How long the message in this file is; 0 when there is none."""
    try:
        size = Path(recording).stat().st_size if recording else 0
    except FileNotFoundError:
        size = 0
    return max(0.0, (size - _HEADER) / _BYTES_A_SECOND)
