"""Numbers → cells, and cells → text: rounding, signs and what is printed where there is no base.

PURE. 环比 and 同比 are relative changes of counts, and differences in percentage points of shares;
without a base (0 or not counted) they are "—" (shared domain notes 4b).
"""

from __future__ import annotations

from typing import Final

from config.words import Words
from reports.document import Cell, Tone, Unit
from reports.indicators import INDICATORS, Counts, Indicator, value

NOTHING: Final = "—"
_MINUS: Final = "−"
"""The sign proper: a hyphen before a figure breaks at the end of a line."""


def text(words: str) -> Cell:
    return Cell(words)


def count(n: int | None) -> Cell:
    return Cell(n, "count")


def share(n: int, d: int, *, beside: bool = False) -> Cell:
    """`beside`: print `n/d` under it, where no column says them."""
    value = n / d if d else None
    return Cell(value, "share", n, d) if beside else Cell(value, "share")


def change(now: float | None, then: float | None) -> Cell:
    if now is None or not then:
        return Cell(None, "change")
    return Cell((now - then) / then, "change")


def points(now: float | None, then: float | None) -> Cell:
    if now is None or then is None:
        return Cell(None, "points")
    return Cell(now - then, "points")


def rank(now: int | None, then: int | None) -> Cell:
    """Places gained since then."""
    if now is None or then is None:
        return Cell(None, "rank")
    return Cell(then - now, "rank")


def figure(one: Indicator | str, counts: Counts | None, target: float | None = None) -> Cell:
    """What the dictionary says of these counts; None: nothing was counted then."""
    indicator = INDICATORS[one] if isinstance(one, str) else one
    if counts is None:
        return Cell(None, indicator.unit)
    got = value(indicator, counts)
    if indicator.unit == "share":
        reached = None if got.value is None or target is None else got.value >= target
        tone: Tone = "" if reached is None else "good" if reached else "bad"
        return Cell(got.value, "share", round(got.n), round(got.d or 0), tone)
    if indicator.unit == "count":
        return Cell(round(got.n), "count")
    return Cell(got.value, indicator.unit)


def compared(one: Indicator, now: Counts, then: Counts | None) -> Cell:
    """The change of an indicator: points for shares, relative for all else."""
    if then is None:
        return Cell(None, "points" if one.unit == "share" else "change")
    ours, theirs = value(one, now), value(one, then)
    if one.unit == "share":
        return points(ours.value, theirs.value)
    return change(ours.value, theirs.value)


def written(cell: Cell, book: Words) -> str:
    """As it is printed, without what stands beside it."""
    if cell.value is None:
        return NOTHING
    if isinstance(cell.value, str):
        return cell.value
    return number(cell.value, cell.unit, book)


def number(figure: float, unit: Unit, book: Words) -> str:
    match unit:
        case "share":
            return f"{figure * 100:.2f}%"
        case "seconds":
            return f"{figure:,.1f}"
        case "hours":
            return f"{figure:,.1f}"
        case "change":
            return signed(figure * 100, 2) + "%"
        case "points":
            return signed(figure * 100, 2)
        case "rank":
            return rank_text(int(figure), book)
        case _:
            return f"{figure:,.0f}"


def rank_text(places: int, book: Words) -> str:
    if places == 0:
        return book.text("report.cell.rank-same")
    return f"{'↑' if places > 0 else '↓'}{abs(places)}"


def signed(figure: float, digits: int) -> str:
    """With its sign; what rounds to nothing has none."""
    written = f"{abs(figure):,.{digits}f}"
    if float(written.replace(",", "")) == 0:
        return written
    return f"{'+' if figure > 0 else _MINUS}{written}"


def under(cell: Cell, book: Words) -> str:
    """What stands small under a figure: `n/d` of a share, or that it is percentage points."""
    if cell.unit == "points" and cell.value is not None:
        return book.text("report.cell.points")
    return beside(cell)


def beside(cell: Cell) -> str:
    """`n/d` of a share; empty where it needs none."""
    if cell.n is None or not cell.d:
        return ""
    return f"{cell.n:,}/{cell.d:,}"
