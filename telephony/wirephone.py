"""A seat's phone made of SIP messages alone, which does exactly what it is told.

For what a real softphone cannot be made to do: decline with 603 or any other code, never ring
although it is registered, and tell when an INVITE or a BYE passed. It carries no sound and
places no calls (`telephony.softphone` does both). Loopback only.

As RFC 3261 asks, requests are sent again until answered and final answers until acknowledged.
One phone is one UDP socket; a process may hold hundreds.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from dataclasses import dataclass
from typing import Literal, cast

from telephony.phonelog import Happened, PhoneError, PhoneLog
from telephony.sipwire import Message, compose, digest, response, sdp
from telephony.softphone import Account

Manner = Literal["answer", "ring", "silent"] | int
"""When called it answers at once, rings, does nothing at all, or declines with a SIP code.

A silent phone still answers the server's OPTIONS, so the server believes that it is there.
"""

_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 4.0)
"""Between two sendings of the same message (T1 and T2 of RFC 3261, 17.1.1.1)."""


@dataclass(slots=True)
class _Call:
    invite: Message
    peer: tuple[str, int]
    tag: str
    answer: bytes = b""
    """The last response to the INVITE: sent again when the INVITE comes again."""
    state: Literal["ringing", "declined", "up", "over"] = "ringing"
    repeat: asyncio.TimerHandle | None = None


class WirePhone(asyncio.DatagramProtocol):
    """One phone. Make it with `start`; `log` holds INVITE, CANCEL, ACK, BYE, BYE_SENT, BYE_OK."""

    port: int
    """Its UDP port."""

    def __init__(self, account: Account, manner: Manner) -> None:
        self.account = account
        self.manner = manner
        self.log = PhoneLog(account.user)
        host, _, port = account.server.rpartition(":")
        self._server = (host, int(port))
        self._calls: dict[str, _Call] = {}
        self._awaited: dict[tuple[str, str], asyncio.Future[Message]] = {}
        self._numbers = itertools.count(1)

    @classmethod
    async def start(
        cls, account: Account, *, manner: Manner = "answer", sip_port: int = 0
    ) -> WirePhone:
        """Open the phone's socket; port 0 takes a free one. It registers only when asked to."""
        loop = asyncio.get_running_loop()
        _, phone = await loop.create_datagram_endpoint(
            lambda: cls(account, manner), local_addr=("127.0.0.1", sip_port)
        )
        return phone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio's own transport is no subclass of the type it documents (3.11).
        self._transport = cast("asyncio.DatagramTransport", transport)
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.port = transport.get_extra_info("sockname")[1]
        self._contact = f"sip:{self.account.user}@127.0.0.1:{self.port}"

    async def register(self, expires_s: int = 300) -> None:
        """Register with the server; 0 takes the registration back. Raises PhoneError."""
        who = f"<sip:{self.account.user}@{self.account.server}>"
        uri = f"sip:{self.account.server}"
        headers = [
            f"From: {who};tag=r{self.port}",
            f"To: {who}",
            f"Contact: <{self._contact}>",
            f"Expires: {expires_s}",
        ]
        call_id = f"register-{self.port}"
        answer = await self._request(f"REGISTER {uri}", self._server, call_id, headers)
        if answer.code == 401:
            proof = digest(
                answer.one("www-authenticate"),
                self.account.user,
                self.account.password or "",
                method="REGISTER",
                uri=uri,
                cnonce=f"c{self.port}",
            )
            answer = await self._request(
                f"REGISTER {uri}", self._server, call_id, [*headers, proof]
            )
        if answer.code != 200:
            raise PhoneError(f"{self.account.user}: not registered: {answer.start}")

    async def expect(self, *kinds: str, deadline_s: float = 5.0) -> Happened:
        """The next event of one of `kinds`; earlier ones are passed over for good."""
        return await self.log.expect(*kinds, deadline_s=deadline_s)

    def answer(self) -> None:
        """Answer what rings."""
        self._finish(self._one("ringing"), 200)

    def decline(self, code: int) -> None:
        """Decline what rings, for example with 603 (by hand) or 486 (busy)."""
        self._finish(self._one("ringing"), code)

    async def hang_up(self) -> None:
        """Send BYE for the call that is up and wait until it is answered."""
        call = self._one("up")
        call.state = "over"
        invite = call.invite
        contact = invite.one("contact")
        bracketed = re.search(r"<([^>]+)>", contact)
        self.log.add("BYE_SENT", {"call": invite.call_id})
        await self._request(
            f"BYE {bracketed.group(1) if bracketed else contact}",
            call.peer,
            invite.call_id,
            [f"From: {invite.one('to')};tag={call.tag}", f"To: {invite.one('from')}"],
        )
        self.log.add("BYE_OK", {"call": invite.call_id})

    async def stop(self) -> None:
        """Close the socket; calls and registration stay as they are, as in a power cut."""
        for call in self._calls.values():
            if call.repeat is not None:
                call.repeat.cancel()
        self._transport.close()
        await self._closed
        self.log.close()

    def _one(self, state: str) -> _Call:
        for call in self._calls.values():
            if call.state == state:
                return call
        raise PhoneError(f"{self.account.user}: no call is {state}")

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set_result(None)

    # ---- what comes in ----

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not data.strip():
            return  # keep-alive
        message = Message.parse(data)
        if message.code:
            waiting = self._awaited.get((message.call_id, message.one("cseq")))
            if waiting is not None and not waiting.done() and message.code >= 200:
                waiting.set_result(message)
            return
        call = self._calls.get(message.call_id)
        if call is not None:
            self._within(call, message)
        elif message.method == "INVITE":
            self._called(message, addr)
        elif message.method in {"OPTIONS", "NOTIFY"}:
            self._send(message, addr, 200)
        elif message.method != "ACK":
            self._send(message, addr, 481)

    def _called(self, invite: Message, peer: tuple[str, int]) -> None:
        call = _Call(invite, peer, tag=f"{self.port}-{next(self._numbers)}")
        self._calls[invite.call_id] = call
        self.log.add("INVITE", {"call": invite.call_id, "from": invite.one("from")})
        match self.manner:
            case "silent":
                pass
            case "ring" | "answer":
                call.answer = self._send(invite, peer, 180, call.tag)
                if self.manner == "answer":
                    self._finish(call, 200)
            case code:
                self._finish(call, code)

    def _within(self, call: _Call, message: Message) -> None:
        """A request within a call that we know."""
        match message.method:
            case "INVITE" if message.one("cseq") == call.invite.one("cseq"):
                if call.answer:
                    self._transport.sendto(call.answer, call.peer)
            case "INVITE":  # a re-INVITE: the same media again
                call.invite = message
                self._finish(call, 200)
            case "ACK":
                if call.repeat is not None:
                    call.repeat.cancel()
                self.log.add("ACK", {"call": message.call_id})
            case "CANCEL":
                self._send(message, call.peer, 200, call.tag)
                if call.state == "ringing":
                    self.log.add("CANCEL", {"call": message.call_id})
                    self._finish(call, 487)
            case "BYE":
                call.state = "over"
                self.log.add("BYE", {"call": message.call_id})
                self._send(message, call.peer, 200, call.tag)
            case "OPTIONS":
                self._send(message, call.peer, 200, call.tag)
            case _:
                self._send(message, call.peer, 501, call.tag)

    # ---- what goes out ----

    def _finish(self, call: _Call, code: int) -> None:
        """Send the final answer, again and again until its ACK comes."""
        call.state = "up" if code == 200 else "declined"
        call.answer = self._send(call.invite, call.peer, code, call.tag)
        self._repeat(call, list(_PAUSES_S))

    def _repeat(self, call: _Call, pauses_s: list[float]) -> None:
        def send() -> None:
            self._transport.sendto(call.answer, call.peer)
            self._repeat(call, pauses_s[1:])

        if call.repeat is not None:
            call.repeat.cancel()
        if pauses_s:
            call.repeat = asyncio.get_running_loop().call_later(pauses_s[0], send)

    def _send(
        self, request: Message, peer: tuple[str, int], code: int, tag: str = "outside"
    ) -> bytes:
        body = sdp() if code == 200 and request.method == "INVITE" else ""
        data = response(request, code, tag=tag, contact=self._contact, body=body)
        self._transport.sendto(data, peer)
        return data

    async def _request(
        self, what: str, peer: tuple[str, int], call_id: str, headers: list[str]
    ) -> Message:
        number = next(self._numbers)
        cseq = f"{number} {what.partition(' ')[0]}"
        via = f"SIP/2.0/UDP 127.0.0.1:{self.port};rport;branch=z9hG4bK{self.port}-{number}"
        data = compose(
            f"{what} SIP/2.0",
            [
                f"Via: {via}",
                "Max-Forwards: 70",
                *headers,
                f"Call-ID: {call_id}",
                f"CSeq: {cseq}",
            ],
        )
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._awaited[call_id, cseq] = answer
        try:
            for pause_s in _PAUSES_S:
                self._transport.sendto(data, peer)
                await asyncio.wait({answer}, timeout=pause_s)
                if answer.done():
                    return answer.result()
        finally:
            del self._awaited[call_id, cseq]
        raise PhoneError(f"{self.account.user}: {what}: no answer from {peer[0]}:{peer[1]}")
