"""Why this seat and why none of the others: the long form of a decision, derived on demand.

Outside the call path: what is recorded of a decision is short (queues.ticket.Decision); this
module is given what the queue knew at that moment and says the rest. It must never decide: what it
finds to disagree with the decision it says as such (`Passed`), for a person to look at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import msgspec

from queues.needs import Need, asked, both, holds, lacks, text
from queues.plain import OWNER, awaited, declined, qualifies
from queues.skills import Skills, scarcity, spare_worth
from queues.ticket import Decision, Place, Ranking, Ticket

Doing = Literal[
    "free", "reserved", "offered", "talking", "wrapup", "not_ready", "paused", "unreachable"
]


class Seated(msgspec.Struct, frozen=True):
    """A seat on duty at a moment, and what kept it. Times: epoch s."""

    place: Place
    doing: Doing
    since: float = 0.0
    """Of `doing`."""
    reason: str = ""
    """Why it was not ready, in the settings' words."""
    until: float = 0.0
    """When its pause or wrap-up ends at the latest; 0: nobody knows."""
    call_id: str = ""
    """The call that it was rung for, talked with or wrapped up."""


class Standing(msgspec.Struct, frozen=True):
    """A caller as it stood at a moment. `rung`: index of the highest rung whose time had come."""

    ticket: Ticket
    rung: int
    rings_at: str = ""
    """Seat whose phone rang for it; empty: none did."""


class Moment(msgspec.Struct, frozen=True):
    """What the queue knew when it decided. `favoured`: as of queues.rules. `taken`: seat → call it
    was given to earlier in the same round."""

    now: float
    seats: Sequence[Seated]
    favoured: str | None = None
    taken: Mapping[str, str] = {}

    @property
    def places(self) -> dict[str, Place]:
        return {seated.place.seat_id: seated.place for seated in self.seats}


# ---- why not this seat ----


class _Reason(msgspec.Struct, frozen=True, tag_field="why"):
    pass


class Lacks(_Reason, frozen=True, tag="lacks"):
    """Meets no rung that the call had come to. `parts`: what it does not meet, as text."""

    parts: tuple[str, ...]
    never: bool = False
    """It lacks what no waiting takes away."""
    from_s: float | None = None
    """Seconds of waiting after which a later rung would have admitted it."""


class NotOwner(_Reason, frozen=True, tag="not_owner"):
    """Only the owner of the caller's case was asked until then (epoch s)."""

    owner: str
    until: float


class Declined(_Reason, frozen=True, tag="declined"):
    """It did not answer this very call before, and was not asked again until then (epoch s)."""

    until: float


class Kept(_Reason, frozen=True, tag="kept"):
    """Could have served the call and was not free. Fields as of `Seated`; `own`: it was this very
    call that kept it, as when the next seat is reserved while one rings."""

    doing: Doing
    since: float
    reason: str = ""
    until: float = 0.0
    own: bool = False


class Taken(_Reason, frozen=True, tag="taken"):
    """Given at the same moment to a caller who was ahead."""

    call_id: str


Element = Literal["cost", "spare", "share", "idle_since", "seat_id"]


class Behind(_Reason, frozen=True, tag="behind"):
    """Free and able; `by` is the first element of the ranking in which the chosen one was better,
    with the values of both."""

    by: Element
    chosen: float | str
    its: float | str
    rung: int


class Passed(_Reason, frozen=True, tag="passed"):
    """Free, able and before the chosen one, and yet not chosen. Must never come up: who reads it
    has found a fault of the program."""

    ranking: Ranking


Reason = Lacks | NotOwner | Declined | Kept | Taken | Behind | Passed


class Other(msgspec.Struct, frozen=True):
    """A seat on duty that was not chosen."""

    seat_id: str
    reason: Reason


class Choice(msgspec.Struct, frozen=True):
    """A decision, and what became of everybody else who was on duty."""

    decision: Decision
    rung: int
    """The rung that the call had come to."""
    needs: str
    """What the rung asks for that the chosen seat was measured by."""
    relaxes: tuple[str, ...]
    """What had been loosened on the way to that rung."""
    others: tuple[Other, ...]


