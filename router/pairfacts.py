"""Facts of an interpreted call: one seat waits for the other, the interpreter comes and goes.

Part of `router.facts`, by which name everybody knows them. Both seats of a pair have their own
`Offered` (with role and partner) and `OfferEnded`; the talk and its rating are the specialist's.
"""

from __future__ import annotations

from typing import Literal

from router.factbase import CallBody


class PickedUp(CallBody, frozen=True):
    """One of a pair has answered, and waits to music until the other one does."""

    offer_id: str
    leg_id: str
    seat_id: str
    person_id: str


class InterpreterJoined(CallBody, frozen=True):
    """Interprets in the talk that has just begun between caller and specialist."""

    offer_id: str
    leg_id: str
    seat_id: str
    person_id: str
    provider: str


InterpreterLeftWhy = Literal[
    "talk_ended",
    "hung_up",
    "lost",  # the phone was gone and did not come back in time
]


class InterpreterLeft(CallBody, frozen=True):
    """Interprets no longer; unless the talk ended, caller and specialist go on without."""

    leg_id: str
    seat_id: str
    person_id: str
    why: InterpreterLeftWhy
    talk_s: float


PairFact = PickedUp | InterpreterJoined | InterpreterLeft
