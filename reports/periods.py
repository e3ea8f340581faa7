"""Months as a report counts them: whole local months of the centre. PURE.

A month is written `YYYY-MM`. Its bounds are epoch seconds; the end belongs to the next month.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo

import msgspec

FIRST_YEAR = 2000
"""Before this no month is meant in earnest: it is a slip of the keyboard."""
_WRITTEN = re.compile(r"(?P<year>[0-9]{4})-(?P<month>0[1-9]|1[0-2])")


class BadMonth(ValueError):
    """`code`: `month-format` (not YYYY-MM), `month-future` (has not begun)."""

    def __init__(self, code: str, month: str) -> None:
        super().__init__(code, month)
        self.code = code
        self.month = month


class Month(msgspec.Struct, frozen=True, order=True):
    year: int
    number: int
    """1-12."""

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    @property
    def before(self) -> Month:
        return Month(self.year - 1, 12) if self.number == 1 else Month(self.year, self.number - 1)

    @property
    def after(self) -> Month:
        return Month(self.year + 1, 1) if self.number == 12 else Month(self.year, self.number + 1)

    @property
    def year_before(self) -> Month:
        return Month(self.year - 1, self.number)

    def since(self, other: Month) -> int:
        """How many months after `other` this one is; negative: before it."""
        return (self.year - other.year) * 12 + self.number - other.number

    def bounds(self, zone: tzinfo) -> tuple[float, float]:
        """Local midnight of the first, and of the next month's first (epoch s)."""
        end = self.after
        first, last = (datetime(m.year, m.number, 1, tzinfo=zone) for m in (self, end))
        return first.timestamp(), last.timestamp()

    def days(self) -> int:
        first = datetime(self.year, self.number, 1)  # noqa: DTZ001 - a calendar, not a moment
        return ((first + timedelta(days=31)).replace(day=1) - first).days


def month_of(at: float, zone: tzinfo) -> Month:
    """The month in which the moment `at` (epoch s) lies, where the centre is."""
    local = datetime.fromtimestamp(at, zone)
    return Month(local.year, local.month)


def parsed(text: str) -> Month:
    """Raises BadMonth("month-format")."""
    found = _WRITTEN.fullmatch(text)
    if found is None or int(found["year"]) < FIRST_YEAR:
        raise BadMonth("month-format", text)
    return Month(int(found["year"]), int(found["month"]))


def begun(text: str, now: float, zone: tzinfo) -> Month:
    """A month of which something can be told at `now` (epoch s). Raises BadMonth."""
    month = parsed(text)
    if month.bounds(zone)[0] > now:
        raise BadMonth("month-future", text)
    return month