def choice(decision: Decision, standing: Standing, moment: Moment) -> Choice:
    """Everything about one decision: the seats on duty that were not chosen, each with its why."""
    chosen = (decision.seat_id, decision.interpreter)
    weigh = _Weigh(decision, standing, moment)
    ladder = standing.ticket.ladder
    met = max(decision.rung, 0)
    return Choice(
        decision,
        standing.rung,
        text(weigh.measured),
        tuple(what for rung in ladder.rungs[1 : met + 1] for what in rung.relaxes),
        tuple(
            Other(seated.place.seat_id, weigh.why_not(seated))
            for seated in moment.seats
            if seated.place.seat_id not in chosen
        ),
    )


class _Weigh:
    """One decision's scales: each other seat is laid beside the one that was chosen."""

    def __init__(self, decision: Decision, standing: Standing, moment: Moment) -> None:
        self._decision, self._standing, self._moment = decision, standing, moment
        self._ticket = standing.ticket
        self._places = moment.places
        self._scarce = scarcity(place.skills for place in self._places.values())
        self._awaited = awaited(self._ticket, self._places, moment.now)
        ladder = self._ticket.ladder
        rung = ladder.rungs[max(decision.rung, 0)]
        self._pair = rung.pair if decision.interpreter else None
        self._cost = rung.cost
        self.measured: Need = (
            both(ladder.floor, rung.needs) if self._pair is None else self._pair.specialist
        )

    def why_not(self, seated: Seated) -> Reason:
        ticket, now, place = self._ticket, self._moment.now, seated.place
        its = self._as_half(place) if self._pair is not None else self._alone(place)
        if its is None:
            return self._lacking(place.skills)
        if self._awaited and place.seat_id != ticket.owner:
            return NotOwner(ticket.owner, ticket.owner_until)
        if declined(ticket, place, now):
            return Declined(ticket.declined[place.seat_id])
        if place.seat_id in self._moment.taken:
            return Taken(self._moment.taken[place.seat_id])
        if not place.free:
            own = seated.call_id == ticket.call_id
            return Kept(seated.doing, seated.since, seated.reason, seated.until, own)
        rung, ranking, against = its
        return _behind(against, ranking, rung)

    def _alone(self, place: Place) -> tuple[int, Ranking, Ranking] | None:
        """The rung it would serve on, its ranking, and the one that won; None: it is not able."""
        met = qualifies(self._ticket, self._standing.rung, place)
        if met is None:
            return None
        ladder = self._ticket.ladder
        step = ladder.rungs[max(met, 0)]
        cost = OWNER if met == OWNER else step.cost
        its = self._ranking(cost, both(ladder.floor, step.needs), place)
        return met, its, self._decision.ranking

    def _as_half(self, place: Place) -> tuple[int, Ranking, Ranking] | None:
        """Beside the specialist of a pair, or beside the interpreter if it is no specialist."""
        assert self._pair is not None
        decision = self._decision
        if holds(self._pair.specialist, place.skills):
            its = self._ranking(self._cost, self._pair.specialist, place)
            return decision.rung, its, decision.ranking
        speaks = both(self._ticket.ladder.floor, self._pair.interpreter)
        if holds(speaks, place.skills):
            won = self._ranking(self._cost, speaks, self._places[decision.interpreter])
            return decision.rung, self._ranking(self._cost, speaks, place), won
        return None

    def _ranking(self, cost: int, needs: Need, place: Place) -> Ranking:
        spare = spare_worth(place.skills, asked(needs, place.skills), self._scarce)
        share = 0 if self._moment.favoured in (None, place.provider) else 1
        return Ranking(cost, spare, share, place.idle_since, place.seat_id)

    def _lacking(self, skills: Skills) -> Lacks:
        ladder = self._ticket.ladder
        stands = self._standing.rung
        if missed := lacks(ladder.floor, skills):
            return Lacks(missed, never=True)
        later = next(
            (rung.after_s for rung in ladder.rungs[stands + 1 :] if holds(rung.needs, skills)), None
        )
        return Lacks(lacks(ladder.rungs[stands].needs, skills), from_s=later)


def _behind(won: Ranking, its: Ranking, rung: int) -> Reason:
    if its < won:
        return Passed(its)
    for by in _ELEMENTS:
        chosen, mine = getattr(won, by), getattr(its, by)
        if chosen != mine:
            return Behind(by, chosen, mine, rung)
    return Passed(its)  # no two seats are alike to the last element


_ELEMENTS: tuple[Element, ...] = get_args(Element)
