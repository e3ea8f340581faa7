"""One open websocket: a bounded list of messages and whoever sends them.

A screen is never waited for. When its list is full it is cut off, without a farewell that would
not get through either; the client reconnects and starts from a whole board.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from aiohttp import web

BACKLOG = 200
"""Messages a screen may lie behind: ten seconds of the busiest board."""

CLOSE_SIGNED_OUT = 4401
"""Close code: the session is over; signing in again is the way back."""


class Screen:
    def __init__(self, ws: web.WebSocketResponse, token: str, cut: Callable[[], None]) -> None:
        self.token = token
        self._ws = ws
        self._cut = cut
        self._waiting: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._closing: int | None = None
        self.dropped = False

    def show(self, message: bytes) -> None:
        """Send `message` after those before it; a JSON text. Never blocks, never raises."""
        if len(self._waiting) >= BACKLOG:
            self._waiting.clear()
            self.dropped = True
            self._cut()
        elif not self.dropped:
            self._waiting.append(message)
            self._wake.set()

    def close(self, code: int) -> None:
        """Close after what is waiting has been sent."""
        self._closing = code
        self._wake.set()

    async def send(self) -> None:
        """Send until closed. The messages are JSON in UTF-8 already and shared by all screens."""
        while True:
            while self._waiting:
                await self._ws.send_frame(self._waiting[0], web.WSMsgType.TEXT)
                if self._waiting:
                    self._waiting.popleft()
            if self._closing is not None:
                await self._ws.close(code=self._closing)
                return
            self._wake.clear()
            await self._wake.wait()
