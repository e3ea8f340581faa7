"""One signed-in seat as the engine remembers it: a fold over the seat's facts.

`Seat.apply` is the only place that changes a seat; it never decides. Signed-out seats are not
kept: a seat exists here from `SeatSignedIn` to `SeatSignedOut`.
"""

from __future__ import annotations

import msgspec

from router import facts as f


class Seat(msgspec.Struct):
    """Times are epoch seconds; `skills` maps skill → level 1-5."""

    id: str
    person_id: str
    phone: str
    skills: dict[str, int]
    provider: str
    state: f.SeatState = "not_ready"
    since: float = 0.0
    touched: float = 0.0
    reason: str = "signed_in"
    idle_since: float = 0.0
    """Longest idle is offered first; a failed offer does not change it, a talk does."""
    call_id: str = ""
    paused_until: float = 0.0
    wants_not_ready: str = ""
    wrapup_until: float = 0.0
    rejects: int = 0
    failures: int = 0
    answered: int = 0
    busy_s: float = 0.0
    """Seconds of talk since sign-in."""

    def _become(self, state: f.SeatState, at: float) -> None:
        self.state, self.since = state, at

    def apply(self, body: f.Body, at: float) -> None:
        """Fold one fact about this seat, recorded at `at` (epoch s)."""
        self.touched = at
        match body:
            case f.SeatReady():
                if self.state != "ready":
                    self._become("ready", at)
                self.reason, self.call_id, self.wants_not_ready = "", "", ""
                self.idle_since = self.idle_since or at
                self.paused_until, self.rejects, self.failures = 0.0, 0, 0
            case f.SeatNotReady():
                self._become("not_ready", at)
                self.reason, self.call_id, self.wants_not_ready = body.reason, "", ""
                self.idle_since = 0.0
            case f.SeatWantsNotReady():
                self.wants_not_ready = body.reason
            case f.SeatPaused():
                self.paused_until = body.until
            case f.SeatReserved():
                self._become("reserved", at)
            case f.SeatReleased():
                self._become("ready", at)
            case f.Offered():
                self._become("offered", at)
                self.call_id = body.call_id
            case f.OfferEnded():
                self._offer_ended(body, at)
            case f.Connected():
                self._become("talking", at)
                self.call_id, self.rejects, self.failures = body.call_id, 0, 0
                self.answered += 1
                self.idle_since = 0.0
            case f.InterpreterJoined():
                self._become("talking", at)
                self.call_id, self.rejects, self.failures = body.call_id, 0, 0
                self.answered += 1
                self.idle_since = 0.0
            case f.TalkEnded() | f.InterpreterLeft():
                self.busy_s += body.talk_s
            case f.WrapupStarted():
                self._become("wrapup", at)
                self.wrapup_until = body.until
            case f.WrapupEnded():
                self.wrapup_until = 0.0
            case _:
                pass

    def _offer_ended(self, body: f.OfferEnded, at: float) -> None:
        if body.end == "answered":
            return
        self._become("ready", at)
        self.call_id = ""
        self.rejects += body.end == "rejected"
        self.failures += body.end == "unreachable"
