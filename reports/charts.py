"""Charts drawn with matplotlib: SVG for HTML and PDF, PNG for DOCX, the same for the same.

Only used where a report is printed (`reports.printing`): matplotlib is large and slow to load.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.document import Chart
from reports.lettering import FAMILY, chart_font

INK: Final = "#1f2d3d"
GRID: Final = "#d9dee5"
COLOURS: Final = ("#1f5f99", "#d98324", "#5b8c5a", "#8a5a83")
HEAT: Final = "Blues"
WIDTH_IN: Final = 6.3
"""The width of the text on an A4 page with the margins of GB/T 9704."""
PNG_DPI: Final = 180
_DARK: Final = 0.55
"""From this share of the largest on, the figures in a heat map are white."""

SETTINGS: Final[Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "hotline",
    "font.family": [FAMILY],
    "font.size": 9,
    "axes.edgecolor": GRID,
    "axes.labelcolor": INK,
    "axes.unicode_minus": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
}


class Drawn:
    """One chart as both kinds of picture."""

    def __init__(self, svg: str, png: bytes) -> None:
        self.svg = svg
        self.png = png


def draw_all(charts: Sequence[Chart], folder: Path, *, png: bool) -> dict[str, Drawn]:
    """Chart's id → picture, for charts that have something to show; `folder` for a work file."""
    shown = [chart for chart in charts if worth_drawing(chart)]
    if not shown:
        return {}
    characters = {c for chart in shown for word in _words(chart) for c in word}
    font = chart_font(characters | set("0123456789.,%−-–—↑↓ "), folder)
    font_manager.fontManager.addfont(str(font))
    with mpl.rc_context(SETTINGS):
        return {chart.id: _drawn(chart, png=png) for chart in shown}


def worth_drawing(chart: Chart) -> bool:
    return any(value for series in chart.series for value in series.values)


def _words(chart: Chart) -> Iterator[str]:
    yield chart.unit
    yield from chart.labels
    yield from (series.name for series in chart.series)


def _drawn(chart: Chart, *, png: bool) -> Drawn:
    figure = {"bars": _bars, "lines": _lines, "heat": _heat}[chart.kind](chart)
    vector = io.StringIO()
    # Without its date: a report that is printed twice is the same file.
    figure.savefig(vector, format="svg", metadata={"Date": None, "Creator": None})
    raster = io.BytesIO()
    if png:
        figure.savefig(raster, format="png", dpi=PNG_DPI, metadata={"Software": None})
    return Drawn(_inline(vector.getvalue(), chart), raster.getvalue())


def _inline(svg: str, chart: Chart) -> str:
    """The element alone, named for those who do not see it, its ids apart from other charts'."""
    element = svg[svg.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    element = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{chart.id}-", element)
    return re.sub(r"^<svg ", f'<svg role="img" aria-label="{_escaped(chart.title)}" ', element)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _figure(height_in: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(WIDTH_IN, height_in))
    return figure, figure.add_subplot()


def _bars(chart: Chart) -> Figure:
    figure, axes = _figure(0.45 + 0.24 * len(chart.labels))
    values = chart.series[0].values
    rows = range(len(chart.labels))
    bars = axes.barh(rows, values, color=COLOURS[0], height=0.66)
    axes.set_yticks(rows, chart.labels)
    axes.invert_yaxis()
    axes.bar_label(bars, labels=[_figure_text(value, chart) for value in values], padding=3)
    axes.margins(x=0.12, y=0.02)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(length=0)
    return figure


def _figure_text(value: float, chart: Chart) -> str:
    return f"{value:,.2f}%" if chart.unit == "%" else f"{value:,.0f}"


def _lines(chart: Chart) -> Figure:
    figure, axes = _figure(2.5)
    for series, colour in zip(chart.series, COLOURS, strict=False):
        axes.plot(chart.labels, series.values, color=colour, label=series.name, marker=".")
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.set_xticks(range(len(chart.labels)), chart.labels, fontsize=7.5)
    axes.margins(x=0.01)
    axes.tick_params(length=0)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)
    return figure


def _heat(chart: Chart) -> Figure:
    figure, axes = _figure(2.3)
    table = [series.values for series in chart.series]
    axes.pcolormesh(table, cmap=HEAT, vmin=0, edgecolors="white", linewidth=0.6)
    axes.invert_yaxis()
    most = max(max(row) for row in table)
    for y, row in enumerate(table):
        for x, value in enumerate(row):
            colour = "white" if value > most * _DARK else INK
            axes.text(
                x + 0.5, y + 0.5, f"{value:.0f}", ha="center", va="center", fontsize=6.5,
                color=colour,
            )  # fmt: skip
    axes.set_xticks([x + 0.5 for x in range(len(chart.labels))], chart.labels, fontsize=8)
    axes.set_yticks([y + 0.5 for y in range(len(table))], [s.name for s in chart.series])
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure
