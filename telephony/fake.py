"""A telephone exchange without telephones: `router.ports.Telephony` for tests, demos and sims.

It obeys the rules of the real one, and `tests/contract` holds both to the same suite: what is
stopped still ends, who is dismissed still hangs up, a seat that is cancelled still ends its leg,
what is not there is refused as `gone`, and every end is told once. Nothing sleeps: events are
delivered one by one in order, by the running loop or by hand, and whatever takes time (prompts,
ringing, a voicemail) ends when `elapse` says that the time has passed.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable

from router import commands as c
from router import events as e
from router.ports import Clock, Post
from telephony.fakeair import FakeAir
from telephony.fakebrowsers import FakeBrowsers
from telephony.fakeoutside import FakeOutside
from telephony.fakeparties import FakeCaller, FakeLeg, FakePhone
from telephony.faketime import FakeTime
from telephony.perform import EXISTS, GONE, LOST, NO_CONTACT, NO_PROMPT, refusal
from telephony.provision import OUTBOUND
from telephony.translate import BUSY, REJECTED, Leg, leg_end

NO_ANSWER = 19
GENERAL = "general"
"""The fallback queue that always exists."""

Soon = Callable[[Callable[[], None]], object]
"""Calls a function later, in the order asked for: `loop.call_soon`, or `list.append` by hand."""


def _in_loop(deliver: Callable[[], None]) -> object:
    return asyncio.get_running_loop().call_soon(deliver)


class FakePbx:
    """The exchange and the stage to play on. `prompt_s`: how long each piece of a prompt lasts."""

    def __init__(
        self, post: Post, clock: Clock, *, soon: Soon = _in_loop, prompt_s: float = 1.0
    ) -> None:
        self.callers: dict[str, FakeCaller] = {}
        """Everybody who ever dialled, by call id."""
        self.phones: dict[str, FakePhone] = {}
        self.legs: dict[str, FakeLeg] = {}
        self.bridges: dict[str, set[str]] = {}
        self.members: dict[str, dict[str, bool]] = {}
        """Fallback queue → phone → paused."""
        self.browsers = FakeBrowsers()
        self.missing: set[str] = set()
        """Prompts nobody recorded."""
        self.performed: list[c.Command] = []
        self.connected = False
        self._post = post
        self._clock = clock
        self._soon = soon
        self._outbox: deque[e.Event] = deque()
        self._ledger: list[e.FallbackServed] = []
        self._time = FakeTime()
        self._air = FakeAir(self._time, self._tell, prompt_s)
        self.outside = FakeOutside(self._time, self._tell, self._picked_up)
        self._numbers = itertools.count(1)

    # ---- the port ----

    async def run(self) -> None:
        """Connect, and stay connected until cancelled (or until the stage says otherwise)."""
        self.connect()
        try:
            await asyncio.Event().wait()
        finally:
            self.connected = False

    async def perform(self, command: c.Command) -> None:
        self.performed.append(command)
        # Wishes for the fallback queue are kept and carried out later: never refused as lost.
        reached = self.connected or isinstance(command, c.SyncMember)
        if reason := self._do(command) if reached else LOST:
            self._tell(refusal(command, reason), always=True)

    # ---- the stage ----

    def dial(
        self,
        number: str = "13800000001",
        name: str = "",
        *,
        dialled: str = "12348",
        ingress: str = "trunk-1",
    ) -> FakeCaller:
        """Somebody calls. Without a router the dialplan's fallback takes the call."""
        call_id = f"1700000000.{next(self._numbers)}"
        caller = FakeCaller(call_id, number, name, dialled, ingress, self)
        caller.arrived_at = self._clock.now()
        self.callers[call_id] = caller
        if self.connected:
            self._tell(e.CallArrived(call_id, number, name, dialled, ingress))
        else:
            self._send_away(caller, GENERAL)
        return caller

    def phone(self, name: str) -> FakePhone:
        """The phone of that name, made and registered when first asked for."""
        phone = self.phones.get(name)
        if phone is None:
            phone = self.phones[name] = FakePhone(name, self)
            self.phone_changed(phone)
        return phone

    def elapse(self, seconds: float) -> None:
        """Let time pass: whatever was to end within it ends, in order."""
        self._time.elapse(seconds)

    def next_due(self) -> float | None:
        """Seconds until something may end by itself; None: nothing will."""
        return self._time.next_due()

    def connect(self) -> None:
        """The router (re)connects and is told everything that stands."""
        self.connected = True
        for phone in self.phones.values():
            self.phone_changed(phone)
        self.look(reconnected=True)

    def look(self, *, reconnected: bool = False) -> None:
        """Compare, as the real exchange does every few seconds."""
        for served in self._ledger:
            self._tell(served)
        self._ledger.clear()
        callers = [
            e.SeenChannel(i.call_id, "", True, i.number, i.name, i.dialled, i.ingress)
            for i in self.callers.values()
            if i.where == "line"
        ]
        legs = [e.SeenChannel(leg.call_id, leg.leg_id, leg.up) for leg in self.legs.values()]
        bridges = {id: tuple(sorted(inside)) for id, inside in self.bridges.items()}
        away = tuple(i.call_id for i in self.callers.values() if i.where == "fallback")
        channels, dials = (*callers, *legs), tuple(self.outside.dials)
        self._tell(e.PbxSeen(self._clock.now(), channels, bridges, away, reconnected, dials))

    def lose_connection(self) -> None:
        """Calls go on; the router hears nothing of them until `connect`."""
        self._tell(e.PbxLost())
        self.connected = False

    def die(self) -> None:
        """The exchange goes down and every call with it, unannounced; `connect`: it is back."""
        self.lose_connection()
        for caller in self.callers.values():
            caller.where, caller.music, caller.recording = "gone", False, None
            caller.plays.clear()
        for leg in self.legs.values():
            leg.phone.leg = None
        self.outside.die()
        for state in (self.legs, self.bridges, self.members):
            state.clear()

    def hears(self, caller: FakeCaller) -> tuple[str, ...]:
        """What the caller hears: prompt ids, `music`, the phones of a bridge, or nothing."""
        if caller.plays:
            return caller.plays[0].prompts
        others = [
            self.legs[id].phone.name
            for inside in self.bridges.values()
            if caller.call_id in inside
            for id in sorted(inside & self.legs.keys())
        ]
        return tuple(others) or (("music",) if caller.music else ())

    def hears_at(self, phone: FakePhone) -> tuple[str, ...]:
        """What somebody at a phone hears: `caller` and phones of a bridge, `music`, or nothing."""
        if phone.leg is None or not phone.leg.up:
            return ()
        others = [
            "caller" if id not in self.legs else self.legs[id].phone.name
            for inside in self.bridges.values()
            if phone.leg.leg_id in inside
            for id in sorted(inside - {phone.leg.leg_id})
        ]
        return tuple(others) or (("music",) if phone.leg.music else ())

    def leftovers(self) -> list[str]:
        """What still stands: for asserting that nothing does."""
        live = [caller for caller in self.callers.values() if caller.where != "gone"]
        return [
            *(f"caller {caller.call_id}" for caller in live),
            *(f"leg {id}" for id in self.legs),
            *(f"bridge {id}" for id in self.bridges),
            *(f"dial {id}" for id in self.outside.dials),
            *(f"play {play.play_id}" for caller in live for play in caller.plays),
            *(f"recording {i.recording.command.recording_id}" for i in live if i.recording),
        ]

    # ---- what parties do ----

    def pressed(self, caller: FakeCaller, key: str) -> None:
        if caller.where == "line":
            self._tell(e.KeyPressed(caller.call_id, key))
            if caller.recording is not None and caller.recording.command.end_key == key:
                self._air.stop_recording(caller)

    def caller_left(self, caller: FakeCaller) -> None:
        if caller.where == "fallback":
            self._note(caller)
        elif caller.where == "line":
            self._tell(e.CallerHungUp(caller.call_id))
        caller.where = "gone"
        self._air.silence(caller)
        for inside in self.bridges.values():
            inside.discard(caller.call_id)

    def fell_silent(self, caller: FakeCaller) -> None:
        caller.silent = True
        self._air.await_silence(caller)

    def answered(self, leg: FakeLeg) -> None:
        if not self.connected:
            self._end_leg(leg, 0)  # nobody is there to enter the application for
            return
        leg.up = True
        self._tell(e.LegAnswered(leg.leg_id))

    def declined(self, leg: FakeLeg) -> None:
        self._end_leg(leg, 0 if leg.up else REJECTED)

    def phone_changed(self, phone: FakePhone) -> None:
        self._tell(e.PhoneChanged(phone.name, phone.reachable))

    # ---- commands: an empty word, or why it is refused ----

    def _do(self, command: c.Command) -> str:
        match command:
            case c.SyncMember():
                self._sync(command)
                return ""
            case c.CancelLeg():
                leg = self.legs.get(command.leg_id)
                return GONE if leg is None else self._end_leg(leg, NO_ANSWER)
            case c.DialCaller():
                return EXISTS if command.call_id in self.callers else self.outside.ring(command)
            case c.CancelDial():
                return self.outside.cancel(command.call_id)
            case c.Disconnect():
                return "" if self.bridges.pop(command.bridge_id, None) is not None else GONE
        caller = self.callers.get(command.call_id)
        if caller is None or caller.where != "line":
            return "" if isinstance(command, c.StopHold) else GONE
        match command:
            case c.Play():
                if self.missing.issuperset(command.prompts):
                    return NO_PROMPT
                self._air.play(caller, command)
            case c.StopPlay():
                return "" if self._air.stop_play(caller, command.play_id) else GONE
            case c.StartHold(leg_id=leg_id) if leg_id:
                return self._leg_music(leg_id)
            case c.StartHold():
                caller.music = True
            case c.StopHold():
                caller.music = False
            case c.RingSeat():
                return self._ring(command)
            case c.Connect():
                return self._connect(caller, command)
            case c.Join():
                return self._join(command)
            case c.Hold():
                self.bridges.get(command.bridge_id, set()).discard(caller.call_id)
                caller.music = True
            case c.RecordVoicemail():
                self._air.record(caller, command)
            case c.Dismiss():
                self._dismiss(caller)
            case c.NameFallback():
                caller.queue = command.queue
            case c.SendToFallback():
                self._air.silence(caller)
                self._send_away(caller, command.queue)
        return ""

    def _ring(self, ring: c.RingSeat) -> str:
        if ring.leg_id in self.legs:
            return EXISTS
        phone = self.phones.get(ring.phone)
        if phone is None or not phone.reachable:
            self._tell(e.LegEnded(ring.leg_id, "unreachable", NO_CONTACT))
            return ""
        leg = FakeLeg(
            ring.leg_id, ring.call_id, phone, ring.caller_number, ring.caller_name, again=ring.again
        )
        self.legs[leg.leg_id] = leg
        if (phone.leg is not None and not ring.again) or phone.manner == "busy":
            self._end_leg(leg, BUSY)
            return ""
        phone.leg = leg
        self._time.later(ring.timeout_s, lambda: self._rang_out(leg))
        if phone.manner != "ignore":
            leg.rang = True
            self._tell(e.LegRinging(leg.leg_id))
        if phone.manner == "answer":
            self.answered(leg)
        elif phone.manner == "reject":
            self.declined(leg)
        return ""

    def _rang_out(self, leg: FakeLeg) -> None:
        if self.legs.get(leg.leg_id) is leg and not leg.up:
            self._end_leg(leg, 0)

    def _end_leg(self, leg: FakeLeg, cause: int) -> str:
        del self.legs[leg.leg_id]
        if leg.phone.leg is leg:
            leg.phone.leg = None
        for inside in self.bridges.values():
            inside.discard(leg.leg_id)
        end = leg_end(Leg(leg.rang, leg.up), cause)
        self._tell(e.LegEnded(leg.leg_id, end, cause))
        return ""

    def _connect(self, caller: FakeCaller, connect: c.Connect) -> str:
        leg = self.legs.get(connect.leg_id)
        if leg is None or not leg.up:
            return GONE
        self._air.silence(caller)
        self._bring(connect.bridge_id, caller.call_id, leg.leg_id)
        leg.music = False
        return ""

    def _join(self, join: c.Join) -> str:
        leg = self.legs.get(join.leg_id)
        if leg is None or not leg.up:
            self.bridges.setdefault(join.bridge_id, set())
            return GONE
        self._bring(join.bridge_id, leg.leg_id)
        leg.music = False
        return ""

    def _bring(self, bridge_id: str, *channels: str) -> None:
        """Into a bridge, which is made when it is not there, and out of any other."""
        for inside in self.bridges.values():
            inside.difference_update(channels)
        self.bridges.setdefault(bridge_id, set()).update(channels)

    def _leg_music(self, leg_id: str) -> str:
        leg = self.legs.get(leg_id)
        if leg is None or not leg.up:
            return GONE
        leg.music = True
        return ""

    def _dismiss(self, caller: FakeCaller) -> None:
        for leg in [leg for leg in self.legs.values() if leg.call_id == caller.call_id]:
            self._end_leg(leg, NO_ANSWER)
        for bridge_id in [id for id in self.bridges if e.call_of(id) == caller.call_id]:
            del self.bridges[bridge_id]
        self.caller_left(caller)

    def _send_away(self, caller: FakeCaller, queue: str) -> None:
        """Into the dialplan's fallback queue, where a free member answers at once if one may."""
        caller.where, caller.queue = "fallback", queue
        for name, paused in self.members.get(queue, {}).items():
            phone = self.phones.get(name)
            if phone and phone.reachable and phone.manner == "answer" and not paused:
                caller.served_by = name
                return

    def _picked_up(self, call_id: str, number: str) -> None:
        """Into the dialplan: to the router, or to the fallback where there is none."""
        caller = FakeCaller(call_id, number, "", "12348", OUTBOUND, self)
        caller.arrived_at = self._clock.now()
        self.callers[call_id] = caller
        if self.connected:
            self._tell(e.CallArrived(call_id, number, "", "12348", OUTBOUND))
        else:
            self._send_away(caller, GENERAL)

    def _sync(self, wish: c.SyncMember) -> None:
        for queue in self.members.values():
            queue.pop(wish.phone, None)
        for name in wish.queues:
            self.members.setdefault(name, {})[wish.phone] = wish.paused

    # ---- within ----

    def _note(self, caller: FakeCaller) -> None:
        """The dialplan's line in the ledger."""
        self._ledger.append(
            e.FallbackServed(
                caller.call_id,
                caller.number,
                caller.arrived_at,
                self._clock.now(),
                "answered" if caller.served_by else "abandoned",
                caller.served_by,
            )
        )

    def _tell(self, event: e.Event, *, always: bool = False) -> None:
        """Queue an event for the router; unheard without a connection, but for refusals."""
        if self.connected or always:
            self._outbox.append(event)
            self._soon(self._deliver)

    def _deliver(self) -> None:
        self._post(self._outbox.popleft())
