"""Filters and pages of the call list as conditions of a query. PURE: asks nobody."""

from __future__ import annotations

import math
import re
from typing import Any, get_args

from sqlalchemy import ColumnElement, Text, cast, or_, select, tuple_

from cases import tables as t
from cases.errors import Invalid, storable
from cases.records import CallFilter, CallRecord
from cases.vocabulary import EMOTIONS, GROUPS, KINDS, MATTER_HEADS, MATTERS
from router.facts import Outcome

MOST_ROWS = 200
LEAST_DIGITS = 4
_TEXTS = ("services", "languages", "person_id", "seat_id", "places", "text")
_KNOWN: dict[str, tuple[object, ...]] = {
    "outcomes": get_args(Outcome),
    "kinds": ("", *KINDS),
    "matters": ("", *MATTERS, *MATTER_HEADS),
    "groups": GROUPS,
    "emotions": EMOTIONS,
    "scores": (1, 2, 3, 4, 5),
}

last_score = (
    select(t.ratings.c.score)
    .where(t.ratings.c.call_id == t.calls.c.call_id)
    .order_by(t.ratings.c.at.desc())
    .limit(1)
    .scalar_subquery()
)
"""The rating of a call's last service act."""

recorded = (
    select(t.recordings.c.recording_id)
    .where(
        t.recordings.c.call_id == t.calls.c.call_id,
        t.recordings.c.kind == "call",
        t.recordings.c.status == "ready",
    )
    .correlate(t.calls)
    .exists()
)
"""The call can be listened to."""


def conditions(filter: CallFilter) -> list[ColumnElement[bool]]:
    """Of rows of `calls` joined with their `slips`.

    Raises Invalid: `unknown-value` for words of no vocabulary, `bad-format` for what cannot be a
    text or the end of a number.
    """
    for field in _TEXTS:
        found = getattr(filter, field) or ()
        if not all(storable(text) for text in ((found,) if isinstance(found, str) else found)):
            raise Invalid(field, "bad-format")
    for field, known in _KNOWN.items():
        if not set(getattr(filter, field)) <= set(known):
            raise Invalid(field, "unknown-value")
    return [*_of_calls(filter), *_of_slips(filter)]


def _of_calls(filter: CallFilter) -> list[ColumnElement[bool]]:
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
    if filter.demo is not None:
        found.append(calls.demo.is_(filter.demo))
    if filter.scores:
        found.append(last_score.in_(filter.scores))
    if filter.recorded is not None:
        found.append(recorded if filter.recorded else ~recorded)
    if filter.number is not None:
        found.append(calls.caller_number.endswith(ending(filter.number)))
    return found


def _of_slips(filter: CallFilter) -> list[ColumnElement[bool]]:
    slips = t.slips.c
    found: list[Any] = []
    if filter.kinds:
        found.append(slips.kind.in_(filter.kinds))
    if filter.matters:
        found.append(_under(slips.matter, filter.matters))
    if filter.places:
        found.append(_under(slips.place, filter.places))
    if filter.emotions:
        found.append(slips.emotion.in_(filter.emotions))
    if filter.groups:
        # A list of words in JSON, the same text in both databases.
        groups = cast(slips.groups, Text)
        found.append(or_(*(groups.contains(f'"{group}"') for group in filter.groups)))
    if filter.text:
        places = [slips.text.icontains(filter.text, autoescape=True)]
        places.append(slips.place_detail.icontains(filter.text, autoescape=True))
        digits = re.sub(r"[ -]", "", filter.text)
        if digits.isascii() and digits.isdecimal():
            places.append(slips.number.contains(digits))
        found.append(or_(*places))
    return found


def _under(column: Any, codes: tuple[str, ...]) -> ColumnElement[bool]:
    """Codes and what lies under them; the empty code is that of nothing written."""
    return or_(*(column.startswith(code) if code else column == "" for code in codes))


def ending(number: str) -> str:
    """The digits by which a number is looked for. Raises Invalid("number", …)."""
    digits = re.sub(r"[ -]", "", number)
    if not (digits.isascii() and digits.isdecimal()):
        raise Invalid("number", "bad-format")
    if len(digits) < LEAST_DIGITS:
        raise Invalid("number", "too-short")
    return digits


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
