"""The line of every key and list element of a TOML text, so that a problem can point at it.

The standard library's reader keeps no positions. This one steps over what `tomllib` has already
read and found sound; it never judges and never makes a value.
"""

from __future__ import annotations

import re
import tomllib
from typing import Final

Path = tuple[str | int, ...]

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_NAME: Final = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""")
_TEXT: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}(?!")|\'\'\'.*?\'{3,5}(?!\')|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'',
    re.DOTALL,
)
_BARE: Final = re.compile(r"[^,\]}#\n]+")


def lines(text: str) -> dict[Path, int]:
    """Where each path is first spoken of, from 1: tables, keys, elements of lists.

    Raises ValueError for a text that is not TOML.
    """
    reader = _Reader(text)
    try:
        reader.read()
    except IndexError:
        raise ValueError(f"not TOML at character {reader.at}") from None
    return reader.found


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0
        self._counts: dict[Path, int] = {}
        self.found: dict[Path, int] = {}
        self._newlines = [i for i, char in enumerate(text) if char == "\n"]
        self._line = 1

    def read(self) -> None:
        table: Path = ()
        self._skip(_BLANK)
        while self.at < len(self._text):
            if self._text[self.at] == "[":
                table = self._header()
            else:
                self._entry(table)
            self._skip(_BLANK)

    def _header(self) -> Path:
        double = self._text.startswith("[[", self.at)
        self.at += 1 + double
        steps = self._name()
        self.at = self._text.index("]", self.at) + 1 + double
        table: Path = ()
        for position, step in enumerate(steps):
            table = (*table, step)
            self._mark(table)
            # `[a.b]` below `[[a]]` means the newest element of `a`.
            if table in self._counts and position < len(steps) - 1:
                table = (*table, self._counts[table])
        if double:
            self._counts[table] = self._counts.get(table, -1) + 1
            table = (*table, self._counts[table])
            self._mark(table)
        return table

    def _entry(self, table: Path) -> None:
        place = table
        for step in self._name():
            place = (*place, step)
            self._mark(place)
        self.at = self._text.index("=", self.at) + 1
        self._skip(_BLANK)
        self._value(place)

    def _name(self) -> list[str]:
        """The steps of a dotted key."""
        steps = []
        while True:
            self._skip(_BLANK)
            steps.append(_plain(self._skip(_NAME)))
            self._skip(_BLANK)
            if self._text[self.at] != ".":
                return steps
            self.at += 1

    def _value(self, place: Path) -> None:
        match self._text[self.at]:
            case "[":
                self._inside("]", place)
            case "{":
                self._inside("}", place)
            case '"' | "'":
                self._skip(_TEXT)
            case _:
                self._skip(_BARE)

    def _inside(self, end: str, place: Path) -> None:
        self.at += 1
        number = 0
        self._skip(_BLANK)
        while self._text[self.at] != end:
            if end == "}":
                self._entry(place)
            else:
                self._mark((*place, number))
                self._value((*place, number))
            number += 1
            self._skip(_BLANK)
            if self._text[self.at] == ",":
                self.at += 1
                self._skip(_BLANK)
        self.at += 1

    def _skip(self, what: re.Pattern[str]) -> str:
        found = what.match(self._text, self.at)
        if found is None:
            raise IndexError
        self.at = found.end()
        return found[0]

    def _mark(self, place: Path) -> None:
        while len(self._newlines) >= self._line and self._newlines[self._line - 1] < self.at:
            self._line += 1
        self.found.setdefault(place, self._line)


def _plain(name: str) -> str:
    """A key as it is meant: quotes and escapes resolved."""
    if name[0] in "\"'":
        return str(tomllib.loads(f"k = {name}")["k"])
    return name
