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
_LANDLINES = ("028", "0812", "0813", "0816", "0817", "0818", "0825", "0826", "0827", "0830",
              "0831", "0832", "0833", "0834", "0835", "0836", "0837", "0838", "0839")  # fmt: skip
_WITHHELD, _LANDLINE, _AGAIN = 0.015, 0.075, 0.15
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
            seed=f"{self.seed} seats",
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
        usual, calls, ends[-1] - QUIET_END_S, _chance(seed, "traffic"), uneven=shape.uneven
    )
    # Nobody calls before the first seats of the month are there.
    moments = [max(moment, begins + 60.0) for moment in moments]
    callers = draw(
        moments,
        numbers(calls, _chance(seed, "numbers")),
        line,
        _chance(seed, "callers"),
        prefix=f"{DEMO}{first:%y%m}-",
    )
    staffing = Staffing()
    wanted = heads(usual, staffing)
    people = staff(wanted, staffing, prefix=DEMO)
    duties = roster(usual, people, wanted, ends[-1] - 60.0, _chance(seed, "roster"))
    return Month(first, seed, line, people, duties, callers, ends, begins, prompt_s)


def numbers(count: int, chance: Random) -> list[str]:
    """Made-up numbers of callers, some of whom call again; empty where withheld.

    Landlines have the area codes of Sichuan and a local part that begins with 0, as none does.
    """
    found: list[str] = []
    for place in range(count):
        way = chance.random()
        if way < _WITHHELD:
            number = ""
        elif way < _WITHHELD + _AGAIN and place:
            number = found[place - 1 - int(chance.random() ** 2 * min(place, _RECENT))]
        elif way < _WITHHELD + _AGAIN + _LANDLINE:
            area = chance.choice(_LANDLINES)
            number = f"{area}{chance.randrange(10_000):0{11 - len(area)}d}"
        else:
            number = f"{chance.choice(_MOBILES)}{chance.randrange(10_000):04d}"
        found.append(number)
    return found


def _month_of(now: float, zone: tzinfo) -> date:
    return datetime.fromtimestamp(now, zone).date().replace(day=1)


def _midnight(day: date, zone: tzinfo) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def _chance(seed: int, what: str) -> Random:
    # One for each thing: more calls do not change who is on duty.
    return Random(f"{seed} {what}")  # noqa: S311 - a model, no secret
