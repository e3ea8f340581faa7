"""Interpreter and specialist together: both are rung at once, and both joined, or neither.

The queue decides which two (`Decision.interpreter`). Whoever answers first waits to music for the
other one, at most until the ring time of both is over. When one of them comes to nothing, that
seat is treated by how, the other is let go without blame and without losing its place among the
idle, and the caller is back at its place (`router.waiting.end_offers`). Never holds half a pair.
"""

from __future__ import annotations

from queues.ticket import Decision
from router import facts as f
from router.call import Call, Offer
from router.commands import RingSeat, StartHold
from router.standing import may_be_rung
from router.turn import Turn


def offer(turn: Turn, call: Call, decision: Decision) -> bool:
    """Ring both seats for the call; False, and nothing is done, when that may not be now."""
    specialist = turn.state.seats.get(decision.seat_id)
    interpreter = turn.state.seats.get(decision.interpreter)
    if specialist is None or interpreter is None or specialist is interpreter:
        return False
    if not call.waiting or not all(
        may_be_rung(turn.state, seat, turn.now) for seat in (specialist, interpreter)
    ):
        return False
    # Both facts before either command: whoever reads them never sees one seat without the other.
    _offered(turn, call, decision, "specialist")
    _offered(turn, call, decision, "interpreter")
    ring = turn.line.ring
    turn.timers.set("dead", call.id, turn.now + min(ring.dead_after_s, ring.timeout_s))
    turn.timers.set("ring", call.id, turn.now + ring.timeout_s)
    reserve_after_s = turn.standing.rules.reserve_after_s
    if reserve_after_s is not None:
        turn.timers.set("reserve", call.id, turn.now + reserve_after_s)
    for each in call.rung:
        turn.do(
            RingSeat(
                call.id,
                each.leg_id,
                each.phone,
                call.caller_number,
                call.caller_name,
                # Asterisk's own limit only matters when we are dead; ours comes first.
                ring.timeout_s + 5.0,
            )
        )
    return True


def _offered(turn: Turn, call: Call, decision: Decision, role: f.Role) -> None:
    seat_id, partner = decision.seat_id, decision.interpreter
    if role == "interpreter":
        seat_id, partner = partner, seat_id
    seat = turn.state.seats[seat_id]
    turn.fact(
        f.Offered(
            call.id,
            f"{call.id}-O{call.offers + 1}",
            f"{call.id}-L{call.legs + 1}",
            seat.id,
            seat.person_id,
            seat.phone,
            decision.rung,
            decision.ranking,
            decision.able,
            decision.policy,
            turn.now - (call.waits_from or turn.now),
            role,
            partner,
        )
    )


def complete(turn: Turn, call: Call, offer: Offer) -> bool:
    """One seat answered. Whether both have now; else it waits to music for the other one."""
    if all(other.up_at is not None for other in call.rung if other is not offer):
        return True
    if offer.up_at is None:
        turn.fact(f.PickedUp(call.id, offer.offer_id, offer.leg_id, offer.seat_id, offer.person_id))
        await_other(turn, call, offer)
    return False


def await_other(turn: Turn, call: Call, offer: Offer) -> None:
    """Music to a seat that has answered and is alone."""
    turn.do(StartHold(call.id, offer.leg_id))
