"""The call slip (话务工单): its number, which can be read over the telephone, and its content.

PURE. A number is the day (YYMMDD, centre's time zone), a running number of at least five digits,
and a check digit, so that a misheard digit is told at once (shared domain notes 3a). A place is
the code of a division (`config.divisions`), everything else is of `cases.vocabulary`.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime, tzinfo

import msgspec

from cases.errors import Invalid, storable
from cases.records import SlipChange
from cases.vocabulary import EMOTIONS, GROUPS, KINDS, MATTERS

__all__ = [
    "EMOTIONS",
    "GROUPS",
    "KINDS",
    "MATTERS",
    "check_change",
    "checked_number",
    "slip_day",
    "slip_number",
]

MOST_TEXT = 20_000
MOST_PLACE_DETAIL = 200
_LEAST_DIGITS = 12


def slip_day(opened_at: float, zone: tzinfo) -> str:
    """YYMMDD of the day on which the call came, where the centre is."""
    return datetime.fromtimestamp(opened_at, zone).strftime("%y%m%d")


def slip_number(day: str, running: int) -> str:
    """The slip's number; `running` counts from 1 on each day and may pass 99,999."""
    digits = f"{day}{running:05d}"
    return digits + _check_digit(digits)


def checked_number(text: str) -> str:
    """The digits of a number as it was read out or typed (spaces and hyphens allowed).

    Raises Invalid: `bad-format`, or `check-digit` when a digit was misheard.
    """
    digits = text.replace(" ", "").replace("-", "")
    if len(digits) < _LEAST_DIGITS or not (digits.isascii() and digits.isdecimal()):
        raise Invalid("number", "bad-format")
    if _check_digit(digits[:-1]) != digits[-1]:
        raise Invalid("number", "check-digit")
    return digits


def _check_digit(digits: str) -> str:
    """ISO/IEC 7064 MOD 11,10 (GB/T 17710): every single wrong digit is found."""
    carry = 10
    for digit in digits:
        carry = ((carry + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - carry) % 10)


def check_change(change: SlipChange, places: Container[str]) -> dict[str, object]:
    """The columns to set; `places`: codes of the divisions there are.

    Raises Invalid naming the first field that cannot be accepted.
    """
    values = {
        name: value
        for name in change.__struct_fields__
        if (value := getattr(change, name)) is not msgspec.UNSET
    }
    if not values:
        raise Invalid("change", "empty")
    _one_of(values, "kind", ("", *KINDS))
    _one_of(values, "matter", ("", *MATTERS))
    _one_of(values, "emotion", (None, *EMOTIONS))
    groups = values.get("groups", ())
    assert isinstance(groups, tuple)
    if not set(groups) <= set(GROUPS):
        raise Invalid("groups", "unknown-value")
    if len(set(groups)) != len(groups):
        raise Invalid("groups", "twice")
    if values.get("place", "") and values["place"] not in places:
        raise Invalid("place", "unknown-value")
    _text(values, "place_detail", MOST_PLACE_DETAIL)
    _text(values, "text", MOST_TEXT)
    return values


def _one_of(values: dict[str, object], field: str, known: tuple[object, ...]) -> None:
    if field in values and values[field] not in known:
        raise Invalid(field, "unknown-value")


def _text(values: dict[str, object], field: str, most: int) -> None:
    text = values.get(field, "")
    assert isinstance(text, str)
    if len(text) > most:
        raise Invalid(field, "too-long")
    if not storable(text):
        raise Invalid(field, "bad-format")
