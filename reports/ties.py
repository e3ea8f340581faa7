"""Every table must add up to the month's total: said here, checked before a report exists. PURE.

Rows that are left out by a condition, or counted twice by a join, show here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from reports.indicators import OUTCOMES, RATED, UNRATED, Counts
from reports.model import Period, Report

SECOND = 0.01
"""Sums of seconds over the same calls in another order may differ by less than this."""


class Broken(AssertionError):
    """The sum `what` of `month` is `got` where it should be `expected`: a defect of ours."""

    def __init__(self, month: str, what: str, expected: float, got: float) -> None:
        super().__init__(f"{month}: {what} adds up to {got}, not to {expected}")
        self.month = month
        self.what = what


def check(report: Report) -> Report:
    """The report, when everything in it adds up. Raises Broken."""
    for period in (report.now, report.before, report.year):
        if period is not None:
            check_period(period)
    return report


def check_period(period: Period) -> None:
    """Raises Broken with the first sum that is not what it should be."""
    for what, expected, got in _sums(period):
        if abs(expected - got) > (SECOND if isinstance(got, float) else 0):
            raise Broken(period.month, what, expected, got)
    counts = period.counts
    least = counts.sum_of((*RATED, *UNRATED))
    for what, most, few in (
        ("ratings", counts.answered, least),
        ("queued", counts.offered, counts.queued),
        ("within_30", counts.answered, counts.within_30),
        ("within_20", counts.within_30, counts.within_20),
        ("within_15", counts.within_20, counts.within_15),
        ("grouped", counts.offered, period.grouped),
        ("callers", counts.offered - period.unnumbered, period.callers),
    ):
        if few > most:
            raise Broken(period.month, what, most, few)


def _sums(period: Period) -> Iterator[tuple[str, float, float]]:
    counts = period.counts
    yield "outcomes", counts.offered, counts.sum_of((*OUTCOMES, "open"))
    yield "after_queue", counts.queued, sum(period.after_queue.values())
    yield "after_queue.answered", counts.answered, period.after_queue.get("answered", 0)
    for what in ("kinds", "matters", "emotions", "places", "origins"):
        yield what, counts.offered, sum(getattr(period, what).values())
    yield "tries", counts.answered, sum(period.tries.values())
    yield "messages_why", counts.messages, sum(period.messages_why.values())
    for what, total in (("", counts.offered), ("_answered", counts.answered)):
        hours = getattr(period, f"hours{what}")
        yield f"hours{what}", total, sum(map(sum, hours))
        yield f"days{what}", total, sum(getattr(period, f"days{what}"))
    yield "spells", counts.seat_s, sum(spell.seconds for spell in period.spells)
    yield from _parts("languages", period.languages, counts)
    yield from _parts("services", period.services, counts)
    seats = sum(period.seats.values(), Counts())
    for name in ("answered", "talk_s", "seat_s", *RATED):
        yield f"seats.{name}", getattr(counts, name), getattr(seats, name)


def _parts(
    what: str, parts: Mapping[str, Counts], whole: Counts
) -> Iterator[tuple[str, float, float]]:
    """Counters of calls, cut by something that every call has one of."""
    added = msgspec.structs.replace(
        sum(parts.values(), Counts()),
        seat_s=whole.seat_s,
        seat_purchased_s=whole.seat_purchased_s,
    )
    for name in Counts.__struct_fields__:
        yield f"{what}.{name}", getattr(whole, name), getattr(added, name)
