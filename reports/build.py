"""Sums of the database → the numbers of a month's report, checked before anybody sees them.

Times are arguments; nothing is kept here (`reports.archive` keeps). Whoever reads the regions of
numbers is handed in: the tables for it are large, and a process of their own reads them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cases.store import Store
from config.model import Settings
from reports import ties
from reports.indicators import Counts
from reports.model import MOST_TRIES, UNKNOWN, Names, Period, Report, Spell
from reports.periods import Month, parsed
from reports.rows import QUARTER_S, Rows, Span, Sums

Origins = Callable[[Collection[str]], Awaitable[Mapping[str, str]]]
"""First digits of numbers → code of the region, for those whose region can be told."""

Digits = Mapping[str, int]
"""First digits of numbers → calls."""


async def build(
    store: Store, settings: Settings, month: Month, now: float, origins: Origins
) -> Report:
    """The report of `month` as at `now` (epoch s).

    Raises ties.Broken, and what the store and `origins` raise.
    """
    zone = ZoneInfo(settings.line.centre.timezone)
    # One view of the database for all of it: what is written meanwhile is in none of the tables.
    async with store.read() as conn:
        sums = Sums(conn)
        first = await sums.first_call()
        found: list[tuple[Period, Digits] | None] = []
        for of in (month, month.before, month.year_before):
            counted = of == month or (first is not None and first < of.bounds(zone)[1])
            span = _span(of, settings, now)
            found.append(await _period(sums, of, span, zone) if counted else None)
        demo = await sums.demo(_span(month, settings, now))
        audit = await sums.audit_head()
    known = await origins({start for one in found if one for start in one[1]})
    this, before, year = (one and _placed(*one, known) for one in found)
    assert this is not None
    report = msgspec.structs.replace(
        _masthead(settings, month, zone, now),
        demo=demo,
        audit=audit,
        now=this,
        before=before,
        year=year,
    )
    return ties.check(report)


def _masthead(settings: Settings, month: Month, zone: tzinfo, now: float) -> Report:
    line, made = settings.line, settings.reports
    return Report(
        month=str(month),
        made_at=now,
        data_until=now,
        complete=now >= month.bounds(zone)[1],
        zone=line.centre.timezone,
        centre=line.centre.name,
        number=line.centre.number,
        issuer=made.issuer or line.centre.name,
        issue=month.number,
        issue_in_all=max(0, month.since(parsed(made.first_month)) + 1) if made.first_month else 0,
        send_to=made.send_to,
        copy_to=made.copy_to,
        names=Names(
            languages={one.id: one.name for one in line.languages},
            services={one.id: one.name for one in line.services},
            seats={one.id: one.name for one in settings.seats},
        ),
        default_language=line.default_language,
        divisions=line.centre.divisions,
        targets=msgspec.structs.asdict(settings.targets),
        now=Period(month=str(month)),
    )


def _placed(period: Period, digits: Digits, known: Mapping[str, str]) -> Period:
    """The period with the regions of its callers' numbers."""
    regions = _total((known.get(start, UNKNOWN), n) for start, n in digits.items())
    return msgspec.structs.replace(period, origins=regions)


def _span(month: Month, settings: Settings, now: float) -> Span:
    line = settings.line
    begins, ends = month.bounds(ZoneInfo(line.centre.timezone))
    return Span(begins, min(ends, now), line.default_language, line.default_service)


