"""The stage on the real Asterisk: callers are baresip, phones answer SIP to the letter."""

from __future__ import annotations

import asyncio
import time
import wave
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from router import events as e
from telephony.ami import Ami
from telephony.exchange import Exchange
from telephony.softphone import Account, Softphone
from telephony.wirephone import Manner as WireManner
from telephony.wirephone import WirePhone
from tests.contract.stage import Caller, Citizen, Manner, Phone, Stage
from tests.pbx import PASSWORD, RunningPbx, until

MANNERS: dict[Manner, WireManner] = {
    "answer": "answer",
    "ring": "ring",
    "busy": 486,
    "ignore": "silent",
}
PIECES_S = {"beep": 0.1, "short": 0.3, "next": 0.3, "long": 6.0}
"""Prompts of the scenarios and how long they last."""


@dataclass
class Relay:
    """A wire between us and ARI that can be cut."""

    host: str
    target: int
    port: int = 0
    _ends: set[asyncio.StreamWriter] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._carry, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for end in list(self._ends):
            end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self.host, self.target)
        self._ends |= {writer, back}
        try:
            with suppress(OSError):
                await asyncio.gather(_pour(reader, back), _pour(there, writer))
        finally:
            for end in (writer, back):
                self._ends.discard(end)
                end.transport.abort()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.transport.abort()


@dataclass
class _Caller:
    phone: Softphone

    async def press(self, key: str) -> None:
        await self.phone.press(key)

    async def hang_up(self) -> None:
        await self.phone.hang_up()


@dataclass
class _Phone:
    phone: WirePhone

    @property
    def name(self) -> str:
        return self.phone.account.user

    async def answer(self) -> None:
        await self.phone.expect("INVITE")
        self.phone.answer()

    async def reject(self) -> None:
        await self.phone.expect("INVITE")
        self.phone.decline(603)

    async def hang_up(self) -> None:
        await self.phone.hang_up()

    async def vanish(self) -> None:
        await self.phone.register(0)

    async def let_go(self) -> None:
        await self.phone.expect("BYE", "CANCEL")


class _Citizen(_Phone):
    """Somebody's telephone behind the trunk."""

    rang = False

    async def hang_up(self, call_id: str = "") -> None:
        await self.phone.hang_up()

    async def rung(self) -> None:
        await self.phone.expect("INVITE")
        self.rang = True

    async def answer(self) -> None:
        if not self.rang:
            await self.rung()
        self.phone.answer()


def _talked(phone: WirePhone) -> bool:
    """Whether an answer of the phone was ever acknowledged."""
    return any(event.what == "ACK" for event in phone.log.all)


