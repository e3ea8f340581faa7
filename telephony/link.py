"""Keeps one connection to Asterisk: connect, read the state again, watch, and after a loss again.

AMI and ARI differ in what they connect to, not in how a connection is kept, so the rules are here
once: back-off doubles from its first to its longest wait and starts over after a connection that
came up; a connection counts as up only when `on_up` has read the state again; an error in
`on_up` ends the connection rather than leave us with a state nobody read. This module must never
send anything again by itself: a command whose reply was lost may have been carried out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, NoReturn

import structlog

from telephony.faults import AriReplaced, PbxFault, described

log = structlog.get_logger(__name__)

#: A connection that is open and signed in; the value watches it and raises when it is lost.
Session = AbstractAsyncContextManager[Callable[[], Coroutine[Any, Any, None]]]


async def nothing() -> None:
    """Stand in for an `on_up` nobody gave."""


class Link:
    """One kept connection. `name` and `lost` say whose it is, in the log and in errors."""

    def __init__(
        self,
        name: str,
        lost: type[PbxFault],
        *,
        on_up: Callable[[], Awaitable[None]] | None,
        on_down: Callable[[], None] | None,
        backoff_s: tuple[float, float],
    ) -> None:
        self.connected = False
        self._name = name
        self._lost = lost
        self._on_up = on_up or nothing
        self._on_down = on_down
        self._backoff_s = backoff_s
        self._up = asyncio.Event()
        self._reason = "not connected yet"

    async def keep(self, session: Callable[[], Session]) -> NoReturn:
        """Hold a connection open until cancelled.

        Raises AriReplaced, the one loss that must not be answered by connecting again.
        """
        first, longest = self._backoff_s
        wait = first
        while True:
            opened = False
            try:
                async with session() as watch:
                    opened = self.connected = True
                    await self._carry(watch)
            except Exception as error:
                self._fell(error, opened)
                if isinstance(error, AriReplaced):
                    raise
            wait = first if self._up.is_set() else min(wait * 2, longest)
            self._up.clear()
            await asyncio.sleep(wait)

    async def up(self, within_s: float) -> None:
        """Return once connected and `on_up` is done.

        Raises AmiLost or AriLost, with the reason of the last failure, after `within_s` seconds.
        """
        try:
            async with asyncio.timeout(within_s):
                await self._up.wait()
        except TimeoutError:
            raise self._lost(f"{self._name}: {self._reason}") from None

    async def _carry(self, watch: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Carry one connection until it is lost, and raise the loss.

        Not a TaskGroup: up to Python 3.12 it leaves its task marked as cancelled, so that the
        second loss would look like the order to stop.
        """
        tasks = [asyncio.create_task(watch()), asyncio.create_task(self._read_again())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            self.connected = False
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read_again(self) -> None:
        await self._on_up()
        self._reason = ""
        self._up.set()
        log.info("pbx link up", link=self._name)

    def _fell(self, error: Exception, opened: bool) -> None:
        """Tell of a loss; in the log a reason that only repeats itself is told once."""
        reason = described(error)
        if reason != self._reason:
            log.warning("pbx link down", link=self._name, reason=reason)
        self._reason = reason
        if not opened or self._on_down is None:
            return
        try:
            self._on_down()
        except Exception as fault:
            log.error("pbx on_down failed", link=self._name, error=described(fault))
