"""How long a talk waits for a phone that was lost: the specialist's, or the interpreter's."""

from __future__ import annotations

from router.call import Talk
from router.party import Interpreter
from router.phones import is_browser
from router.turn import Turn

MOST_GRACES = 3
"""However often a seat asks to be rung anew, it is waited for no longer than so many graces."""


def awaited(turn: Turn, party: Talk | Interpreter) -> bool:
    """Whether a leg that ends now is a phone lost, and not a seat that hung up."""
    seat = turn.state.seats.get(party.seat_id)
    if seat is None or turn.line.ring.rejoin_s <= 0:
        return False
    return party.away or is_browser(seat.phone)


def until(turn: Turn, party: Talk | Interpreter) -> float:
    """The end (epoch s) of a grace that begins now."""
    grace = turn.line.ring.rejoin_s
    return min(turn.now + grace, (party.away_since or turn.now) + MOST_GRACES * grace)
