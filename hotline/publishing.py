"""The router's side of Redis, made from the settings: lease, facts out, requests in.

Without Redis in the settings there is none of it. Redis being away ends nothing (`LeaseHeld` does).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import msgspec
import structlog

from cases.history import facts_after
from cases.journal import FileJournal
from cases.store import Store
from config.model import Settings
from router.apart.counter import Counter
from router.apart.lease import Lease
from router.apart.link import AWAY, Link, why
from router.apart.publisher import Publisher
from router.apart.wire import Keys
from router.facts import Fact
from router.runner import Pump
from web.route import Part

log = structlog.get_logger(__name__)


class Publishing:
    """`lead` before anything commands, then `run` as a task, `end` when the pump has ended."""

    def __init__(
        self,
        settings: Settings,
        journal: FileJournal,
        pump: Pump,
        store: Store,
        health: Mapping[str, Callable[[], Part]],
    ) -> None:
        keys = Keys(settings.line.centre.id)
        self._links = [Link(settings.redis.url) for _ in range(2)]
        writing, reading = self._links
        self._lease = Lease(writing, keys, journal.holder)

        async def read(after: int, most: int) -> Sequence[Fact]:
            try:
                return await asyncio.to_thread(journal.read, after, most)
            except ValueError:
                facts = await facts_after(store, after, most)
                if not facts or facts[0].seq != after + 1:
                    raise
                return facts

        def parts() -> dict[str, dict[str, object]]:
            return {name: msgspec.to_builtins(look()) for name, look in health.items()}

        self._publisher = Publisher(
            writing,
            keys,
            self._lease,
            recorded=journal.last_seq,
            read=read,
            snapshot=pump.snapshot,
            parts=parts,
        )
        self._counter = Counter(reading, keys, self._lease, self._publisher, pump.ask)
        self.follow = self._publisher.follow

    async def lead(self) -> None:
        """Be the router. Raises LeaseHeld when another one is; goes on when nobody can say."""
        try:
            await self._lease.take()
        except AWAY as error:
            # Callers go first: with Redis away no other router can take the lease either.
            log.warning("redis is away, the line opens without it", error=why(error))

    async def run(self) -> None:
        """Until cancelled. Raises LeaseHeld (in a group) when another router serves the line."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._publisher.run(), name="publisher")
            both.create_task(self._counter.run(), name="counter")

    async def caught_up(self, within_s: float) -> None:
        """Wait until Redis has the last facts too. Raises TimeoutError."""
        await self._publisher.caught_up(within_s)

    async def end(self) -> None:
        """Let the next router begin at once, and hang up."""
        with suppress(*AWAY):
            await self._lease.release()
        for link in self._links:
            await link.close()

    def part(self) -> Part:
        failing = self._publisher.failing
        return Part("degraded" if failing else "ok", behind=self._publisher.behind())
