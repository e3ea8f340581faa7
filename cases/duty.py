"""Facts → the duty ledger: one row per spell in which a seat was in one state. PURE.

Hours on duty are paid and proved from it (Sichuan and Wenzhou: lawyers' hours per year), so a
spell begins and ends with a fact and with nothing else, and spells of a seat never overlap.
"""

from __future__ import annotations

from collections.abc import Iterable

from cases.rows import Row
from router import facts as f
from router.seat import Seat


class Duty:
    """`open_spells`: rows of spells that have not ended, one per signed-in seat."""

    def __init__(self, open_spells: Iterable[Row] = ()) -> None:
        self._open = {row["seat_id"]: row for row in open_spells}
        self._changed: dict[int, Row] = {}

    def apply(self, fact: f.Fact) -> None:
        body = fact.body
        seat_id = getattr(body, "seat_id", "")
        spell = self._open.get(seat_id)
        match body:
            case f.SeatSignedIn():
                seat = Seat(seat_id, body.person_id, body.phone, body.skills, body.provider)
                self._end(spell, fact.at)
                self._begin(seat, fact)
            case f.SeatSignedOut():
                self._end(spell, fact.at)
            case _ if spell is not None:
                person, provider = spell["person_id"], spell["provider"]
                seat = Seat(
                    seat_id, person, "", {}, provider, state=spell["state"], reason=spell["reason"]
                )
                seat.apply(body, fact.at)
                if (seat.state, seat.reason) != (spell["state"], spell["reason"]):
                    self._end(spell, fact.at)
                    self._begin(seat, fact)
            case _:
                pass

    def harvest(self) -> list[Row]:
        """Spells that began or ended since the last harvest."""
        rows, self._changed = list(self._changed.values()), {}
        return rows

    def _begin(self, seat: Seat, fact: f.Fact) -> None:
        spell = {
            "spell_id": fact.seq,
            "seat_id": seat.id,
            "person_id": seat.person_id,
            "provider": seat.provider,
            "state": seat.state,
            "reason": seat.reason,
            "began_at": fact.at,
            "ended_at": None,
        }
        self._open[seat.id] = spell
        self._changed[fact.seq] = spell

    def _end(self, spell: Row | None, at: float) -> None:
        if spell is None:
            return
        spell["ended_at"] = at
        self._changed[spell["spell_id"]] = spell
        del self._open[spell["seat_id"]]
