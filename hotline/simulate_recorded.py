"""The calls of the store as callers for a simulation: read once, without numbers or names.

Reads, and changes nothing; the hotline may be running meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from cases.traffic import newest, past
from config.model import Settings
from config.words import Words
from hotline.cli import Refused
from hotline.opened import opened
from router.sim import replay
from router.sim.callers import Caller, Habits
from router.sim.replay import Known, Past
from router.sim.roster import Staffing
from router.sim.scenario import Scenario
from router.sim.traffic import Slot

DAYS = 7


class Recorded(msgspec.Struct, frozen=True):
    calls: tuple[Past, ...]
    known: Known
    scenario: Scenario

    def callers(self, seed: int) -> Iterator[Caller]:
        return replay.callers(self.calls, self.known, seed)


def recorded(args: argparse.Namespace, settings: Settings, zone: tzinfo, book: Words) -> Recorded:
    """The calls of `--days` days from `--from` on; by default the latest complete ones. Raises
    Refused."""
    days = args.days or DAYS
    try:
        found = asyncio.run(_read(settings, args.lang, args.first, days, zone))
    except SQLAlchemyError as error:
        raise Refused(book.text("cli.store.unreachable", error=error)) from error
    first, calls = found
    if not calls:
        raise Refused(book.text("simulate.no-recorded", first=first, days=days))
    return Recorded(calls, replay.learned(calls), _scenario(calls, first, days, zone))


async def _read(
    settings: Settings, tag: str, first: date | None, days: int, zone: tzinfo
) -> tuple[date, tuple[Past, ...]]:
    async with opened(settings, tag) as store:
        if first is None:
            last = datetime.fromtimestamp(await newest(store) or 0.0, zone).date()
            first = last - timedelta(days=days)
        ends = _midnight(first + timedelta(days=days), zone)
        return first, await past(store, _midnight(first, zone), ends)


def _scenario(calls: tuple[Past, ...], first: date, days: int, zone: tzinfo) -> Scenario:
    """The same days as slots, so that a roster can be made for what came."""
    came = Counter(int(one.queued_at // 3600) for one in calls)
    slots = []
    for n in range(days):
        day = first + timedelta(days=n)
        for hour in range(24):
            begins = datetime(day.year, day.month, day.day, hour, tzinfo=zone).timestamp()
            slots.append(Slot(day, hour, begins, float(came[int(begins // 3600)])))
    return Scenario(tuple(slots), len(calls), Habits(), 0.0, Staffing())


def _midnight(day: date, zone: tzinfo) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