async def _period(sums: Sums, month: Month, span: Span, zone: tzinfo) -> tuple[Period, Digits]:
    parts = _Parts()
    for row in await sums.calls(span):
        parts.add(row, row.seat)
    for row in await sums.ratings(span):
        parts.add(row, row.seat)
    messages = await sums.messages(span)
    for row in messages:
        parts.add(row)
    spells: dict[tuple[str, str, str], float] = {}
    for row in await sums.spells(span):
        parts.on_duty(row.seat_id, row.provider, row.seconds)
        key = (row.provider, row.state, row.reason)
        spells[key] = spells.get(key, 0.0) + row.seconds
    slips = await sums.slips(span)
    groups, grouped = _listed(await sums.groups(span))
    times = _Times(month, zone)
    for row in await sums.quarters(span):
        times.add(row.quarter * QUARTER_S, row.n, row.answered)
    callers, unnumbered = await sums.callers(span)
    digits = {row.digits: row.n for row in await sums.numbers(span)}
    period = Period(
        month=str(month),
        counts=parts.whole,
        languages=parts.languages,
        services=parts.services,
        seats=parts.seats,
        after_queue=_total((row.outcome or "open", row.n) for row in await sums.after_queue(span)),
        callers=callers,
        unnumbered=unnumbered,
        kinds=_total((row.kind or UNKNOWN, row.n) for row in slips),
        matters=_total((row.matter or UNKNOWN, row.n) for row in slips),
        emotions=_total((str(row.emotion or UNKNOWN), row.n) for row in slips),
        groups=groups,
        grouped=grouped,
        places=_total((row.place or UNKNOWN, row.n) for row in await sums.places(span)),
        hours=_frozen(times.hours),
        hours_answered=_frozen(times.hours_answered),
        days=tuple(times.days),
        days_answered=tuple(times.days_answered),
        offers=_total((row.end or "open", row.n) for row in await sums.offers(span)),
        tries=_total((_tries(row.offers), row.n) for row in await sums.tries(span)),
        widened=await sums.widened(span),
        moved=await sums.moved(span),
        messages_why=_total((row.why, row.messages) for row in messages),
        spells=tuple(Spell(*key, seconds) for key, seconds in sorted(spells.items())),
    )
    return period, digits


class _Parts:
    """The month's counters, as a whole and by what a call has one of."""

    def __init__(self) -> None:
        self.whole = Counts()
        self.languages: dict[str, Counts] = {}
        self.services: dict[str, Counts] = {}
        self.seats: dict[str, Counts] = {}

    def add(self, row: Any, seat: str | None = None) -> None:
        """A row of the database whose columns are called as the counters are."""
        named = row._mapping
        more = Counts(**{name: named[name] for name in Counts.__struct_fields__ if name in named})
        self.whole += more
        _add(self.languages, row.language, more)
        _add(self.services, row.service, more)
        if seat is not None:
            _add(self.seats, seat, more)

    def on_duty(self, seat: str, provider: str, seconds: float) -> None:
        purchased = seconds if provider == "purchased" else 0.0
        more = Counts(seat_s=seconds, seat_purchased_s=purchased)
        self.whole += more
        _add(self.seats, seat, more)


class _Times:
    """Calls by weekday and hour, and by day, as the clock on the centre's wall shows it."""

    def __init__(self, month: Month, zone: tzinfo) -> None:
        self._zone = zone
        self.hours = [[0] * 24 for _ in range(7)]
        self.hours_answered = [[0] * 24 for _ in range(7)]
        self.days = [0] * month.days()
        self.days_answered = [0] * month.days()

    def add(self, at: float, offered: int, answered: int) -> None:
        local = datetime.fromtimestamp(at, self._zone)
        self.hours[local.weekday()][local.hour] += offered
        self.hours_answered[local.weekday()][local.hour] += answered
        self.days[local.day - 1] += offered
        self.days_answered[local.day - 1] += answered


def _add(into: dict[str, Counts], key: str, more: Counts) -> None:
    into[key] = into.get(key, Counts()) + more


def _total(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Sums by key, the largest first."""
    added: dict[str, int] = {}
    for key, n in pairs:
        added[key] = added.get(key, 0) + n
    return dict(sorted(added.items(), key=lambda item: (-item[1], item[0])))


def _listed(rows: Rows) -> tuple[dict[str, int], int]:
    """Calls by caller group, several for one call, and calls with at least one."""
    lists = [(msgspec.json.decode(row.listed or "[]", type=list[str]), row.n) for row in rows]
    groups = _total((group, n) for found, n in lists for group in set(found))
    return groups, sum(n for found, n in lists if found)


def _tries(offers: int) -> str:
    return str(offers) if offers < MOST_TRIES else f"{MOST_TRIES}+"


def _frozen(table: list[list[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in table)
