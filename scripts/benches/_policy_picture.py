"""The bench's tables as one small picture, `docs/policy-bench.png`."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure

from reports.charts import COLOURS, GRID, SETTINGS
from reports.lettering import chart_font
from scripts.benches._policy_pool import Pooled
from scripts.benches._policy_skills import CASES, ENGINE, Way

_LETTERS = {chr(code) for code in range(32, 127)} | set("±–−%")


def draw(path: Path, pool: Sequence[Pooled], ways: Sequence[Sequence[Way]]) -> None:
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        font_manager.fontManager.addfont(str(chart_font(_LETTERS, Path(folder))))
        with mpl.rc_context(SETTINGS):
            figure = Figure(figsize=(8.6, 5.4))
            grid = figure.add_gridspec(2, 2, height_ratios=[1, 1.25])
            _pool(figure.add_subplot(grid[0, 0]), pool, "wait")
            _pool(figure.add_subplot(grid[0, 1]), pool, "left")
            for column, some in enumerate(ways):
                _ways(figure.add_subplot(grid[1, column]), some, column)
            figure.savefig(path, dpi=110, metadata={"Software": None})


def _pool(axes: Any, pool: Sequence[Pooled], what: str) -> None:
    for row, one in enumerate(pool):
        ours, ciw = (
            (one.wait_s, one.ciw_wait_s) if what == "wait" else (one.abandoned, one.ciw_abandoned)
        )
        formula = one.formula.mean_wait_s if what == "wait" else one.formula.abandoned
        scale = 1.0 if what == "wait" else 100.0
        for of, apart, colour, label in (
            (ours, -0.14, COLOURS[0], "engine"), (ciw, 0.14, COLOURS[1], "Ciw"),
        ):  # fmt: skip
            axes.errorbar(
                of.mean * scale, row + apart, xerr=(of.half or 0.0) * scale, fmt="o", color=colour,
                markersize=4, label=label if not row else None,
            )  # fmt: skip
        axes.plot(
            [formula * scale] * 2, [row - 0.32, row + 0.32], color=COLOURS[2], linewidth=2,
            label="Erlang-A" if not row else None,
        )  # fmt: skip
    names = [f"{one.case.calls_h:.0f} calls/h, {one.case.seats} seats" for one in pool]
    axes.set_yticks(range(len(pool)), names if what == "wait" else [""] * len(pool))
    axes.set_ylim(len(pool) - 0.5, -0.5)
    axes.set_xlim(left=0)
    title = "One pooled skill: mean wait (s)" if what == "wait" else "Callers who give up (%)"
    axes.set_title(title, loc="left", fontsize=9)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.tick_params(length=0)
    if what == "left":
        _key(axes)


def _ways(axes: Any, some: Sequence[Way], column: int) -> None:
    rows = range(len(some))
    for of, apart, colour, label in (
        ("main_wait_s", -0.19, COLOURS[0], "Mandarin"),
        ("few_wait_s", 0.19, COLOURS[1], "minority languages"),
    ):
        values = [getattr(way, of) for way in some]
        axes.barh(
            [row + apart for row in rows], [value.mean for value in values], height=0.36,
            xerr=[value.half or 0.0 for value in values], color=colour, label=label,
            error_kw={"elinewidth": 1, "ecolor": "#5b6673"},
        )  # fmt: skip
    names = [way.name.replace(" (bound)", "\n(bound)") for way in some]
    axes.set_yticks(rows, names if not column else [""] * len(some), fontsize=8)
    for label, way in zip(axes.get_yticklabels(), some, strict=True):
        label.set_fontweight("bold" if way.name == ENGINE else "normal")
    axes.invert_yaxis()
    axes.set_title(f"Wait (s), {CASES[column].name.split(':')[0]}", loc="left", fontsize=9)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.tick_params(length=0)
    axes.set_axisbelow(True)
    if column:
        _key(axes)


def _key(axes: Any) -> None:
    axes.legend(
        frameon=False, loc="lower right", bbox_to_anchor=(1.02, 0.985), ncols=3, fontsize=8,
        columnspacing=0.8, handlelength=0.7, handletextpad=0.5,
    )  # fmt: skip
