"""Numbers and names of callers as they may be shown to everybody. PURE.

At least four digits of a personal number are hidden: mobile 138****0001, landline 028-****0001
and 0836-****001. Names keep their first syllable: 张**, Tibetan by tsheg, Yi by character
(shared domain notes 5). Short numbers of public lines are no personal data and stay.
"""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"[\s()./-]")
_MOBILE = re.compile(r"(?:\+86|0086|86|0)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"(?:\+86|0086|86)?(0(?:10|2\d|[3-9]\d\d))(\d{7,8})")
_ABROAD_LANDLINE = re.compile(r"(?:\+86|0086)(10|2\d|[3-9]\d\d)(\d{7,8})")
_WITHHELD = frozenset({"anonymous", "unknown", "restricted", "unavailable", "private"})
_SHORT = 5
_TSHEG = "་"


def mask_number(number: str) -> str:
    """A caller's number with its middle hidden; empty, withheld and short public ones unchanged."""
    plain = _SEPARATORS.sub("", number)
    if not plain or plain.lower() in _WITHHELD:
        return plain
    if mobile := _MOBILE.fullmatch(plain):
        digits = mobile[1]
        return f"{digits[:3]}****{digits[-4:]}"
    if landline := _LANDLINE.fullmatch(plain):
        return f"{landline[1]}-{_local(landline[2])}"
    if landline := _ABROAD_LANDLINE.fullmatch(plain):
        return f"0{landline[1]}-{_local(landline[2])}"
    digits = plain.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal()):
        return "****"
    if len(digits) <= _SHORT:
        return plain
    return _local(digits)


def mask_name(name: str) -> str:
    """The first character, or the first Tibetan syllable, and two stars for the rest."""
    text = name.strip()
    if not text:
        return ""
    if any(character.isdigit() for character in text):
        return mask_number(text)
    first = text.split(_TSHEG, 1)[0] if _TSHEG in text else text[0]
    return f"{first}**"


def _local(digits: str) -> str:
    """Local part: at least four digits hidden, at most the last four shown."""
    shown = max(0, min(4, len(digits) - 4))
    return "****" + (digits[-shown:] if shown else "")
