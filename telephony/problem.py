"""What keeps our Asterisk from being set up or started, said so that a person can mend it.

A problem is a stable code with fields; `text` puts it into words from the catalogue `pbx`.
"""

from __future__ import annotations

from config.words import words


class PbxProblem(Exception):
    """`code` names the sentence `pbx.problem.<code>`, `fields` fill it."""

    def __init__(self, code: str, **fields: object) -> None:
        self.code = code
        self.fields = fields
        super().__init__(self.text("en"))

    def text(self, tag: str = "zh-CN") -> str:
        return words(tag).text(f"pbx.problem.{self.code}", **self.fields)


class BadValue(PbxProblem, ValueError):
    """A value that must not get into Asterisk's files. `field` is its place in the settings.

    The value itself is never quoted: it may be a secret or a person's.
    """

    def __init__(self, field: str, expected: str) -> None:
        self.field = field
        self.expected = expected
        super().__init__("bad-value", field=field, expected=expected)

    def text(self, tag: str = "zh-CN") -> str:
        book = words(tag)
        expected = book.text(f"pbx.expected.{self.expected}")
        return book.text("pbx.problem.bad-value", field=self.field, expected=expected)
