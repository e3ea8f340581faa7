"""Who is on duty when: shifts filled from a staff, so that the usual load is borne.

Shifts are those of a line that never closes: early, day, late and a small night. How many are
needed follows from the usual calls of each hour (square-root staffing); the kinds of staff that
every shift wants come first, the rest are generalists. Assumptions of a model, not of a site.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from random import Random
from typing import Literal

import msgspec

from router.sim.traffic import Slot

Kind = Literal["general", "migrant", "veteran", "aid", "complaint", "khg", "adx", "ii", "jya", "en"]
ShiftName = Literal["early", "day", "late", "night"]
Provider = Literal["staff", "purchased"]

HANDLE_S = 475.0
"""Talk, wrap-up and ringing of one call."""


class Rest(msgspec.Struct, frozen=True):
    """Not ready from `begins` to `ends` (epoch s)."""

    begins: float
    ends: float
    reason: str


class Person(msgspec.Struct, frozen=True):
    """One of the staff. `skills`: skill → level 1-5."""

    id: str
    seat_id: str
    phone: str
    kind: Kind
    skills: dict[str, int]
    provider: Provider


class Duty(msgspec.Struct, frozen=True):
    """One person at one seat for one shift. Times are epoch seconds."""

    seat_id: str
    person_id: str
    phone: str
    skills: Mapping[str, int]
    provider: Provider
    begins: float
    ends: float
    ready_after_s: float
    rests: tuple[Rest, ...] = ()


class Shift(msgspec.Struct, frozen=True):
    """Hours are local and may pass 24. `meal`: between which hours there is time for it."""

    name: ShiftName
    begins: float
    ends: float
    meal: tuple[float, float]
    meal_s: float
    kinds: tuple[Kind, ...]
    """Wanted in every shift of this name, the most wanted first; empty: as `_NIGHTS` says."""


SHIFTS = (
    Shift("early", 8.0, 16.0, (11.0, 13.0), 1800,
          ("khg", "ii", "migrant", "aid", "adx", "ii", "jya", "khg", "en")),
    Shift("day", 9.0, 17.5, (11.5, 13.7), 2700,
          ("ii", "khg", "migrant", "en", "adx", "aid", "veteran", "complaint", "ii")),
    Shift("late", 14.0, 22.0, (17.2, 19.2), 1800,
          ("khg", "ii", "migrant", "adx", "aid", "ii", "jya")),
    Shift("night", 22.0, 32.0, (25.0, 29.0), 2400, ()),
)  # fmt: skip
_NIGHTS: tuple[tuple[Kind, ...], ...] = (("khg", "ii"), ("adx", "khg"), ("ii", "adx"))
"""A night has few seats: the languages take turns."""

_SKILLS: dict[Kind, dict[str, int]] = {
    "general": {},
    "migrant": {"group:migrant": 4, "law:labour": 4},
    "veteran": {"group:veteran": 4},
    "aid": {"aid": 4},
    "complaint": {"complaint": 4, "aid": 2},
    "khg": {"lang:khg": 5, "lang:bo": 4},
    "adx": {"lang:adx": 5, "lang:bo": 4},
    "ii": {"lang:ii": 5},
    "jya": {"lang:jya": 5},
    "en": {"lang:en": 4},
}
_TRADES: tuple[dict[str, int], ...] = (
    {"law:labour": 3, "law:contract": 2},
    {"law:marriage": 3},
    {"law:contract": 3, "law:marriage": 2},
    {"law:labour": 3, "aid": 2},
    {"law:marriage": 4, "law:labour": 2},
)
"""What generalists know besides, by turns."""

_SHARES: dict[Kind, float] = {
    "khg": 0.14, "ii": 0.16, "migrant": 0.10, "adx": 0.10, "aid": 0.10, "veteran": 0.04,
    "complaint": 0.04, "en": 0.05, "jya": 0.045,
}  # fmt: skip
"""Of the whole staff; the rest are generalists."""


_LEAST: dict[ShiftName, int] = {"early": 2, "day": 3, "late": 2, "night": 2}


class Staffing(msgspec.Struct, frozen=True):
    """`slack`: seats above the load, in square roots of it. `least`: by shift."""

    slack: float = 0.75
    least: Mapping[ShiftName, int] = msgspec.field(default_factory=lambda: _LEAST)
    purchased: float = 0.54
    """Share of the staff that is of purchased providers (Wenzhou: half of all answers)."""


def heads(usual: Sequence[Slot], staffing: Staffing) -> dict[date, dict[ShiftName, int]]:
    """How many are wanted on each day in each shift."""
    by_day: dict[date, list[float]] = {}
    for slot in usual:
        by_day.setdefault(slot.day, [0.0] * 24)[slot.hour] = slot.calls
    return {day: _heads_of(calls, staffing) for day, calls in by_day.items()}


def staff(
    wanted: Mapping[date, Mapping[ShiftName, int]], staffing: Staffing, *, prefix: str
) -> list[Person]:
    """Enough people for `wanted` with two days off a week; ids are `prefix` and a count."""
    fullest = max(sum(day.values()) for day in wanted.values())
    total = max(len(_SHARES) + 4, math.ceil(fullest * 7 / 5 * 1.06))
    kinds: list[Kind] = [
        kind for kind, share in _SHARES.items() for _ in range(max(1, round(share * total)))
    ]
    kinds += ["general"] * max(4, total - len(kinds))
    return [_person(number, kind, staffing, prefix) for number, kind in enumerate(kinds, start=1)]


def roster(
    usual: Sequence[Slot],
    people: Sequence[Person],
    wanted: Mapping[date, Mapping[ShiftName, int]],
    until: float,
    chance: Random,
) -> list[Duty]:
    """The duties of all days, nobody twice on one day or the morning after a night.

    Nobody's duty lasts beyond `until` (epoch s).
    """
    midnight = {slot.day: slot.begins for slot in usual if slot.hour == 0}
    worked = dict.fromkeys((person.id for person in people), 0)
    duties: list[Duty] = []
    tired: set[str] = set()
    for number, (day, counts) in enumerate(wanted.items()):
        busy, tired = set(tired), set()
        for shift in SHIFTS:
            kinds = shift.kinds or _NIGHTS[number % len(_NIGHTS)]
            chosen = _choose(
                people, kinds, counts[shift.name], busy=busy, worked=worked, chance=chance
            )
            for person in chosen:
                busy.add(person.id)
                worked[person.id] += 1
                if shift.name == "night":
                    tired.add(person.id)
                duties.append(_duty(person, shift, midnight[day], until, chance))
        if number == 0:
            # The night before began in another month; its people are here until the morning.
            duties += _first_morning(people, counts["night"], busy, midnight[day], chance)
    return duties


def _heads_of(calls: Sequence[float], staffing: Staffing) -> dict[ShiftName, int]:
    def seats(*hours: int) -> int:
        load = max(calls[hour] for hour in hours) * HANDLE_S / 3600
        return math.ceil(load + staffing.slack * math.sqrt(load))

    least = staffing.least
    morning, evening = seats(9, 10, 11), seats(17, 18, 19, 20)
    early = max(least["early"], seats(8), morning // 2)
    day = max(least["day"], morning - early)
    # Early people are still there until four; the afternoon peak and the evening want the late.
    late = max(least["late"], evening, seats(16) - day)
    # With many on a small line the lunch hour is short of people, as it is everywhere.
    return {"early": early, "day": day, "late": late, "night": max(least["night"], seats(22, 0))}


def _person(number: int, kind: Kind, staffing: Staffing, prefix: str) -> Person:
    id = f"{number:02d}"
    skills = {"lang:cmn": 5, "law:general": 4}
    if kind in ("general", "migrant", "veteran", "aid"):
        skills |= _TRADES[number % len(_TRADES)]
    # Spread evenly over the staff, whatever the share.
    bought = math.floor(number * staffing.purchased) > math.floor((number - 1) * staffing.purchased)
    return Person(
        f"{prefix}p{id}",
        f"{prefix}s{id}",
        f"{prefix}s{id}",
        kind,
        skills | _SKILLS[kind],
        "purchased" if bought and kind != "complaint" else "staff",
    )


def _choose(
    people: Sequence[Person],
    kinds: Sequence[Kind],
    count: int,
    *,
    busy: set[str],
    worked: Mapping[str, int],
    chance: Random,
) -> list[Person]:
    """First one of each wanted kind, then whoever has worked least."""
    free = [person for person in people if person.id not in busy]
    free.sort(key=lambda person: (worked[person.id], chance.random()))
    chosen: list[Person] = []
    for kind in kinds[:count]:
        person = next((one for one in free if one.kind == kind), None)
        if person is not None:
            free.remove(person)
            chosen.append(person)
    return chosen + free[: max(0, count - len(chosen))]


def _duty(person: Person, shift: Shift, midnight: float, until: float, chance: Random) -> Duty:
    begins = midnight + shift.begins * 3600 + chance.uniform(-240, 60)
    ends = min(midnight + shift.ends * 3600 + chance.uniform(-30, 240), until)
    rests: list[Rest] = []
    meal = midnight + chance.uniform(*shift.meal) * 3600
    _rest(rests, meal, shift.meal_s * chance.uniform(0.8, 1.15), "meal", ends)
    for share in (0.25, 0.78):
        at = begins + (share + chance.uniform(-0.08, 0.08)) * (ends - begins)
        _rest(rests, at, chance.uniform(420, 900), "break", ends)
    if chance.random() < 0.05:
        _rest(rests, begins + 3600 * chance.uniform(5.2, 6.0), 2700, "training", ends)
    if chance.random() < 0.18:
        _rest(rests, begins + 3600 * chance.uniform(0.6, 1.4), 900, "paperwork", ends)
    return Duty(
        person.seat_id,
        person.id,
        person.phone,
        person.skills,
        person.provider,
        begins,
        ends,
        chance.uniform(4, 40),
        tuple(rests),
    )


def _rest(rests: list[Rest], begins: float, seconds: float, reason: str, ends: float) -> None:
    if begins + seconds < ends - 300:
        rests.append(Rest(begins, begins + seconds, reason))


def _first_morning(
    people: Sequence[Person], count: int, busy: set[str], midnight: float, chance: Random
) -> list[Duty]:
    free = [person for person in people if person.id not in busy][-count:]
    return [
        Duty(
            person.seat_id,
            person.id,
            person.phone,
            person.skills,
            person.provider,
            midnight + chance.uniform(1, 20),
            midnight + 8 * 3600 + chance.uniform(-30, 240),
            chance.uniform(4, 20),
        )
        for person in free
    ]
