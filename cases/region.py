"""Where a number was given out (号码归属地), as the code of a division: a hint, and no more. PURE.

A mobile's first seven digits say where its card was sold, not where its owner lives, and one area
code may be shared (028 by Chengdu, Meishan and Ziyang): what is not certain is told by province.
It is never the place of the matter, and never shown as if it were (shared domain notes 6c).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from config.divisions import ABROAD, number_prefixes
from config.model import Centre
from router.numbers import plain

Region = Callable[[str], str]
"""Number as the trunk delivered it → code of a division; empty: unknown."""

_OWN_CODES = {"+852": "81", "+853": "82", "+886": "71"}
_LONGEST = 7


def no_region(_number: str) -> str:
    """Where no table is at hand."""
    return ""


def region_by(prefixes: Mapping[str, str], area_code: str) -> Region:
    """`prefixes`: first digits without the leading zero → code; `area_code`: the centre's."""

    def region(number: str) -> str:
        one = plain(number, area_code)
        if one.startswith("+"):
            return _OWN_CODES.get(one[:4], ABROAD)
        digits = one.removeprefix("0")
        for length in range(min(_LONGEST, len(digits)), 1, -1):
            if found := prefixes.get(digits[:length]):
                return found
        return ""

    return region


@cache
def region_of(
    centre_divisions: str = Centre().divisions, area_code: str = Centre().area_code
) -> Region:
    """The hint of a centre, from its packaged table of prefixes."""
    return region_by(number_prefixes(centre_divisions), area_code)
