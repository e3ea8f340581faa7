"""What a simulation found, in lines for a terminal of 80 columns.

Only puts into words and columns; every number is made in router.sim.
"""

from __future__ import annotations

from collections.abc import Sequence

from config.model import Settings
from config.words import Words
from hotline.table import table, width
from router.sim.compare import Interval
from router.sim.trial import Group, Trial

_NAME = 14
"""Columns for a group's name."""


def told(found: Trial, book: Words, settings: Settings) -> list[str]:
    sides, seeds = len(found.names), len(found.seeds)
    each = found.calls // max(1, seeds * sides)
    lines = [book.text("simulate.head", days=found.days, calls=each, seeds=seeds)]
    if seeds == 1:
        lines.append(book.text("simulate.one-seed"))
    for n, name in enumerate(found.names):
        lines += ["", f"{'AB'[n]}  {name}" if sides > 1 else name, *_side(found.groups, n, book,
                  settings)]  # fmt: skip
    if sides > 1:
        lines += ["", book.text("simulate.difference"), *_differences(found, book, settings)]
        lines += ["", *_moved(found, book)]
    return lines


def name_of(key: str, book: Words, settings: Settings) -> str:
    """A group's name in the language of `book`; a site's own language or service as it is named
    in the settings."""
    what, _, id = key.partition(":")
    if not id:
        return book.text("simulate.group.all")
    if what == "span":
        return book.text(f"simulate.group.{id}")
    if f"catalogue.{what}.{id}" in book:
        return book.text(f"catalogue.{what}.{id}")
    known = {**{x.id: x.name for x in settings.line.languages}} if what == "language" else {
        x.id: x.name for x in settings.line.services
    }  # fmt: skip
    return known.get(id, id)


def _cut(text: str, most: int = _NAME) -> str:
    if width(text) <= most:
        return text
    while width(text) > most - 1:
        text = text[:-1]
    return f"{text}…"


def _side(groups: Sequence[Group], n: int, book: Words, settings: Settings) -> list[str]:
    columns = ("calls", "15", "20", "30", "answered", "abandoned", "mean", "p90")
    rows = [["", *(book.text(f"simulate.column.{column}") for column in columns)]]
    for group in groups:
        of = group.sides[n]
        rows.append(
            [
                _cut(name_of(group.key, book, settings)),
                f"{group.queued:.0f}",
                f"{of['within_15'].mean * 100:.0f}",
                _share(of["within_20"]),
                f"{of['within_30'].mean * 100:.0f}",
                f"{of['answered'].mean * 100:.0f}",
                _share(of["abandoned"]),
                _seconds(of["mean_wait_s"]),
                f"{of['p90_wait_s'].mean:.0f}",
            ]
        )
    return ruled(rows)


def _differences(found: Trial, book: Words, settings: Settings) -> list[str]:
    columns = ("15", "20", "30", "abandoned", "mean")
    rows = [["", *(book.text(f"simulate.column.{column}") for column in columns)]]
    for group in found.groups:
        of = group.difference
        rows.append(
            [
                _cut(name_of(group.key, book, settings)),
                *(_share(of[m], sign=True) for m in ("within_15", "within_20", "within_30",
                  "abandoned")),
                _seconds(of["mean_wait_s"], sign=True),
            ]
        )  # fmt: skip
    return [*ruled(rows), book.text("simulate.sure")]


def _moved(found: Trial, book: Words) -> list[str]:
    moved = found.moved
    assert moved is not None
    per = len(found.seeds)
    return [
        book.text(
            "simulate.moved",
            other=round(moved.other_seat / per),
            gained=round(moved.gained / per),
            lost=round(moved.lost / per),
            sooner=round(moved.sooner / per),
            later=round(moved.later / per),
        )
    ]


def _share(of: Interval, *, sign: bool = False) -> str:
    mean = f"{of.mean * 100:+.1f}" if sign else f"{of.mean * 100:.1f}"
    half = "" if of.half is None else _half(of.half * 100)
    return f"{mean}{half}{'*' if sign and of.sure else ''}"


def _seconds(of: Interval, *, sign: bool = False) -> str:
    mean = f"{of.mean:+.1f}" if sign else f"{of.mean:.1f}"
    half = "" if of.half is None else _half(of.half)
    return f"{mean}{half}{'*' if sign and of.sure else ''}"


def _half(value: float) -> str:
    """Nobody needs the tenths of an interval that is tens wide."""
    return f"±{value:.1f}" if value < 9.95 else f"±{value:.0f}"


def ruled(rows: Sequence[Sequence[str]]) -> list[str]:
    """Numbers to the right, below their heads."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    right = [
        [row[0], *(" " * (w - width(c)) + c for c, w in zip(row[1:], widths[1:], strict=True))]
        for row in rows
    ]
    lines = table(right)
    lines.insert(1, "─" * max(map(width, lines)))
    return lines
