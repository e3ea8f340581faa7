"""What the queue knows of a waiting caller and of a seat, and what a decision says.

Plain data, no behaviour: the index (queues.dispatch), the plain scan it is checked against
(queues.plain) and the explanation (queues.explain) all speak of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

from queues.ladder import Ladder
from queues.skills import Skills


class Ticket(msgspec.Struct, frozen=True):
    """A place in the waiting order: a caller on the line, or a callback. Times: epoch s."""

    call_id: str
    entered_at: float
    """When it began to wait; kept through every failed offer."""
    waits_from: float
    """The ladder's seconds count from here; later than `entered_at` after a talk broke off."""
    ladder: Ladder
    head_start_s: float = 0.0
    """0 to the policy's greatest head start."""
    head_start_why: tuple[str, ...] = ()
    declined: Mapping[str, float] = {}
    """Seat → until when this call is not offered to it."""
    owner: str = ""
    """Seat of the person who has the caller's open case, while that person is on duty."""
    owner_until: float = 0.0
    """Until then only the owner may serve; afterwards anybody able."""

    @property
    def order(self) -> tuple[float, float, str]:
        """Who is first: smallest. Arrival minus head start, then arrival, then id."""
        return (self.entered_at - self.head_start_s, self.entered_at, self.call_id)


class Place(msgspec.Struct, frozen=True):
    """A seat on duty."""

    seat_id: str
    skills: Skills
    provider: str = "staff"
    """`staff`, or `purchased` from a law firm."""
    idle_since: float = 0.0
    """Epoch s of its last service act's end, or of becoming ready."""
    free: bool = False
    """May be rung now."""


class Ranking(NamedTuple):
    """Why this seat before the others; compared from left to right, the smallest wins."""

    cost: int
    """Of the lowest rung that it meets; -1: it is the owner of the caller's case."""
    spare: float
    """How much scarce skill it has that is not asked for: bilingual seats stay free."""
    share: int
    """0: of the provider whose share of answers is behind its target; 1: of the other."""
    idle_since: float
    seat_id: str


class Decision(msgspec.Struct, frozen=True):
    """This seat rings for this caller (or both of a pair do). Short; queues.explain tells all."""

    call_id: str
    seat_id: str
    rung: int
    """Index of the lowest rung that the seat meets; the call may stand higher. -1: the owner."""
    ranking: Ranking
    order: tuple[float, float, str]
    able: int
    """Free seats that could have been chosen, the chosen one included."""
    policy: str
    """Version of the policy that decided."""
    interpreter: str = ""
    """Seat that interprets, rung together with `seat_id`."""
    kind: Literal["offer", "reserve"] = "offer"
    """`reserve`: kept for this caller should the seat that rings now not answer."""
