"""The interpreter in a talk: joined, lost and back again, gone. The talk is the specialist's.

Caller and specialist stay joined whatever becomes of the interpreter, and both see that it is
gone. When the talk ends the interpreter is let go with it, and wraps up as the specialist does.
"""

from __future__ import annotations

from router import events as e
from router import facts as f
from router import grace, seats
from router.call import Call, Offer, Talk
from router.commands import CancelLeg, Join, RingSeat
from router.party import Interpreter
from router.seat import Seat
from router.turn import Turn


def joined(turn: Turn, call: Call, offer: Offer, talk: Talk) -> None:
    """Into the bridge in which caller and specialist are just being joined."""
    seat = turn.state.seats.get(offer.seat_id)
    turn.fact(
        f.InterpreterJoined(
            call.id,
            offer.offer_id,
            offer.leg_id,
            offer.seat_id,
            offer.person_id,
            seat.provider if seat else "staff",
        )
    )
    turn.do(Join(call.id, offer.leg_id, talk.bridge_id))


def present(call: Call) -> Interpreter | None:
    """Who interprets in the call's talk now, be it that the phone is lost for a moment."""
    one = call.talk.interpreter if call.talk is not None else None
    return one if one is not None and not one.left_at else None


def has(call: Call, leg_id: str) -> bool:
    """Whether the leg is the interpreter's: the one that carries the voice, or to come back by."""
    one = present(call)
    return one is not None and leg_id in (one.leg_id, one.rejoin_leg)


def leg_ended(turn: Turn, call: Call, leg_id: str, end: f.OfferEnd, cause: int) -> None:
    """The interpreter's leg ended by itself."""
    one = present(call)
    if one is None:
        return
    if one.rejoin_leg == leg_id:
        ring_ended(turn, call, one, end, cause)
    elif one.leg_id == leg_id and one.leg_up:
        if grace.awaited(turn, one):
            until = grace.until(turn, one) if not one.away else one.away_until
            turn.fact(f.SeatAway(call.id, leg_id, one.seat_id, one.person_id, cause, until))
            turn.timers.set("interpreter", call.id, until)
        else:
            _left(turn, call, one, "hung_up")


def hang_up(turn: Turn, call: Call, one: Interpreter) -> None:
    """The interpreter leaves at its screen."""
    _cancel(turn, call, one, "withdrawn")
    _left(turn, call, one, "hung_up")


def ended(turn: Turn, call: Call) -> None:
    """The talk is about to end: the interpreter goes with it."""
    one = present(call)
    if one is not None:
        _cancel(turn, call, one, "withdrawn")
        _left(turn, call, one, "talk_ended")


# ---- coming back ----


def ring(turn: Turn, call: Call, one: Interpreter, seat: Seat) -> None:
    """The interpreter asks to be rung. What rang before is rung no longer."""
    until = grace.until(turn, one)
    _stop_ringing(turn, call, one, "withdrawn")
    leg = f"{call.id}-L{call.legs + 1}"
    turn.fact(f.RejoinRung(call.id, leg, seat.id, one.person_id, seat.phone, until))
    turn.timers.set("interpreter", call.id, until)
    number, name = call.caller_number, call.caller_name
    # Asterisk's own limit only matters when we are dead; ours comes first.
    timeout_s = until - turn.now + 5.0
    turn.do(RingSeat(call.id, leg, seat.phone, number, name, timeout_s, again=True))


def answered(turn: Turn, call: Call, one: Interpreter, talk: Talk) -> None:
    """The new leg is up: it carries the voice, and the old one goes."""
    old, old_up = one.leg_id, one.leg_up
    _back(turn, call, one, one.rejoin_leg)
    if old_up:
        turn.do(CancelLeg(call.id, old))
    turn.do(Join(call.id, one.leg_id, talk.bridge_id))


def ring_ended(turn: Turn, call: Call, one: Interpreter, end: f.OfferEnd, cause: int = 0) -> None:
    """The new leg came to nothing: the interpreter may ask again while its time lasts."""
    turn.fact(f.RejoinEnded(call.id, one.rejoin_leg, one.seat_id, one.person_id, end, cause))


def given_up(turn: Turn, call: Call) -> None:
    """The time is over. A leg that is there still had not been lost."""
    one = present(call)
    if one is None or not one.away:
        return
    _stop_ringing(turn, call, one, "no_answer")
    if one.leg_up:
        _back(turn, call, one, one.leg_id)
    else:
        _left(turn, call, one, "lost")


# ---- Asterisk's own view ----


def mend(turn: Turn, call: Call, legs: dict[str, e.SeenChannel], view: e.PbxSeen) -> None:
    """What is gone has ended; who is there is in the bridge."""
    talk, one = call.talk, present(call)
    if talk is None or one is None:
        return
    ours = [one.leg_id if one.leg_up else "", one.rejoin_leg]
    missing = [leg_id for leg_id in ours if leg_id and leg_id not in legs]
    for leg_id in missing:
        turn.fact(f.Healed("leg_gone", leg_id))
        leg_ended(turn, call, leg_id, "withdrawn", 0)
    if missing:
        return
    if one.rejoin_leg and legs[one.rejoin_leg].up:
        answered(turn, call, one, talk)
    elif one.leg_up and one.leg_id not in view.bridges.get(talk.bridge_id, ()):
        turn.fact(f.Healed("bridge_lost", talk.bridge_id))
        turn.do(Join(call.id, one.leg_id, talk.bridge_id))


def _left(turn: Turn, call: Call, one: Interpreter, why: f.InterpreterLeftWhy) -> None:
    turn.timers.cancel(call.id, "interpreter")
    lasted = turn.now - one.since
    turn.fact(f.InterpreterLeft(call.id, one.leg_id, one.seat_id, one.person_id, why, lasted))
    if why == "lost":
        # Nobody can be rung at a seat whose page is gone; it says so itself when it is back.
        seat = turn.state.seats.get(one.seat_id)
        if seat is not None:
            seats.not_ready(turn, seat, seat.wants_not_ready or "unreachable")
    else:
        seats.after_talk(turn, one.seat_id, call.id)


def _back(turn: Turn, call: Call, one: Interpreter, leg: str) -> None:
    turn.timers.cancel(call.id, "interpreter")
    turn.fact(f.Rejoined(call.id, leg, one.leg_id, one.seat_id, one.person_id))


def _cancel(turn: Turn, call: Call, one: Interpreter, end: f.OfferEnd) -> None:
    _stop_ringing(turn, call, one, end)
    if one.leg_up:
        turn.do(CancelLeg(call.id, one.leg_id))


def _stop_ringing(turn: Turn, call: Call, one: Interpreter, end: f.OfferEnd) -> None:
    if one.rejoin_leg:
        turn.do(CancelLeg(call.id, one.rejoin_leg))
        ring_ended(turn, call, one, end)
