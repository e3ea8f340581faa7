"""What is simulated: which days, how many callers of what kind, and the usual roster for them.

Presets put a name to what people want to know: a province's line, a city's, and a rush within a
minute. Everything is drawn from one seed before the first call, so that whatever is compared is
compared on the same callers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta, tzinfo
from random import Random
from typing import Literal, get_args

import msgspec

from config.model import Line
from config.traffic import Traffic
from router.sim.callers import Caller, Habits, drawing
from router.sim.roster import Duty, Staffing, heads, roster, staff
from router.sim.traffic import Burst, Profile, Slot, arrivals, fixed_holidays, rush, slots

Preset = Literal["province", "city", "burst"]
PRESETS: tuple[Preset, ...] = get_args(Preset)

A_MONDAY = date(2026, 3, 2)
"""Begins a week without holidays."""

CITY_CALLS = 30_000
"""A year, of a city of some millions: an assumption, about a ninth of the province's."""

RUSH_AT_S = 10 * 3600.0
"""When on the first day of the preset `burst` everybody calls."""

_YEAR = 365


class Scenario(msgspec.Struct, frozen=True):
    usual: tuple[Slot, ...]
    calls: int
    habits: Habits
    uneven: float
    staffing: Staffing
    bursts: tuple[Burst, ...] = ()
    prefix: str = "s"

    @property
    def begins(self) -> float:
        return self.usual[0].begins

    @property
    def ends(self) -> float:
        """When the last seat goes home (epoch s)."""
        return self.usual[-1].begins + 3600.0


def scenario(
    preset: Preset,
    traffic: Traffic,
    zone: tzinfo,
    *,
    days: int = 7,
    first: date = A_MONDAY,
    calls: int | None = None,
) -> Scenario:
    """`calls`: in all of the days; None: as many as fit the preset."""
    a_year = CITY_CALLS if preset == "city" else traffic.calls_a_year
    span = [first + timedelta(days=n) for n in range(days)]
    holidays = frozenset(day for year in {d.year for d in span} for day in fixed_holidays(year))
    shape = Profile(traffic.hours, traffic.weekdays, traffic.holiday, traffic.uneven)
    wanted = calls if calls is not None else max(1, round(a_year * days / _YEAR))
    usual = tuple(slots(span, wanted, zone, profile=shape, holidays=holidays))
    bursts = (Burst(usual[0].begins + RUSH_AT_S),) if preset == "burst" else ()
    return Scenario(usual, wanted, habits(traffic), shape.uneven, Staffing(), bursts)


def habits(traffic: Traffic) -> Habits:
    """Callers as the settings say."""
    return Habits(
        languages=traffic.languages,
        services=traffic.services,
        patience_median_s=traffic.patience_median_s,
        patience_sigma=traffic.patience_sigma,
        patience_of_few=traffic.patience_of_few,
        talk_mean_s=traffic.talk_mean_s,
        talk_sigma=traffic.talk_sigma,
    )


def callers(of: Scenario, line: Line, seed: int, *, quiet_s: float = 3600.0) -> Iterator[Caller]:
    """Everybody who calls, in order, nobody in the last `quiet_s`. The same seed and line give the
    same."""
    until = of.ends - quiet_s
    moments = arrivals(of.usual, of.calls, until, _chance(seed, "traffic"), uneven=of.uneven)
    more = rush(of.usual, of.bursts, _chance(seed, "burst"))
    if more:
        moments = sorted(moments + more)
    numbers = ((moment, f"1990000{n % 10_000:04d}") for n, moment in enumerate(moments))
    return drawing(
        numbers, line, _chance(seed, "callers"), prefix=f"{of.prefix}{seed}-", habits=of.habits
    )


def usual_duties(of: Scenario) -> list[Duty]:
    """A roster that bears the usual load, the same for every seed."""
    wanted = heads(of.usual, of.staffing)
    people = staff(wanted, of.staffing, prefix="r")
    return roster(of.usual, people, wanted, of.ends, _chance(0, "roster"))


def _chance(seed: int, what: str) -> Random:
    """One for each thing: to draw one thing otherwise changes no other."""
    return Random(f"simulate {seed} {what}")  # noqa: S311 - a model, no secret
