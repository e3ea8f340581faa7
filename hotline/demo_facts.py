"""A month of the line, simulated: who calls, who is on duty, and the facts that come of it.

Everything is drawn from one seed; the same seed, month, number of calls and line give the same
facts to the byte. Nothing here writes anything down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from random import Random

import msgspec

from cases.rows import DEMO
from config.model import Line
from router.engine import Engine
from router.sim.callers import Caller, draw
from router.sim.roster import Duty, Person, Staffing, heads, roster, staff
from router.sim.traffic import Profile, arrivals, days_of, fixed_holidays, slots
from router.sim.world import Record, World
from router.state import State

QUIET_END_S = 75 * 60.0
"""Nobody calls so shortly before the end of the month: every call ends within it."""

_MOBILES = ("1990000", "1980000", "1950000", "1910000")
"""Beginnings of made-up numbers; four digits follow."""
_LANDLINES = {
    "028": 30, "0812": 2, "0813": 4, "0816": 8, "0817": 9, "0818": 8, "0825": 4, "0826": 5,
    "0827": 4, "0830": 6, "0831": 7, "0832": 5, "0833": 5, "0834": 8, "0835": 3, "0836": 5,
    "0837": 4, "0838": 6, "0839": 4,
}  # fmt: skip
"""Area codes of Sichuan → weight."""
_WITHHELD, _LANDLINE, _AGAIN = 0.015, 0.3, 0.15
_RECENT = 600


class Month(msgspec.Struct, frozen=True):
    """What will be played. `ends` is each local midnight after a day of the month (epoch s)."""

    first: date
    seed: int
    line: Line
    people: Sequence[Person]
    duties: Sequence[Duty]
    callers: Sequence[Caller]
    ends: Sequence[float]
    begins: float
    prompt_s: Mapping[str, float]

    @property
    def end(self) -> float:
        return self.ends[-1]

    def chance(self, what: str) -> Random:
        """One for each thing: to draw one thing otherwise changes no other."""
        return _chance(self.seed, self.first, what)

    def world(self, after_seq: int, record: Record) -> World:
        """A line as if nothing had ever happened on it, whose facts follow number `after_seq`."""
        state = State()
        # Connected from the beginning: facts of the house itself (a start, a connection) would
        # belong to nobody, and could not be told from real ones.
        state.seq, state.pbx_up = after_seq, True
        return World(
            Engine(self.line, state),
            self.callers,
            self.duties,
            seed=f"{self.seed} {self.first:%Y-%m} seats",
            record=record,
            prompt_s=self.prompt_s,
            dialled=self.line.centre.number,
            ingress="demo",
        )


def last_complete(now: float, zone: tzinfo) -> date:
    """First day of the month before the one in which `now` (epoch s) lies."""
    return (_month_of(now, zone) - timedelta(days=1)).replace(day=1)


def is_over(first: date, now: float, zone: tzinfo) -> bool:
    """Whether the month that begins with `first` has ended."""
    return first < _month_of(now, zone)


def month(
    line: Line,
    first: date,
    *,
    calls: int,
    seed: int,
    zone: tzinfo,
    prompt_s: Mapping[str, float],
) -> Month:
    """Draw a month. `calls` 1 or more; `prompt_s`: prompt → seconds."""
    days = days_of(first)
    shape = Profile()
    usual = slots(days, calls, zone, profile=shape, holidays=fixed_holidays(first.year))
    midnights = [_midnight(day, zone) for day in (*days, days[-1] + timedelta(days=1))]
    begins, *ends = midnights
    moments = arrivals(
        usual, calls, ends[-1] - QUIET_END_S, _chance(seed, first, "traffic"), uneven=shape.uneven
    )
    # Nobody calls before the first seats of the month are there.
    moments = [max(moment, begins + 60.0) for moment in moments]
    callers = draw(
        moments,
        numbers(calls, _chance(seed, first, "numbers")),
        line,
        _chance(seed, first, "callers"),
        prefix=f"{DEMO}{first:%y%m}-",
    )
    staffing = Staffing()
    wanted = heads(usual, staffing)
    people = staff(wanted, staffing, prefix=DEMO)
    duties = roster(usual, people, wanted, ends[-1] - 60.0, _chance(seed, first, "roster"))
    return Month(first, seed, line, people, duties, callers, ends, begins, prompt_s)


def numbers(count: int, chance: Random) -> list[str]:
    """Made-up numbers of callers, some of whom call again; empty where withheld.

    Landlines have the area codes of Sichuan and a local part that begins with 0, as none does:
    there are more of them than on a real line, because a region can be told of them alone.
    """
    areas, weights = list(_LANDLINES), list(_LANDLINES.values())
    found: list[str] = []
    for place in range(count):
        way = chance.random()
        if way < _WITHHELD:
            number = ""
        elif way < _WITHHELD + _AGAIN and place:
            number = found[place - 1 - int(chance.random() ** 2 * min(place, _RECENT))]
        elif way < _WITHHELD + _AGAIN + _LANDLINE:
            area = chance.choices(areas, weights)[0]
            number = f"{area}{chance.randrange(10_000):0{11 - len(area)}d}"
        else:
            number = f"{chance.choice(_MOBILES)}{chance.randrange(10_000):04d}"
        found.append(number)
    return found


def _month_of(now: float, zone: tzinfo) -> date:
    return datetime.fromtimestamp(now, zone).date().replace(day=1)


def _midnight(day: date, zone: tzinfo) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def _chance(seed: int, first: date, what: str) -> Random:
    return Random(f"{seed} {first:%Y-%m} {what}")  # noqa: S311 - a model, no secret
