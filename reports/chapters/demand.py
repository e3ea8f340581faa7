"""二 诉求分析 and 八 情绪等级: what calls were about, as the seats wrote it on their slips."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cases.slips import EMOTIONS, GROUPS, KINDS, MATTERS
from reports import cells
from reports.chapters.telling import Entry, Telling, sorted_by_size
from reports.document import Cell, Chart, Row, Section, Series, Table
from reports.model import UNKNOWN, Period

HEADS: Final = ("A", "B", "C", "D", "E", "Z")
TOP: Final = 10
_LEVEL_2: Final = 3
"""Characters of a code of the second level: A03 of A0301."""


def demand(telling: Telling) -> Section:
    kinds = {kind: telling.name("kind", kind) for kind in (*KINDS, UNKNOWN)}
    offered, then = telling.now.counts.offered, telling.offered_then
    note = telling.say("note-base", n=f"{offered:,}")
    second = second_level(telling)
    return Section(
        "demand",
        telling.say("section.demand"),
        (_filled(telling),),
        (
            Chart(
                "matters",
                telling.say("chart.matters"),
                "bars",
                tuple(one.name for one in second[:TOP]),
                (Series(telling.say("column.now"), tuple(one.now for one in second[:TOP])),),
                telling.say("unit.calls"),
            ),
        ),
        (
            telling.split(
                "kinds", "kind", telling.entries("kinds", kinds), total=offered, totals=then,
                notes=(note,),
            ),
            telling.split(
                "matters_1", "matter", _first(telling), total=offered, totals=then, notes=(note,)
            ),
            _top(telling, second),
            _groups(telling),
        ),
    )  # fmt: skip


def _filled(telling: Telling) -> str:
    """How many slips say what the call was about."""
    offered = telling.now.counts.offered
    filled = offered - telling.now.kinds.get(UNKNOWN, 0)
    share = cells.written(cells.share(filled, offered), telling.book)
    return telling.say("demand.slips", n=f"{filled:,}", share=share, offered=f"{offered:,}")


def moods(telling: Telling) -> Section:
    names = {
        **{str(level): telling.name("emotion", str(level)) for level in EMOTIONS},
        UNKNOWN: telling.name("emotion", UNKNOWN),
    }
    counts = telling.now.counts
    return Section(
        "moods",
        telling.say("section.moods"),
        (telling.say("moods.who"),),
        (),
        (
            telling.split(
                "emotions",
                "emotion",
                telling.entries("emotions", names),
                total=counts.offered,
                totals=telling.offered_then,
                notes=(telling.say("note-base", n=f"{counts.offered:,}"),),
            ),
        ),
    )


def all_matters(telling: Telling) -> Table:
    """Every matter there was a call of, down to the third level, with those within it as parts."""
    entries = []
    for code in (*HEADS, UNKNOWN):
        entries.append(_of_matter(telling, code, code))
        below = sorted({m for m in MATTERS if m[0] == code and m != code})
        for matter in below:
            one = _of_matter(telling, matter, matter, "part")
            if one.now or one.before or one.year:
                entries.append(one)
    return telling.split(
        "matters_all",
        "matter",
        [one for one in entries if one.name],
        total=telling.now.counts.offered,
        totals=telling.offered_then,
        notes=(telling.say("demand.note-parts"),),
    )


def _begins(counts: Mapping[str, int], code: str) -> int:
    """Calls whose matter is `code` or lies in it."""
    if code == UNKNOWN:
        return counts.get(UNKNOWN, 0)
    return sum(n for matter, n in counts.items() if matter.startswith(code))


def _of_matter(telling: Telling, code: str, named: str, kind: str = "row") -> Entry:
    def calls(period: Period | None) -> int | None:
        return None if period is None else _begins(period.matters, code)

    return Entry(
        telling.name("matter", named),
        _begins(telling.now.matters, code),
        calls(telling.report.before),
        calls(telling.report.year),
        "part" if kind == "part" else "row",
    )


def _first(telling: Telling) -> list[Entry]:
    return [_of_matter(telling, code, code) for code in (*HEADS, UNKNOWN)]


def _second_codes() -> list[str]:
    return [code for code in MATTERS if len(code) <= _LEVEL_2]


def second_level(telling: Telling) -> list[Entry]:
    """Matters of the second level that were filled in, the largest first."""
    every = (_of_matter(telling, code, code) for code in _second_codes() if code != "Z")
    return sorted_by_size(one for one in every if one.now)


def _top(telling: Telling, second: list[Entry]) -> Table:
    """The most frequent ones with the places they gained, the rest, and what was not filled in."""
    offered, before = telling.now.counts.offered, telling.report.before
    was = _places_before(telling)
    top = second[:TOP]
    rows = []
    for place, one in enumerate(top, 1):
        new = before is not None and one.name not in was
        gained = cells.rank(place, was.get(one.name))
        said = cells.text(telling.say("cell.rank-new")) if new else gained
        rows.append(Row((cells.count(place), *_cells(one, offered), said)))
    shown = [*top, *_rest(telling, top)]
    telling.tie("matters_2", offered, sum(one.now for one in shown))
    if before is not None:
        telling.tie("matters_2.before", before.counts.offered, sum(o.before or 0 for o in shown))
    none = cells.text("")
    rows += [Row((none, *_cells(one, offered), none)) for one in shown[len(top) :]]
    total = Entry(telling.say("total"), offered, telling.offered_then[0])
    rows.append(Row((none, *_cells(total, offered), none), "total"))
    columns = ("rank", "matter", "now", "share", "before", "change", "rank-change")
    return Table(
        "matters_2",
        telling.say("table.matters_2", n=TOP),
        tuple(telling.say(f"column.{name}") for name in columns),
        tuple(rows),
        (telling.say("note-base", n=f"{offered:,}"), telling.say("demand.note-rank")),
    )


def _cells(one: Entry, base: int) -> tuple[Cell, ...]:
    return (
        cells.text(one.name),
        cells.count(one.now),
        cells.share(one.now, base),
        cells.count(one.before),
        cells.change(one.now, one.before),
    )


def _places_before(telling: Telling) -> dict[str, int]:
    """Matter → its place among those of the month before."""
    every = [_of_matter(telling, code, code) for code in _second_codes() if code != "Z"]
    ordered = sorted((one for one in every if one.before), key=lambda o: (-(o.before or 0), o.name))
    return {one.name: place for place, one in enumerate(ordered, 1)}


def _rest(telling: Telling, top: list[Entry]) -> list[Entry]:
    """All other matters together, void calls, and slips without a matter."""
    void = _of_matter(telling, "Z", "Z")
    unfilled = _of_matter(telling, UNKNOWN, UNKNOWN)
    listed = [*top, void, unfilled]

    def rest(whole: int | None, of: str) -> int | None:
        return None if whole is None else whole - sum(getattr(one, of) or 0 for one in listed)

    then = telling.offered_then
    other = Entry(
        telling.say("demand.rest"),
        telling.now.counts.offered - sum(one.now for one in listed),
        rest(then[0], "before"),
        rest(then[1], "year"),
    )
    return [other, void, unfilled]


def _groups(telling: Telling) -> Table:
    now = telling.now
    names = {group: telling.name("group", group) for group in GROUPS}
    return telling.split(
        "groups",
        "group",
        sorted_by_size(telling.entries("groups", names, all_of=False)),
        total=None,
        base=now.counts.offered,
        notes=(
            telling.say(
                "demand.note-groups", grouped=f"{now.grouped:,}", n=f"{now.counts.offered:,}"
            ),
        ),
    )
