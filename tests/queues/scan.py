"""A line decided by the plain scan, spoken to as the index is: `queues.plain` beside `Dispatch`.

It keeps what it is told and looks at everything whenever it is asked: no index, nothing derived.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from queues.ladder import Ladder, Pair, Rung
from queues.needs import ANYBODY, All, Any, Has, Need, Not, both, holds
from queues.plain import decide
from queues.rules import Rules
from queues.ticket import Decision, Place, Ticket

CMN, KHG = Has("lang:cmn"), Has("lang:khg", 2)
GENERAL, LABOUR, FAMILY = Has("law:general", 2), Has("law:labour", 3), Has("law:family")
HERE, TRAINEE = Has("region:540100"), Has("group:trainee")

PROFILES: tuple[Mapping[str, int], ...] = (
    {"lang:cmn": 3, "law:general": 2},
    {"lang:cmn": 3, "law:general": 3, "law:labour": 3},
    {"lang:cmn": 2, "law:labour": 2, "law:family": 1, "region:540100": 1},
    {"lang:cmn": 3, "lang:khg": 3, "law:general": 2},
    {"lang:khg": 2, "law:family": 2},
    {"lang:khg": 1, "lang:cmn": 1, "law:labour": 5, "law:general": 1},
    {"lang:cmn": 1, "law:general": 2, "group:trainee": 1},
    {"lang:khg": 2, "law:labour": 2},
)
"""Few and overlapping, so that calls compete."""


def ladder(floor: Need, *rungs: Need | tuple[Need, Pair]) -> Ladder:
    """A rung every 10 s, each a cost dearer than the one before."""
    steps = []
    for n, one in enumerate(rungs):
        needs, pair = one if isinstance(one, tuple) else (one, None)
        steps.append(Rung(10.0 * n, both(floor, needs), n, pair=pair))
    return Ladder("kind", floor, tuple(steps))


LADDERS: tuple[Ladder, ...] = (
    ladder(CMN, ANYBODY),
    ladder(CMN, All((GENERAL, Not(TRAINEE))), GENERAL, ANYBODY),
    ladder(CMN, LABOUR, Any((LABOUR, GENERAL)), Any((Has("law:labour"), GENERAL))),
    ladder(CMN, All((HERE, FAMILY)), FAMILY, Any((FAMILY, GENERAL))),
    ladder(KHG, GENERAL, ANYBODY),
    ladder(KHG, LABOUR, (LABOUR, Pair(LABOUR, KHG)), Any((LABOUR, FAMILY))),
    ladder(KHG, (FAMILY, Pair(Has("law:labour", 2), ANYBODY)), (ANYBODY, Pair(FAMILY, ANYBODY))),
    ladder(ANYBODY, Any((KHG, LABOUR)), ANYBODY),
    ladder(CMN, Any()),
)
"""The last one is hopeless: nobody ever meets it."""


class Scan:
    """Raises KeyError when told of a call or seat that it does not have."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.places: dict[str, Place] = {}
        self.tickets: dict[str, Ticket] = {}
        self.rungs: dict[str, int] = {}
        self.rung_since: dict[str, float] = {}
        """Calls that a phone rings for."""
        self.answered: dict[str, int] = {}

    def seat_on(self, place: Place) -> None:
        self.places[place.seat_id] = place

    def seat_off(self, seat_id: str) -> None:
        del self.places[seat_id]

    def seat_free(self, seat_id: str, idle_since: float) -> None:
        self.places[seat_id] = replace(self.places[seat_id], free=True, idle_since=idle_since)

    def seat_busy(self, seat_id: str) -> None:
        self.places[seat_id] = replace(self.places[seat_id], free=False)

    def enter(self, ticket: Ticket, rung: int) -> None:
        self.tickets[ticket.call_id], self.rungs[ticket.call_id] = ticket, rung

    def leave(self, call_id: str) -> None:
        del self.tickets[call_id], self.rungs[call_id]
        self.rung_since.pop(call_id, None)

    def ringing(self, call_id: str, since: float) -> None:
        self.rung_since[call_id] = since

    def back(self, call_id: str) -> None:
        del self.rung_since[call_id]

    def raise_to(self, call_id: str, rung: int) -> None:
        self.rungs[call_id] = rung

    def decline(self, call_id: str, seat_id: str, until: float) -> None:
        ticket = self.tickets[call_id]
        declined = {**ticket.declined, seat_id: until}
        self.tickets[call_id] = replace(ticket, declined=declined)

    def match(self, now: float) -> list[Decision]:
        return decide(
            self.tickets.values(),
            self.rungs,
            self.places.values(),
            now,
            self.rules,
            self.answered,
            self.rung_since,
        )

    def able(self, needs: Need) -> int:
        return sum(holds(needs, place.skills) for place in self.places.values())

    def ahead(self, call_id: str) -> int:
        """Waiting calls, rung ones included, that come first."""
        order = self.tickets[call_id].order
        return sum(one.order < order for one in self.tickets.values())

    def waiting(self) -> list[Ticket]:
        """Nobody rings for them. In their order."""
        calls = (one for one in self.tickets.values() if one.call_id not in self.rung_since)
        return sorted(calls, key=lambda one: one.order)

    def free(self) -> list[Place]:
        return [place for place in self.places.values() if place.free]
