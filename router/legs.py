"""What a seat's leg tells: it rings, is answered, ends, or could not be rung at all.

A leg belongs to an offer, carries a talk (the specialist's voice or the interpreter's), or is to
bring a seat back to one. One that belongs to nothing any more is answered too: it is let go.
"""

from __future__ import annotations

from router import events as e
from router import facts as f
from router import grace, interpreting, rejoin, talk, waiting
from router.call import Call
from router.commands import CancelLeg
from router.turn import Turn

LOST = "lost"
"""Reason of a refusal that says nothing of phone or caller: Asterisk could not be reached."""

GONE = "gone"
"""Reason of a refusal that is no fault: the channel had ended meanwhile."""

RETRY_S = 1.0
"""While Asterisk is out of sight, what is due to a call is tried again this much later."""


def heard(turn: Turn, event: e.LegRinging | e.LegAnswered | e.LegEnded) -> None:
    """What is told of a leg. What comes late, twice or of a stranger has its answer too."""
    call = turn.state.calls.get(e.call_of(event.leg_id))
    match event:
        case e.LegRinging():
            offer = call.rung_over(event.leg_id) if call is not None else None
            if call is not None and offer is not None:
                waiting.rang(turn, call, offer)
        case e.LegAnswered():
            if call is None or not _answered(turn, call, event.leg_id):
                # An answer on a lapsed offer: nobody is there to talk to.
                turn.do(CancelLeg(e.call_of(event.leg_id), event.leg_id))
        case e.LegEnded():
            if call is not None:
                # Picked up and put down before we heard of the answer: as good as declined.
                end: f.OfferEnd = "rejected" if event.end == "hung_up" else event.end
                ended(turn, call, event.leg_id, end, event.cause)


def _answered(turn: Turn, call: Call, leg_id: str) -> bool:
    """Whether somebody is there for whoever answered."""
    offer, held, third = call.rung_over(leg_id), call.talk, interpreting.present(call)
    if offer is not None:
        talk.answered(turn, call, offer)
    elif held is not None and held.rejoin_leg == leg_id:
        rejoin.answered(turn, call, held)
    elif held is not None and third is not None and third.rejoin_leg == leg_id:
        interpreting.answered(turn, call, third, held)
    else:
        return any(party is not None and party.leg_id == leg_id for party in (held, third))
    return True


def ended(turn: Turn, call: Call, leg_id: str, end: f.OfferEnd, cause: int) -> None:
    """A leg of this call ended: one of the talk, one to come back by, or an offer's."""
    held, offer = call.talk, call.rung_over(leg_id)
    if interpreting.has(call, leg_id):
        interpreting.leg_ended(turn, call, leg_id, end, cause)
    elif held is not None and held.leg_id == leg_id and held.leg_up:
        if grace.awaited(turn, held):
            rejoin.lost(turn, call, held, cause)
        else:
            talk.seat_left(turn, call)
    elif held is not None and held.rejoin_leg == leg_id:
        rejoin.ring_ended(turn, call, held, end, cause)
    elif offer is not None:
        waiting.end_offer(turn, call, offer, end, cause)


def not_rung(turn: Turn, call: Call, leg_id: str, reason: str) -> None:
    """Asterisk refused to ring: for an offer, or for a seat that wants to come back."""
    offer, third = call.rung_over(leg_id), interpreting.present(call)
    end: f.OfferEnd = "withdrawn" if reason in (LOST, GONE) else "unreachable"
    if offer is not None:
        # Lost or gone says nothing of the seat's phone; the pause keeps us from trying in a
        # circle until the caller's hang-up is told.
        pause_s = RETRY_S if end == "withdrawn" else 0.0
        waiting.end_offer(turn, call, offer, end, pause_s=pause_s)
    elif call.talk is not None and call.talk.rejoin_leg == leg_id:
        rejoin.ring_ended(turn, call, call.talk, end)
    elif third is not None and third.rejoin_leg == leg_id:
        interpreting.ring_ended(turn, call, third, end)
