"""Facts of callbacks: asked for, a seat reserved, the caller rung, reached or given up.

Part of `router.facts`, by which name everybody knows them. A callback is a promise to a citizen:
it begins with `CallbackAsked` and ends once, with `CallbackReached` or `CallbackGivenUp`.
"""

from __future__ import annotations

from typing import Literal

from queues.ticket import Ranking
from router.factbase import Body_, CallBody, SeatBody


class CallbackAsked(CallBody, frozen=True):
    """The caller left the phone and kept the place. `call_id` is the call that ends with it."""

    callback_id: str
    caller_number: str
    caller_name: str
    language: str
    service: str
    entered_at: float
    """The place it keeps in the waiting order (epoch s)."""
    waited_s: float
    head_start_s: float
    head_start_why: tuple[str, ...]
    policy: str


class CallbackDue(Body_, frozen=True):
    """The caller may be rung: the callback stands in the line, in the place that was kept."""

    callback_id: str
    policy: str


class SeatReserved(SeatBody, frozen=True):
    """The callback's turn has come: the seat is kept for it while its caller is rung."""

    person_id: str
    callback_id: str
    call_id: str
    """Of the call that is about to be made."""
    rung: int
    ranking: Ranking
    able: int
    policy: str
    """Why this seat: as in `Offered`."""
    waited_s: float
    """Since the caller began to wait."""


class CallerDialled(CallBody, frozen=True):
    """The caller is rung. `call_id` is new: it is the call's from the moment that it is answered.

    `attempt` counts from 1; without an answer it ends at `until` (epoch s) at the latest.
    """

    callback_id: str
    caller_number: str
    attempt: int
    until: float


DialEnd = Literal[
    "no_answer",
    "rejected",
    "busy",
    "unreachable",
    "failed",  # our or Asterisk's fault
]


class DialEnded(CallBody, frozen=True):
    """The caller did not answer. `retry_at`: not rung again before (epoch s), 0: not at all."""

    callback_id: str
    attempt: int
    end: DialEnd
    cause: int
    rang_s: float
    retry_at: float = 0.0


class CallbackReached(CallBody, frozen=True):
    """The caller has answered: `call_id` is a call like any other from here on."""

    callback_id: str
    attempt: int
    waited_s: float
    """From the caller's first asking for a human to its answer."""


CallbackGivenUpWhy = Literal[
    "no_answer",
    "rejected",
    "busy",
    "unreachable",
    "failed",  # how the last attempt ended
    "too_late",  # its turn did not come within the time that was promised
]


class CallbackGivenUp(CallBody, frozen=True):
    """The promise could not be kept. `call_id` is the call that asked."""

    callback_id: str
    why: CallbackGivenUpWhy
    attempts: int


class SeatReleased(SeatBody, frozen=True):
    """Kept for a callback no longer, and free as it was before."""

    person_id: str
    callback_id: str


CallbackFact = (
    CallbackAsked
    | CallbackDue
    | SeatReserved
    | CallerDialled
    | DialEnded
    | CallbackReached
    | CallbackGivenUp
    | SeatReleased
)
