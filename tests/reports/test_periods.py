"""Months: written, wrong, turned over the year, and cut where the centre is."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from reports.periods import BadMonth, Month, begun, month_of, parsed
from tests.reports.months import ZONE, at


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-13", "2026-00", "2026-1", "26-01", "2026/01", " 2026-01", "2026-01-01",
     "1999-12", "２０２６-01", "2026-01\n", "../2026-01"],
)  # fmt: skip
def test_what_is_not_a_month_is_refused(text: str) -> None:
    with pytest.raises(BadMonth) as caught:
        parsed(text)
    assert (caught.value.code, caught.value.month) == ("month-format", text)


def test_a_month_that_has_not_begun_is_refused_and_one_that_runs_is_not() -> None:
    now = at("2026-03-01 00:00:00")
    assert begun("2026-03", now, ZONE) == Month(2026, 3)
    with pytest.raises(BadMonth) as caught:
        begun("2026-03", now - 1, ZONE)
    assert caught.value.code == "month-future"


def test_a_month_begins_at_the_centres_midnight() -> None:
    begins, ends = Month(2026, 1).bounds(ZONE)
    assert datetime.fromtimestamp(begins, UTC) == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert ends == at("2026-02-01 00:00:00")
    assert month_of(begins - 0.001, ZONE) == Month(2025, 12)
    assert month_of(begins, ZONE) == Month(2026, 1)


def test_where_clocks_change_a_month_is_an_hour_shorter() -> None:
    begins, ends = Month(2026, 3).bounds(ZoneInfo("Europe/Berlin"))
    assert ends - begins == 31 * 86_400 - 3600


def test_months_follow_each_other_over_the_year() -> None:
    assert Month(2026, 1).before == Month(2025, 12)
    assert Month(2025, 12).after == Month(2026, 1)
    assert Month(2026, 2).year_before == Month(2025, 2)
    assert Month(2026, 1).since(Month(2025, 11)) == 2
    assert [Month(2026, n).days() for n in (1, 2, 4, 12)] == [31, 28, 30, 31]
    assert (Month(2028, 2).days(), Month(2100, 2).days()) == (29, 28)
    assert str(Month(2026, 3)) == "2026-03"
