"""When callers call: by hour, weekday and holiday, with the unevenness of real days.

The shape is that of a public legal-service line: Monday is the fullest day, callers come from nine
to eleven and from two to four, nights and holidays are quiet (shared domain notes 3f: the busiest
hour holds about 12 % of a day). Only the given day is drawn; who calls is `callers`' business.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta, tzinfo
from random import Random

import msgspec

from config.traffic import HOURS, WEEKDAYS


class Profile(msgspec.Struct, frozen=True):
    """Weights, not counts. `uneven`: spread (sigma) of a day's volume around what is usual."""

    hours: tuple[float, ...] = HOURS
    """By hour of the local day, 24 of them."""
    weekdays: tuple[float, ...] = WEEKDAYS
    """Monday first."""
    holiday: float = 0.42
    """In place of the weekday's."""
    uneven: float = 0.07


class Slot(msgspec.Struct, frozen=True):
    """One local hour. `begins`: epoch seconds; `calls`: how many are usual."""

    day: date
    hour: int
    begins: float
    calls: float


class Burst(msgspec.Struct, frozen=True):
    """From `begins` (epoch s) for `lasts_s`, `times` as many calls come as are usual then."""

    begins: float
    lasts_s: float = 60.0
    times: float = 20.0


def fixed_holidays(year: int) -> frozenset[date]:
    """Statutory holidays with a fixed date: New Year, Labour Day, National Day.

    Those of the lunar calendar are not modelled.
    """
    days = [date(year, 1, 1)]
    days += [date(year, 5, day) for day in range(1, 6)]
    days += [date(year, 10, day) for day in range(1, 8)]
    return frozenset(days)


def days_of(month: date) -> list[date]:
    """The days of the month in which `month` lies."""
    first = month.replace(day=1)
    return [
        day for n in range(31) if (day := first + timedelta(days=n)).month == first.month
    ]  # fmt: skip


def slots(
    days: Sequence[date],
    calls: int,
    zone: tzinfo,
    *,
    profile: Profile | None = None,
    holidays: Collection[date] = (),
) -> list[Slot]:
    """What is usual in each hour of `days`, so that all of them together make `calls`."""
    shape = profile or Profile()
    weights = [
        (day, hour, _of_day(shape, day, holidays) * shape.hours[hour])
        for day in days
        for hour in range(24)
    ]
    whole = sum(weight for _, _, weight in weights)
    return [
        Slot(
            day,
            hour,
            datetime(day.year, day.month, day.day, hour, tzinfo=zone).timestamp(),
            calls * weight / whole,
        )
        for day, hour, weight in weights
    ]


def arrivals(
    usual: Sequence[Slot], calls: int, until: float, chance: Random, *, uneven: float
) -> list[float]:
    """Exactly `calls` moments (epoch s) in order, none of them at or after `until`."""
    moods = {slot.day: chance.lognormvariate(0.0, uneven) for slot in usual}
    open_slots = [slot for slot in usual if slot.begins < until]
    weights = [slot.calls * moods[slot.day] for slot in open_slots]
    moments = [
        slot.begins + chance.random() * min(3600.0, until - slot.begins)
        for slot in chance.choices(open_slots, weights, k=calls)
    ]
    return sorted(moments)


def rush(usual: Sequence[Slot], bursts: Sequence[Burst], chance: Random) -> list[float]:
    """The moments (epoch s, in order) of those who call on top of what is usual."""
    moments: list[float] = []
    for burst in bursts:
        slot = next((s for s in usual if s.begins <= burst.begins < s.begins + 3600.0), None)
        if slot is not None:
            more = round(slot.calls / 3600.0 * burst.lasts_s * (burst.times - 1.0))
            moments += [burst.begins + chance.random() * burst.lasts_s for _ in range(more)]
    return sorted(moments)


def _of_day(shape: Profile, day: date, holidays: Collection[date]) -> float:
    return shape.holiday if day in holidays else shape.weekdays[day.weekday()]
