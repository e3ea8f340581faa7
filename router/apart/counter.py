"""The router's side: takes requests of people at other processes' screens, each exactly once.

A request is claimed before it is carried out, so that neither a second sending of it nor a router
that starts again carries it out twice; who sends it again gets the same answer. One that is older
than its asker was ready to wait is left alone: that person has been told that the line is away.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import msgspec
import structlog

from router.apart import scripts, wire
from router.apart.lease import Lease
from router.apart.link import Link, why
from router.apart.publisher import ANSWER_KEPT_S, RETRY_S, Publisher
from router.apart.wire import Keys
from router.events import Request
from router.verdict import Refusal

log = structlog.get_logger(__name__)

BLOCK_MS = 1000
REMEMBERED = 5000
"""Answers kept in memory too: Redis may come back without what it knew."""


class _NotOurs(Exception):
    """The lease is not held."""


class Counter:
    """`run` it as a task. `ask`: the pump's (`router.ports.Desk.ask`)."""

    def __init__(
        self,
        link: Link,
        keys: Keys,
        lease: Lease,
        publisher: Publisher,
        ask: Callable[[Request], Awaitable[Refusal | None]],
        *,
        retry_s: tuple[float, float] = RETRY_S,
    ) -> None:
        self._link, self._keys, self._lease = link, keys, lease
        self._publisher, self._ask, self._retry_s = publisher, ask, retry_s
        self._claim = link.script(scripts.CLAIM)
        self._given: OrderedDict[str, Refusal | None] = OrderedDict()

    async def run(self) -> NoReturn:
        """Take requests until cancelled."""
        pause, longest = self._retry_s
        failing = False
        while True:
            try:
                # From the beginning of what is there: age and claims say what is left to do.
                last = b"0-0"
                while True:
                    last = await self._take(last)
                    failing, pause = False, self._retry_s[0]
            except Exception as error:
                if not failing:
                    log.warning("no requests from redis", error=why(error))
                failing = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, longest)

    async def _take(self, last: bytes) -> bytes:
        """The requests after entry `last`; returns the new last."""
        read: list[Any] = await self._link.command(
            *("XREAD", "COUNT", 100, "BLOCK", BLOCK_MS, "STREAMS", self._keys.asks, last),
            blocks_s=BLOCK_MS / 1000,
        )
        if not read:
            return last
        seconds, micros = await self._link.command("TIME")
        now_ms = int(seconds) * 1000 + int(micros) // 1000
        for entry_id, fields in read[0][1]:
            try:
                ask = wire.ask_of(fields[wire.BODY])
            except (KeyError, msgspec.MsgspecError) as error:
                log.warning("a request that cannot be read", error=type(error).__name__)
            else:
                await self._serve(ask, now_ms - wire.ms_of(entry_id))
            last = entry_id
        return last

    async def _serve(self, ask: wire.Ask, age_ms: int) -> None:
        left_s = (ask.within_ms - age_ms) / 1000
        if left_s <= 0:
            return
        if ask.number in self._given:
            self._publisher.answer(ask.number, self._given[ask.number], left_s)
            return
        keys = [self._keys.lease, self._keys.ask(ask.number)]
        verdict, known = await self._claim(keys, self._lease.token, int(ANSWER_KEPT_S * 1000))
        if verdict == "known":
            # The router before us has answered it.
            self._remember(ask.number, wire.answer_of(known).refusal)
            self._publisher.answer(ask.number, self._given[ask.number], left_s)
        if verdict == "lease":
            # We are not the router, or not yet: whoever is finds the request where it is.
            raise _NotOurs
        if verdict != "ok":
            return
        self._remember(ask.number, await self._ask(ask.request))
        self._publisher.answer(ask.number, self._given[ask.number], left_s)

    def _remember(self, number: str, refusal: Refusal | None) -> None:
        self._given[number] = refusal
        while len(self._given) > REMEMBERED:
            self._given.popitem(last=False)
