"""Which free seat is offered which waiting call.

Callers are served in order of arrival: an earlier one chooses first, and a later one gets a seat
only when no earlier one could use it. Ranking is a tuple in a total order, never one number with
several criteria packed into it (app_queue's metric forgets idleness after 11.6 days).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from queues.skills import Skills, covers, scarcity, spare_worth


class Ticket(NamedTuple):
    """A waiting call. `entered_at` (epoch s) is its place, kept through every failed offer."""

    entered_at: float
    call_id: str
    needs: Skills
    declined: Container[str]
    """Seats this call is not offered to for the time being."""


class FreeSeat(NamedTuple):
    """A seat that may be rung now. `idle_since` is epoch seconds."""

    seat_id: str
    skills: Skills
    idle_since: float


class Match(NamedTuple):
    call_id: str
    seat_id: str
    reason: dict[str, float]
    """The ranking that chose the seat, most important criterion first."""


def match(
    waiting: Iterable[Ticket], free: Sequence[FreeSeat], on_duty: Iterable[Skills]
) -> list[Match]:
    """Pair waiting calls with free seats; each call and each seat at most once.

    Of the seats able to serve a call, the one that wastes the least scarce skill is chosen, then
    the longest idle, then the lowest id (so that the choice is always the same).
    """
    if not free:
        return []
    scarce = scarcity(on_duty)
    left = {seat.seat_id: seat for seat in free}
    matches: list[Match] = []
    for ticket in sorted(waiting, key=lambda t: (t.entered_at, t.call_id)):
        chosen = _best(ticket, left, scarce)
        if chosen is None:
            continue
        del left[chosen.seat_id]
        matches.append(Match(ticket.call_id, chosen.seat_id, _reason(ticket, chosen, scarce)))
        if not left:
            break
    return matches


def _best(
    ticket: Ticket, free: Mapping[str, FreeSeat], scarce: Mapping[str, int]
) -> FreeSeat | None:
    able = (
        seat
        for seat in free.values()
        if seat.seat_id not in ticket.declined and covers(seat.skills, ticket.needs)
    )
    return min(
        able,
        key=lambda s: (spare_worth(s.skills, ticket.needs, scarce), s.idle_since, s.seat_id),
        default=None,
    )


def _reason(ticket: Ticket, seat: FreeSeat, scarce: Mapping[str, int]) -> dict[str, float]:
    return {
        "spare_skill": spare_worth(seat.skills, ticket.needs, scarce),
        "idle_since": seat.idle_since,
    }
