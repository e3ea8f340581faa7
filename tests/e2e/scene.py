"""One test's people on the line: callers and agents with real phones, and what they look at."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

from hotline.onlooker import LineError, Onlooker, Refused
from telephony.ami import Ami
from telephony.phonelog import PhoneError
from telephony.softphone import Account, Softphone
from telephony.wirephone import Manner, WirePhone
from tests.e2e.house import SEATS, House

CALLER_HZ = 440
AGENT_HZ = (1000, 1080, 1160, 1240, 1640)

_NUMBERS = itertools.count(1)


class Agent:
    """A person at a seat with a phone: a softphone, or a wire phone with a manner."""

    def __init__(self, scene: Scene, n: int, phone: Softphone | WirePhone) -> None:
        self.seat_id = SEATS[n]
        self.phone = phone
        self.hz = AGENT_HZ[n]
        self._scene = scene
        self._token = scene.house.players[n].token

    async def act(self, what: str, body: object = None) -> Any:
        """`ready`, `not-ready`, `hang-up`, `sign-out` … at the seat, over the API."""
        return await self._scene.line.post(f"/seats/{self.seat_id}/{what}", self._token, body)

    async def joined(self, caller: Caller) -> bool:
        """Whether Asterisk has them in one bridge."""
        bridges = await asyncio.to_thread(self._scene.house.asterisk.ari, "GET", "bridges")
        return any({caller.call_id, f"{caller.call_id}-L1"} <= {*b["channels"]} for b in bridges)

    async def answer(self) -> None:
        """Answer the phone when it rings; return when both can be heard."""
        if isinstance(self.phone, Softphone):
            await self.phone.expect("CALL_INCOMING", deadline_s=10)
            await self.phone.answer()
            await self.phone.expect("CALL_ESTABLISHED")
        else:
            await self.phone.expect("INVITE", deadline_s=10)
            self.phone.answer()
            await self.phone.expect("ACK")


class Caller:
    """Somebody with a softphone who has dialled 12348."""

    def __init__(self, scene: Scene, number: str, phone: Softphone) -> None:
        self.number = number
        self.phone = phone
        self.call_id = ""
        self._scene = scene

    async def at(self, *stages: str, deadline_s: float = 10.0) -> Caller:
        """Wait until the call is at one of `stages`."""
        await self._scene.line.stage(self.call_id, *stages, deadline_s=deadline_s)
        return self

    async def press(self, keys: str) -> None:
        await self.phone.press(keys)

    async def hang_up(self) -> None:
        await self.phone.hang_up()

    async def let_go(self, deadline_s: float = 15.0) -> None:
        """Wait until the line hangs up."""
        await self.phone.expect("CALL_CLOSED", deadline_s=deadline_s)


class Scene:
    """Started by the fixture; everybody leaves at the end, whatever happened."""

    def __init__(self, house: House, directory: Path) -> None:
        self.house = house
        self.callers: list[Caller] = []
        self.agents: list[Agent] = []
        self._directory = directory
        self._stack = AsyncExitStack()
        self.line: Onlooker

    async def begin(self) -> None:
        await self.look_again()

    async def look_again(self) -> None:
        """Open the live board: at the beginning, and anew after the router was started again."""
        self.line = await self._stack.enter_async_context(
            Onlooker(self.house.address, self.house.supervisor.token)
        )

    async def end(self) -> None:
        for caller in self.callers:
            await caller.phone.stop()
        for agent in self.agents:
            with suppress(LineError):
                await agent.act("sign-out")
            if isinstance(agent.phone, WirePhone):
                with suppress(PhoneError):
                    await agent.phone.register(0)
            await agent.phone.stop()
        await self._stack.aclose()

    # ---- people ----

    async def agent(self, n: int = 0, *, manner: Manner | None = None, ready: bool = True) -> Agent:
        """The person of seat `n` sits down. With a manner the phone is a wire phone."""
        player = self.house.players[n]
        account = Account(
            user=player.person.phone, server=self.house.sip, password=player.sip_password
        )
        phone: Softphone | WirePhone
        if manner is None:
            directory = self._directory / f"agent{n}"
            phone = await Softphone.start(directory, account=account, tone_hz=AGENT_HZ[n])
        else:
            phone = await WirePhone.start(account, manner=manner)
        agent = Agent(self, n, phone)
        self.agents.append(agent)
        await (phone.register() if isinstance(phone, WirePhone) else phone.registered())
        await self.line.until(
            f"the phone of seat {agent.seat_id}", lambda: self.line.phones.get(account.user)
        )
        await agent.act("sign-in")
        if ready:
            await agent.act("ready")
        return agent

    async def caller(self, keys: str = "", *, arrives: bool = True) -> Caller:
        """Somebody dials; `keys` are pressed at once. `arrives`: on the router's board."""
        number = f"1380001{next(_NUMBERS):04}"
        directory = self._directory / number
        account = Account(user=number, server=self.house.sip)
        phone = await Softphone.start(directory, account=account, tone_hz=CALLER_HZ)
        caller = Caller(self, number, phone)
        self.callers.append(caller)
        await phone.dial(f"{self.house.settings.line.centre.number}@{self.house.sip}")
        await phone.expect("CALL_ESTABLISHED")
        if arrives:
            caller.call_id = await self.line.arrived(number)
        if keys:
            await caller.press(keys)
        return caller

    async def waiting(self) -> Caller:
        """A caller who has asked for a human and waits."""
        caller = await self.caller("0")
        return await caller.at("queue", "ringing")

    async def talking(self, agent: Agent) -> Caller:
        """A caller who talks to this agent."""
        caller = await self.waiting()
        await agent.answer()
        return await caller.at("talking")

    # ---- what Asterisk has ready for the day without a router ----

    async def stands_by(self, *agents: Agent) -> None:
        """Wait until the dialplan's own queue would ring these seats."""
        pbx = self.house.settings.pbx
        secret = self.house.pbx.secrets.ami_secret
        ami = Ami(pbx.host, pbx.ami_port, pbx.ami_user, secret, on_event=lambda _: None)
        running = asyncio.create_task(ami.run())
        wanted = {f"PJSIP/{agent.phone.account.user}" for agent in agents}
        try:
            await ami.up(5.0)
            async with asyncio.timeout(5.0):
                while True:
                    queue = await ami.request("QueueStatus", {"Queue": "q-general"})
                    members = [e.keys for e in queue.events if e.name == "QueueMember"]
                    ready = {m["Location"] for m in members if m["Paused"] == "0"}
                    if wanted <= ready:
                        return
                    await asyncio.sleep(0.05)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    # ---- what is in the store ----

    async def closed(self, caller: Caller, deadline_s: float = 20.0) -> dict[str, Any]:
        """The call as the store has it, once it is over and its recordings are settled.

        Also holds that it has exactly one slip of its own.
        """
        detail = await self.stored(caller.call_id, deadline_s)
        assert detail["slip"]["call_id"] == caller.call_id
        return detail

    async def stored(self, call_id: str, deadline_s: float = 20.0) -> dict[str, Any]:
        """The call `call_id` once it has an outcome and its recordings are settled."""
        seen: object = None
        try:
            async with asyncio.timeout(deadline_s):
                while True:
                    try:
                        seen = detail = await self.line.get(f"/calls/{call_id}")
                        settled = all(r["status"] != "pending" for r in detail["recordings"])
                        if detail["call"]["outcome"] and detail["recordings"] and settled:
                            return dict(detail)
                    except Refused as refused:
                        seen = refused
                    await asyncio.sleep(0.1)  # the store has nobody to tell
        except TimeoutError:
            raise AssertionError(f"not settled in the store: {seen}") from None

    async def since(self, at: float) -> list[dict[str, Any]]:
        """All calls the store has, opened at or after `at`; newest first."""
        page = await self.line.get(f"/calls?from={at}&limit=200")
        calls: list[dict[str, Any]] = page["calls"]
        return calls

    def recording(self, detail: dict[str, Any], kind: str = "call") -> Path:
        """The file of the call's recording."""
        (one,) = [r for r in detail["recordings"] if r["kind"] == kind]
        assert one["status"] == "ready", one
        return Path(self.house.places.recordings / one["path"])
