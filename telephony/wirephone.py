"""A phone made of SIP messages alone, which does exactly what it is told.

For what a real softphone cannot be made to do: decline with 603 or any other code, never ring
although it is registered, and tell when an INVITE or a BYE passed. It hears nothing and says no
more than a moment of silence (`telephony.softphone` talks). Loopback only.

As RFC 3261 asks, requests are sent again until answered and final answers until acknowledged.
One phone is one UDP socket; a process may hold hundreds.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
from dataclasses import dataclass
from typing import Literal, cast

from telephony.phonelog import Happened, PhoneError, PhoneLog
from telephony.sipwire import (
    Message,
    address,
    compose,
    digest,
    media_port,
    response,
    sdp,
    silence,
)
from telephony.softphone import Account

Manner = Literal["answer", "ring", "silent"] | int
"""When called it answers at once, rings, does nothing at all, or declines with a SIP code.

A silent phone still answers the server's OPTIONS, so the server believes that it is there.
"""

_NOWHERE = 9
"""Port for sound that nobody will hear (discard)."""

_NUMBERS = itertools.count(1)
"""For tags and branches, which must be new even when a phone takes the port of an earlier one."""

_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 4.0)
"""Between two sendings of the same message (T1 and T2 of RFC 3261, 17.1.1.1)."""


@dataclass(slots=True)
class _Call:
    id: str
    peer: tuple[str, int]
    tag: str
    mine: str
    """Our side of the dialog, as our requests name it."""
    theirs: str
    target: str
    """Where requests within the call go (their Contact)."""
    invite: Message | None = None
    """Of a call that came in."""
    said: bytes = b""
    """Our last word on the INVITE: sent again when theirs comes again."""
    state: Literal["calling", "ringing", "declined", "up", "over"] = "ringing"
    repeat: asyncio.TimerHandle | None = None


class WirePhone(asyncio.DatagramProtocol):
    """One phone. Make it with `start`.

    `log` holds what passed: INVITE, CANCEL, ACK and BYE came in; INVITE_SENT, ANSWERED (the ACK
    went out), BYE_SENT and BYE_OK are our own doing.
    """

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
        self._numbers = _NUMBERS
        self._sound: socket.socket | None = None

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

    async def dial(self, number: str) -> None:
        """Call `number` at the server, which must answer within seconds; returns at its answer.

        Raises PhoneError when the call is declined.
        """
        uri = f"sip:{number}@{self.account.server}"
        tag = f"{self.port}-{next(self._numbers)}"
        mine = f"<sip:{self.account.user}@{self.account.server}>;tag={tag}"
        call = _Call(f"call-{tag}", self._server, tag, mine, f"<{uri}>", uri, state="calling")
        self._calls[call.id] = call
        self.log.add("INVITE_SENT", {"call": call.id})
        mouth = self._mouth()
        answer = await self._request(
            f"INVITE {uri}",
            call.peer,
            call.id,
            [f"From: {mine}", f"To: <{uri}>", f"Contact: <{self._contact}>"],
            sdp(mouth.getsockname()[1]),
        )
        call.theirs = answer.one("to")
        call.target = address(answer.one("contact")) or uri
        cseq = answer.one("cseq").partition(" ")[0]
        call.said = self._compose(
            f"ACK {call.target}", cseq, call.id, [f"From: {mine}", f"To: {call.theirs}"]
        )
        self._transport.sendto(call.said, call.peer)
        if answer.code >= 300:
            call.state = "over"
            raise PhoneError(f"{self.account.user}: declined: {answer.start}")
        call.state = "up"
        if port := media_port(answer.body):
            # Asterisk's Answer() waits half a second for the first sound, which every phone sends.
            mouth.sendto(silence(), (call.peer[0], port))
        self.log.add("ANSWERED", {"call": call.id})

    def _mouth(self) -> socket.socket:
        """The socket we speak from. What comes in there is never read: the system drops it."""
        if self._sound is None:
            self._sound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._sound.bind(("127.0.0.1", 0))
            self._sound.setblocking(False)
        return self._sound

    async def hang_up(self) -> None:
        """Send BYE for the call that is up and wait until it is answered."""
        call = self._one("up")
        call.state = "over"
        self.log.add("BYE_SENT", {"call": call.id})
        await self._request(
            f"BYE {call.target}",
            call.peer,
            call.id,
            [f"From: {call.mine}", f"To: {call.theirs}"],
        )
        self.log.add("BYE_OK", {"call": call.id})

    async def stop(self) -> None:
        """Close the socket; calls and registration stay as they are, as in a power cut."""
        for call in self._calls.values():
            if call.repeat is not None:
                call.repeat.cancel()
        self._transport.close()
        if self._sound is not None:
            self._sound.close()
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
        call = self._calls.get(message.call_id)
        if message.code:
            self._answered(call, message)
        elif call is not None:
            self._within(call, message)
        elif message.method == "INVITE":
            self._called(message, addr)
        elif message.method in {"OPTIONS", "NOTIFY"}:
            self._send(message, addr, 200)
        elif message.method != "ACK":
            self._send(message, addr, 481)

    def _answered(self, call: _Call | None, answer: Message) -> None:
        """A response to a request of ours."""
        waiting = self._awaited.get((answer.call_id, answer.one("cseq")))
        if waiting is not None and not waiting.done() and answer.code >= 200:
            waiting.set_result(answer)
        elif call is not None and answer.method == "INVITE" and answer.code >= 200 and call.said:
            self._transport.sendto(call.said, call.peer)  # our ACK was lost

    def _called(self, invite: Message, peer: tuple[str, int]) -> None:
        if f"sip:{self.account.user}@" not in invite.start:
            self._send(invite, peer, 404)  # meant for whoever had this port before
            return
        tag = f"{self.port}-{next(self._numbers)}"
        call = _Call(
            invite.call_id,
            peer,
            tag,
            mine=f"{invite.one('to')};tag={tag}",
            theirs=invite.one("from"),
            target=address(invite.one("contact")),
            invite=invite,
        )
        self._calls[call.id] = call
        self.log.add("INVITE", {"call": call.id, "from": call.theirs})
        match self.manner:
            case "silent":
                pass
            case "ring" | "answer":
                call.said = self._send(invite, peer, 180, tag)
                if self.manner == "answer":
                    self._finish(call, 200)
            case code:
                self._finish(call, code)

    def _within(self, call: _Call, message: Message) -> None:
        """A request within a call that we know."""
        match message.method:
            case "INVITE" if call.invite and message.one("cseq") == call.invite.one("cseq"):
                if call.said:
                    self._transport.sendto(call.said, call.peer)
            case "INVITE":  # a re-INVITE: the same media again
                call.invite = message
                self._finish(call, 200)
            case "ACK":
                if call.repeat is not None:
                    call.repeat.cancel()
                self.log.add("ACK", {"call": call.id})
            case "CANCEL":
                self._send(message, call.peer, 200, call.tag)
                if call.state == "ringing":
                    self.log.add("CANCEL", {"call": call.id})
                    self._finish(call, 487)
            case "BYE":
                call.state = "over"
                self.log.add("BYE", {"call": call.id})
                self._send(message, call.peer, 200, call.tag)
            case "OPTIONS":
                self._send(message, call.peer, 200, call.tag)
            case _:
                self._send(message, call.peer, 501, call.tag)

    # ---- what goes out ----

    def _finish(self, call: _Call, code: int) -> None:
        """Send the final answer, again and again until its ACK comes."""
        assert call.invite is not None
        call.state = "up" if code == 200 else "declined"
        call.said = self._send(call.invite, call.peer, code, call.tag)
        self._repeat(call, list(_PAUSES_S))

    def _repeat(self, call: _Call, pauses_s: list[float]) -> None:
        def send() -> None:
            self._transport.sendto(call.said, call.peer)
            self._repeat(call, pauses_s[1:])

        if call.repeat is not None:
            call.repeat.cancel()
        if pauses_s:
            call.repeat = asyncio.get_running_loop().call_later(pauses_s[0], send)

    def _send(
        self, request: Message, peer: tuple[str, int], code: int, tag: str = "outside"
    ) -> bytes:
        body = sdp(_NOWHERE) if code == 200 and request.method == "INVITE" else ""
        data = response(request, code, tag=tag, contact=self._contact, body=body)
        self._transport.sendto(data, peer)
        return data

    def _compose(
        self, what: str, cseq: str, call_id: str, headers: list[str], body: str = ""
    ) -> bytes:
        branch = f"z9hG4bK{self.port}-{next(self._numbers)}"
        fixed = [
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};rport;branch={branch}",
            "Max-Forwards: 70",
            f"Call-ID: {call_id}",
            f"CSeq: {cseq} {what.partition(' ')[0]}",
        ]
        return compose(f"{what} SIP/2.0", [*fixed, *headers], body)

    async def _request(
        self, what: str, peer: tuple[str, int], call_id: str, headers: list[str], body: str = ""
    ) -> Message:
        if self._transport.is_closing():
            raise PhoneError(f"{self.account.user}: the phone is gone")
        cseq = str(next(self._numbers))
        data = self._compose(what, cseq, call_id, headers, body)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        key = (call_id, f"{cseq} {what.partition(' ')[0]}")
        self._awaited[key] = answer
        try:
            for pause_s in _PAUSES_S:
                self._transport.sendto(data, peer)
                await asyncio.wait({answer}, timeout=pause_s)
                if answer.done():
                    return answer.result()
        finally:
            del self._awaited[key]
        raise PhoneError(f"{self.account.user}: {what}: no answer from {peer[0]}:{peer[1]}")
