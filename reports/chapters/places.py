"""三 区域: where the matters lie, as seats wrote it; beside it, where the numbers are from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from config.divisions import ABROAD, UNKNOWN
from reports.chapters.telling import Entry, Telling, sorted_by_size
from reports.document import Chart, RowKind, Section, Series, Table
from reports.model import UNKNOWN as UNFILLED
from reports.model import Period

TOP: Final = 15
PROVINCES: Final = 5
"""Other provinces that have a row of their own."""
_PREFECTURE: Final = 4


def places(telling: Telling) -> Section:
    offered = telling.now.counts.offered
    known = [code for code in _ordered(telling, "places") if code not in (UNKNOWN, UNFILLED)]
    charted = [one for code in known if (one := _entry(telling, "places", code)).now]
    note = telling.say("note-base", n=f"{offered:,}")
    return Section(
        "places",
        telling.say("section.places"),
        (telling.say("places.which"),),
        (
            Chart(
                "places",
                telling.say("chart.places"),
                "bars",
                tuple(one.name for one in charted[:TOP]),
                (Series(telling.say("column.now"), tuple(one.now for one in charted[:TOP])),),
                telling.say("unit.calls"),
            ),
        ),
        (
            telling.split(
                "places", "place", _grouped(telling, "places"), total=offered,
                totals=telling.offered_then, notes=(note, telling.say("places.note-slip")),
            ),
            telling.split(
                "origins", "origin", _grouped(telling, "origins"), total=offered,
                totals=telling.offered_then, notes=(note, telling.say("places.note-origin")),
            ),
        ),
    )  # fmt: skip


def counties(telling: Telling) -> Table:
    """The centre's own province down to the county, prefecture by prefecture."""
    entries = []
    codes = {code for period in _periods(telling) for code in period.places}
    for head in _ordered(telling, "places"):
        entries.append(_entry(telling, "places", head))
        below = (code for code in codes if len(code) > _PREFECTURE and _prefecture(code) == head)
        entries += sorted_by_size(_entry(telling, "places", code, "part") for code in below)
    return telling.split(
        "counties",
        "place",
        entries,
        total=telling.now.counts.offered,
        totals=telling.offered_then,
        notes=(telling.say("places.note-counties"),),
    )


def _grouped(telling: Telling, of: str) -> list[Entry]:
    """The own province by prefectures, the provinces most called from, the others together."""
    codes = _ordered(telling, of)
    last = [code for code in (ABROAD, UNKNOWN, UNFILLED) if code in codes]
    own = [code for code in codes if code.startswith(_own(telling)) and code not in last]
    others = [code for code in codes if code not in own and code not in last]
    entries = [_entry(telling, of, code) for code in (*own, *others[:PROVINCES])]
    rest = [_entry(telling, of, code) for code in others[PROVINCES:]]
    if rest:
        name = telling.say("places.other-provinces")
        then = [[getattr(one, of) for one in rest] for of in ("before", "year")]
        before, year = (None if None in counts else sum(counts) for counts in then)
        entries.append(Entry(name, sum(one.now for one in rest), before, year))
    return [*entries, *(_entry(telling, of, code) for code in last)]


def _own(telling: Telling) -> str:
    """Code of the centre's own province: the one whose prefectures are listed."""
    return next((p.parent for p in telling.places if p.parent), "")


def _periods(telling: Telling) -> list[Period]:
    report = telling.report
    return [one for one in (report.now, report.before, report.year) if one is not None]


def _ordered(telling: Telling, of: str) -> list[str]:
    """Codes of prefectures and provinces with a call in any of the months, the largest first and
    what is not known last."""
    codes = {_prefecture(code) for period in _periods(telling) for code in getattr(period, of)}
    last = [code for code in (UNKNOWN, UNFILLED) if code in codes]
    size = {code: _within(getattr(telling.now, of), code) for code in codes}
    return [*sorted(codes.difference(last), key=lambda code: (-size[code], code)), *last]


def _entry(telling: Telling, of: str, code: str, kind: RowKind = "row") -> Entry:
    report = telling.report
    before, year = (
        None if period is None else _within(getattr(period, of), code)
        for period in (report.before, report.year)
    )
    return Entry(_name(telling, of, code, kind), _within(getattr(telling.now, of), code), before,
                 year, kind)  # fmt: skip


def _name(telling: Telling, of: str, code: str, kind: RowKind) -> str:
    if code == UNFILLED:
        return telling.say(f"unknown.{'place' if of == 'places' else 'origin'}")
    found = telling.places.get(code)
    if found is None:
        return code
    name = found.called(telling.book.tongue)
    if kind == "row" and code == _own(telling):
        return telling.say("places.province-only", name=name)
    return name


def _within(counts: Mapping[str, int], code: str) -> int:
    """Calls of a division with those of the counties in it."""
    return sum(n for place, n in counts.items() if place == code or _prefecture(place) == code)


def _prefecture(code: str) -> str:
    """Prefectures of the own province and provinces: a county counts where it lies."""
    return code if code in (ABROAD, UNKNOWN, UNFILLED) else code[:_PREFECTURE]
