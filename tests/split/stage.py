"""Router and screens on either side of a real Redis, in one loop: what tests of both play on.

Journal, engine, pump and Redis are real; only the telephone exchange is the shipped fake. `Router`
can be stopped and begun again on the same journal or on another one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path

import msgspec

from cases.journal import FileJournal
from router import events as e
from router.apart.counter import Counter
from router.apart.desk import FarDesk
from router.apart.lease import Lease, LeaseHeld
from router.apart.link import Link
from router.apart.publisher import Publisher
from router.apart.wire import Keys
from router.facts import CallClosed, Fact
from router.ports import Desk
from router.runner import Pump, recover
from router.state import Snapshot, State
from router.verdict import Refusal
from telephony.fake import FakePbx
from tests.router.line import LINE
from tests.split.redisserver import RedisServer

KEYS = Keys("test")
RETRY_S = (0.005, 0.05)
STALE_S = 0.5
BEAT_S = 0.1
LEASE_S = 1.0
ANSWER_S = 0.5
"""Shorter than in the running line, so that a test of something lost does not take long."""

DEADLINE_S = 20.0
SKILLS = {"lang:cmn": 3, "law:general": 3}


class HandClock:
    def __init__(self) -> None:
        self.at = 1_780_000_000.0

    def now(self) -> float:
        return self.at


async def until(true: Callable[[], object], within_s: float = DEADLINE_S) -> None:
    """Let the loop work until something is so."""
    try:
        async with asyncio.timeout(within_s):
            while not true():  # noqa: ASYNC110
                await asyncio.sleep(0.002)  # what is looked at tells nobody
    except TimeoutError:
        raise AssertionError("it never came to be") from None


class Router:
    """A router at work on the journal in `folder`, publishing to `url`."""

    def __init__(self, folder: Path, url: str, **publishing: int) -> None:
        self.clock = HandClock()
        self.journal = FileJournal(folder, sync_s=0.0, segment_bytes=64 * 1024)
        self.pump = Pump(recover(LINE, self.journal), self.journal, self.clock)
        self.pbx = FakePbx(self.pump.post, self.clock)
        self.pbx._numbers = count(self.journal.last_seq + 1)  # no call has an id of an earlier one
        self.client = Link(url, answer_s=ANSWER_S)
        self.counting = Link(url, answer_s=ANSWER_S)
        self.lease = Lease(self.client, KEYS, self.journal.holder, lease_s=LEASE_S)
        self.publisher = Publisher(
            self.client,
            KEYS,
            self.lease,
            recorded=self.journal.last_seq,
            read=self.read,
            snapshot=self.pump.snapshot,
            parts=lambda: {"journal": {"state": "ok"}},
            beat_s=BEAT_S,
            retry_s=RETRY_S,
            **publishing,
        )
        self.publishing: asyncio.Future[None]
        self.carried_out: list[e.Request] = []
        self.counter = Counter(
            self.counting, KEYS, self.lease, self.publisher, self.ask, retry_s=RETRY_S
        )
        self.pump.follow(self.publisher.follow)

    async def read(self, after: int, most: int) -> Sequence[Fact]:
        return await asyncio.to_thread(self.journal.read, after, most)

    async def ask(self, request: e.Request) -> Refusal | None:
        self.carried_out.append(request)
        return await self.pump.ask(request)

    async def calls(self, many: int) -> None:
        """`many` callers come and go: some five facts each."""
        over: set[str] = set()
        stop = self.pump.follow(
            lambda facts: over.update(
                fact.body.call_id for fact in facts if isinstance(fact.body, CallClosed)
            )
        )
        callers = []
        for n in range(many):
            callers.append(self.pbx.dial(f"1990000{n:04}"))
            callers[-1].press("0")
            await asyncio.sleep(0)
            callers[-1].hang_up()
        await until(lambda: len(over) == many)
        stop()


@asynccontextmanager
async def router(folder: Path, url: str, **publishing: int) -> AsyncIterator[Router]:
    made = Router(folder, url, **publishing)
    works: list[Awaitable[None]] = [made.pump.run(made.pbx), made.pbx.run(), made.counter.run()]
    made.publishing = asyncio.ensure_future(made.publisher.run())
    tasks = [made.publishing, *(asyncio.ensure_future(work) for work in works)]
    try:
        await until(lambda: made.pbx.connected and made.pump.snapshot().pbx_up)
        yield made
    finally:
        await end(tasks)
        await made.client.close()
        await made.counting.close()
        made.journal.close()


class Screen:
    """What somebody who follows a desk has folded, by its numbers and as a state."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.thread = desk.fresh().thread
        self.began = 0
        self.seen: list[int] = []
        self.unfollow = desk.follow(self._take)
        self._begin()

    def _begin(self) -> None:
        snapshot = self.desk.snapshot()
        self.state = State.restore(snapshot)
        self.seen = [snapshot.seq]
        self.began += 1

    def _take(self, facts: Sequence[Fact]) -> None:
        if self.desk.fresh().thread != self.thread:
            self.thread = self.desk.fresh().thread
            self._begin()
        for fact in facts:
            if fact.seq > self.state.seq:
                self.state.apply(fact)  # raises when one is missing
            self.seen.append(fact.seq)

    def assert_without_gap_or_double(self) -> None:
        first = self.seen[0]
        assert self.seen == list(range(first, first + len(self.seen)))


@asynccontextmanager
async def far_desk(url: str) -> AsyncIterator[FarDesk]:
    following, asking = Link(url, answer_s=ANSWER_S), Link(url, answer_s=ANSWER_S)
    desk = FarDesk(following, asking, KEYS, stale_s=STALE_S, retry_s=RETRY_S)
    task = asyncio.ensure_future(desk.run())
    try:
        yield desk
    finally:
        await end([task])
        await following.close()
        await asking.close()


async def end(tasks: Sequence[asyncio.Future[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError, LeaseHeld):
            await task


def same(one: Snapshot, other: Snapshot) -> bool:
    return msgspec.json.encode(one) == msgspec.json.encode(other)


async def caught_up(made: Router, desk: FarDesk) -> None:
    """The far desk shows exactly what the router knows, and says that it is up to date."""
    await until(lambda: desk.seq == made.journal.last_seq and not desk.fresh().stale)
    assert same(desk.snapshot(), made.pump.snapshot())


async def in_thread(work: Callable[[], None]) -> None:
    """Meddle with a server from outside the loop."""
    await asyncio.to_thread(work)


__all__ = ["RedisServer"]
