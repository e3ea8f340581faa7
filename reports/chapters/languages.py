"""七 语种: the service in each language side by side, and the same for each kind of service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from reports import cells
from reports.chapters.telling import Telling
from reports.document import Cell, Chart, Row, Section, Series, Table
from reports.indicators import INDICATORS, Counts

SHOWN: Final = (
    "offered",
    "queued",
    "answered",
    "connect_rate",
    "wait_mean",
    "service_level_20",
    "abandonment_rate",
    "satisfaction",
)


def languages(telling: Telling) -> Section:
    now = telling.now
    order = list(dict.fromkeys([*telling.report.names.languages, *now.languages]))
    charted = [code for code in order if code in now.languages and now.languages[code].queued]
    levels = [cells.figure("connect_rate", now.languages[code]).value or 0.0 for code in charted]
    return Section(
        "languages",
        telling.say("section.languages"),
        (telling.say("languages.chosen"),),
        (
            Chart(
                "languages",
                telling.say("chart.languages"),
                "bars",
                tuple(telling.language(code) for code in charted),
                (
                    Series(
                        telling.book.text("indicators.name.connect_rate"),
                        tuple(round(float(level) * 100, 2) for level in levels),
                    ),
                ),
                "%",
            ),
        ),
        (
            side_by_side(telling, "languages", "language", now.languages, telling.language),
            side_by_side(telling, "services", "service", now.services, telling.service),
        ),
    )


def side_by_side(
    telling: Telling,
    id: str,
    what: str,
    parts: Mapping[str, Counts],
    name: Callable[[str], str],
) -> Table:
    """One row for each part, the largest first, what was not chosen last, and the whole."""
    ordered = sorted(parts.items(), key=lambda item: (not item[0], -item[1].offered, item[0]))
    telling.tie(id, telling.now.counts.offered, sum(c.offered for c in parts.values()))
    rows = [Row((cells.text(name(code)), *_cells(telling, counts))) for code, counts in ordered]
    whole = (cells.text(telling.say("total")), *_cells(telling, telling.now.counts))
    rows.append(Row(whole, "total"))
    columns = (
        telling.say(f"column.{what}"),
        *(telling.book.text(f"indicators.name.{one}") for one in SHOWN),
    )
    notes = (telling.say(f"languages.note-{what}"), telling.say("languages.note-seconds"))
    return Table(id, telling.say(f"table.{id}"), columns, tuple(rows), notes)


def _cells(telling: Telling, counts: Counts) -> tuple[Cell, ...]:
    return tuple(
        cells.figure(one, counts, telling.report.targets.get(INDICATORS[one].target))
        for one in SHOWN
    )
