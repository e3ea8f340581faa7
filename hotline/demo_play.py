"""The demonstration being played: softphones call, press keys, answer, decline and hang up.

Every wait is for something the line shows or a phone says, with a deadline. The only pauses are
meant: the parties talk for a while, so that there is something to record.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hotline.cast import Player
from hotline.demo_plan import Part, PlannedCall, PlannedSeat, Scene
from hotline.onlooker import LineError, Onlooker, Refused
from telephony.phonelog import PhoneError
from telephony.softphone import Account, Softphone
from telephony.wirephone import Manner, WirePhone

TALK_S = 3.0
WAITS_S = 3.0
"""How long the caller who gives up listens to the music."""
MESSAGE_S = 4.0
BREATH_S = 0.7
"""Between a call and being free again."""

HUMAN_S = 75.0
"""Deadline for reaching a human: greeting, menu, a ring that is not answered, an earlier call."""

_WIRE: Mapping[str, Manner] = {"declining": 603, "absent": "ring", "resting": "ring"}
"""Parts whose phone must do what no softphone does by itself."""


@dataclass(slots=True)
class Agent:
    """A seat of the demonstration with its phone."""

    planned: PlannedSeat
    seat_id: str
    player: Player
    phone: Softphone | WirePhone


@dataclass(slots=True)
class Played:
    """One call as it was played."""

    planned: PlannedCall
    call_id: str = ""
    trouble: str = ""
    """Why the script could not be played to its end; empty: it was."""


@dataclass(slots=True)
class Play:
    """The stage: the line as seen from outside, the agents, and a place for the phones' files."""

    line: Onlooker
    server: str
    """`host:port` for SIP."""
    number: str
    end_key: str
    """Ends a voicemail."""
    directory: Path
    tell: Callable[[Played, bool], None]
    """Told when a call begins (False) and when its script has ended (True)."""
    agents: list[Agent] = field(default_factory=list)

    async def seat(self, planned: PlannedSeat, seat_id: str, player: Player) -> None:
        """Give the player a phone and the seat."""
        account = Account(
            user=player.person.phone, server=self.server, password=player.sip_password
        )
        manner = _WIRE.get(planned.part)
        phone: Softphone | WirePhone
        if manner is None:
            phone = await Softphone.start(
                self.directory / seat_id, account=account, tone_hz=planned.tone_hz
            )
        else:
            phone = await WirePhone.start(account, manner=manner)
        self.agents.append(Agent(planned, seat_id, player, phone))
        if isinstance(phone, WirePhone):
            await phone.register()
        else:
            await phone.registered()
        await self.line.until(
            f"the phone {account.user}", lambda: self.line.phones.get(account.user)
        )
        await self.line.post(f"/seats/{seat_id}/sign-in", player.token)
        if planned.part not in ("helping", "resting"):
            await self.line.post(f"/seats/{seat_id}/ready", player.token)

    async def calls(self, planned: tuple[PlannedCall, ...]) -> list[Played]:
        """All calls side by side; trouble in one does not stop the others."""
        played = [Played(call) for call in planned]
        agents = [asyncio.create_task(self._work(agent)) for agent in self.agents]
        try:
            async with asyncio.TaskGroup() as group:
                for call in played:
                    group.create_task(self._call(call))
        finally:
            for task in agents:
                task.cancel()
            await asyncio.gather(*agents, return_exceptions=True)
        return played

    async def leave(self) -> None:
        """Everybody signs out and puts the phone away."""
        for agent in self.agents:
            with contextlib.suppress(LineError):  # not signed in, or the line has gone
                await self.line.post(f"/seats/{agent.seat_id}/sign-out", agent.player.token)
        for agent in self.agents:
            if isinstance(agent.phone, WirePhone):
                with contextlib.suppress(PhoneError):
                    await agent.phone.register(0)
            await agent.phone.stop()

    # ---- the agents ----

    async def _work(self, agent: Agent) -> None:
        """Answer what rings; be free again after each call."""
        async with asyncio.TaskGroup() as group:
            if isinstance(agent.phone, Softphone):
                group.create_task(self._answer(agent.phone))
            group.create_task(self._end_wrapups(agent))

    async def _answer(self, phone: Softphone) -> None:
        while True:
            await phone.expect("CALL_INCOMING", deadline_s=HUMAN_S * 2)
            try:
                await phone.answer()
            except PhoneError:
                continue  # the caller was quicker

    async def _end_wrapups(self, agent: Agent) -> None:
        path = f"/seats/{agent.seat_id}/wrap-up/end"
        while True:
            await self.line.seat(agent.seat_id, "wrapup", deadline_s=HUMAN_S * 2)
            # As long as a person takes: a phone whose caller hung up this instant still says busy.
            await asyncio.sleep(BREATH_S)
            try:
                await self.line.post(path, agent.player.token)
            except Refused as refused:
                if refused.code != "not-in-wrapup":
                    raise
            await self.line.seat(
                agent.seat_id, "ready", "not_ready", "offered", "talking", deadline_s=5
            )

    # ---- the callers ----

    async def _call(self, played: Played) -> None:
        planned = played.planned
        phone: Softphone | None = None
        self.tell(played, False)
        try:
            phone = await Softphone.start(
                self.directory / planned.scene,
                account=Account(user=planned.number, server=self.server),
                tone_hz=planned.tone_hz,
            )
            await phone.dial(f"{self.number}@{self.server}")
            played.call_id = await self.line.arrived(planned.number)
            await phone.expect("CALL_ESTABLISHED")
            await phone.press(planned.keys)
            await self._perform(planned.scene, phone, played.call_id)
            await phone.expect("CALL_CLOSED", deadline_s=40)
            await self.line.left(played.call_id)
        except (PhoneError, LineError, TimeoutError) as error:
            played.trouble = str(error) or "TimeoutError"
        finally:
            if phone is not None:
                await phone.stop()
        self.tell(played, True)

    async def _perform(self, scene: Scene, caller: Softphone, call_id: str) -> None:
        """From the keys to the moment after which nothing more is done but waiting for the end."""
        match scene:
            case "rated" | "wrong_keys":
                agent = await self._talk(call_id)
                await agent.phone.hang_up()
                await self.line.stage(call_id, "rating")
                await caller.press("1" if scene == "rated" else "5")
            case "zero":
                agent = await self._talk(call_id)
                await agent.phone.hang_up()
            case "silence" | "second_language" | "missed":
                await self._talk(call_id)
                await caller.hang_up()
            case "declined":
                await self._part("declining").phone.expect("ACK", deadline_s=HUMAN_S)
                helping = self._part("helping")
                await self.line.post(f"/seats/{helping.seat_id}/ready", helping.player.token)
                await self._talk(call_id)
                await caller.hang_up()
            case "left":
                await self.line.stage(call_id, "queue", deadline_s=HUMAN_S)
                await asyncio.sleep(WAITS_S)
                await caller.hang_up()
            case "voicemail":
                await self._recording(call_id)
                await asyncio.sleep(MESSAGE_S)
                await caller.press(self.end_key)

    async def _talk(self, call_id: str) -> Agent:
        """Wait for a human and talk for a while; the human."""
        call = await self.line.stage(call_id, "talking", deadline_s=HUMAN_S)
        await asyncio.sleep(TALK_S)
        return next(agent for agent in self.agents if agent.seat_id == call.seat_id)

    def _part(self, part: Part) -> Agent:
        return next(agent for agent in self.agents if agent.planned.part == part)

    async def _recording(self, call_id: str) -> None:
        """Wait for the beep. The board shows no such thing, the call's time line does."""
        async with asyncio.timeout(HUMAN_S):
            while True:
                try:
                    detail = await self.line.get(f"/calls/{call_id}")
                except Refused as refused:
                    if refused.code != "call-unknown":
                        raise
                    # On the board at once, in the store a tenth of a second later.
                    detail = {"timeline": ()}
                if any(fact["type"] == "VoicemailStarted" for fact in detail["timeline"]):
                    return
                await asyncio.sleep(0.3)
