"""Callers' numbers in the forms in which trunks deliver them, brought to one form. PURE.

A mobile comes as 13800000001, 013800000001 (long distance), +86…, 86… or 0086…, a landline with or
without its leading zero behind the country code, or as a local number without an area code (shared
domain notes 6b). Short numbers, 400, 95xxx and withheld numbers belong to nobody in particular.
"""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"[\s()./-]")
_MOBILE = re.compile(r"(?:\+86|0086|86)?0?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"(?:(?:\+86|0086|86)0?|0)((?:10|2\d|[3-9]\d\d)\d{7,8})")
_LOCAL = re.compile(r"[2-8]\d{6,7}")
_ABROAD = re.compile(r"(?:\+|00)([1-9]\d{5,14})")


def plain(number: str, area_code: str = "") -> str:
    """A personal number in one form: 13800000001, 083655500001, +49…; empty: nobody's.

    `area_code` is that of the centre, for numbers without one (`0836`, or empty).
    """
    bare = _SEPARATORS.sub("", number)
    if mobile := _MOBILE.fullmatch(bare):
        return mobile[1]
    if landline := _LANDLINE.fullmatch(bare):
        return f"0{landline[1]}"
    if abroad := _ABROAD.fullmatch(bare):
        return f"+{abroad[1]}"
    if area_code and _LOCAL.fullmatch(bare):
        return f"{area_code}{bare}"
    return ""


def undivided(number: str) -> str:
    """The number as it came, without spaces, hyphens and the like."""
    return _SEPARATORS.sub("", number)


def spellings(number: str, area_code: str = "") -> tuple[str, ...]:
    """Every form in which the same caller may have come before; empty: cannot be known again."""
    one = plain(number, area_code)
    if not one:
        return ()
    if one.startswith("+"):
        return (number, one, f"00{one[1:]}")
    inland = one.removeprefix("0")
    forms = [number, one, f"0{inland}", *(f"{code}{inland}" for code in ("+86", "86", "0086"))]
    if area_code and one.startswith(area_code):
        forms.append(one.removeprefix(area_code))
    return tuple(dict.fromkeys(forms))
