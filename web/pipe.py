"""What passes between a page's phone and Asterisk, frame by frame, and what may not.

Asterisk listens to this machine alone and, on loopback, takes a stranger for a trunk; so a page
says only what its own account may: it registers in its own name, goes on with calls it has, and
calls nothing but the test of microphone and loudspeaker. Never reads more of a message than that,
never keeps or logs one.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final

import aiohttp
import structlog
from aiohttp import WSMsgType, web

from cases.sessions import hashed

log = structlog.get_logger(__name__)

CLOSE_REFUSED: Final = 4403
"""Close code: the page said what its account may not."""

DEVICE_CHECK: Final = "*43"
"""The extension of config/asterisk/extensions.conf.tmpl that a person's phone may dial."""

_REQUEST: Final = re.compile(r"([A-Z]+) (\S+) SIP/2\.0")
_LINES: Final = re.compile(r"\r\n|\r|\n")
_FROM: Final = re.compile(r"\s*(?:from|f)\s*:", re.IGNORECASE)
_TO: Final = re.compile(r"\s*(?:to|t)\s*:", re.IGNORECASE)
_WITHIN: Final = re.compile(
    r'(?:To|t): ?(?:"[^"\\<>]*" ?)?<sip:[^<>\s]+>(?:;[^<>]*)?;tag=[^<>;\s]+(?:;[^<>]*)?',
    re.IGNORECASE,
)
DIALOG: Final = frozenset({"ACK", "BYE", "INVITE", "INFO", "UPDATE", "PRACK", "OPTIONS"})
"""What a page may ask within a call it has."""


def may_say(message: str, phone: str) -> bool:
    """Whether a page whose account is `phone` may send this frame.

    Answers and keep-alives may pass, and requests within a dialog: Asterisk knows its dialogs by
    tags that nobody can guess. What stands alone must be in the account's own name, written as
    plainly as a browser writes it, and go nowhere but to the registrar or the device check. What
    two parsers could read in two ways is refused.
    """
    lines = _LINES.split(message)
    if not message.strip() or lines[0].startswith("SIP/2.0 "):
        return True
    request = _REQUEST.fullmatch(lines[0])
    senders = [line for line in lines if _FROM.match(line)]
    targets = [line for line in lines if _TO.match(line)]
    if request is None or len(senders) != 1 or len(targets) != 1:
        return False
    if _WITHIN.fullmatch(targets[0]):
        return request[1] in DIALOG
    own = rf'(?:From|f): ?(?:"[^"\\<>]*" ?)?<sip:{re.escape(phone)}@[^<>@\s]+>(?:;[^<>]*)?'
    if not re.fullmatch(own, senders[0], re.IGNORECASE):
        return False
    if request[1] == "REGISTER":
        return True
    check = rf"sip:{re.escape(DEVICE_CHECK)}@[^<>@\s]+"
    return request[1] in {"INVITE", "CANCEL"} and bool(re.fullmatch(check, request[2]))


class Pipe:
    """One page's websocket and its other half; `token` is the sign-in it belongs to."""

    def __init__(self, ws: web.WebSocketResponse, token: str, phone: str) -> None:
        self.token = token
        self.key = hashed(token)
        self.phone = phone
        self._ws = ws
        self._over: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def close(self, code: int) -> None:
        """End both halves; a second time does nothing."""
        if not self._over.done():
            self._over.set_result(code)

    async def carry(self, exchange: aiohttp.ClientWebSocketResponse[bool]) -> None:
        """Pass frames both ways until either side ends or `close` is called."""
        ways: list[asyncio.Future[Any]] = [
            asyncio.create_task(self._outward(exchange), name="sip out"),
            asyncio.create_task(self._homeward(exchange), name="sip in"),
        ]
        try:
            await asyncio.wait([self._over, *ways], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        code = self._over.result() if self._over.done() else aiohttp.WSCloseCode.GOING_AWAY
        await exchange.close()
        await self._ws.close(code=code)

    async def _outward(self, exchange: aiohttp.ClientWebSocketResponse[bool]) -> None:
        async for frame in self._ws:
            if frame.type is not WSMsgType.TEXT or not may_say(frame.data, self.phone):
                log.warning("a page's phone said what it may not")
                self.close(CLOSE_REFUSED)
                return
            await exchange.send_str(frame.data)

    async def _homeward(self, exchange: aiohttp.ClientWebSocketResponse[bool]) -> None:
        async for frame in exchange:
            if frame.type is WSMsgType.TEXT:
                await self._ws.send_str(frame.data)
            elif frame.type is WSMsgType.BINARY:
                await self._ws.send_bytes(frame.data)
