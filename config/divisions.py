"""Administrative divisions (行政区划) that a slip's place and a number's region may name.

One packaged file per centre, `config/divisions/<name>.csv`: the centre's own province down to
counties, the other provinces, `abroad` and `unknown`. Codes are those of GB/T 2260 without the
zeros at their end: `51` province, `5101` prefecture, `510104` county; so the beginning of a code
is the code of what it lies in. Read once, never written. Where a division is younger than the
tables one usually finds, `valid_from` says since when it is there (会理 was a county until 2021).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from config.words import Tongue

_FOLDER: Final = Path(__file__).parent / "divisions"

UNKNOWN: Final = "unknown"
"""The caller was asked and could not or would not say; an empty code: nobody asked."""
ABROAD: Final = "abroad"


class Division(msgspec.Struct, frozen=True):
    """`parent` is the code of what it lies in, `valid_from` ISO year, month or empty: always."""

    code: str
    name: str
    english: str
    initials: str
    """First letters of the name's pinyin, for typing."""
    parent: str
    valid_from: str

    def called(self, tongue: Tongue) -> str:
        return self.name if tongue == "zh-CN" else self.english


class Divisions:
    """The divisions of one centre, by code. Read-only."""

    def __init__(self, found: Mapping[str, Division]) -> None:
        self._found = found

    def __contains__(self, code: object) -> bool:
        return code in self._found

    def __iter__(self) -> Iterator[Division]:
        """Provinces before their prefectures, these before their counties."""
        return iter(self._found.values())

    def get(self, code: str) -> Division | None:
        return self._found.get(code)

    def called(self, code: str, tongue: Tongue) -> str:
        """The name with that of the prefecture before it (甘孜藏族自治州康定市); empty for none."""
        division = self._found.get(code)
        if division is None:
            return ""
        name = division.called(tongue)
        above = self._found.get(division.parent)
        if above is None or not above.parent:
            return name
        whole = above.called(tongue)
        return f"{whole}{name}" if tongue == "zh-CN" else f"{name}, {whole}"


@cache
def number_prefixes(name: str) -> dict[str, str]:
    """First digits of a number, without a leading zero → where it was given out.

    From `<name>-numbers.txt`, which scripts/regions makes; empty where a centre has none.
    """
    file = _FOLDER / f"{name}-numbers.txt"
    if not file.is_file():
        return {}
    found = {}
    for line in file.read_text("utf-8").splitlines():
        code, *prefixes = line.split()
        if code != "#":
            found.update(dict.fromkeys(prefixes, code))
    return found


def names() -> list[str]:
    """The files there are, by the name under which the settings choose one."""
    return sorted(file.stem for file in _FOLDER.glob("*.csv"))


@cache
def divisions(name: str) -> Divisions:
    """The divisions of `<name>.csv`. Raises FileNotFoundError; `config.load` has looked before."""
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = [msgspec.convert(row, Division) for row in csv.DictReader(file)]
    return Divisions({row.code: row for row in rows})
