"""A page's phone without a page: SIP over a websocket, registering and being rung. No sound.

What a browser adds (DTLS, ICE, sound both ways) is tried with a browser in tests/ui.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from contextlib import suppress
from types import TracebackType

import aiohttp

from telephony.phonelog import PhoneLog
from telephony.sipwire import Message, compose, digest, response

_DEADLINE_S = 5.0


class WebPhone:
    """`async with` holds the websocket. `log` has INVITE, CANCEL, ACK and OPTIONS as they come."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.user = user
        self.log = PhoneLog(user)
        self.invite: Message | None = None
        self._url = url
        self._password = password
        self._numbers = itertools.count(1)
        self._mark = secrets.token_hex(4)
        """Makes transactions and calls differ from those of another page of the same account."""
        self._answers: asyncio.Queue[Message] = asyncio.Queue()
        self._http = aiohttp.ClientSession()

    async def __aenter__(self) -> WebPhone:
        self._ws = await self._http.ws_connect(self._url, protocols=("sip",))
        assert self._ws.protocol == "sip"
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._ws.close()
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader
        await self._http.close()

    async def register(self, expires_s: int = 120) -> int:
        """Ask to be registered, and again with the password; the last answer's status."""
        uri = "sip:hotline-12348"
        answer = await self._ask(f"REGISTER {uri}", expires_s)
        if answer.code == 401:
            proof = digest(
                answer.one("www-authenticate"),
                self.user,
                self._password,
                method="REGISTER",
                uri=uri,
                cnonce="c1",
            )
            answer = await self._ask(f"REGISTER {uri}", expires_s, proof)
        return answer.code

    async def call(self, number: str) -> int:
        """Dial without a password; the status of the answer."""
        return (await self._ask(f"INVITE sip:{number}@hotline-12348", 0, to=number)).code

    async def say(self, code: int) -> None:
        """Answer the last INVITE with a status."""
        assert self.invite is not None
        await self._send(response(self.invite, code, tag="w1", contact=self._contact))

    async def _ask(self, start: str, expires_s: int, *more: str, to: str = "") -> Message:
        number = next(self._numbers)
        who = f"<sip:{self.user}@hotline-12348>"
        headers = [
            f"Via: SIP/2.0/WS web.invalid;branch=z9hG4bK{self._mark}{number}",
            "Max-Forwards: 70",
            f"From: {who};tag={self._mark}",
            f"To: {f'<sip:{to}@hotline-12348>' if to else who}",
            f"Call-ID: {self._mark}{to}",
            f"CSeq: {number} {start.partition(' ')[0]}",
            f"Contact: <{self._contact}>",
            f"Expires: {expires_s}",
            *more,
        ]
        await self._send(compose(f"{start} SIP/2.0", headers))
        async with asyncio.timeout(_DEADLINE_S):
            return await self._answers.get()

    @property
    def _contact(self) -> str:
        return f"sip:{self.user}@web.invalid;transport=ws"

    async def _read(self) -> None:
        async for frame in self._ws:
            message = Message.parse(
                frame.data if isinstance(frame.data, bytes) else frame.data.encode()
            )
            if message.code >= 200:
                self._answers.put_nowait(message)
            elif not message.code:
                await self._asked(message)

    async def _asked(self, request: Message) -> None:
        if request.method == "OPTIONS":
            await self._send(response(request, 200, tag="w1", contact=self._contact))
        elif request.method == "INVITE":
            self.invite = request
        self.log.add(request.start.split(" ")[0])

    async def _send(self, message: bytes) -> None:
        await self._ws.send_str(message.decode())
