"""Carries facts from the log into the database: one task, in batches, exactly once.

It catches up from the log after what the database has, then takes facts as they happen. When the
database is away the facts wait in the log and calls go on; `behind` says how many. It never blocks
the pump: `follow` only puts facts down, and what does not fit is read from the log again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import tzinfo
from functools import partial
from itertools import islice
from typing import Protocol

import structlog

from cases.ledger import Gap, Ledger
from cases.region import Region
from cases.store import Store
from router.facts import Fact

RETRY_S = (0.1, 5.0)
"""First and longest pause after a failed write; it doubles in between."""

ROOM = 5000
"""Facts kept in memory for the next batch; beyond that they are read from the log."""

log = structlog.get_logger()


class FactLog(Protocol):
    """What the writer needs of `cases.journal.FileJournal`."""

    @property
    def last_seq(self) -> int: ...
    @property
    def synced_seq(self) -> int: ...
    def read(self, after_seq: int, most: int | None = None) -> Sequence[Fact]: ...
    def sync(self) -> None: ...
    def let_go(self, seq: int) -> None: ...


class LogBehindDatabase(Exception):
    """The database has facts that the log has not: they do not belong together.

    Bring back the log's directory, or start with an empty database beside the old one. Going on
    would number new facts like old ones and lose them.
    """

    def __init__(self, position: int, last_seq: int) -> None:
        super().__init__(f"the database has {position} facts, the log {last_seq}")


class StoreWriter:
    """`run` it as a task, hand `follow` to `router.ports.Desk.follow`.

    `committed` is called in the loop with each batch that is in the database; it must not block.
    `room`: facts kept in memory for the next batches; beyond that they are read from the log.
    """

    def __init__(
        self,
        store: Store,
        journal: FactLog,
        *,
        zone: tzinfo,
        region: Region | None = None,
        flush_s: float,
        flush_rows: int,
        committed: Callable[[Sequence[Fact]], None] = lambda _facts: None,
        retry_s: tuple[float, float] = RETRY_S,
        room: int = ROOM,
    ) -> None:
        self._ledger = Ledger(store, zone, region)
        self._journal = journal
        self._flush_s = flush_s
        self._flush_rows = flush_rows
        self._committed = committed
        self._retry_s = retry_s
        self._room = room
        self._position = 0
        self._fresh: deque[Fact] = deque()
        self._news = asyncio.Event()
        self._full = asyncio.Event()
        self._moved = asyncio.Condition()
        self.failing = False
        """The last try to write failed; for the board."""

    @property
    def position(self) -> int:
        """Facts up to this number are known to be in the database."""
        return self._position

    def behind(self) -> int:
        """Facts in the log that are not in the database yet."""
        return max(0, self._journal.last_seq - self._position)

    def follow(self, facts: Sequence[Fact]) -> None:
        """Facts that happened, in order; they are in the log already. Never blocks."""
        if len(self._fresh) + len(facts) > self._room:
            self._fresh.clear()
        self._fresh.extend(facts)
        self._news.set()
        if self.behind() >= self._flush_rows:
            self._full.set()

    async def caught_up(self, seq: int, within_s: float) -> None:
        """Return when the facts up to `seq` are in the database. Raises TimeoutError."""
        async with asyncio.timeout(within_s), self._moved:
            await self._moved.wait_for(lambda: self._position >= seq)

    async def run(self) -> None:
        """Write until cancelled; what is not written then waits in the log.

        Raises LogBehindDatabase, and JournalDamaged or OSError of the log; never because of the
        database.
        """
        await self._move_to(await self._insist(self._ledger.position))
        while True:
            await self._due()
            await self._write(await self._batch())

    async def _due(self) -> None:
        """Wait for facts, and then a little for more of them."""
        while not self.behind():
            self._news.clear()
            await self._news.wait()
        self._full.clear()
        if self.behind() < self._flush_rows:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._flush_s):
                    await self._full.wait()

    async def _batch(self) -> Sequence[Fact]:
        """The next facts for the database, from memory or from the log; they are on the disk."""
        fresh = self._fresh
        while fresh and fresh[0].seq <= self._position:
            fresh.popleft()
        if fresh and fresh[0].seq == self._position + 1:
            batch: Sequence[Fact] = list(islice(fresh, self._flush_rows))
        else:
            read = self._journal.read
            batch = await asyncio.to_thread(read, self._position, self._flush_rows)
        if self._journal.synced_seq < batch[-1].seq:
            # After a loss of power the database must not know more than the log: numbers of facts
            # would be given twice.
            await asyncio.to_thread(self._journal.sync)
        return batch

    async def _write(self, batch: Sequence[Fact]) -> None:
        try:
            position = await self._insist(partial(self._ledger.write, batch))
        except Gap as gap:
            await self._move_to(gap.position)
            return
        await self._move_to(position)
        self._journal.let_go(position)
        self._committed(batch)

    async def _move_to(self, position: int) -> None:
        if position > self._journal.last_seq:
            raise LogBehindDatabase(position, self._journal.last_seq)
        async with self._moved:
            self._position = position
            self._moved.notify_all()

    async def _insist(self, work: Callable[[], Awaitable[int]]) -> int:
        """Try until the database answers. Raises Gap."""
        pause, longest = self._retry_s
        while True:
            try:
                result = await work()
            except Gap:
                raise
            except Exception as error:
                # Whatever is wrong with the database, even with our own statement: the facts are
                # safe in the log, and the board shows that we are behind.
                if not self.failing:
                    log.error(
                        "store.write_failed", behind=self.behind(), error=type(error).__name__
                    )
                self.failing = True
                await asyncio.sleep(pause)
                pause = min(2 * pause, longest)
            else:
                if self.failing:
                    log.info("store.writes_again", behind=self.behind())
                self.failing = False
                return result
