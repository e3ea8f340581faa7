"""All live state of one centre as a fold over its facts: `State.apply` and nothing else.

`state after a restart == fold(snapshot, facts since)`: whatever a decision rests on is in here or
is rebuilt by `router.heal.resume`. Never decides, never does I/O.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec

from config.policy import Policy
from router import facts as f
from router.call import Call
from router.callback import Callback
from router.events import call_of
from router.lately import TEACHES, Lately
from router.phones import is_browser
from router.seat import Seat

REMEMBERED_CLOSED = 5000
"""Closed and imported calls kept by id, so that late events and repeated ledgers are known."""

REMEMBERED_NUMBERS = 5000
"""Numbers of callers who gave up waiting; with 258,000 calls a year those of some days."""


MOST_OWNERS = 50_000
"""Open cases kept by number; the one told longest ago is let go of first."""
COUNTED_ANSWERS = 1000
"""The share of purchased providers is that of so many latest answers: counted from midnight, the
first few of a day would decide, and a night would be steered by none."""


_WHOLE: Final = frozenset(
    (
        f.CallbackAsked, f.CallbackReached, f.CallbackGivenUp, f.OwnersKnown,
        f.CallOpened, f.CallClosed, f.FallbackImported, f.SeatSignedIn, f.SeatSignedOut,
        f.PhoneReachable, f.PhoneLost, f.PbxUp, f.PbxDown, f.LineStarted, f.Healed, f.CommandFailed,
        f.PolicyAdopted,
    )
)  # fmt: skip
"""Facts that change more than one call and one seat; all others are theirs alone."""


class Snapshot(msgspec.Struct, frozen=True):
    """The whole state as of fact `seq`; what `Engine.restore` and a live board start from."""

    seq: int
    at: float
    calls: tuple[Call, ...] = ()
    seats: tuple[Seat, ...] = ()
    phones: dict[str, bool] = {}
    pbx_up: bool = False
    lately: Lately = Lately()
    answers: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    callbacks: tuple[Callback, ...] = ()
    owners: dict[str, f.OwnedUntil] = {}
    policy: Policy | None = None
    policies: dict[str, str] = {}
    gave_up: dict[str, float] = {}


class State:
    """Live calls by id, signed-in seats by id, phones by name → reachable, callbacks that wait."""

    def __init__(self) -> None:
        self.seq = 0
        self.at = 0.0
        self.calls: dict[str, Call] = {}
        self.seats: dict[str, Seat] = {}
        self.phones: dict[str, bool] = {}
        self.pbx_up = False
        self.lately = Lately()
        self.answers: deque[str] = deque()
        """Providers of the latest answers."""
        self.answered: dict[str, int] = {}
        """The same, counted: provider → answers."""
        self.closed: dict[str, None] = {}
        self.callbacks: dict[str, Callback] = {}
        self.owners: dict[str, f.OwnedUntil] = {}
        """Number → who keeps its open case, until when (epoch s)."""
        self.policy: Policy | None = None
        """The one in force; None before the first fact said which."""
        self.policies: dict[str, str] = {}
        """Version → digest of every policy there has been: a version stands for one content."""
        self.gave_up: dict[str, float] = {}
        """Number → when it last gave up waiting (epoch s), the oldest first."""

    @classmethod
    def restore(cls, snapshot: Snapshot) -> State:
        # Decoded anew: a live state never shares its mutable calls and seats with a snapshot.
        own = msgspec.msgpack.decode(msgspec.msgpack.encode(snapshot), type=Snapshot)
        state = cls()
        state.seq, state.at = own.seq, own.at
        state.calls = {call.id: call for call in own.calls}
        state.seats = {seat.id: seat for seat in own.seats}
        state.phones = dict(own.phones)
        state.pbx_up, state.lately = own.pbx_up, own.lately
        for provider in own.answers:
            state._answer(provider)
        state.closed = dict.fromkeys(own.closed)
        state.callbacks = {callback.id: callback for callback in own.callbacks}
        state.owners = dict(own.owners)
        state.policy, state.policies = own.policy, own.policies
        state.gave_up = own.gave_up
        return state

    def dialled(self, call_id: str) -> Callback | None:
        """The callback whose caller is being rung as `call_id`."""
        found = self.callbacks.get(call_of(call_id))
        return found if found and found.dial and found.dial.call_id == call_id else None

    def reachable(self, phone: str) -> bool:
        """Whether a phone may be rung. Of a person's own that was never told of nothing is known;
        one in a browser is not there until it is told of."""
        return self.phones.get(phone, not is_browser(phone))

    def snapshot(self) -> Snapshot:
        """A copy that later facts do not change."""
        shared = Snapshot(
            self.seq,
            self.at,
            tuple(self.calls.values()),
            tuple(self.seats.values()),
            dict(self.phones),
            self.pbx_up,
            self.lately,
            tuple(self.answers),
            tuple(self.closed),
            tuple(self.callbacks.values()),
            dict(self.owners),
            self.policy,
            self.policies,
            self.gave_up,
        )
        return msgspec.msgpack.decode(msgspec.msgpack.encode(shared), type=Snapshot)

    def apply(self, fact: f.Fact) -> None:
        """Fold the next fact. Raises ValueError when `fact.seq` is not the next number."""
        if fact.seq != self.seq + 1:
            raise ValueError(f"fact {fact.seq} does not follow {self.seq}")
        self.seq, self.at = fact.seq, fact.at
        body = fact.body
        if type(body) not in _WHOLE:
            self._apply_to_call_and_seat(body, fact.at)
            return
        match body:
            case f.CallOpened():
                kept = self.callbacks.get(body.callback_id)
                self.calls[body.call_id] = Call(
                    id=body.call_id,
                    caller_number=body.caller_number,
                    caller_name=body.caller_name,
                    dialled=body.dialled,
                    ingress=body.ingress,
                    opened_at=fact.at,
                    within_hours=body.within_hours,
                    touched=fact.at,
                    callback_id=body.callback_id,
                    language=kept.language if kept else "",
                    service=kept.service if kept else "",
                    entered_at=kept.entered_at if kept else None,
                )
            case f.CallClosed():
                call = self.calls.pop(body.call_id, None)
                self.lately = self.lately.after(body, fact.at, call, None)
                self._remember(call, body.outcome, fact.at)
                self._close(body.call_id)
            case f.FallbackImported():
                self.calls.pop(body.call_id, None)
                self._close(body.call_id)
            case f.CallbackAsked():
                self._keep(body, fact.at)
            case f.CallbackReached() | f.CallbackGivenUp():
                self.callbacks.pop(body.callback_id, None)
            case f.OwnersKnown():
                self._own(body)
            case f.SeatSignedIn():
                self.seats[body.seat_id] = Seat(
                    body.seat_id,
                    body.person_id,
                    body.phone,
                    body.skills,
                    body.provider,
                    since=fact.at,
                    touched=fact.at,
                )
            case f.SeatSignedOut():
                self.seats.pop(body.seat_id, None)
                for callback in self.callbacks.values():
                    if callback.seat_id == body.seat_id:
                        callback.seat_id = ""
            case f.PhoneReachable():
                self.phones[body.phone] = True
            case f.PhoneLost():
                if is_browser(body.phone):
                    self.phones.pop(body.phone, None)  # there may be many in the course of years
                else:
                    self.phones[body.phone] = False
            case f.PbxUp():
                self.pbx_up = True
            case f.PbxDown():
                self.pbx_up = False
            case f.PolicyAdopted():
                self.policy = body.policy
                self.policies[body.version] = body.policy.digest
                for callback in self.callbacks.values():
                    callback.step = 0
                for call in self.calls.values():
                    call.step = 0  # of another ladder now; facts follow that say how far up
            case _:
                pass

    def _keep(self, body: f.CallbackAsked, at: float) -> None:
        self.callbacks[body.callback_id] = Callback(
            body.callback_id,
            body.call_id,
            body.caller_number,
            body.caller_name,
            body.language,
            body.service,
            body.entered_at,
            at,
            at,
            body.head_start_s,
            body.head_start_why,
        )
        call = self.calls.get(body.call_id)
        if call is not None:
            call.apply(body, at)

    def _own(self, body: f.OwnersKnown) -> None:
        for number, (person_id, until) in body.owners.items():
            self.owners.pop(number, None)
            if person_id:
                self.owners[number] = (person_id, until)
        while len(self.owners) > MOST_OWNERS:
            del self.owners[next(iter(self.owners))]

    def _apply_to_call_and_seat(self, body: f.Body, at: float) -> None:
        call = self.calls.get(getattr(body, "call_id", ""))
        seat = self.seats.get(getattr(body, "seat_id", ""))
        if type(body) in TEACHES:
            self._learn(body, at, call, seat)
        if call is not None:
            call.apply(body, at)
        if seat is not None:
            seat.apply(body, at)
        about = body.call_id if isinstance(body, f.Relaxed) else getattr(body, "callback_id", "")
        callback = self.callbacks.get(about)
        if callback is not None:
            callback.apply(body, at)
        if type(body) is f.Connected:
            self._answer(body.provider)

    def _learn(self, body: f.Body, at: float, call: Call | None, seat: Seat | None) -> None:
        self.lately = self.lately.after(body, at, call, seat)
        if type(body) is f.TalkEnded and self.lately.talks.unsettled:
            talks = (other.talk for other in self.calls.values() if other is not call)
            self.lately = self.lately.settled(at - talk.since for talk in talks if talk is not None)

    def _answer(self, provider: str) -> None:
        self.answers.append(provider)
        self.answered[provider] = self.answered.get(provider, 0) + 1
        if len(self.answers) > COUNTED_ANSWERS:
            self.answered[self.answers.popleft()] -= 1

    def _remember(self, call: Call | None, outcome: f.Outcome, at: float) -> None:
        """Whether the number has given up waiting since somebody talked to it."""
        if call is None or not call.caller_number:
            return
        if outcome in ("abandoned_queue", "abandoned_ringing", "answered"):
            self.gave_up.pop(call.caller_number, None)
        if outcome in ("abandoned_queue", "abandoned_ringing"):
            self.gave_up[call.caller_number] = at
        while len(self.gave_up) > REMEMBERED_NUMBERS:
            del self.gave_up[next(iter(self.gave_up))]

    def _close(self, call_id: str) -> None:
        self.closed[call_id] = None
        while len(self.closed) > REMEMBERED_CLOSED:
            del self.closed[next(iter(self.closed))]
