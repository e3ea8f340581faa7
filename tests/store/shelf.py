"""The database as plain dictionaries: what the fold must lead to, whoever writes it down."""

from __future__ import annotations

from collections.abc import Sequence

from cases.fold import Fold, Harvest
from cases.region import region_of
from cases.rows import Row
from router.facts import Fact

REGION = region_of()

KEYS = {
    "calls": "call_id",
    "legs": "leg_id",
    "offers": "offer_id",
    "spells": "spell_id",
    "ratings": "leg_id",
    "recordings": "recording_id",
    "voicemails": "recording_id",
}
CHANGED = ("callbacks", "callback_dials")
REPLACED = ("calls", "legs", "offers", "spells")


class Shelf:
    def __init__(self) -> None:
        self.tables: dict[str, dict[object, Row]] = {name: {} for name in (*KEYS, *CHANGED)}
        self.slips: list[tuple[str, float]] = []

    def rows(self, name: str) -> list[Row]:
        return list(self.tables[name].values())

    def write(self, facts: Sequence[Fact], fold: Fold | None = None) -> None:
        """One batch, with the fold at hand or with one made from what is here."""
        if fold is None:
            fold = Fold(
                [dict(row) for row in self.rows("spells") if row["ended_at"] is None], REGION
            )
        strangers = fold.strangers(facts)
        fold.take_in(
            *(
                [dict(row) for row in self.rows(name) if row["call_id"] in strangers]
                for name in ("calls", "legs", "offers")
            )
        )
        for fact in facts:
            fold.apply(fact)
        self._put(fold.harvest())

    def _put(self, harvest: Harvest) -> None:
        for name, key in KEYS.items():
            for row in getattr(harvest, name):
                if name in REPLACED:
                    self.tables[name][row[key]] = dict(row)
                else:
                    self.tables[name].setdefault(row[key], dict(row))
        self.slips += harvest.slips
        callbacks, dials = self.tables["callbacks"], self.tables["callback_dials"]
        changes = harvest.callbacks
        for row in changes.asked:
            callbacks.setdefault(row["callback_id"], dict(row))
        for row in changes.dialled:
            dials.setdefault(row["call_id"], dict(row))
        for row in changes.tried:
            dials[row["call_id"]] |= row
        for row in changes.ended:
            callbacks[row["callback_id"]] |= row
