"""One callback as the engine remembers it: a fold over its facts, and nothing besides.

It holds a place in the waiting order for a caller who has left the phone. From its answer on the
caller is a call like any other, and the callback is no more.
"""

from __future__ import annotations

import msgspec

from router import facts as f


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
    needs: dict[str, int] = {}
    step: int = 0
    attempts: int = 0
    not_before: float = 0.0
    """Not rung again before."""
    last_end: f.DialEnd | None = None
    reason: dict[str, float] = {}
    """The ranking that chose the seat."""
    seat_id: str = ""
    """Reserved for it; empty: none, or it has left."""
    dial: Dial | None = None

    @property
    def waiting(self) -> bool:
        """Its turn has not come: nobody is rung for it."""
        return self.dial is None and not self.seat_id

    def apply(self, body: f.Body, at: float) -> None:
        """Fold one fact of this callback, recorded at `at`."""
        self.touched = at
        match body:
            case f.SeatReserved():
                self.seat_id, self.reason = body.seat_id, body.reason
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