class RealStage(Stage):
    """A context: exchange and phones live in it."""

    def __init__(self, pbx: RunningPbx, directory: Path) -> None:
        super().__init__()
        self._pbx = pbx
        self._directory = directory
        self._wake = asyncio.Event()
        self._stack = AsyncExitStack()
        self._phones: list[WirePhone] = []
        self._reachable: dict[str, bool] = {}
        self._relay = Relay(pbx.host, pbx.settings.pbx.http_port)

    async def __aenter__(self) -> RealStage:
        pbx, group = self._pbx, asyncio.TaskGroup()
        for piece, seconds in PIECES_S.items():
            # Silence, as raw samples of 16 bits at 8 kHz.
            (self._directory / f"{piece}.sln").write_bytes(bytes(round(seconds * 8000) * 2))
        await self._relay.open()
        self._stack.callback(self._relay.cut)
        self.exchange = self.telephony = Exchange(
            msgspec.structs.replace(
                pbx.settings,
                pbx=msgspec.structs.replace(
                    pbx.settings.pbx, http_port=self._relay.port, heal_s=0.3
                ),
            ),
            pbx.secrets,
            ledger=pbx.places.ledger,
            mark=self._directory / "mark",
            resolve=self._resolve,
            clock=self,
            post=self.post,
        )
        self.ami = Ami(
            pbx.host, pbx.ami_port, pbx.ami_username, pbx.ami_secret, on_event=lambda _: None
        )
        await self._stack.enter_async_context(group)
        self.running = asyncio.create_task(self.exchange.run())
        self._stack.push_async_callback(asyncio.wait, [self.running])
        self._stack.callback(self.running.cancel)
        self._stack.callback(group.create_task(self.ami.run()).cancel)
        await self.exchange.up(10)
        await self.ami.up(10)
        self.background.clear()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def _resolve(self, prompts: Sequence[str], language: str) -> list[str]:
        if unknown := [prompt for prompt in prompts if not [*self._directory.glob(f"{prompt}.*")]]:
            raise LookupError(*unknown)
        return [f"sound:{self._directory / prompt}" for prompt in prompts]

    def post(self, event: e.Event) -> None:
        if isinstance(event, e.PhoneChanged):
            self._reachable[event.phone] = event.reachable
        super().post(event)
        self._wake.set()

    def now(self) -> float:
        return time.time()

    async def caller(self, *, silent: bool = False) -> Caller:
        number = next(self._numbers)
        phone = await Softphone.start(
            self._directory / f"caller{number}",
            account=Account(user="13800000001", server=self._pbx.sip),
            tone_hz=0 if silent else 440,
        )
        self._stack.push_async_callback(phone.stop)
        await phone.dial(f"12348@{self._pbx.sip}")
        return _Caller(phone)

    async def phone(self, name: str, manner: Manner = "answer") -> Phone:
        account = Account(user=name, server=self._pbx.sip, password=PASSWORD)
        phone = await WirePhone.start(account, manner=MANNERS[manner])
        self._phones.append(phone)
        self._stack.push_async_callback(phone.stop)
        await phone.register()
        self._stack.push_async_callback(phone.register, 0)
        while not self._reachable.get(name):
            assert await self.turn(), f"{name} did not become reachable"
        return _Phone(phone)

    async def citizen(self, manner: Manner = "answer") -> Citizen:
        outside = self._pbx.settings.sip.outbound
        account = Account(user="13800000001", server=self._pbx.sip)
        phone = await WirePhone.start(
            account, manner=MANNERS[manner], sip_port=int(outside.rpartition(":")[2])
        )
        self._stack.push_async_callback(phone.stop)
        return _Citizen(phone)

    async def turn(self) -> bool:
        self._wake.clear()
        try:
            async with asyncio.timeout(8):
                await self._wake.wait()
        except TimeoutError:
            return False
        return True

    async def settle(self) -> None:
        # Two views: whatever Asterisk had to say before the second was asked for has been said.
        for _ in range(2):
            await self.seen()

    async def lose_connection(self) -> None:
        self._relay.cut()
        await self.background_event(e.PbxLost)

    async def restore_connection(self) -> None:
        await self._relay.open()

    async def served_by_fallback(self) -> None:
        await self._see(lambda: any(_talked(phone) for phone in self._phones))

    async def in_fallback(self) -> None:
        """Return when a caller is in the dialplan's fallback."""

        def look() -> bool:
            channels = self._pbx.ari("GET", "channels")
            return any(channel["dialplan"]["context"] != "line" for channel in channels)

        await self._see(look)

    async def ended_in_fallback(self) -> None:
        await self._see(lambda: not self._pbx.left_behind())

    async def _see(self, look: Callable[[], bool]) -> None:
        assert await asyncio.to_thread(until, look)

    async def look(self) -> None:
        pass  # it does, every 0.3 s

    async def members(self) -> dict[tuple[str, str], bool]:
        reply = await self.ami.request("QueueStatus")
        return {
            (item.keys["Queue"].removeprefix("q-"), item.keys["Location"].removeprefix("PJSIP/")): (
                item.keys["Paused"] == "1"
            )
            for item in reply.events
            if item.name == "QueueMember"
        }

    async def kept(self, path: str) -> bool:
        with wave.open(str(self._pbx.places.recordings / path)) as sound:
            return bool(sound.getnframes())

    def leftovers(self) -> list[str]:
        return []  # `nothing_left_behind` looks for itself
