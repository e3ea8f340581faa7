"""Finishes recordings after their call: joins both directions, measures, seals with a SHA-256.

The exchange leaves `<call>-caller.wav` and `<call>-seat.wav`; what is kept is `<call>.wav`, left
the caller, right what the caller hears. Every step may be killed and done again: parts are deleted
after the row that makes them superfluous is committed. A missing or broken file is a state of the
row, never an exception; it must never keep other recordings from being finished.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, Row, bindparam, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError

from cases import tables as t
from cases.records import RecordingStatus
from cases.sound import BadSound, Sound, checksum, join, measure
from cases.store import Store
from router import facts as f
from router.ports import Clock

SETTLE_S = 10.0
"""The exchange closes its files within this after the call; then they are as they will be."""

RETRY_S = 2.0
"""What was not closed yet is looked at again after this."""

_SIDES = ("caller", "seat")
PACE_S = 1.0
"""At most one sweep in this many seconds."""

_PAGE = 100
log = structlog.get_logger()


class Finished(msgspec.Struct, frozen=True):
    """What became of a recording."""

    status: RecordingStatus
    seconds: float | None = None
    sha256: str | None = None
    bytes: int | None = None


class Recordings:
    """`directory`: where the exchange and we keep everything recorded."""

    def __init__(self, store: Store, directory: Path, *, settle_s: float = SETTLE_S) -> None:
        self._store = store
        self._directory = directory.resolve()
        self._settle_s = settle_s
        self._news = asyncio.Event()
        self.failing = False
        """The last sweep found no database or no directory; for the board."""
        self.waiting = 0
        """Recordings that are not finished yet."""
        self.free: int | None = None
        """Bytes free where recordings are kept, or will be, when it was last looked."""

    async def look_at_disk(self) -> None:
        """Look at the disk; in a thread, for a mount that hangs must not stop calls."""
        self.free = await asyncio.to_thread(self._room)

    def _room(self) -> int:
        places = (self._directory, *self._directory.parents)
        return shutil.disk_usage(next(place for place in places if place.exists())).free

    def notice(self, facts: Sequence[f.Fact]) -> None:
        """Facts that are in the database now (`StoreWriter.committed`). Never blocks."""
        ends = (f.CallClosed, f.VoicemailKept, f.FallbackImported)
        if any(isinstance(fact.body, ends) for fact in facts):
            self._news.set()

    async def run(self, clock: Clock) -> None:
        """Finish recordings as calls end, until cancelled; begins with those a crash left."""
        while True:
            self._news.clear()
            try:
                self.waiting = await self.sweep(clock.now())
                self.failing = False
            except (SQLAlchemyError, OSError) as error:
                log.warning("recordings.store_away", error=type(error).__name__)
                self.failing = True
            unfinished = self.failing or self.waiting
            with suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S if unfinished else None):
                    await self._news.wait()
            # Calls end in crowds; finishing them together costs a tenth of one by one.
            await asyncio.sleep(PACE_S)

    async def sweep(self, now: float) -> int:
        """Finish what can be finished; returns how many recordings are still to be waited for."""
        waiting = 0
        last: tuple[float, str] = (-1.0, "")
        columns = t.recordings.c
        while True:
            wanted = (
                select(t.recordings)
                .where(
                    columns.status == "pending",
                    tuple_(columns.ended_at, columns.recording_id) > tuple_(*last),
                )
                .order_by(columns.ended_at, columns.recording_id)
                .limit(_PAGE)
            )
            async with self._store.read() as conn:
                rows = (await conn.execute(wanted)).all()
            waiting += await self._finish(rows, now)
            if len(rows) < _PAGE:
                return waiting
            last = rows[-1].ended_at, rows[-1].recording_id

    async def tidy(self) -> int:
        """Delete parts of recordings that are finished: a crash came between. Returns how many."""
        parts = await asyncio.to_thread(_parts_by_call, self._directory)
        calls = sorted(parts)
        deleted = 0
        for start in range(0, len(calls), _PAGE):
            wanted = select(t.recordings.c.recording_id).where(
                t.recordings.c.recording_id.in_(calls[start : start + _PAGE]),
                t.recordings.c.status == "ready",
            )
            async with self._store.read() as conn:
                ready = (await conn.execute(wanted)).scalars().all()
            for call_id in ready:
                _delete(parts[call_id])
                deleted += len(parts[call_id])
        return deleted

    async def _finish(self, rows: Sequence[Row[Any]], now: float) -> int:
        """Finish a page in one go; returns how many are still to be waited for.

        One thread and one transaction for all of them: at forty calls a second, one for each cost
        more than the whole rest of the router.
        """
        finished = await asyncio.to_thread(self._look, rows, now)
        if finished:
            await self._store.transact(partial(_enter, rows, finished))
        for one, result in finished.items():
            if result.status == "ready":
                _delete(_parts(self._directory, one))
            else:
                log.warning("recordings.incomplete", recording=one, status=result.status)
        return len(rows) - len(finished)

    def _look(self, rows: Sequence[Row[Any]], now: float) -> dict[str, Finished]:
        finished: dict[str, Finished] = {}
        for row in rows:
            settled = now - row.ended_at >= self._settle_s
            try:
                result = _finished(self._directory, row, settled)
            except OSError as error:
                log.error("recordings.failed", recording=row.recording_id, error=error.strerror)
                continue
            if result is not None:
                finished[row.recording_id] = result
        return finished


def _enter(rows: Sequence[Row[Any]], finished: Mapping[str, Finished], conn: Connection) -> None:
    recordings, voicemails = t.recordings, t.voicemails
    conn.execute(
        update(recordings)
        .where(recordings.c.recording_id == bindparam("one"))
        .values({name: bindparam(name) for name in Finished.__struct_fields__}),
        [{"one": one, **msgspec.structs.asdict(result)} for one, result in finished.items()],
    )
    spoken = [
        {"one": row.recording_id, "length": finished[row.recording_id].seconds}
        for row in rows
        if row.kind == "voicemail"
        and row.recording_id in finished
        and finished[row.recording_id].seconds is not None
    ]
    if spoken:
        conn.execute(
            update(voicemails)
            .where(voicemails.c.recording_id == bindparam("one"))
            .values(seconds=bindparam("length")),
            spoken,
        )


def _finished(directory: Path, row: Row[Any], settled: bool) -> Finished | None:
    """What the recording has become, or None while its files may still change."""
    target = (directory / row.path).resolve()
    if not target.is_relative_to(directory):
        return Finished("broken")
    try:
        parts = [path for path in _parts(directory, row.recording_id) if path.exists()]
        if row.kind == "call" and parts:
            return _joined(parts, target, settled)
        if target.exists():
            return _kept(target, measure(target), settled)
    except BadSound as error:
        log.warning("recordings.bad", recording=row.recording_id, reason=str(error))
        return Finished("broken") if settled else None
    return Finished("missing") if settled else None


def _joined(parts: list[Path], target: Path, settled: bool) -> Finished | None:
    sounds = [measure(path) for path in parts]
    # A header with no samples may just have been written.
    whole = len(parts) == len(_SIDES) and all(sound.closed and sound.frames for sound in sounds)
    if not whole and not settled:
        return None
    caller, seat = (
        next((path for path in parts if path.name.endswith(f"-{side}.wav")), None)
        for side in _SIDES
    )
    unfinished = target.with_suffix(".joining")
    sound = join(caller, seat, unfinished)
    unfinished.replace(target)
    return _kept(target, sound, settled=True)


def _kept(target: Path, sound: Sound, settled: bool) -> Finished | None:
    if not settled and not (sound.closed and sound.frames):
        return None
    return Finished("ready", sound.seconds, checksum(target), target.stat().st_size)


def _parts(directory: Path, call_id: str) -> list[Path]:
    return [directory / f"{call_id}-{side}.wav" for side in _SIDES]


def _parts_by_call(directory: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for side in _SIDES:
        for path in directory.glob(f"*-{side}.wav"):
            found.setdefault(path.name.removesuffix(f"-{side}.wav"), []).append(path)
    return found


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
