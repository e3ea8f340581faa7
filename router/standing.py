"""Who waits and who may be rung, as the index of the queue is told of it (`queues.dispatch`).

Told after every fact, so that nobody else has to remember to: whatever moves a call or a seat moves
it here. Built anew from the state after a restart. Never decides and never says a fact.
"""

from __future__ import annotations

from typing import Final

from config.model import Line
from config.policy import Policy
from queues.dispatch import Dispatch
from queues.ladder import Ladder
from queues.policy import ladder
from queues.rules import Rules
from queues.ticket import Place, Ticket
from router import facts as f
from router.call import Call
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
        self._ladders: dict[tuple[str, str], Ladder] = {}
        self.dispatch = Dispatch(self.rules, state.answered)
        for seat in state.seats.values():
            self._on(seat)
        for call in state.calls.values():
            if in_line(call):
                self._wait(call)

    def ladder(self, call: Call) -> Ladder:
        """What the call needs, and how that is relaxed, by the policy in force."""
        kind = (call.language, call.service)
        known = self._ladders.get(kind)
        if known is None:
            known = self._ladders[kind] = ladder_of(self.policy, call)
        return known

    def deadline(self) -> float | None:
        """When a decline or the wait for an owner is over, at the earliest (epoch s)."""
        return self.dispatch.deadline()

    def anybody(self, call: Call) -> bool:
        """Whether somebody on duty, free or not, could serve the call as it stands."""
        return self.dispatch.anybody(self.ladder(call), call.step)

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
            case f.PhoneReachable() | f.PhoneLost():
                for seat in self._state.seats.values():
                    if seat.phone == body.phone:
                        self.seat(seat, at)
            case _:
                call_id, seat_id = getattr(body, "call_id", ""), getattr(body, "seat_id", "")
                if seat_id in self._state.seats:
                    self.seat(self._state.seats[seat_id], at)
                if call_id:
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
        self.dispatch.seat_on(place_of(self._state, seat, self._state.at))

    def _of_call(self, call_id: str, body: f.Body, at: float) -> None:
        call = self._state.calls.get(call_id)
        if call is None or not in_line(call):
            self.dispatch.leave(call_id)
            return
        match body:
            case f.Queued() | f.Requeued():
                self._enter(call)
            case f.Reruled():
                self.dispatch.leave(call_id)
                self._wait(call)
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

    def _wait(self, call: Call) -> None:
        """In line as it stands, rung or not."""
        self._enter(call)
        for offer in call.rung:
            self.dispatch.ringing(call.id, offer.since)

    def _enter(self, call: Call) -> None:
        self.dispatch.enter(ticket_of(self.ladder(call), call), call.step)


# ---- how call, seat and policy are put before the queue; also when the past is played again ----


def rules_of(policy: Policy) -> Rules:
    return Rules(
        policy.version,
        policy.share.purchased,
        policy.reserve.after_s,
        policy.order.greatest_head_start_s,
    )


def ladder_of(policy: Policy, call: Call) -> Ladder:
    """What the call needs, and how that is relaxed."""
    return ladder(policy, call.language, call.service)


def ticket_of(way: Ladder, call: Call) -> Ticket:
    came = call.entered_at or 0.0
    return Ticket(
        call.id,
        came,
        call.waits_from or came,
        way,
        call.head_start_s,
        call.head_start_why,
        call.declined,
    )


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
