"""The screens' side: `router.ports.Desk` over Redis, for a process without a router.

It folds the router's facts as the router does, so that it can hand out a snapshot at any time. It
notices what is missing by the facts' numbers and the router's beats, begins anew from a snapshot,
and says how far it is behind. It never guesses: a request without an answer is `RouterAway`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import structlog

from router.apart import wire
from router.apart.asking import Asking
from router.apart.link import Link, why
from router.apart.publisher import RETRY_S
from router.apart.wire import Keys
from router.events import Request
from router.facts import Fact
from router.ports import Freshness
from router.state import Snapshot, State
from router.verdict import Refusal

log = structlog.get_logger(__name__)

STALE_S = 3.0
"""Without a beat of a complete board for this long, screens say that they are behind."""

BLOCK_MS = 500
ENTRIES = 100
"""Entries read at a time: what a screen's process holds in memory that it has not folded."""

WATCH_S = 0.25

Follower = Callable[[Sequence[Fact]], None]


class _Missing(Exception):
    """Facts are missing, or they are of another thread: begin from the snapshot."""


class _NotYet(Exception):
    """Nothing is there to follow: the router has not written since Redis was emptied."""


class FarDesk:
    """`run` it as a task. Two links: one waits for facts, requests go by the other."""

    def __init__(
        self,
        following: Link,
        asking: Link,
        keys: Keys,
        *,
        stale_s: float = STALE_S,
        retry_s: tuple[float, float] = RETRY_S,
    ) -> None:
        self._link, self._keys = following, keys
        self._stale_s, self._retry_s = stale_s, retry_s
        self._time = asyncio.get_running_loop().time
        self._asking = Asking(asking, keys, self.router_seen)
        self._followers: list[Follower] = []
        self._state = State()
        self._thread = ""
        self._beginnings = 0
        self._last, self._last_beat = b"0-0", b"0-0"
        self._recorded: tuple[int, float] | None = None
        """What the newest beat said is recorded, and when it was given."""
        self._whole_at = self._time()
        self._caught_up = False
        """Everything that was recorded when we began has been folded: until then it is history."""
        self._seen_at: float | None = None
        self._was_stale = True
        self.failing = True
        """Redis is away; for the health of this process."""
        self.parts: Mapping[str, Mapping[str, object]] = {}
        """The router's parts, as it said with its last beat."""

    # ---- the port ----

    async def ask(self, request: Request) -> Refusal | None:
        return await self._asking.ask(request)

    def snapshot(self) -> Snapshot:
        return self._state.snapshot()

    def follow(self, follower: Follower) -> Callable[[], None]:
        self._followers.append(follower)
        return lambda: self._followers.remove(follower)

    def fresh(self) -> Freshness:
        behind_s = self._time() - self._whole_at
        stale = not self._caught_up or not self.router_seen() or behind_s > self._stale_s
        return Freshness(round(behind_s, 2), stale, f"{self._thread} {self._beginnings}")

    def router_seen(self) -> bool:
        """Whether the router has given a sign of life lately."""
        return self._seen_at is not None and self._time() - self._seen_at <= self._stale_s

    @property
    def seq(self) -> int:
        """The last fact handed to followers."""
        return self._state.seq

    # ---- the work ----

    async def run(self) -> None:
        """Follow until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._follow(), name="far desk")
            both.create_task(self._watch(), name="far desk's watch")

    async def _watch(self) -> NoReturn:
        """A router that falls silent says nothing about it: somebody has to look at the clock."""
        while True:
            await asyncio.sleep(WATCH_S)
            self._nudge()

    def _nudge(self) -> None:
        stale = self.fresh().stale
        if stale != self._was_stale:
            self._was_stale = stale
            log.info("screens are behind" if stale else "screens are up to date", seq=self.seq)
            self._tell(())

    def _tell(self, facts: Sequence[Fact]) -> None:
        for follower in tuple(self._followers):
            follower(facts)

    async def _follow(self) -> NoReturn:
        pause, longest = self._retry_s
        anew, told = True, ""
        while True:
            try:
                await self._settle(anew)
                anew, told = False, ""
                while True:
                    await self._read()
                    pause = self._retry_s[0]
            except (_Missing, _NotYet) as wanting:
                if str(wanting) != told:
                    log.info("screens cannot follow", after=self.seq, why=str(wanting))
                told, anew = str(wanting), anew or isinstance(wanting, _Missing)
            except Exception as error:
                # Whatever is wrong with Redis or with what is in it: screens say that they are
                # behind, and we look again.
                if not self.failing:
                    log.warning("redis is away", error=why(error))
                self.failing = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, longest)

    async def _settle(self, anew: bool) -> None:
        """Know what we follow: go on where we were, or begin from the snapshot."""
        kept, beats, (seconds, micros) = await self._look()
        self.failing = False
        if kept is None:
            raise _NotYet("there is no snapshot")
        whole = wire.kept_of(kept)
        if anew or whole.thread != self._thread:
            if whole.thread == self._thread and whole.snapshot.seq < self.seq:
                raise _Missing("there is no newer snapshot yet")
            self._state, self._thread = State.restore(whole.snapshot), whole.thread
            self._beginnings += 1
            self._recorded, self._caught_up = None, False
            self._tell(())
        # Answers up to here may come a second time; nobody waits for them any more.
        self._last = b"%d-0" % self.seq
        for beat in beats:
            # It may be of a router that is long gone.
            age_s = seconds + micros / 1e6 - wire.ms_of(beat[0]) / 1000
            self._hear(beat, self._time() - max(0.0, age_s))
        self._check_whole()

    async def _look(self) -> tuple[bytes | None, list[wire.Entry], tuple[int, int]]:
        kept, beats, now = await self._link.commands(
            ("GET", self._keys.snapshot),
            ("XREVRANGE", self._keys.beats, "+", "-", "COUNT", 1),
            ("TIME",),
        )
        return kept, beats, now

    async def _read(self) -> None:
        keys = self._keys
        read: list[Any] = await self._link.command(
            *("XREAD", "COUNT", ENTRIES, "BLOCK", BLOCK_MS),
            *("STREAMS", keys.facts, keys.beats, self._last, self._last_beat),
            blocks_s=BLOCK_MS / 1000,
        )
        said: dict[bytes, list[wire.Entry]] = dict(read)
        entries = said.get(keys.facts.encode(), [])
        for entry_id, fields in entries:
            self._take(fields)
            self._last = entry_id
        self._check_whole()
        for beat in said.get(keys.beats.encode(), []):
            published = self._hear(beat, self._time())
            if published is None:
                raise _Missing("the router follows another thread")
            if published > self.seq and len(entries) < ENTRIES:
                raise _Missing("the stream has lost facts")
        self._check_whole()
        self._nudge()

    def _take(self, fields: Mapping[bytes, bytes]) -> None:
        if fields[wire.THREAD].decode() != self._thread:
            raise _Missing("another thread of facts")
        if wire.FACTS in fields:
            facts = wire.following(wire.facts_of(fields[wire.FACTS]), self.seq)
            if facts is None:
                raise _Missing("facts are missing")
            for fact in facts:
                self._state.apply(fact)
            if facts:
                self._tell(facts)
        elif wire.ANSWER in fields:
            self._asking.answered(wire.answer_of(fields[wire.ANSWER]))

    def _hear(self, entry: wire.Entry, at: float) -> int | None:
        """Take a sign of life that was given `at`; returns the last fact that is in the stream.

        None: it is about another thread of facts.
        """
        entry_id, fields = entry
        self._last_beat = entry_id
        beat = wire.beat_of(fields[wire.BODY])
        self._seen_at, self.parts = at, beat.parts
        if beat.thread != self._thread:
            return None
        self._recorded = (beat.recorded, at)
        return beat.published

    def _check_whole(self) -> None:
        if self._recorded is not None and self.seq >= self._recorded[0]:
            self._caught_up = True
            self._whole_at = max(self._whole_at, self._recorded[1])
