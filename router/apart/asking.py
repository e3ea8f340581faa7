"""The screens' side: a person's request on its way to the router and the answer on its way back.

Sent again under its own number until it is answered: the router carries it out once.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

import structlog

from router.apart import wire
from router.apart.link import AWAY, Link, why
from router.apart.wire import Keys
from router.events import Request
from router.ports import RouterAway
from router.verdict import Refusal

log = structlog.get_logger(__name__)

WITHIN_S = 4.0
"""A person is told that the line is away after this long; the interface waits for five seconds."""

AGAIN_S = 1.0
BACK_OFF_S = 0.1
WAITING = 1000
"""Requests that Redis keeps at least."""


class Asking:
    """`seen`: whether the router lives, as far as is known; without it nobody is kept waiting."""

    def __init__(
        self, link: Link, keys: Keys, seen: Callable[[], bool], *, within_s: float = WITHIN_S
    ) -> None:
        self._link, self._keys, self._seen = link, keys, seen
        self._within_s = within_s
        self._open: dict[str, asyncio.Future[Refusal | None]] = {}

    async def ask(self, request: Request) -> Refusal | None:
        """Put a request to the router. Raises RouterAway: not answered in time."""
        if not self._seen():
            raise RouterAway
        loop = asyncio.get_running_loop()
        number, until = secrets.token_hex(12), loop.time() + self._within_s
        answer: asyncio.Future[Refusal | None] = loop.create_future()
        self._open[number] = answer
        try:
            while (left := until - loop.time()) > 0:
                pause = await self._send(wire.Ask(number, int(left * 1000), request), left)
                await asyncio.wait({answer}, timeout=min(pause, left))
                if answer.done():
                    return answer.result()
            raise RouterAway
        finally:
            del self._open[number]
            answer.cancel()

    def answered(self, answer: wire.Answer) -> None:
        """An answer that came; those to other processes' requests are passed over."""
        waiting = self._open.get(answer.number)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer.refusal)

    async def _send(self, ask: wire.Ask, left_s: float) -> float:
        """Returns how long to wait for the answer before it is sent again."""
        try:
            async with asyncio.timeout(left_s):
                await self._link.command(
                    *("XADD", self._keys.asks, "MAXLEN", "~", WAITING, "*", "b", wire.encode(ask)),
                )
        except AWAY as error:
            log.info("a request could not be sent", error=why(error))
            return BACK_OFF_S
        return AGAIN_S
