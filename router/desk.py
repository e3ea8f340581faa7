"""What a person at a seat asks for, and why it is refused when it is.

A refusal is a stable code with the request's field; nothing is recorded for it.
"""

from __future__ import annotations

from typing import assert_never

from router import events as e
from router import facts as f
from router import hold, interpreting, owners, rejoin, ruling, rungs, seats, talk, waiting
from router.commands import CancelLeg
from router.seat import Seat
from router.standing import in_line
from router.turn import Turn
from router.verdict import Refusal

_NOT_SIGNED_IN = Refusal("seat-not-signed-in", "seat_id")


def ask(turn: Turn, request: e.Request) -> Refusal | None:
    if isinstance(request, e.PolicyChanged):
        return ruling.change(turn, request)
    if isinstance(request, e.SignIn):
        return _sign_in(turn, request)
    seat = turn.state.seats.get(request.seat_id)
    if seat is None:
        return _NOT_SIGNED_IN
    match request:
        case e.SignOut():
            return _sign_out(turn, seat, request.by)
        case e.Ready():
            return _ready(turn, seat)
        case e.NotReady():
            return _not_ready(turn, seat, request.reason)
        case e.EndWrapup():
            if seat.state != "wrapup":
                return Refusal("not-in-wrapup", "seat_id")
            seats.end_wrapup(turn, seat, "seat")
            return None
        case e.HangUp():
            return _hang_up(turn, seat)
        case e.Hold() | e.Resume() | e.Rejoin():
            return _in_talk(turn, seat, request)
        case _:
            assert_never(request)


def _sign_in(turn: Turn, request: e.SignIn) -> Refusal | None:
    taken = turn.state.seats.get(request.seat_id)
    if taken is not None:
        if taken.person_id != request.person_id:
            return Refusal("seat-taken", "seat_id")
        if taken.phone == request.phone:
            return None  # asked twice: already so
        if taken.state in ("offered", "talking"):
            return Refusal("seat-in-call", "seat_id")
    for seat in turn.state.seats.values():
        if seat is not taken and seat.person_id == request.person_id:
            return Refusal("person-has-seat", "person_id")
        if seat is not taken and seat.phone == request.phone:
            return Refusal("phone-taken", "phone")
    if taken is not None:
        _sign_out(turn, taken, "")  # with another phone: sits down anew
    turn.fact(
        f.SeatSignedIn(
            request.seat_id, request.person_id, request.phone, request.skills, request.provider
        )
    )
    seats.sync(turn, turn.state.seats[request.seat_id])
    return None


def _sign_out(turn: Turn, seat: Seat, by: str) -> Refusal | None:
    if seat.state == "talking":
        return Refusal("seat-in-call", "seat_id")
    if seat.state == "offered":
        _withdraw(turn, seat)
    seats.end_wrapup(turn, seat, "sign_out")
    turn.timers.cancel(seat.id, "pause", "wrapup")
    turn.fact(f.SeatSignedOut(seat.id, seat.person_id, by))
    owners.left(turn, seat)
    seats.unsync(turn, seat)
    for call in list(turn.state.calls.values()):
        if in_line(call):
            rungs.skip_hopeless(turn, call)
    for callback in turn.state.callbacks.values():
        if callback.due:
            rungs.skip_hopeless(turn, callback)
    return None


def _withdraw(turn: Turn, seat: Seat) -> None:
    call = turn.state.calls.get(seat.call_id)
    if call is not None:
        waiting.withdraw(turn, call, "withdrawn")


def _ready(turn: Turn, seat: Seat) -> Refusal | None:
    if seat.state == "wrapup":
        if seat.wants_not_ready:
            turn.fact(f.SeatWantsNotReady(seat.id, seat.person_id, ""))
        seats.end_wrapup(turn, seat, "seat")
    elif seat.state in ("reserved", "offered", "talking"):
        if seat.wants_not_ready:
            turn.fact(f.SeatWantsNotReady(seat.id, seat.person_id, ""))
    elif seat.state == "not_ready" or seat.paused_until > turn.now:
        seats.ready(turn, seat)
    return None


def _not_ready(turn: Turn, seat: Seat, reason: str) -> Refusal | None:
    if reason not in turn.line.not_ready_reasons:
        return Refusal("reason-unknown", "reason")
    if seat.state in ("reserved", "offered", "talking"):
        turn.fact(f.SeatWantsNotReady(seat.id, seat.person_id, reason))
    elif seat.state == "wrapup":
        turn.fact(f.SeatWantsNotReady(seat.id, seat.person_id, reason))
        seats.end_wrapup(turn, seat, "seat")
    elif seat.reason != reason:
        seats.not_ready(turn, seat, reason)
    return None


def _hang_up(turn: Turn, seat: Seat) -> Refusal | None:
    call = turn.state.calls.get(seat.call_id)
    if call is None or seat.state not in ("offered", "talking"):
        return Refusal("not-in-call", "seat_id")
    offer, interpreter = call.rung_at(seat.id), interpreting.present(call)
    if interpreter is not None and interpreter.seat_id == seat.id:
        interpreting.hang_up(turn, call, interpreter)
    elif call.talk is not None:
        talk.hang_up(turn, call)
    elif offer is not None:
        turn.do(CancelLeg(call.id, offer.leg_id))
        waiting.end_offer(turn, call, offer, "rejected")
    return None


def _in_talk(turn: Turn, seat: Seat, request: e.Hold | e.Resume | e.Rejoin) -> Refusal | None:
    call = turn.state.calls.get(seat.call_id)
    if call is None or call.talk is None or seat.state != "talking":
        return Refusal("not-in-talk", "seat_id")
    interpreter = interpreting.present(call)
    if interpreter is not None and interpreter.seat_id == seat.id:
        if not isinstance(request, e.Rejoin):
            return Refusal("only-specialist", "seat_id")
        interpreting.ring(turn, call, interpreter, seat)
        return None
    match request:
        case e.Hold():
            if not call.talk.held:  # asked twice: already so
                hold.hold(turn, call, call.talk)
        case e.Resume():
            if call.talk.held:
                hold.resume(turn, call, call.talk)
        case e.Rejoin():
            rejoin.ring(turn, call, call.talk, seat)
        case _:
            assert_never(request)
    return None
