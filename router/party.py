"""Seats in a talk, the interpreter above all, as the engine remembers them: never a decision."""

from __future__ import annotations

from typing import Protocol

import msgspec

from router import facts as f


class Party(Protocol):
    """A seat in a talk, whose phone may be lost and come back."""

    leg_id: str
    leg_up: bool
    away_since: float
    away_until: float
    rejoin_leg: str


def came_or_went(party: Party, body: f.Body, at: float) -> bool:
    """Fold that the seat's phone was lost, is rung anew or is back; False: it is another fact."""
    match body:
        case f.SeatAway():
            party.leg_up = False
            party.away_since, party.away_until = party.away_since or at, body.until
        case f.RejoinRung():
            party.rejoin_leg = body.leg_id
            party.away_since, party.away_until = party.away_since or at, body.until
        case f.RejoinEnded():
            party.rejoin_leg = ""
        case f.Rejoined():
            party.leg_id, party.leg_up, party.rejoin_leg = body.leg_id, True, ""
            party.away_since = party.away_until = 0.0
        case _:
            return False
    return True


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
        if came_or_went(self, body, at):
            return
        if isinstance(body, f.InterpreterLeft):
            self.leg_up, self.left_at, self.rejoin_leg = False, at, ""
            self.away_since = self.away_until = 0.0
