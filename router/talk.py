"""The conversation: joining caller and seat, its end by either side, and the rating.

One rating per service act, asked at once after it; not rated is never counted as satisfied, and
why not is kept: left before or while being asked, silence, or keys without a meaning.
"""

from __future__ import annotations

from router import facts as f
from router import hold, interpreting, pair, rejoin, seats
from router.call import Call, Offer
from router.commands import CancelLeg, Connect, Disconnect, Dismiss
from router.turn import Turn

SCORES = "12345"


def answered(turn: Turn, call: Call, offer: Offer) -> None:
    """A seat answered: the talk begins. With a pair it begins when both have."""
    if call.second is not None and not pair.complete(turn, call, offer):
        return
    interpreter, offer = call.second, call.offer or offer
    seat = turn.state.seats.get(offer.seat_id)
    turn.timers.cancel(call.id, "ring", "dead", "relax", "announce", "max_wait", "reserve")
    # Connect ends prompts and music by itself; only our memory of the prompt is dropped here.
    turn.played(call)
    bridge = f"{call.id}-B{call.offers}"
    for each in call.rung:
        turn.fact(
            f.OfferEnded(
                call.id,
                each.offer_id,
                each.leg_id,
                each.seat_id,
                each.person_id,
                "answered",
                0,
                each.rang_s(turn.now),
            )
        )
    turn.fact(
        f.Connected(
            call.id,
            offer.offer_id,
            offer.leg_id,
            bridge,
            offer.seat_id,
            offer.person_id,
            seat.provider if seat else "staff",
            turn.now - (call.waits_from or turn.now),
        )
    )
    turn.do(Connect(call.id, offer.leg_id, bridge))
    if interpreter is not None and call.talk is not None:
        interpreting.joined(turn, call, interpreter, call.talk)


def seat_left(turn: Turn, call: Call) -> None:
    """The seat hung up: the caller rates, the seat wraps up."""
    talk = call.talk
    if talk is None:
        return
    _ended(turn, call, "seat", "withdrawn")
    turn.do(Disconnect(call.id, talk.bridge_id))
    if turn.line.rating.enabled:
        turn.fact(f.RatingInvited(call.id, call.served_leg, talk.person_id))
        turn.play(call, "rating", "rating-invite")
    else:
        _missed(turn, call, "not_asked")
        turn.play(call, "goodbye", "goodbye")


def seat_gone(turn: Turn, call: Call) -> None:
    """The seat hung up and the caller went elsewhere, both unseen."""
    _ended(turn, call, "seat", "withdrawn")
    _missed(turn, call, "not_asked")


def caller_left(turn: Turn, call: Call) -> None:
    talk = call.talk
    if talk is None:
        return
    if talk.leg_up:
        turn.do(CancelLeg(call.id, talk.leg_id))
    turn.do(Disconnect(call.id, talk.bridge_id))
    _ended(turn, call, "caller", "caller_left")
    _missed(turn, call, "not_asked")


def hang_up(turn: Turn, call: Call) -> None:
    """The seat ends the talk at its screen, whether its phone is there or not."""
    if call.talk is not None and call.talk.leg_up:
        turn.do(CancelLeg(call.id, call.talk.leg_id))
    seat_left(turn, call)


def _ended(turn: Turn, call: Call, by: f.HangupParty, rejoin_end: f.OfferEnd) -> None:
    talk = call.talk
    assert talk is not None
    rejoin.stop(turn, call, talk, rejoin_end)
    hold.ended(turn, call, talk, by)
    seats.after_talk(turn, talk.seat_id, call.id)


# ---- rating ----


def invited(turn: Turn, call: Call) -> None:
    """The question was heard out: silence counts from here."""
    turn.timers.set("rating", call.id, turn.now + turn.line.rating.timeout_s)


def settled(call: Call) -> bool:
    return call.rating is not None or bool(call.rating_missed)


def pressed(turn: Turn, call: Call, key: str) -> None:
    if settled(call):
        return
    turn.timers.cancel(call.id, "rating")
    if key in SCORES:
        turn.fact(f.Rated(call.id, call.served_leg, call.served_by, int(key)))
        turn.play(call, "goodbye", "rating-thanks")
        return
    turn.fact(f.KeyWrong(call.id, "rating", key))
    if call.wrong > turn.line.rating.max_wrong:
        _missed(turn, call, "wrong_key")
        turn.play(call, "goodbye", "goodbye")
    else:
        turn.play(call, "rating", "rating-wrong-key")


def unanswered(turn: Turn, call: Call) -> None:
    if call.stage == "rating" and not settled(call):
        _missed(turn, call, "timeout")
        turn.play(call, "goodbye", "goodbye")


def left_in_rating(turn: Turn, call: Call) -> None:
    if call.stage == "rating" and not settled(call):
        _missed(turn, call, "hung_up")


def _missed(turn: Turn, call: Call, why: f.RatingMissedWhy) -> None:
    turn.fact(f.RatingMissed(call.id, call.served_leg, call.served_by, why))


def goodbye(turn: Turn, call: Call) -> None:
    turn.do(Dismiss(call.id))
