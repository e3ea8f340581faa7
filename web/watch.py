"""The live board over HTTP: the whole board, and a websocket of what changes."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiohttp import hdrs, web
from yarl import URL

from web.live import Beat, Delta, LiveBoard
from web.problems import Problem
from web.route import Asked, Route
from web.screens import Screen

PING_S = 20.0
"""A screen that does not answer a ping within half of this is gone."""


async def live(asked: Asked) -> LiveBoard:
    return asked.live.whole()


async def watch(asked: Asked) -> web.WebSocketResponse:
    """First the whole board, then changes. What a screen sends is read and not looked at."""
    same_site(asked.request)
    ws = web.WebSocketResponse(heartbeat=PING_S, max_msg_size=4096, compress=False)
    if not ws.can_prepare(asked.request).ok:
        raise Problem("bad-request")
    await ws.prepare(asked.request)
    transport = asked.request.transport
    screen = Screen(ws, asked.token, transport.abort if transport else lambda: None)
    asked.live.join(screen)
    sender = asyncio.create_task(screen.send(), name="screen")
    try:
        async for _ in ws:
            pass
    finally:
        asked.live.leave(screen)
        sender.cancel()
        with suppress(asyncio.CancelledError, ConnectionError):
            await sender
    return ws


def same_site(request: web.Request) -> None:
    """Raises Problem for a websocket that a page of another site opens."""
    # Browsers let any page open a websocket anywhere, cookie included; only Origin tells.
    origin = request.headers.get(hdrs.ORIGIN)
    try:
        same = origin is None or URL(origin).authority == request.host
    except ValueError:
        same = False
    if not same:
        raise Problem("origin-refused")


ROUTES = (
    Route(
        method="GET",
        path="/live",
        handler=live,
        summary="The live board as it is now",
        reply=LiveBoard,
    ),
    Route(
        method="GET",
        path="/live/ws",
        handler=watch,
        summary="The live board and its changes",
        media="websocket",
        sends=(LiveBoard, Delta, Beat),
        status=101,
        errors=("bad-request", "origin-refused"),
    ),
)
