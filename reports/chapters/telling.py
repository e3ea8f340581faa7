"""What every chapter needs: the report, the words, and tables that must add up. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from config.divisions import Divisions, divisions
from config.words import Words
from reports import cells
from reports.document import Cell, Row, RowKind, Table
from reports.indicators import Counts
from reports.model import UNKNOWN, Period, Report
from reports.periods import Month, parsed
from reports.ties import Broken


class Entry:
    """One row of a table that cuts the month: a name, and calls now, before and a year ago."""

    __slots__ = ("before", "kind", "name", "now", "year")

    def __init__(
        self,
        name: str,
        now: int,
        before: int | None = None,
        year: int | None = None,
        kind: RowKind = "row",
    ) -> None:
        self.name = name
        self.now = now
        self.before = before
        self.year = year
        self.kind = kind


class Telling:
    """A report to be told in the language of `book`."""

    def __init__(self, report: Report, book: Words) -> None:
        self.report = report
        self.book = book
        self.now = report.now
        self.month = parsed(report.month)

    def say(self, key: str, **fields: object) -> str:
        return self.book.text(f"report.{key}", **fields)

    # ---- names ----

    @cached_property
    def places(self) -> Divisions:
        return divisions(self.report.divisions)

    def name(self, kind: str, code: str) -> str:
        """`kind`: a table of the catalogue. What is unknown has words of its own."""
        if code == UNKNOWN:
            return self.say(f"unknown.{kind}")
        key = f"catalogue.{kind}.{code}"
        return self.book.text(key) if key in self.book else code

    def language(self, code: str) -> str:
        return self._frozen("language", code, self.report.names.languages)

    def service(self, code: str) -> str:
        return self._frozen("service", code, self.report.names.services)

    def _frozen(self, kind: str, code: str, names: Mapping[str, str]) -> str:
        # Of those the product ships there are words in both languages; a site's own are as it is.
        if code == UNKNOWN or f"catalogue.{kind}.{code}" in self.book:
            return self.name(kind, code)
        return names.get(code, code)

    def month_name(self, month: Month) -> str:
        name = self.say(f"month-name.{month.number}")
        return self.say("month", year=month.year, name=name)

    def moment(self, at: float) -> str:
        local = datetime.fromtimestamp(at, ZoneInfo(self.report.zone))
        return self.say("moment", date=self.date(at), time=f"{local:%H:%M}")

    def date(self, at: float) -> str:
        local = datetime.fromtimestamp(at, ZoneInfo(self.report.zone))
        name = self.say(f"month-name.{local.month}")
        return self.say("date", year=local.year, day=local.day, name=name)

    # ---- tables ----

    def then(self, of: str, code: str) -> tuple[int | None, int | None]:
        """What `of` (a field of Period) had for `code` a month and a year before."""
        before, year = (
            None if period is None else getattr(period, of).get(code, 0)
            for period in (self.report.before, self.report.year)
        )
        return before, year

    def entries(self, of: str, names: Mapping[str, str], *, all_of: bool = True) -> list[Entry]:
        """Entries in the order of `names`; `all_of`: also those without a call."""
        now: Mapping[str, int] = getattr(self.now, of)
        return [
            Entry(name, now.get(code, 0), *self.then(of, code))
            for code, name in names.items()
            if all_of or now.get(code, 0) or any(self.then(of, code))
        ]

    def split(
        self,
        id: str,
        what: str,
        entries: Sequence[Entry],
        *,
        total: int | None,
        totals: tuple[int | None, int | None] = (None, None),
        base: int | None = None,
        notes: Iterable[str] = (),
    ) -> Table:
        """The month cut in parts, with shares and changes, and a total that is checked.

        `total` None: several may be true of one call, so there is no total; `base`: of what the
        shares are (the total, else). Raises Broken.
        """
        base = total if base is None else base
        assert base is not None
        rows = [Row(self._split_row(cells.text(one.name), one, base), one.kind) for one in entries]
        if total is not None:
            whole = [one for one in entries if one.kind != "part"]
            self.tie(id, total, sum(one.now for one in whole))
            for expected, of in zip(totals, ("before", "year"), strict=True):
                if expected is not None:
                    self.tie(f"{id}.{of}", expected, sum(getattr(one, of) or 0 for one in whole))
            entry = Entry(self.say("total"), total, *totals)
            rows.append(Row(self._split_row(cells.text(entry.name), entry, base), "total"))
        return Table(id, self.say(f"table.{id}"), self.split_columns(what), tuple(rows), (*notes,))

    def split_columns(self, what: str) -> tuple[str, ...]:
        """Without the columns of a month that was not counted: the first table says it once."""
        names = [what, "now", "share"]
        names += ["before", "change"] if self.report.before is not None else []
        names += ["year", "change-year"] if self.report.year is not None else []
        return tuple(self.say(f"column.{name}") for name in names)

    def _split_row(self, name: Cell, one: Entry, base: int) -> tuple[Cell, ...]:
        found = [name, cells.count(one.now), cells.share(one.now, base)]
        if self.report.before is not None:
            found += [cells.count(one.before), cells.change(one.now, one.before)]
        if self.report.year is not None:
            found += [cells.count(one.year), cells.change(one.now, one.year)]
        return tuple(found)

    def tie(self, what: str, expected: int, got: int) -> None:
        """Raises Broken when a table does not add up to what it is of."""
        if expected != got:
            raise Broken(self.report.month, what, expected, got)

    @property
    def offered_then(self) -> tuple[int | None, int | None]:
        return self.counted_then("offered")

    def counted_then(self, counter: str) -> tuple[int | None, int | None]:
        """A counter a month and a year before."""
        before, year = (
            None if period is None else getattr(period.counts, counter)
            for period in (self.report.before, self.report.year)
        )
        return before, year


def counts_of(period: Period | None) -> Counts | None:
    return None if period is None else period.counts


def sorted_by_size(entries: Iterable[Entry]) -> list[Entry]:
    """The largest first; names decide where they are as large."""
    return sorted(entries, key=lambda one: (-one.now, one.name))
