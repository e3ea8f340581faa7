"""Where telephone numbers are from: first digits → code of a division, as far as can be told.

The tables of `phonenumbers` take 200 MB and three seconds to load, so a process of its own reads
them (`python -m reports.origins`) and goes. A region is where the number was given out, not where
the caller or the matter is; mobiles are known for about 72 % (shared domain notes 6c), and an
area code that several cities share (028) tells the province only.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from config.divisions import ABROAD, Divisions, divisions
from reports.child import ChildFailed, ask

_HOME: Final = "CN"
_MOBILE_DIGITS: Final = 11
_MOST_DIGITS: Final = 12


class _Question(msgspec.Struct, frozen=True):
    divisions: str
    digits: tuple[str, ...]


class OriginsFailed(Exception):
    """The process that reads the tables ended with an error, or did not end."""


async def origins(name: str, digits: Collection[str]) -> Mapping[str, str]:
    """Codes of `divisions(name)` for those digits whose region is known. Raises OriginsFailed."""
    question = _Question(name, tuple(sorted(digits)))
    try:
        answer = await ask("reports.origins", msgspec.json.encode(question))
    except ChildFailed as failed:
        raise OriginsFailed(str(failed)) from failed
    return msgspec.json.decode(answer, type=dict[str, str])


def main() -> None:
    """Answers one question from standard input."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=_Question)
    places = divisions(question.divisions)
    found = {start: code for start in question.digits if (code := _code(start, places))}
    sys.stdout.buffer.write(msgspec.json.encode(found))


def _code(start: str, places: Divisions) -> str:
    # Imported where the tables are wanted: whoever only asks must not load them.
    import phonenumbers  # noqa: PLC0415 - 200 MB, in a child only
    from phonenumbers import geocoder  # noqa: PLC0415 - idem

    text = start.strip()
    if text.startswith("86") and len(text) > len("86"):
        text = f"+{text}"
    elif len(text) > 1 and text[0] == "0" and text[1] == "1" and text[2:3] not in ("", "0"):
        text = text[1:]  # 01388…: a mobile dialled from elsewhere
    digits = text.removeprefix("+86") if text.startswith("+86") else text
    if text.startswith("+") and not text.startswith("+86"):
        return ABROAD
    if not (digits.isascii() and digits.isdecimal()) or digits[0] not in "01":
        return ""  # a short number, or a local one without its area code
    # The end of the number was never asked for: zeros stand for it.
    long = _MOBILE_DIGITS if digits.startswith("1") else _MOST_DIGITS
    try:
        number = phonenumbers.parse(digits.ljust(long, "0"), _HOME)
    except phonenumbers.NumberParseException:
        return ""
    return region_code(geocoder.description_for_valid_number(number, "zh"), places)


def region_code(description: str, places: Divisions) -> str:
    """A description (四川省成都市, 四川甘孜, 北京市) as the code of a division; empty: none."""
    short = 2  # characters that tell provinces, and prefectures of one province, apart
    province = next(
        (p for p in places if not p.parent and p.name[:short] == description[:short]), None
    )
    if province is None or not description:
        return ""
    rest = description.removeprefix(province.name).removeprefix(province.name[:short])
    cities = [part for part in rest.split("、") if part]
    if len(cities) == 1:
        for place in places:
            if place.parent == province.code and place.name[:short] == cities[0][:short]:
                return place.code
    return province.code


if __name__ == "__main__":
    main()
