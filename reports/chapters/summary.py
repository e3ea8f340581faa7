"""摘要: three to five sentences that the numbers write by themselves. A person may write better."""

from __future__ import annotations

from collections.abc import Iterator

from reports import cells
from reports.chapters.demand import second_level
from reports.chapters.telling import Telling, counts_of
from reports.document import Cell
from reports.indicators import INDICATORS


def summary(telling: Telling) -> tuple[str, ...]:
    if not telling.now.counts.offered:
        return (telling.say("summary.none", month=telling.month_name(telling.month)),)
    return tuple(_sentences(telling))


def _sentences(telling: Telling) -> Iterator[str]:
    counts, report = telling.now.counts, telling.report
    before, year = counts_of(report.before), counts_of(report.year)
    offered = INDICATORS["offered"]
    yield telling.say(
        "summary.volume",
        month=telling.month_name(telling.month),
        offered=f"{counts.offered:,}",
        change=_changed(telling, cells.compared(offered, counts, before)),
        change_year=_changed(telling, cells.compared(offered, counts, year)),
        queued=f"{counts.queued:,}",
        answered=f"{counts.answered:,}",
    )
    if counts.queued:
        connect = INDICATORS["connect_rate"]
        target = report.targets.get(connect.target)
        cell = cells.figure(connect, counts, target)
        level = cells.figure("service_level_20", counts)
        yield telling.say(
            "summary.reached",
            rate=cells.written(cell, telling.book),
            n=cells.beside(cell),
            change=_moved(telling, cells.compared(connect, counts, before)),
            target=_held(telling, cell, target),
            wait=cells.written(cells.figure("wait_mean", counts), telling.book),
            level=cells.written(level, telling.book),
        )
    top = second_level(telling)[:3]
    if top:
        yield telling.say(
            "summary.matters",
            top=telling.say("join").join(
                telling.say(
                    "summary.matter",
                    name=one.name,
                    n=f"{one.now:,}",
                    share=cells.written(cells.share(one.now, counts.offered), telling.book),
                )
                for one in top
            ),
            base=f"{counts.offered:,}",
        )
    if counts.answered:
        rated, satisfied = (cells.figure(one, counts) for one in ("rating_share", "satisfaction"))
        yield telling.say(
            "summary.rated",
            share=cells.written(rated, telling.book),
            share_n=cells.beside(rated),
            satisfied=cells.written(satisfied, telling.book),
            satisfied_n=cells.beside(satisfied),
        )
        purchased = cells.figure("purchased_share", counts, report.targets.get("purchased_share"))
        yield telling.say(
            "summary.staff",
            hours=cells.written(cells.figure("seat_hours", counts), telling.book),
            share=cells.written(purchased, telling.book),
            n=cells.beside(purchased),
            target=_held(telling, purchased, report.targets.get("purchased_share")),
        )


def _changed(telling: Telling, cell: Cell) -> str:
    """增长5.20%, 下降…, 持平, or that there is nothing to compare with."""
    if cell.value is None:
        return telling.say("change.none")
    assert not isinstance(cell.value, str)
    return _told(telling, "change", cell.value, f"{abs(cell.value) * 100:,.2f}%")


def _moved(telling: Telling, cell: Cell) -> str:
    if cell.value is None:
        return telling.say("change.none")
    assert not isinstance(cell.value, str)
    return _told(telling, "move", cell.value, f"{abs(cell.value) * 100:,.2f}")


def _told(telling: Telling, what: str, by: float, figure: str) -> str:
    if float(figure.rstrip("%").replace(",", "")) == 0:
        return telling.say(f"{what}.same")
    return telling.say(f"{what}.{'more' if by > 0 else 'less'}", by=figure)


def _held(telling: Telling, cell: Cell, target: float | None) -> str:
    """How it stands to what was aimed at; empty where nothing was."""
    if not cell.tone or target is None:
        return ""
    return telling.say(f"target.{cell.tone}", target=cells.number(target, "share", telling.book))
