"""What a simulation found, as a picture (PNG), or as a page that needs nothing else (HTML).

Only draws; every number is made in router.sim.
"""

from __future__ import annotations

import html
import io
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from config.model import Settings
from config.words import Words
from hotline.simulate_table import name_of, told
from reports.charts import COLOURS, GRID, INK, SETTINGS
from reports.lettering import chart_font
from router.sim.compare import Interval
from router.sim.trial import Group, Trial

_PANELS = (("within_20", "within"), ("abandoned", "abandoned"), ("mean_wait_s", "mean"))
_DPI = 130
_PALE = "#e6ebf1"


def draw(path: Path, found: Trial, book: Words, settings: Settings) -> None:
    """Raises OSError."""
    if path.suffix.lower() == ".html":
        path.write_text(_page(found, book, settings), "utf-8")
    else:
        with io.BytesIO() as raster:
            _save(found, book, settings, raster, "png")
            path.write_bytes(raster.getvalue())


def _page(found: Trial, book: Words, settings: Settings) -> str:
    vector = io.BytesIO()
    _save(found, book, settings, vector, "svg")
    svg = vector.getvalue().decode()
    svg = svg[svg.index("<svg") :]
    title = html.escape(book.text("simulate.picture.title"))
    lines = html.escape("\n".join(told(found, book, settings)))
    return (
        f'<!doctype html><html lang="{book.tongue}"><meta charset="utf-8"><title>{title}</title>'
        f"<style>body{{font-family:sans-serif;max-width:70em;margin:2em auto;color:{INK}}}"
        f"svg{{width:100%;height:auto}}pre{{font-size:14px}}</style>"
        f"<h1>{title}</h1>{svg}<pre>{lines}</pre></html>\n"
    )


def _save(found: Trial, book: Words, settings: Settings, into: io.BytesIO, form: str) -> None:
    names = [name_of(group.key, book, settings) for group in found.groups]
    said = [*names, *found.names, *(book.text(f"simulate.picture.{key}") for key in
            ("hours", "calls", "hour", "within", "abandoned", "mean")),
            book.text("simulate.picture.less")]  # fmt: skip
    letters = {c for text in said for c in text} | set("0123456789.,%−-–—+± AB:()")
    with tempfile.TemporaryDirectory(prefix="hotline-picture-") as folder:
        font_manager.fontManager.addfont(str(chart_font(letters, Path(folder))))
        with mpl.rc_context(SETTINGS):
            figure = _figure(found, names, book)
            more: dict[str, Any] = {"Date": None} if form == "svg" else {"Software": None}
            figure.savefig(into, format=form, dpi=_DPI, metadata=more)


def _figure(found: Trial, names: Sequence[str], book: Words) -> Figure:
    compared = len(found.names) > 1
    rows = 3 if compared else 2
    height = 0.5 + 0.24 * len(names)
    figure = Figure(figsize=(9.2, 2.4 + height * (rows - 1)))
    grid = figure.add_gridspec(rows, 3, height_ratios=[2.2, *[height] * (rows - 1)])
    _hours(figure.add_subplot(grid[0, :]), found, book)
    for column, (measure, word) in enumerate(_PANELS):
        axes = figure.add_subplot(grid[1, column])
        _sides(axes, found, measure)
        _finish(axes, names, book.text(f"simulate.picture.{word}"), measure, first=column == 0)
        # The interval of a rare group may reach beyond what there is.
        low, high = axes.get_xlim()
        axes.set_xlim(max(low, -0.02), high if measure == "mean_wait_s" else min(high, 1.02))
        if compared:
            apart = figure.add_subplot(grid[2, column])
            _difference(apart, found.groups, measure)
            less = book.text("simulate.picture.less")
            _finish(apart, names, f"{book.text(f'simulate.picture.{word}')} {less}", measure,
                    first=column == 0)  # fmt: skip
    return figure


def _hours(axes: Any, found: Trial, book: Words) -> None:
    hours = range(24)
    axes.bar(hours, [hour.queued for hour in found.hours], color=_PALE, width=0.85)
    axes.set_ylabel(book.text("simulate.picture.calls"))
    axes.set_xlabel(book.text("simulate.picture.hour"))
    axes.set_xticks(hours)
    axes.margins(x=0.01)
    axes.tick_params(length=0)
    share = axes.twinx()
    for n, name in enumerate(found.names):
        values = [hour.within_20[n] if hour.queued else math.nan for hour in found.hours]
        share.plot(hours, values, color=COLOURS[n], marker=".", label=_named(found, n, name))
    share.set_ylim(0, 1.03)
    share.yaxis.set_major_formatter(PercentFormatter(1.0))
    share.tick_params(length=0)
    share.spines["left"].set_visible(False)
    axes.set_title(book.text("simulate.picture.hours"), loc="left", fontsize=9)
    if len(found.names) > 1:
        share.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)


def _named(found: Trial, n: int, name: str) -> str:
    return f"{'AB'[n]}: {name}" if len(found.names) > 1 else name


def _sides(axes: Any, found: Trial, measure: str) -> None:
    many = len(found.names)
    for n in range(many):
        apart = (n - (many - 1) / 2) * 0.3
        for row, group in enumerate(found.groups):
            _dot(axes, group.sides[n][measure], row + apart, COLOURS[n])


def _difference(axes: Any, groups: Sequence[Group], measure: str) -> None:
    axes.axvline(0.0, color=INK, linewidth=0.7)
    for row, group in enumerate(groups):
        one = group.difference[measure]
        _dot(axes, one, row, COLOURS[2] if one.sure else "#9aa5b1")


def _dot(axes: Any, of: Interval, row: float, colour: str) -> None:
    axes.errorbar(
        of.mean, row, xerr=of.half or 0.0, fmt="o", color=colour, markersize=3.6,
        elinewidth=1.3, capsize=0,
    )  # fmt: skip


def _finish(axes: Any, names: Sequence[str], title: str, measure: str, *, first: bool) -> None:
    axes.set_yticks(range(len(names)), names if first else [""] * len(names))
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="both", color=GRID, linewidth=0.6)
    axes.set_title(title, loc="left", fontsize=9)
    axes.tick_params(length=0)
    if measure != "mean_wait_s":
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
