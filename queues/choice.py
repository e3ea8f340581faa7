"""The choice of seats for one caller, among the free ones: alone, as owner, or two together."""

from __future__ import annotations

from collections.abc import Mapping

from queues.duty import Best, Duty, Seat
from queues.needs import both
from queues.rules import Provider
from queues.skills import ONE
from queues.ticket import Decision, Ranking, Ticket
from queues.ways import Together, Ways

OWNER = -1
"""Rung and cost of the owner of a caller's case."""


class Caller:
    """A ticket on its way. `since`: a phone has been ringing for it since (epoch s), None: none."""

    __slots__ = ("declined", "order", "rung", "since", "ticket", "ways")

    def __init__(self, ticket: Ticket, ways: Ways, rung: int) -> None:
        self.ticket, self.ways, self.rung = ticket, ways, rung
        self.order = ticket.order
        self.declined = dict(ticket.declined)
        """Of these, those that have lapsed are taken out."""
        self.since: float | None = None


class Choice:
    """`now` (epoch s) and `wanted`, whose turn it is, are set before every question."""

    def __init__(self, duty: Duty, version: str) -> None:
        self._duty, self._version = duty, version
        self.now = 0.0
        self.wanted: Provider | None = None

    def serve(self, caller: Caller) -> Decision | None:
        return self._alone(caller) or self.together(caller)

    def owner(self, caller: Caller) -> Seat | None:
        """The seat of the owner of its case, unless that one declined it or misses its floor."""
        owner = self._duty.seats.get(caller.ticket.owner)
        if owner is None or owner.id in caller.declined or not caller.ways.floor & owner.bit:
            return None
        return owner

    def awaits_owner(self, caller: Caller) -> bool:
        return self.now < caller.ticket.owner_until and self.owner(caller) is not None

    def _alone(self, caller: Caller) -> Decision | None:
        ways, duty = caller.ways, self._duty
        owner = self.owner(caller) if caller.ticket.owner else None
        awaited = owner is not None and self.now < caller.ticket.owner_until
        bits = 0 if awaited else ways.upto(caller.rung) & duty.free.there
        able = self._able(bits, caller.declined)
        if owner is not None and owner.free:
            ladder = ways.ladder
            spare = duty.spare(owner, both(ladder.floor, ladder.rungs[0].needs))
            share = 0 if self.wanted in (None, owner.provider) else 1
            best = Best(spare, share, owner.idle_since, owner.id)
            able += not owner.bit & bits
            return self._decision(caller, OWNER, OWNER, best, able)
        if not able:
            return None
        found: tuple[int, Best, int] | None = None
        for way in ways.ways(caller.rung):
            if found is not None and way.cost > found[0]:
                break
            here = duty.best(way.bits & bits, way.asking, self.wanted, caller.declined)
            if here is not None:
                one = (way.cost, here, way.rung)
                found = one if found is None else min(found, one)
        if found is None:
            return None
        cost, best, rung = found
        return self._decision(caller, rung, cost, best, able)

    def together(self, caller: Caller) -> Decision | None:
        """Of the lowest rung on which two can be had: the best specialist for whom an interpreter
        is left, and the best interpreter for that one."""
        rungs = caller.ways.together(caller.rung)
        if not rungs or self.awaits_owner(caller):
            return None
        refused, there = caller.declined, self._duty.free.there
        for two in rungs:
            if not (two.specialists & there and two.interpreters & there):
                continue
            first = self._specialist(two, refused)
            second = first and self._interpreter(two, first, refused)
            if first is not None and second is None:
                # The only interpreter may be the best specialist: then another specialist will do.
                first = self._specialist(two, {**refused, first.seat_id: 0.0})
                second = first and self._interpreter(two, first, refused)
            if first is not None and second is not None:
                able = self._able(two.specialists, refused)
                return self._decision(caller, two.rung, two.cost, first, able, second.seat_id)
        return None

    def _specialist(self, two: Together, refused: Mapping[str, float]) -> Best | None:
        return self._duty.best(two.specialists, two.specialist, self.wanted, refused)

    def _interpreter(self, two: Together, first: Best, refused: Mapping[str, float]) -> Best | None:
        others = {**refused, first.seat_id: 0.0}
        return self._duty.best(two.interpreters, two.interpreter, self.wanted, others)

    def _able(self, bits: int, refused: Mapping[str, float]) -> int:
        """Free seats of these profiles, less those that declined."""
        count = self._duty.free.count(bits)
        for seat_id in refused:
            seat = self._duty.seats.get(seat_id)
            count -= seat is not None and seat.free and bool(seat.bit & bits)
        return count

    def _decision(  # noqa: PLR0917 — what a decision says
        self, caller: Caller, rung: int, cost: int, best: Best, able: int, interpreter: str = ""
    ) -> Decision:
        ranking = Ranking(cost, best.spare / ONE, *best[1:])
        order, version = caller.order, self._version
        call_id = caller.ticket.call_id
        return Decision(call_id, best.seat_id, rung, ranking, order, able, version, interpreter)
