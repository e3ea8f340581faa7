"""Who waits and who may be rung, as the index of the queue is told of it (`queues.dispatch`).

Told after every fact, so that nobody else has to remember to: whatever moves a call or a seat moves
it here. Built anew from the state after a restart. Never decides and never says a fact.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec

from config.model import Line
from config.policy import Policy
from queues.dispatch import Dispatch
from queues.ladder import Ladder
from queues.policy import ladder
from queues.rules import Rules
from queues.ticket import Place, Ticket
from router import facts as f
from router.call import Call
from router.callback import Callback, Waiting
from router.seat import Seat
from router.state import State


class Standing:
    def __init__(self, line: Line, state: State) -> None:
        self._line, self._state = line, state
        self._paused: set[str] = set()
        self.rebuild()

    @property
    def policy(self) -> Policy:
        """The one in force."""
        return self._state.policy or self._line.policy

    def rebuild(self) -> None:
        """As the state says, by the policy in force."""
        state = self._state
        self.rules = rules_of(self.policy)
        self._ladders: dict[tuple[str, str, bool], Ladder] = {}
        self._phones: dict[str, str] = {}
        """Phone → the seat on duty that it belongs to."""
        self.dispatch = Dispatch(self.rules, state.answered)
        for seat in state.seats.values():
            self._on(seat)
        for call in state.calls.values():
            if in_line(call):
                self._enter_rung(call)
        for callback in state.callbacks.values():
            if callback.due:
                self._enter(callback)

    def ladder(self, who: Waiting) -> Ladder:
        """What the caller needs, and how that is relaxed, by the policy in force."""
        kind = (who.language, who.service, isinstance(who, Callback))
        known = self._ladders.get(kind)
        if known is None:
            known = self._ladders[kind] = ladder_of(self.policy, who)
        return known

    def deadline(self) -> float | None:
        """When a decline or the wait for an owner is over, at the earliest (epoch s)."""
        return self.dispatch.deadline()

    def anybody(self, who: Waiting) -> bool:
        """Whether somebody on duty, free or not, could serve the caller as it stands."""
        return self.dispatch.anybody(self.ladder(who), who.step)

    def after(self, body: f.Body, at: float) -> None:
        """A fact was folded at `at` (epoch s)."""
        if type(body) in _ELSEWHERE:
            return
        match body:
            case f.SeatSignedIn():
                self._on(self._state.seats[body.seat_id])
            case f.SeatSignedOut():
                self.dispatch.seat_off(body.seat_id)
            case f.PolicyAdopted():
                self.rebuild()
            case f.CallbackDue():
                self._enter(self._state.callbacks[body.callback_id])
            case f.PhoneReachable() | f.PhoneLost():
                seat = self._state.seats.get(self._phones.get(body.phone, ""))
                if seat is not None and seat.phone == body.phone:
                    self.seat(seat, at)
                else:
                    self._phones.pop(body.phone, None)
            case _:
                call_id, seat_id = getattr(body, "call_id", ""), getattr(body, "seat_id", "")
                if seat_id in self._state.seats:
                    self.seat(self._state.seats[seat_id], at)
                if isinstance(body, f.SeatReserved | f.CallbackReached | f.CallbackGivenUp):
                    self.dispatch.leave(body.callback_id)
                elif isinstance(body, f.Relaxed) and call_id in self._state.callbacks:
                    self.dispatch.raise_to(call_id, body.rung)
                elif call_id:
                    self._of_call(call_id, body, at)

    def seat(self, seat: Seat, now: float) -> None:
        """Also when its pause is over."""
        self._paused.discard(seat.id)
        if may_be_rung(self._state, seat, now):
            self.dispatch.seat_free(seat.id, seat.idle_since)
            return
        self.dispatch.seat_busy(seat.id)
        if seat.paused_until > now:
            self._paused.add(seat.id)

    def wake(self, now: float) -> None:
        """Before it is decided: seats whose pause is over, though nobody has been woken for it."""
        for seat_id in sorted(self._paused):
            seat = self._state.seats.get(seat_id)
            if seat is None or seat.paused_until <= now:
                self._paused.discard(seat_id)
                if seat is not None:
                    self.seat(seat, now)

    def renew(self, call: Call, now: float) -> None:
        """What was decided for the call was not carried out."""
        self.dispatch.back(call.id)
        for seat in self._state.seats.values():
            self.seat(seat, now)

    def _on(self, seat: Seat) -> None:
        if seat.paused_until > self._state.at:
            self._paused.add(seat.id)
        self._phones[seat.phone] = seat.id
        self.dispatch.seat_on(place_of(self._state, seat, self._state.at))

    def _of_call(self, call_id: str, body: f.Body, at: float) -> None:
        call = self._state.calls.get(call_id)
        if call is None or not in_line(call):
            self.dispatch.leave(call_id)
            return
        match body:
            case f.Queued() | f.Requeued():
                self._enter(call)
            case f.OwnerAwaited():
                self._enter_rung(call)
            case f.Reruled():
                self.dispatch.leave(call_id)
                self._enter_rung(call)
            case f.Relaxed():
                self.dispatch.raise_to(call_id, call.step)
            case f.Offered():
                self.dispatch.ringing(call_id, at)
            case f.OfferEnded():
                if body.declined_until:
                    self.dispatch.decline(call_id, body.seat_id, body.declined_until)
                if call.waiting:  # and the other one of a pair is not rung either
                    self.dispatch.back(call_id)
            case _:
                pass

    def _enter_rung(self, call: Call) -> None:
        """Also when a phone rings for it."""
        self._enter(call)
        for offer in call.rung:
            self.dispatch.ringing(call.id, offer.since)

    def _enter(self, who: Waiting) -> None:
        self.dispatch.enter(ticket_of(self.ladder(who), who), who.step)


# ---- how call, seat and policy are put before the queue; also when the past is played again ----


def rules_of(policy: Policy) -> Rules:
    return Rules(
        policy.version,
        policy.share.purchased,
        policy.reserve.after_s,
        policy.order.greatest_head_start_s,
    )


def ladder_of(policy: Policy, who: Waiting) -> Ladder:
    """What the caller needs, and how that is relaxed. For a callback never two seats are kept."""
    if isinstance(who, Callback):
        return _alone(policy, who.language, who.service)
    return ladder(policy, who.language, who.service)


@lru_cache(maxsize=20_000)
def _alone(policy: Policy, language: str, service: str) -> Ladder:
    """The same object for the same arguments, as of `queues.policy.ladder`."""
    whole = ladder(policy, language, service)
    if all(rung.pair is None for rung in whole.rungs):
        return whole
    rungs = tuple(msgspec.structs.replace(rung, pair=None) for rung in whole.rungs)
    return msgspec.structs.replace(whole, rungs=rungs)


def ticket_of(way: Ladder, who: Waiting) -> Ticket:
    came = who.entered_at or 0.0
    head, why = who.head_start_s, who.head_start_why
    waits_from = who.waits_from or came
    if isinstance(who, Callback):
        return Ticket(who.id, came, waits_from, way, head, why)
    owner = (who.owner_seat, who.owner_until)
    return Ticket(who.id, came, waits_from, way, head, why, who.declined, *owner)


def place_of(state: State, seat: Seat, now: float) -> Place:
    free = may_be_rung(state, seat, now)
    return Place(seat.id, seat.skills, seat.provider, seat.idle_since, free)


_ELSEWHERE: Final = frozenset(
    (
        f.CallOpened, f.MenuEntered, f.KeyTaken, f.KeyWrong, f.MenuSilent, f.WaitTold, f.OfferRang,
        f.TalkEnded, f.RatingInvited, f.Rated, f.RatingMissed, f.WrapupEnded,
    )
)  # fmt: skip
"""Facts, many of them, that move nobody in the queue and make no seat free or busy."""


def in_line(call: Call) -> bool:
    """In the queue, a seat's phone ringing for it or not."""
    return call.entered_at is not None and call.stage in ("queue", "ringing")


def may_be_rung(state: State, seat: Seat, now: float) -> bool:
    """Ready, not pausing, and its phone has not been lost."""
    return seat.state == "ready" and seat.paused_until <= now and state.reachable(seat.phone)
