"""Callers and seats for tests on the real Asterisk: real phones, ended when the test is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self

from router.events import FallbackServed
from telephony.amiline import AmiLine
from telephony.ari import Ari
from telephony.ari_events import AriEvent, StasisStart
from telephony.fallback import Ledger
from telephony.heartbeat import beat
from telephony.process import Deadline
from telephony.provision import app_queue
from telephony.softphone import Account, Softphone
from telephony.wirephone import Manner, WirePhone
from tests.pbx import RunningPbx, until


class Callers:
    """Phones around one Asterisk. Use as an async context."""

    def __init__(self, pbx: RunningPbx, directory: Path) -> None:
        self.pbx = pbx
        self._directory = directory
        self._stack = AsyncExitStack()
        self._ledger = Ledger(
            pbx.places.ledger,
            directory / "mark",
            min_voicemail_s=1.0,
        )
        self._ledger.done(self._ledger.unread())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def caller(self, number: str = "13800000001", display: str = "") -> WirePhone:
        """A caller behind the trunk, without sound."""
        account = Account(user=number, server=self.pbx.sip, display=display)
        phone = await WirePhone.start(account)
        self._stack.push_async_callback(phone.stop)
        return phone

    async def talker(self, number: str = "13800000001", *, tone_hz: int = 440) -> Softphone:
        """A caller behind the trunk who says a tone."""
        account = Account(user=number, server=self.pbx.sip)
        phone = await Softphone.start(
            self._directory / f"caller-{number}", account=account, tone_hz=tone_hz
        )
        self._stack.push_async_callback(phone.stop)
        return phone

    async def seat(
        self, name: str = "phone1", *, queue: str = "", manner: Manner = "answer"
    ) -> WirePhone:
        """A registered phone of ours; with `queue` also a member of that fallback queue."""
        account = Account(user=name, server=self.pbx.sip, password=self.pbx.phones[name])
        phone = await WirePhone.start(account, manner=manner)
        self._stack.push_async_callback(phone.stop)
        await phone.register()
        self._stack.push_async_callback(phone.register, 0)
        endpoint = f"endpoints/PJSIP/{name}"
        # Asterisk asks it with OPTIONS first, which the loop must answer meanwhile.
        online = partial(self.pbx.ari, "GET", endpoint)
        assert await asyncio.to_thread(until, lambda: online()["state"] == "online")
        if queue:
            self.member(name, queue)
        return phone

    def member(self, name: str, queue: str) -> None:
        """Make a phone a member of a fallback queue for the rest of the test."""
        fields = {"Queue": app_queue(queue), "Interface": f"PJSIP/{name}"}
        self.ask("QueueAdd", **fields)
        self._stack.callback(lambda: self.ask("QueueRemove", **fields))

    def ask(self, action: str, **fields: str) -> None:
        """One AMI action as the product's own user, so that its rights are tried too."""
        settings = self.pbx.settings.pbx
        with AmiLine(
            settings.host,
            settings.ami_port,
            settings.ami_user,
            self.pbx.secrets.ami_secret,
            Deadline(5.0),
        ) as line:
            line.ask(action, **fields)

    def ledger(self, calls: int = 1) -> list[FallbackServed]:
        """The ledger's lines of this test, when there are at least so many."""
        until(lambda: len(self._ledger.unread().served) >= calls)
        read = self._ledger.unread()
        assert read.unreadable == 0
        return list(read.served)

    def channel(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The channel of ARI's list that answers the description, once there is one."""
        found = until(lambda: [c for c in self.pbx.ari("GET", "channels") if wanted(c)])
        assert found, self.pbx.ari("GET", "channels")
        return dict(found[0])


@asynccontextmanager
async def router(
    pbx: RunningPbx, *, heartbeat: bool = False
) -> AsyncIterator[tuple[Ari, asyncio.Queue[StasisStart]]]:
    """A program behind our application, which does nothing by itself, and who arrived there."""
    arrived: asyncio.Queue[StasisStart] = asyncio.Queue()

    def on_event(event: AriEvent) -> None:
        if isinstance(event, StasisStart):
            arrived.put_nowait(event)

    settings = pbx.settings.pbx
    ari = Ari(pbx.ari_url, pbx.ari_username, pbx.ari_password, settings.app, on_event=on_event)
    async with ari, asyncio.TaskGroup() as group:
        tasks = [group.create_task(ari.run())]
        await ari.up(5.0)
        if heartbeat:
            tasks.append(group.create_task(beat(ari, every_s=0.1)))
        try:
            yield ari, arrived
        finally:
            for task in tasks:
                task.cancel()
