"""一 总体情况: every indicator of the dictionary with its changes, and what became of the calls."""

from __future__ import annotations

from typing import Final

from reports import cells
from reports.chapters.telling import Entry, Telling, counts_of
from reports.document import Cell, Chart, Row, Section, Series, Table
from reports.indicators import INDICATORS, OUTCOMES

PARTS: Final = {
    "abandoned_entry",
    "abandoned_queue",
    "abandoned_ringing",
    "abandoned_voicemail",
    "seat_hours_purchased",
}
"""Indicators that lie within the one above them."""


def overview(telling: Telling) -> Section:
    now, report = telling.now, telling.report
    numbers = telling.say(
        "overview.callers",
        callers=f"{now.callers:,}",
        unnumbered=f"{now.unnumbered:,}",
    )
    return Section(
        "overview",
        telling.say("section.overview"),
        (numbers,),
        (_days(telling),),
        (
            indicators(telling),
            _outcomes(telling),
            *([_after_queue(telling)] if report.now.counts.queued else []),
        ),
    )


def indicators(telling: Telling) -> Table:
    """All of the dictionary: this month, the one before, the year before, and the target."""
    report = telling.report
    before, year = counts_of(report.before), counts_of(report.year)
    rows = []
    for one in INDICATORS.values():
        target = report.targets.get(one.target)
        unit = telling.book.text(f"indicators.unit.{one.unit}")
        name = telling.book.text(f"indicators.name.{one.id}")
        rows.append(
            Row(
                (
                    cells.text(telling.say("overview.name", name=name, unit=unit)),
                    cells.figure(one, telling.now.counts, target),
                    cells.figure(one, before),
                    cells.compared(one, telling.now.counts, before),
                    cells.figure(one, year),
                    cells.compared(one, telling.now.counts, year),
                    _target(target),
                ),
                "part" if one.id in PARTS else "row",
            )
        )
    columns = ("indicator", "now", "before", "change", "year", "change-year", "target")
    return Table(
        "indicators",
        telling.say("table.indicators"),
        tuple(telling.say(f"column.{name}") for name in columns),
        tuple(rows),
        (telling.say("overview.note-points"), telling.say("overview.note-targets")),
    )


def _target(target: float | None) -> Cell:
    return Cell(target, "share") if target is not None else cells.text("")


def _outcomes(telling: Telling) -> Table:
    """What became of every call that came."""
    entries = []
    for name in (*OUTCOMES, "open"):
        now = getattr(telling.now.counts, name)
        before, year = telling.counted_then(name)
        label = telling.say("open") if name == "open" else telling.name("outcome", name)
        if name != "open" or now or before or year:
            entries.append(Entry(label, now, before, year))
    return telling.split(
        "outcomes",
        "outcome",
        entries,
        total=telling.now.counts.offered,
        totals=telling.offered_then,
        notes=(telling.say("note-base", n=f"{telling.now.counts.offered:,}"),),
    )


def _after_queue(telling: Telling) -> Table:
    """What became of those who asked for a human."""
    names = {
        name: telling.say("open") if name == "open" else telling.name("outcome", name)
        for name in (*OUTCOMES, "open")
    }
    return telling.split(
        "after_queue",
        "outcome",
        telling.entries("after_queue", names, all_of=False),
        total=telling.now.counts.queued,
        totals=telling.counted_then("queued"),
        notes=(telling.say("note-base-queued", n=f"{telling.now.counts.queued:,}"),),
    )


def _days(telling: Telling) -> Chart:
    now = telling.now
    return Chart(
        "days",
        telling.say("chart.days"),
        "lines",
        tuple(str(day) for day in range(1, len(now.days) + 1)),
        (
            Series(telling.book.text("indicators.name.offered"), now.days),
            Series(telling.book.text("indicators.name.answered"), now.days_answered),
        ),
        telling.say("unit.calls"),
    )
