"""Why a caller waited: what stood between it and a seat at each moment, put together to stretches.

Outside the call path, as queues.explain: from what the queue knew at a moment to one cause of
waiting, and from a row of moments to the few sentences that somebody can read. Never decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from queues.explain import Doing, Moment, Standing
from queues.needs import Need, both, holds, text
from queues.plain import OWNER, awaited, declined, qualifies
from queues.ticket import Place, Ticket


class _Cause(msgspec.Struct, frozen=True, tag_field="cause"):
    pass


class Rings(_Cause, frozen=True, tag="rings"):
    """A seat's phone rang for the caller."""

    seat_id: str


class Cut(_Cause, frozen=True, tag="cut"):
    """Asterisk could not be reached: nobody's phone could be rung."""


class ForOwner(_Cause, frozen=True, tag="for_owner"):
    """Kept for the owner of its case, who was not free, until then (epoch s) at the latest."""

    seat_id: str
    until: float
    doing: Doing


class NobodyAble(_Cause, frozen=True, tag="nobody_able"):
    """Nobody on duty meets the rung that the call had come to."""

    rung: int
    needs: str
    on_duty: int


class AllBusy(_Cause, frozen=True, tag="all_busy"):
    """Everybody able was busy. `doing`: how many did what when it began; `declined`: how many of
    the able had not answered this call and were not asked again yet."""

    rung: int
    able: int
    doing: Mapping[str, int]
    declined: int = 0


class ForPair(_Cause, frozen=True, tag="for_pair"):
    """Nobody could serve alone, and of the two halves of a pair one or both were busy: how many
    did what when it began. A seat that could be either half is counted in both."""

    rung: int
    specialists: Mapping[str, int]
    interpreters: Mapping[str, int]


class Idle(_Cause, frozen=True, tag="idle"):
    """A seat was free and able, and was not rung. Must never last: who reads it has found a fault
    of the program."""

    seat_id: str


Cause = Rings | Cut | ForOwner | NobodyAble | AllBusy | ForPair | Idle


class Stretch(msgspec.Struct, frozen=True):
    """A piece of waiting with one cause; epoch s."""

    begins: float
    ends: float
    cause: Cause

    @property
    def lasted_s(self) -> float:
        return self.ends - self.begins


class Ahead(msgspec.Struct, frozen=True):
    """A seat that could have served the caller was given to another one, who was ahead.

    `earlier_s`: how much earlier than the caller the other had come; less than 0: it came later,
    and its head start put it ahead.
    """

    at: float
    seat_id: str
    call_id: str
    earlier_s: float
    head_start_s: float
    head_start_why: tuple[str, ...]
    first: bool
    """False: by order the other was behind. Must never come up."""


def cause(standing: Standing, moment: Moment, *, connected: bool = True) -> Cause:
    """What the caller waited for just then. `connected`: Asterisk could be reached."""
    if standing.rings_at:
        return Rings(standing.rings_at)
    if not connected:
        return Cut()
    ticket, now, places = standing.ticket, moment.now, moment.places
    able = [seated for seated in moment.seats if _able(standing, seated.place)]
    if awaited(ticket, places, now):
        owner = next(one for one in moment.seats if one.place.seat_id == ticket.owner)
        if owner.doing != "free":
            return ForOwner(ticket.owner, ticket.owner_until, owner.doing)
        return Idle(ticket.owner)
    if not able:
        pair = _pair(standing, moment)
        if pair is not None:
            return pair
        needs = text(ticket.ladder.rungs[standing.rung].needs)
        return NobodyAble(standing.rung, needs, len(moment.seats))
    asked = [seated for seated in able if not declined(ticket, seated.place, now)]
    free = [seated.place.seat_id for seated in asked if seated.place.free]
    if free:
        return Idle(min(free))
    doing = Counter[str](seated.doing for seated in asked)
    return AllBusy(standing.rung, len(able), dict(doing), len(able) - len(asked))


def _halves(standing: Standing) -> list[tuple[Need, Need]]:
    """What specialist and interpreter need, for each rung come to on which a pair will do."""
    ladder = standing.ticket.ladder
    return [
        (rung.pair.specialist, both(ladder.floor, rung.pair.interpreter))
        for rung in ladder.rungs[: standing.rung + 1]
        if rung.pair is not None
    ]


def _pair(standing: Standing, moment: Moment) -> ForPair | None:
    for specialist, interpreter in _halves(standing):
        halves = [
            Counter[str](
                seated.doing for seated in moment.seats if holds(needs, seated.place.skills)
            )
            for needs in (specialist, interpreter)
        ]
        if all(halves):
            return ForPair(standing.rung, dict(halves[0]), dict(halves[1]))
    return None


def _able(standing: Standing, place: Place) -> bool:
    return qualifies(standing.ticket, standing.rung, place) is not None


def could_use(standing: Standing, place: Place, moment: Moment) -> bool:
    """Whether the caller, waiting, would have taken this seat had nobody been ahead."""
    ticket = standing.ticket
    if standing.rings_at or declined(ticket, place, moment.now):
        return False
    met = qualifies(ticket, standing.rung, place)
    if met is None:
        halves = [needs for pair in _halves(standing) for needs in pair]
        return any(holds(needs, place.skills) for needs in halves)
    return met == OWNER or not awaited(ticket, moment.places, moment.now)


def ahead(mine: Ticket, other: Ticket, seat_id: str, at: float) -> Ahead:
    """How `other`, to whom a seat was given that `mine` could have used, came to be ahead."""
    return Ahead(
        at,
        seat_id,
        other.call_id,
        mine.entered_at - other.entered_at,
        other.head_start_s,
        other.head_start_why,
        other.order < mine.order,
    )


def stretches(moments: Sequence[tuple[float, Cause]], end: float) -> tuple[Stretch, ...]:
    """One stretch for each run of the same cause; what lasted no time is left out.

    `moments`: when (epoch s), and what stood in the way from then on.
    """
    found: list[Stretch] = []
    until = [at for at, _ in moments[1:]] + [end] * bool(moments)
    for (begins, why), ends in zip(moments, until, strict=True):
        if ends <= begins:
            continue
        last = found[-1] if found else None
        if last is not None and _same(last.cause, why):
            found[-1] = msgspec.structs.replace(last, ends=ends)
        else:
            found.append(Stretch(begins, ends, why))
    return tuple(found)


def _same(one: Cause, other: Cause) -> bool:
    """Whether a reader would call both the same: who exactly was busy with what changes all the
    time, and the beginning is told."""
    if isinstance(one, AllBusy) and isinstance(other, AllBusy):
        return one.rung == other.rung
    if isinstance(one, ForOwner) and isinstance(other, ForOwner):
        return one.seat_id == other.seat_id
    if isinstance(one, NobodyAble) and isinstance(other, NobodyAble):
        return one.rung == other.rung
    if isinstance(one, ForPair) and isinstance(other, ForPair):
        return one.rung == other.rung
    return one == other
