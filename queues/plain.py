"""Who is offered to whom, by looking at every call and every seat: the definition.

Short enough to be read as the rule itself. `queues.dispatch` must say the same and be fast; every
recorded decision is derived again with this (`hotline why --check`). Never made faster.

What follows from it, held by tests/queues/test_dispatch_machine.py over random lives of a line:

- No inversion: of two waiting calls that could both use a seat, the one with the smaller order
  gets it. An order is arrival less a head start, so no call is overtaken by one that arrived more
  than the greatest head start later and could use the same seat.
- No starvation: as later arrivals do not overtake, a call that a seat could serve has at most the
  calls ahead of it before it, however many arrive.
- No able seat stays free while a caller waits, unless the caller declined it or waits for an owner.
- The floor is never crossed: a seat that misses it is never given alone.
- A pair is both or neither; each call and each seat at most once.
- Occupancy stays even: of seats that are alike, the longest idle goes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from queues.ladder import Rung
from queues.needs import Need, asked, both, holds
from queues.rules import Rules, favoured
from queues.skills import scarcity, spare_worth
from queues.ticket import Decision, Place, Ranking, Ticket

OWNER = -1
"""Rung and cost of the owner of a caller's case."""

NOBODY_RINGS: Mapping[str, float] = {}


def decide(  # noqa: PLR0917 — all that a decision rests on
    tickets: Iterable[Ticket],
    rungs: Mapping[str, int],
    places: Iterable[Place],
    now: float,
    rules: Rules,
    answered: Mapping[str, int],
    ringing: Mapping[str, float] = NOBODY_RINGS,
) -> list[Decision]:
    """Offers first, then what may be reserved; each in the order of the tickets.

    `rungs`: call → the rung it stands on. `places`: all seats on duty. `answered`: provider → its
    answers so far. `ringing`: call → since when (epoch s) a phone rings for it; such a call takes
    no seat, but one that no waiting call can use now may be kept for it.
    """
    on_duty = {place.seat_id: place for place in places}
    scan = _Scan(on_duty, now, rules, answered)
    free = {id: place for id, place in on_duty.items() if place.free}
    ordered = sorted(tickets, key=lambda ticket: ticket.order)
    decisions = []
    for ticket in ordered:
        if ticket.call_id not in ringing:
            decisions += scan.serve(ticket, rungs[ticket.call_id], free)
    if rules.reserve_after_s is not None:
        for ticket in ordered:
            since = ringing.get(ticket.call_id)
            if since is not None and since + rules.reserve_after_s <= now:
                for kept in scan.serve(ticket, rungs[ticket.call_id], free):
                    decisions.append(_reserved(kept))
    return decisions


def awaited(ticket: Ticket, places: Mapping[str, Place], now: float) -> bool:
    """Whether the caller is kept for the owner of its case alone. `places`: all on duty.

    Not for somebody who declined it, and not for somebody who misses its floor.
    """
    owner = places.get(ticket.owner)
    return (
        owner is not None
        and now < ticket.owner_until
        and not declined(ticket, owner, now)
        and holds(ticket.ladder.floor, owner.skills)
    )


def declined(ticket: Ticket, place: Place, now: float) -> bool:
    return now < ticket.declined.get(place.seat_id, now)


def qualifies(ticket: Ticket, rung: int, place: Place) -> int | None:
    """The lowest rung up to `rung` that the seat meets, OWNER for the owner of the case; None: it
    meets none or misses the floor."""
    if not holds(ticket.ladder.floor, place.skills):
        return None
    if place.seat_id == ticket.owner:
        return OWNER
    for n, step in enumerate(ticket.ladder.rungs[: rung + 1]):
        if holds(step.needs, place.skills):
            return n
    return None


class _Scan:
    def __init__(
        self,
        on_duty: Mapping[str, Place],
        now: float,
        rules: Rules,
        answered: Mapping[str, int],
    ) -> None:
        self._on_duty, self._now, self._policy = on_duty, now, rules.version
        self._scarce = scarcity(place.skills for place in on_duty.values())
        self._favoured = favoured(rules, answered)

    def serve(self, ticket: Ticket, rung: int, free: dict[str, Place]) -> list[Decision]:
        """At most one decision; the seats of it are taken out of `free`."""
        decision = self._alone(ticket, rung, free) or self._together(ticket, rung, free)
        if decision is None:
            return []
        del free[decision.seat_id]
        if decision.interpreter:
            del free[decision.interpreter]
        return [decision]

    def _alone(self, ticket: Ticket, rung: int, free: Mapping[str, Place]) -> Decision | None:
        kept = awaited(ticket, self._on_duty, self._now)
        able: list[tuple[Ranking, int]] = []
        for place in free.values():
            met = qualifies(ticket, rung, place)
            if met is None or (kept and met != OWNER) or declined(ticket, place, self._now):
                continue
            step = ticket.ladder.rungs[max(met, 0)]
            cost = OWNER if met == OWNER else step.cost
            needs = both(ticket.ladder.floor, step.needs)
            able.append((self._ranking(cost, needs, place), met))
        if not able:
            return None
        ranking, met = min(able)
        return self._decision(ticket, met, ranking, len(able))

    def _together(self, ticket: Ticket, rung: int, free: Mapping[str, Place]) -> Decision | None:
        """The lowest rung on which a pair can be had; of its pairs the best specialist for whom an
        interpreter is left, and the best interpreter for that one."""
        if awaited(ticket, self._on_duty, self._now):
            return None
        for n, step in enumerate(ticket.ladder.rungs[: rung + 1]):
            if step.pair is None:
                continue
            interprets = both(ticket.ladder.floor, step.pair.interpreter)
            specialists = self._half(ticket, step, step.pair.specialist, free)
            interpreters = self._half(ticket, step, interprets, free)
            pairs = [(s, i) for s in specialists for i in interpreters if s.seat_id != i.seat_id]
            if pairs:
                first, second = min(pairs)
                return self._decision(ticket, n, first, len(specialists), second.seat_id)
        return None

    def _half(
        self, ticket: Ticket, step: Rung, needs: Need, free: Mapping[str, Place]
    ) -> list[Ranking]:
        return [
            self._ranking(step.cost, needs, place)
            for place in free.values()
            if holds(needs, place.skills) and not declined(ticket, place, self._now)
        ]

    def _ranking(self, cost: int, needs: Need, place: Place) -> Ranking:
        spare = spare_worth(place.skills, asked(needs, place.skills), self._scarce)
        behind = self._favoured in (None, place.provider)
        return Ranking(cost, spare, 0 if behind else 1, place.idle_since, place.seat_id)

    def _decision(
        self, ticket: Ticket, rung: int, ranking: Ranking, able: int, interpreter: str = ""
    ) -> Decision:
        return Decision(
            ticket.call_id,
            ranking.seat_id,
            rung,
            ranking,
            ticket.order,
            able,
            self._policy,
            interpreter,
        )


def _reserved(decision: Decision) -> Decision:
    return msgspec.structs.replace(decision, kind="reserve")
