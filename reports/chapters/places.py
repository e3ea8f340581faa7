"""三 区域: where the matters lie, as seats wrote it; beside it, where the numbers are from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from config.divisions import ABROAD, UNKNOWN
from reports.chapters.telling import Entry, Telling, sorted_by_size
from reports.document import Chart, Section, Series, Table
from reports.model import UNKNOWN as UNFILLED
from reports.model import Period

TOP: Final = 15
_PROVINCE: Final = 2
_PREFECTURE: Final = 4


def places(telling: Telling) -> Section:
    offered = telling.now.counts.offered
    entries = _by(telling, "places", _prefecture)
    charted = [one for one in entries if one.now and one.name != telling.place(UNFILLED)][:TOP]
    return Section(
        "places",
        telling.say("section.places"),
        (telling.say("places.which"),),
        (
            Chart(
                "places",
                telling.say("chart.places"),
                "bars",
                tuple(one.name for one in charted),
                (Series(telling.say("column.now"), tuple(one.now for one in charted)),),
                telling.say("unit.calls"),
            ),
        ),
        (
            telling.split(
                "places",
                "place",
                entries,
                total=offered,
                totals=telling.offered_then,
                notes=(telling.say("note-base", n=f"{offered:,}"), telling.say("places.note-slip")),
            ),
            telling.split(
                "origins",
                "origin",
                _by(telling, "origins", _prefecture),
                total=offered,
                totals=telling.offered_then,
                notes=(
                    telling.say("note-base", n=f"{offered:,}"),
                    telling.say("places.note-origin"),
                ),
            ),
        ),
    )


def counties(telling: Telling) -> Table:
    """The centre's own province down to the county, prefecture by prefecture."""
    entries = []
    for head in _by(telling, "places", _prefecture, keep_codes=True):
        entries.append(head)
        code = head.name
        head.name = telling.place(code)
        below = [
            one
            for one in _by(telling, "places", _as_it_is, keep_codes=True)
            if len(one.name) > _PREFECTURE and one.name.startswith(code) and code
        ]
        for one in below:
            found = telling.places.get(one.name)
            one.name = found.called(telling.book.tongue) if found else one.name
            one.kind = "part"
            entries.append(one)
    return telling.split(
        "counties",
        "place",
        entries,
        total=telling.now.counts.offered,
        totals=telling.offered_then,
        notes=(telling.say("places.note-counties"),),
    )


def _by(telling: Telling, of: str, cut: object, *, keep_codes: bool = False) -> list[Entry]:
    """Entries by the code that `cut` makes of a code; what is not known comes last."""
    assert callable(cut)

    def added(period: Period | None) -> Mapping[str, int] | None:
        if period is None:
            return None
        sums: dict[str, int] = {}
        for code, n in getattr(period, of).items():
            sums[cut(code)] = sums.get(cut(code), 0) + n
        return sums

    now, before, year = (
        added(period) for period in (telling.now, telling.report.before, telling.report.year)
    )
    assert now is not None
    codes = {*now, *(before or ()), *(year or ())}
    unknown = [code for code in (UNKNOWN, UNFILLED) if code in codes]

    def entry(code: str) -> Entry:
        return Entry(
            code if keep_codes else telling.place(code),
            now.get(code, 0),
            None if before is None else before.get(code, 0),
            None if year is None else year.get(code, 0),
        )

    known = sorted_by_size(entry(code) for code in codes if code not in unknown)
    return [*known, *map(entry, unknown)]


def _as_it_is(code: str) -> str:
    return code


def _prefecture(code: str) -> str:
    """Prefectures of the own province and provinces: a county counts where it lies."""
    return code if code in (ABROAD, UNKNOWN, UNFILLED) else code[:_PREFECTURE]
