"""The third party of an interpreted talk, as the engine remembers it: a fold, never a decision."""

from __future__ import annotations

import msgspec

from router import facts as f


class Interpreter(msgspec.Struct):
    """Takes part beside the specialist. Times are epoch seconds, 0: not so."""

    leg_id: str
    """The leg that carries the voice now, or carried it last."""
    seat_id: str
    person_id: str
    since: float
    leg_up: bool = True
    """False: the seat's phone is gone."""
    away_since: float = 0.0
    """The seat's phone was lost, or is rung anew."""
    away_until: float = 0.0
    rejoin_leg: str = ""
    """Leg over which the seat is rung to come back."""
    left_at: float = 0.0
    """Caller and specialist have gone on without since then."""

    @property
    def away(self) -> bool:
        return self.away_since > 0.0

    def apply(self, body: f.Body, at: float) -> None:
        """Fold a fact about the interpreter, recorded at `at`."""
        match body:
            case f.SeatAway():
                self.leg_up = False
                self.away_since, self.away_until = self.away_since or at, body.until
            case f.RejoinRung():
                self.rejoin_leg = body.leg_id
                self.away_since, self.away_until = self.away_since or at, body.until
            case f.RejoinEnded():
                self.rejoin_leg = ""
            case f.Rejoined():
                self.leg_id, self.leg_up, self.rejoin_leg = body.leg_id, True, ""
                self.away_since = self.away_until = 0.0
            case f.InterpreterLeft():
                self.leg_up, self.left_at, self.rejoin_leg = False, at, ""
                self.away_since = self.away_until = 0.0
            case _:
                pass
