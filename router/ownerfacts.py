"""Facts of who keeps a caller's case (首问负责): known to the line, and waited for by a call.

Part of `router.facts`, by which name everybody knows them.
"""

from __future__ import annotations

from router.factbase import Body_, CallBody

OwnedUntil = tuple[str, float]
"""(person, epoch s until which the case is open)."""


class OwnersKnown(Body_, frozen=True):
    """Whose open cases callers have, as the slips say: number → (person, until) where it changed.

    An empty person: none any more.
    """

    owners: dict[str, OwnedUntil]


class OwnerAwaited(CallBody, frozen=True):
    """The caller has an open case: until `until` only its owner, who sits at `seat_id`, serves.

    An empty seat: the owner has left, anybody able may serve.
    """

    seat_id: str
    person_id: str
    until: float


OwnerFact = OwnersKnown | OwnerAwaited
