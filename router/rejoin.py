"""A seat whose phone is lost in mid-talk comes back to its caller, or does not.

A page that is closed, loaded again or cut off cannot hang up on a citizen: the caller hears music
while the seat has `line.ring.rejoin_s` to return over a new leg, and it stays one talk. A seat
that never returns gives the caller back to the head of the queue (docs/decisions/0007). An own
phone that hangs up has hung up; it is rung again only when its seat asks.
"""

from __future__ import annotations

from router import facts as f
from router import grace, hold, seats, waiting
from router.call import Call, Talk
from router.commands import CancelLeg, Disconnect, RingSeat
from router.seat import Seat
from router.turn import Turn


def lost(turn: Turn, call: Call, talk: Talk, cause: int) -> None:
    """The seat's leg is gone. The caller is told to wait, and hears music."""
    was_apart = talk.apart
    until = grace.until(turn, talk) if not talk.away else talk.away_until
    turn.fact(f.SeatAway(call.id, talk.leg_id, talk.seat_id, talk.person_id, cause, until))
    turn.timers.set("rejoin", call.id, until)
    if not was_apart:
        _tell(turn, call, talk)


def ring(turn: Turn, call: Call, talk: Talk, seat: Seat) -> None:
    """The seat asks for its caller. What rang for it before is rung no longer."""
    was_apart, until = talk.apart, grace.until(turn, talk)
    _stop_ringing(turn, call, talk, "withdrawn")
    leg = f"{call.id}-L{call.legs + 1}"
    turn.fact(f.RejoinRung(call.id, leg, seat.id, talk.person_id, seat.phone, until))
    turn.timers.set("rejoin", call.id, until)
    if not was_apart:
        _tell(turn, call, talk)
    number, name = call.caller_number, call.caller_name
    # Asterisk's own limit only matters when we are dead; ours comes first.
    timeout_s = until - turn.now + 5.0
    turn.do(RingSeat(call.id, leg, seat.phone, number, name, timeout_s, again=True))


def answered(turn: Turn, call: Call, talk: Talk) -> None:
    """The new leg is up: it carries the talk, and the old one goes."""
    old, old_up = talk.leg_id, talk.leg_up
    _back(turn, call, talk, talk.rejoin_leg)
    if old_up:
        turn.do(CancelLeg(call.id, old))
    if not talk.apart:
        hold.join(turn, call, talk)


def ring_ended(turn: Turn, call: Call, talk: Talk, end: f.OfferEnd, cause: int = 0) -> None:
    """The new leg came to nothing: the seat may ask again while its time lasts."""
    leg = talk.rejoin_leg
    turn.fact(f.RejoinEnded(call.id, leg, talk.seat_id, talk.person_id, end, cause))


def given_up(turn: Turn, call: Call) -> None:
    """The time is over. A leg that is there still had not been lost: the talk goes on over it."""
    talk = call.talk
    if talk is None or not talk.away:
        return
    _stop_ringing(turn, call, talk, "no_answer")
    if talk.leg_up:
        _back(turn, call, talk, talk.leg_id)
        if not talk.apart:
            hold.join(turn, call, talk)
        return
    seat = turn.state.seats.get(talk.seat_id)
    hold.ended(turn, call, talk, "seat")
    turn.fact(f.RatingMissed(call.id, call.served_leg, call.served_by, "not_asked"))
    turn.do(Disconnect(call.id, talk.bridge_id))
    if seat is not None:
        seats.not_ready(turn, seat, seat.wants_not_ready or "unreachable")
    waiting.again(turn, call)


def stop(turn: Turn, call: Call, talk: Talk, end: f.OfferEnd) -> None:
    """The talk is about to end: nobody is rung for it any more."""
    _stop_ringing(turn, call, talk, end)
    turn.timers.cancel(call.id, "rejoin")


def _back(turn: Turn, call: Call, talk: Talk, leg: str) -> None:
    turn.timers.cancel(call.id, "rejoin")
    turn.fact(f.Rejoined(call.id, leg, talk.leg_id, talk.seat_id, talk.person_id))


def _stop_ringing(turn: Turn, call: Call, talk: Talk, end: f.OfferEnd) -> None:
    if talk.rejoin_leg:
        turn.do(CancelLeg(call.id, talk.rejoin_leg))
        ring_ended(turn, call, talk, end)


def _tell(turn: Turn, call: Call, talk: Talk) -> None:
    hold.music(turn, call, talk)
    turn.play(call, "held", "queue-hold-on")
