"""The router's side: its facts, answers and signs of life for screens in other processes.

A follower of the pump with a position of its own. `follow` and `answer` only put things down; when
Redis is slow, down or empty, facts wait in the journal, calls go on, and afterwards it goes on
after the last fact that Redis has. It never blocks the pump and never decides.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, NoReturn

import structlog

from router.apart import scripts, wire
from router.apart.lease import Lease, LeaseHeld
from router.apart.link import Link, why
from router.apart.wire import Keys
from router.facts import Fact
from router.state import Snapshot
from router.verdict import Refusal

log = structlog.get_logger(__name__)

BEAT_S = 1.0
RETRY_S = (0.05, 2.0)
"""First and longest pause after a failure; it doubles in between."""

ENTRIES = 10_000
"""The stream keeps at least this many; screens further behind begin from the snapshot."""

BATCH = 200
"""Facts in one entry at most."""

BACK = 2000
"""A stream that begins anew reaches this many facts back, for screens that have them nearly all."""

SNAPSHOT_EVERY = 1000
SNAPSHOT_S = 30.0
"""Facts, and at quiet times seconds, between two snapshots: what a new screen has to fold, and how
long one waits whose facts somebody took out of the stream."""

ANSWER_KEPT_S = 60.0
"""A request that comes again within this gets the same answer."""

_ROOM = 5000
"""Facts and answers kept in memory; beyond that facts are read from the journal again."""


class _Astray(Exception):
    """The lease or the stream is not as we left it: settle anew."""


class Publisher:
    """`run` it as a task, hand `follow` to `router.ports.Desk.follow`.

    `read(after, most)`: facts from the journal or the store, ValueError where neither has them.
    `snapshot`: the engine's state now. `parts`: how the router's parts are.
    """

    def __init__(
        self,
        link: Link,
        keys: Keys,
        lease: Lease,
        *,
        recorded: int,
        read: Callable[[int, int], Awaitable[Sequence[Fact]]],
        snapshot: Callable[[], Snapshot],
        parts: Callable[[], Mapping[str, Mapping[str, object]]] = dict,
        beat_s: float = BEAT_S,
        retry_s: tuple[float, float] = RETRY_S,
        entries: int = ENTRIES,
        snapshot_every: int = SNAPSHOT_EVERY,
    ) -> None:
        self._link, self._keys, self._lease = link, keys, lease
        self._read, self._snapshot, self._parts = read, snapshot, parts
        self._beat_s, self._retry_s, self._entries = beat_s, retry_s, entries
        self._snapshot_every = snapshot_every
        self._begin = link.script(scripts.BEGIN)
        self._append = link.script(scripts.APPEND)
        self._answer = link.script(scripts.ANSWER)
        self._beat = link.script(scripts.BEAT)
        self._keep = link.script(scripts.KEEP)
        self._thread = ""
        self._recorded = recorded
        self._position = 0
        self._kept_at: int | None = None
        self._kept_time = 0.0
        self._beat_due = 0.0
        self._fresh: deque[Fact] = deque()
        self._answers: deque[tuple[float, int, wire.Answer]] = deque(maxlen=_ROOM)
        self._news = asyncio.Event()
        self._moved = asyncio.Condition()
        self.failing = False
        """Redis is away; for the board."""
        self.settled = False
        """We hold the lease, and what is in Redis is ours."""

    def behind(self) -> int:
        """Facts that are recorded and not in Redis yet."""
        return max(0, self._recorded - self._position) if self._thread else 0

    def follow(self, facts: Sequence[Fact]) -> None:
        """Facts that happened, in order; they are in the journal already. Never blocks."""
        if len(self._fresh) + len(facts) > _ROOM:
            self._fresh.clear()
        self._fresh.extend(facts)
        if facts:
            self._recorded = facts[-1].seq
            self._news.set()

    def answer(self, number: str, refusal: Refusal | None, within_s: float) -> None:
        """Send an answer after all facts recorded so far; worthless after `within_s`. No block."""
        until = asyncio.get_running_loop().time() + within_s
        self._answers.append((until, self._recorded, wire.Answer(number, refusal)))
        self._news.set()

    async def caught_up(self, within_s: float) -> None:
        """Return when everything recorded until now is in Redis. Raises TimeoutError."""
        async with asyncio.timeout(within_s), self._moved:
            seq = self._recorded
            await self._moved.wait_for(lambda: self._position >= seq and not self._answers)

    async def run(self) -> NoReturn:
        """Publish until cancelled. Raises LeaseHeld when another router serves this line."""
        pause, longest = self._retry_s
        while True:
            try:
                self.settled = False
                await self._settle()
                self.settled = True
                if self.failing:
                    log.info("redis is back", behind=self.behind())
                self.failing, pause = False, self._retry_s[0]
                await self._publish()
            except LeaseHeld:
                raise
            except _Astray:
                log.warning("redis is not as we left it", behind=self.behind())
            except Exception as error:
                # Whatever is wrong, even with us: facts are safe in the journal, calls go on, and
                # screens are told that they are behind.
                if not self.failing:
                    log.error("redis is away", behind=self.behind(), error=why(error))
                self.failing = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, longest)

    # ---- where we are ----

    async def _settle(self) -> None:
        """Hold the lease, and know which facts Redis has of ours."""
        await self._lease.take()
        tail: list[wire.Entry] = await self._link.command(
            "XREVRANGE", self._keys.facts, "+", "-", "COUNT", BATCH
        )
        if tail and await self._ours(tail):
            self._position = wire.seq_of(tail[0][0])
            if self._recorded - self._position <= self._entries:
                self._kept_at = None
                return
        await self._anew()

    async def _ours(self, tail: Sequence[wire.Entry]) -> bool:
        """Whether the stream is a beginning of our journal."""
        position = wire.seq_of(tail[0][0])
        thread = tail[0][1][wire.THREAD].decode()
        if position > self._recorded:
            return False
        if self._thread:
            return thread == self._thread
        # The router before us may have written it, from the same journal: then its last fact is
        # ours too, and screens need not begin anew.
        facts = next((fields[wire.FACTS] for _, fields in tail if wire.FACTS in fields), None)
        try:
            last = wire.facts_of(facts)[-1] if facts else None
            ours = await self._read(position - 1, 1)
        except ValueError:  # msgspec's errors are, too
            return False
        if not last or last.seq != position or list(ours) != [last]:
            return False
        self._thread = thread
        return True

    async def _anew(self, back: int = BACK) -> None:
        """Begin the stream: a snapshot, and the newest facts for screens that miss only some."""
        self._thread = self._thread or secrets.token_hex(8)
        snapshot = self._snapshot()
        self._position = max(0, snapshot.seq - back)
        kept = wire.encode(wire.Kept(self._thread, snapshot))
        keys = [self._keys.lease, self._keys.facts, self._keys.snapshot]
        await self._said(self._begin(keys, *self._head(), kept))
        self._kept_at = snapshot.seq
        log.info("the stream of facts begins", after=self._position)

    def _head(self) -> tuple[str, str, int]:
        return self._lease.token, self._thread, self._position

    async def _said(self, verdict: Awaitable[tuple[str, Any]]) -> None:
        word, _ = await verdict
        if word != "ok":
            raise _Astray(word)

    # ---- the work ----

    async def _publish(self) -> NoReturn:
        time = asyncio.get_running_loop().time
        self._beat_due = 0.0
        while True:
            self._news.clear()
            if self._position < self._recorded:
                await self._add(await self._batch())
            await self._send_answers(time())
            if self._snapshot_due(time()):
                await self._keep_snapshot()
                self._kept_time = time()
            if time() >= self._beat_due:
                await self._give_sign()
                self._beat_due = time() + self._beat_s
            async with self._moved:
                self._moved.notify_all()
            if self._position >= self._recorded and not self._answers:
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, self._beat_due - time())):
                        await self._news.wait()

    async def _batch(self) -> Sequence[Fact]:
        """The next facts, from memory or from where they are kept; none when nobody has them."""
        fresh = self._fresh
        while fresh and fresh[0].seq <= self._position:
            fresh.popleft()
        if fresh and fresh[0].seq == self._position + 1:
            return list(islice(fresh, BATCH))
        try:
            return await self._read(self._position, BATCH)
        except ValueError:
            log.warning("facts have been let go, screens begin anew", after=self._position)
            return ()

    async def _add(self, facts: Sequence[Fact]) -> None:
        if not facts:
            await self._anew(back=0)
            return
        keys = [self._keys.lease, self._keys.facts]
        last = facts[-1].seq
        body = wire.encode(facts)
        await self._said(self._append(keys, *self._head(), last, body, self._entries))
        self._position = last

    async def _send_answers(self, now: float) -> None:
        while self._answers and self._answers[0][1] <= self._position:
            until, _, answer = self._answers[0]
            if now < until:
                keys = [self._keys.lease, self._keys.facts, self._keys.ask(answer.number)]
                body, kept = wire.encode(answer), int(ANSWER_KEPT_S * 1000)
                await self._said(self._answer(keys, *self._head(), body, kept, self._entries))
            self._answers.popleft()

    def _snapshot_due(self, now: float) -> bool:
        if self._kept_at is None:
            return True
        fresh = self._position - self._kept_at
        return fresh >= (1 if now - self._kept_time >= SNAPSHOT_S else self._snapshot_every)

    async def _keep_snapshot(self) -> None:
        snapshot = self._snapshot()
        kept = wire.encode(wire.Kept(self._thread, snapshot))
        keys = [self._keys.lease, self._keys.snapshot]
        await self._said(self._keep(keys, self._lease.token, kept))
        self._kept_at = snapshot.seq

    async def _give_sign(self) -> None:
        beat = wire.Beat(self._thread, self._position, self._recorded, self._parts())
        keys = [self._keys.lease, self._keys.facts, self._keys.beats]
        await self._said(self._beat(keys, *self._head(), wire.encode(beat), self._lease.ms))
