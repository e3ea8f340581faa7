"""The way of a page's phone to Asterisk: SIP over a websocket, through this server only.

Only for who is signed in and was given a phone, from a page of ours; it ends with the sign-in.
"""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
from aiohttp import web

from web.pipe import Pipe
from web.problems import Problem
from web.route import Asked, Route
from web.watch import same_site

SUBPROTOCOL: Final = "sip"
MOST_FRAME: Final = 64 * 1024
"""Bytes of one SIP message; a browser's offer has some 6 kB."""
CONNECT_S: Final = 5.0
PING_S: Final = 20.0


async def sip(asked: Asked) -> web.WebSocketResponse:
    """A page's phone speaks to Asterisk, in the name of the account it was given."""
    same_site(asked.request)
    phone = await asked.deps.phones.of(asked.token, asked.now)
    if phone is None:
        raise Problem("phone-not-issued")
    ws = web.WebSocketResponse(
        protocols=(SUBPROTOCOL,), heartbeat=PING_S, max_msg_size=MOST_FRAME, compress=False
    )
    ready = ws.can_prepare(asked.request)
    if not ready.ok or ready.protocol != SUBPROTOCOL:
        raise Problem("bad-request")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        try:
            async with asyncio.timeout(CONNECT_S):
                exchange = await http.ws_connect(
                    asked.deps.browsers.sip_url, protocols=(SUBPROTOCOL,), max_msg_size=MOST_FRAME
                )
        except (aiohttp.ClientError, OSError, TimeoutError):
            raise Problem("exchange-unavailable", headers={"Retry-After": "5"}) from None
        async with exchange:
            await ws.prepare(asked.request)
            pipe = Pipe(ws, asked.token, phone.phone)
            asked.live.attach(pipe)
            try:
                await pipe.carry(exchange)
            finally:
                asked.live.detach(pipe)
    return ws


ROUTES = (
    Route(
        method="GET",
        path="/sip",
        handler=sip,
        summary="SIP for the phone in the browser",
        media="websocket",
        status=101,
        errors=("bad-request", "origin-refused", "phone-not-issued", "exchange-unavailable"),
    ),
)
