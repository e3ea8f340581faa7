"""四 时段: when calls came, by hour and weekday of the centre's clock."""

from __future__ import annotations

from reports import cells
from reports.chapters.telling import Telling
from reports.document import Cell, Chart, Row, Section, Series, Table

WEEKDAYS = 7
HOURS = 24


def times(telling: Telling) -> Section:
    now = telling.now
    days = [telling.say(f"weekday.{day}") for day in range(1, WEEKDAYS + 1)]
    hours = tuple(f"{hour}" for hour in range(HOURS))
    return Section(
        "times",
        telling.say("section.times"),
        _busiest(telling, days),
        (
            Chart(
                "hours",
                telling.say("chart.hours"),
                "heat",
                hours,
                tuple(Series(days[day], now.hours[day]) for day in range(WEEKDAYS)),
                telling.say("unit.calls"),
            ),
        ),
        (_table(telling, days),),
    )


def _busiest(telling: Telling, days: list[str]) -> tuple[str, ...]:
    now = telling.now
    n, day, hour = max(
        (now.hours[day][hour], -day, -hour) for day in range(WEEKDAYS) for hour in range(HOURS)
    )
    if n == 0:
        return (telling.say("times.none"),)
    return (
        telling.say(
            "times.busiest",
            day=days[-day],
            hour=-hour,
            until=-hour + 1,
            n=f"{n:,}",
            share=cells.written(cells.share(n, now.counts.offered), telling.book),
            base=f"{now.counts.offered:,}",
        ),
    )


def _table(telling: Telling, days: list[str]) -> Table:
    """Hours down, weekdays across, with the totals of both, and how many were answered."""
    now, offered = telling.now, telling.now.counts.offered
    rows = []
    for hour in range(HOURS):
        column = [now.hours[day][hour] for day in range(WEEKDAYS)]
        answered = sum(now.hours_answered[day][hour] for day in range(WEEKDAYS))
        name = telling.say("times.hour", hour=f"{hour:02}", until=f"{hour + 1:02}")
        rows.append(Row(_cells(name, column, answered, offered)))
    whole = [sum(now.hours[day]) for day in range(WEEKDAYS)]
    telling.tie("hours", offered, sum(whole))
    answered = sum(map(sum, now.hours_answered))
    telling.tie("hours.answered", now.counts.answered, answered)
    rows.append(Row(_cells(telling.say("total"), whole, answered, offered), "total"))
    columns = (telling.say("column.hour"), *days, *(
        telling.say(f"column.{name}") for name in ("sum", "share", "answered", "answered-share")
    ))  # fmt: skip
    return Table(
        "hours",
        telling.say("table.hours"),
        columns,
        tuple(rows),
        (telling.say("times.note-zone", zone=telling.report.zone),),
    )


def _cells(name: str, column: list[int], answered: int, offered: int) -> tuple[Cell, ...]:
    total = sum(column)
    return (
        cells.text(name),
        *map(cells.count, column),
        cells.count(total),
        cells.share(total, offered),
        cells.count(answered),
        cells.share(answered, total),
    )
