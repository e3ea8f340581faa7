"""Pours a simulated month through the log into the database, beside a line that does not run.

The facts take the numbers that follow those of the line. The line's own state stays what it was:
after each batch its snapshot is kept again, with the new number, so that a start of the line folds
nothing of the demonstration. What a kill leaves between the two is cut out by `without_demo`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import tzinfo

import msgspec

from cases.journal import FileJournal
from cases.ledger import Ledger
from cases.region import region_of
from cases.rows import DEMO
from cases.store import Store
from cases.writer import LogBehindDatabase, StoreWriter
from config.model import Line
from hotline.demo_facts import Month
from hotline.demo_memory import Memory
from router.facts import Fact
from router.runner import recover
from router.state import Snapshot

LATE_S = 120.0
"""The database gets this long for one batch."""

_BATCH = 20_000

Tell = Callable[[int, float], None]
"""How many calls have ended, and up to when (epoch s) the month has been played."""


class Pouring:
    """One log and one database, held for as long as the block lasts.

    Raises TimeoutError when the database does not keep up, LogBehindDatabase, OSError.
    """

    def __init__(self, store: Store, journal: FileJournal, line: Line, zone: tzinfo) -> None:
        self._journal = journal
        self._ledger = Ledger(store, zone)
        self._before = without_demo(recover(line, journal).snapshot())
        self._writer = StoreWriter(
            store,
            journal,
            zone=zone,
            flush_s=0.01,
            flush_rows=_BATCH,
            room=4 * _BATCH,
            region=region_of(line.centre.divisions, line.centre.area_code),
        )

    async def __aenter__(self) -> Pouring:
        """The database has every fact of the log when the block begins."""
        position = await self._ledger.position()
        if position > self._journal.last_seq:
            raise LogBehindDatabase(position, self._journal.last_seq)
        self._task = asyncio.create_task(self._writer.run(), name="store writer")
        try:
            await self._settled(self._journal.last_seq)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(BaseException):
            await self._task

    async def pour(self, month: Month, tell: Tell) -> Memory:
        """Play the month, a day at a time, and write it down."""
        memory, batch = Memory(), list[Fact]()
        world = month.world(self._journal.last_seq, batch.extend)
        written = self._journal.last_seq
        for end in month.ends:
            world.run(end)
            if batch:
                self._journal.append(batch)
                self.keep_line()
                memory.follow(batch)
                self._writer.follow(tuple(batch))
                batch.clear()
            # While this day goes into the database, the next one is played.
            await self._settled(written)
            written = self._journal.last_seq
            tell(memory.closed, end)
        await self._settled(written)
        return memory

    def keep_line(self) -> None:
        """Keep the line's state as it was before, as of the newest fact."""
        seq = self._journal.last_seq
        snapshot = msgspec.structs.replace(self._before, seq=seq)
        self._journal.keep_snapshot(seq, msgspec.msgpack.encode(snapshot))

    async def _settled(self, seq: int) -> None:
        waiting = asyncio.ensure_future(self._writer.caught_up(seq, LATE_S))
        try:
            await asyncio.wait({self._task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if self._task.done():
                self._task.result()  # it never ends but by an error
            await waiting
        finally:
            waiting.cancel()


def without_demo(snapshot: Snapshot) -> Snapshot:
    """The state without calls and seats of a demonstration that was cut short."""
    return msgspec.structs.replace(
        snapshot,
        calls=tuple(call for call in snapshot.calls if not call.id.startswith(DEMO)),
        seats=tuple(seat for seat in snapshot.seats if not seat.id.startswith(DEMO)),
        closed=tuple(id for id in snapshot.closed if not id.startswith(DEMO)),
    )
