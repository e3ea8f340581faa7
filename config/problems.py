"""What can be wrong with settings, said so that a person can mend it.

A problem names where it stands (file and line, or environment variable), the key, what was
expected, and a hint. It is data until `text` puts it into words; it never prints.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from config.words import words

Place = tuple[str | int, ...]
"""A path in the settings: table names and, inside lists, positions from 0."""


def dotted(place: Place) -> str:
    """`("line", "services", 2, "id")` → `line.services[2].id`."""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


class Problem(msgspec.Struct, frozen=True):
    """One thing to mend. `code` is stable and names the sentence `settings.problem.<code>`."""

    code: str
    place: Place
    fields: dict[str, str] = {}
    expected: str = ""
    """Names the words `settings.expected.<expected>` that fill `{expected}`."""
    hint: str = ""
    """Names the sentence `settings.hint.<hint>`; empty: the hint that goes with the code."""
    source: str = ""
    """File as it was given, or `$NAME` for an environment variable; empty: not from anywhere."""
    line: int | None = None

    def text(self, tag: str = "zh-CN") -> str:
        """`file:line: key: what is wrong. hint`, in the language of `tag`."""
        book = words(tag)
        fields = self.fields | {"key": dotted(self.place)}
        if self.expected:
            fields["expected"] = book.text(f"settings.expected.{self.expected}", **fields)
        where = self.source + (f":{self.line}" if self.line else "")
        sentence = book.text(f"settings.problem.{self.code}", **fields)
        hint = book.text(f"settings.hint.{self.hint or self.code}", **fields)
        head = ": ".join(part for part in (where, fields["key"]) if part)
        return book.text("settings.line", head=head, sentence=sentence, hint=hint)


class SettingsError(ValueError):
    """The settings cannot be used. `problems` holds every one that was found, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.text("en") for problem in self.problems))
