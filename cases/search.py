"""Filters and pages of the call list as conditions of a query. PURE: asks nobody."""

from __future__ import annotations

import math
from typing import Any, get_args

from sqlalchemy import ColumnElement, tuple_

from cases import tables as t
from cases.errors import Invalid, storable
from cases.records import CallFilter, CallRecord
from router.facts import Outcome

MOST_ROWS = 200


def conditions(filter: CallFilter) -> list[ColumnElement[bool]]:
    """Raises Invalid: `unknown-value` for `outcomes`, `bad-format` for what cannot be a text."""
    for field in ("services", "languages", "person_id", "seat_id"):
        if not all(storable(text) for text in getattr(filter, field) or ()):
            raise Invalid(field, "bad-format")
    if not set(filter.outcomes) <= set(get_args(Outcome)):
        raise Invalid("outcomes", "unknown-value")
    calls = t.calls.c
    found: list[Any] = []
    if filter.since is not None:
        found.append(calls.opened_at >= filter.since)
    if filter.until is not None:
        found.append(calls.opened_at < filter.until)
    if filter.outcomes:
        found.append(calls.outcome.in_(filter.outcomes))
    if filter.services:
        found.append(calls.service.in_(filter.services))
    if filter.languages:
        found.append(calls.language.in_(filter.languages))
    if filter.person_id is not None:
        found.append(calls.person_id == filter.person_id)
    if filter.seat_id is not None:
        found.append(calls.seat_id == filter.seat_id)
    if filter.live is not None:
        found.append(calls.ended_at.is_(None) if filter.live else calls.ended_at.is_not(None))
    return found


def check_limit(limit: int) -> None:
    """Raises Invalid("limit", "out-of-range") unless 1 to MOST_ROWS."""
    if not 1 <= limit <= MOST_ROWS:
        raise Invalid("limit", "out-of-range")


def cursor_of(last: CallRecord) -> str:
    """Where the page after `last` begins; calls that come in meanwhile do not shift it."""
    return f"{last.opened_at!r}:{last.call_id}"


def after_cursor(cursor: str) -> ColumnElement[bool]:
    """Calls older than the one of the cursor. Raises Invalid("after", "bad-format")."""
    opened_at, colon, call_id = cursor.partition(":")
    try:
        at = float(opened_at)
    except ValueError:
        at = math.nan
    if not colon or not math.isfinite(at) or not storable(call_id):
        raise Invalid("after", "bad-format")
    return tuple_(t.calls.c.opened_at, t.calls.c.call_id) < tuple_(at, call_id)
