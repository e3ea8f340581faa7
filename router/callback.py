"""One callback as the engine remembers it: a fold over its facts, and nothing besides.

It holds a place in the waiting order for a caller who has left the phone. From its answer on the
caller is a call like any other, and the callback is no more.
"""

from __future__ import annotations

import msgspec

from queues.ticket import Decision
from router import facts as f
from router.call import Call


class Dial(msgspec.Struct):
    """The caller is being rung. Times are epoch seconds."""

    call_id: str
    attempt: int
    since: float
    until: float


class Callback(msgspec.Struct):
    """Times are epoch seconds."""

    id: str
    call_id: str
    """The call that asked for it."""
    caller_number: str
    caller_name: str
    language: str
    service: str
    entered_at: float
    """Its place in the waiting order: the one the call had."""
    asked_at: float
    touched: float = 0.0
    head_start_s: float = 0.0
    head_start_why: tuple[str, ...] = ()
    due: bool = False
    """In the line: its caller may be rung as soon as a seat is free for it."""
    step: int = 0
    """The rung of its ladder."""
    attempts: int = 0
    not_before: float = 0.0
    """Not rung again before."""
    last_end: f.DialEnd | None = None
    kept: Decision | None = None
    """Why the seat was chosen that is reserved for it."""
    seat_id: str = ""
    """Reserved for it; empty: none, or it has left."""
    dial: Dial | None = None

    @property
    def waits_from(self) -> float | None:
        """Seconds of waiting count from here (epoch s), at the phone and away from it."""
        return self.entered_at

    def apply(self, body: f.Body, at: float) -> None:
        """Fold one fact of this callback, recorded at `at`."""
        self.touched = at
        match body:
            case f.SeatReserved():
                order = (self.entered_at - self.head_start_s, self.entered_at, self.id)
                self.due, self.seat_id = False, body.seat_id
                self.kept = Decision(
                    self.id,
                    body.seat_id,
                    body.rung,
                    body.ranking,
                    order,
                    body.able,
                    body.policy,
                )
            case f.CallbackDue():
                self.due, self.step = True, 0
            case f.Relaxed():
                self.step = body.rung
            case f.SeatReleased():
                self.seat_id = ""
            case f.CallerDialled():
                self.attempts = body.attempt
                self.dial = Dial(body.call_id, body.attempt, at, body.until)
            case f.DialEnded():
                self.dial, self.last_end = None, body.end
                self.not_before = body.retry_at
            case _:
                pass


Waiting = Call | Callback
"""Whoever holds a place in the line."""
