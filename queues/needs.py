"""What a call needs of a seat, as an expression: skills with a least level, and, or, not.

`lang:khg and (law:labour>=3 or law:general>=2) and not group:trainee`. A bare name means level 1.
`not` binds tightest, then `and`, then `or`. A condition nobody can misread: no arithmetic, no names
of people, nothing that depends on time (time is the ladder's business, queues.ladder).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from queues.skills import Skills


class Has(msgspec.Struct, frozen=True, tag="has"):
    """Level of a skill at least `level` (1-5)."""

    skill: str
    level: int = 1


class Not(msgspec.Struct, frozen=True, tag="not"):
    of: Need


class All(msgspec.Struct, frozen=True, tag="all"):
    """Every one; of nothing at all: anybody."""

    of: tuple[Need, ...] = ()


class Any(msgspec.Struct, frozen=True, tag="any"):
    """At least one; of nothing at all: nobody."""

    of: tuple[Need, ...] = ()


Need = Has | Not | All | Any

ANYBODY = All()


class BadNeed(ValueError):
    """Not a requirement. `at`: offset of the offending character in the text."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(reason)
        self.reason, self.at = reason, at


def holds(need: Need, skills: Skills) -> bool:
    match need:
        case Has():
            return skills.get(need.skill, 0) >= need.level
        case Not():
            return not holds(need.of, skills)
        case All():
            return all(holds(one, skills) for one in need.of)
        case Any():
            return any(holds(one, skills) for one in need.of)


def lacks(need: Need, skills: Skills) -> tuple[str, ...]:
    """The parts of `need` that somebody with `skills` does not meet, as text; empty: none."""
    match need:
        case All():
            return tuple(part for one in need.of for part in lacks(one, skills))
        case _:
            return () if holds(need, skills) else (text(need),)


def asked(need: Need, skills: Skills) -> frozenset[str]:
    """The skills of somebody with `skills` that `need` makes use of: named, and at their level."""
    match need:
        case Has():
            return frozenset((need.skill,) if holds(need, skills) else ())
        case Not():
            return frozenset()
        case All() | Any():
            return frozenset(skill for one in need.of for skill in asked(one, skills))


def names(need: Need) -> Iterator[str]:
    """Every skill named, in order, also more than once."""
    match need:
        case Has():
            yield need.skill
        case Not():
            yield from names(need.of)
        case All() | Any():
            for one in need.of:
                yield from names(one)


def both(first: Need, *rest: Need) -> Need:
    """All of them, flattened: nothing is nested that need not be."""
    parts: list[Need] = []
    for one in (first, *rest):
        new = one.of if isinstance(one, All) else (one,)
        parts.extend(part for part in new if part not in parts)
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def text(need: Need) -> str:
    """As `parse` reads it."""
    match need:
        case Has():
            return need.skill if need.level == 1 else f"{need.skill}>={need.level}"
        case Not():
            return f"not {_inner(need.of)}"
        case All():
            return " and ".join(map(_inner, need.of)) or "anybody"
        case Any():
            return " or ".join(map(_inner, need.of)) or "nobody"


def _inner(need: Need) -> str:
    return f"({text(need)})" if isinstance(need, All | Any) and len(need.of) > 1 else text(need)


class _Word(NamedTuple):
    kind: str
    value: str
    at: int


_WORDS = re.compile(
    r"(?P<space>\s+)|(?P<open>\()|(?P<close>\))|(?P<least>>=\s*(?P<level>[0-9]+))"
    r"|(?P<word>[A-Za-z][A-Za-z0-9_-]*(?::[A-Za-z0-9_.-]+)?)"
)
_DEEPEST = 32


def parse(source: str) -> Need:
    """Raises BadNeed."""
    words: list[_Word] = []
    at = 0
    while at < len(source):
        found = _WORDS.match(source, at)
        if found is None:
            raise BadNeed(f"unexpected {source[at]!r}", at)
        kind = found.lastgroup or ""
        if found["level"] is not None:
            words.append(_Word("least", found["level"], at))
        elif found["word"] is not None and found["word"] in ("and", "or", "not"):
            words.append(_Word(found["word"], found["word"], at))
        elif kind != "space":
            words.append(_Word(kind, found[0], at))
        at = found.end()
    reader = _Reader(words, len(source))
    need = reader.either(0)
    if reader.next is not None:
        raise BadNeed(f"unexpected {reader.next.value!r}", reader.next.at)
    return need


class _Reader:
    def __init__(self, words: list[_Word], end: int) -> None:
        self._words, self._end, self._at = words, end, 0

    @property
    def next(self) -> _Word | None:
        return self._words[self._at] if self._at < len(self._words) else None

    def _take(self, *kinds: str) -> _Word | None:
        if self.next is None or self.next.kind not in kinds:
            return None
        self._at += 1
        return self._words[self._at - 1]

    def either(self, depth: int) -> Need:
        parts = [self._every(depth)]
        while self._take("or"):
            parts.append(self._every(depth))
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _every(self, depth: int) -> Need:
        parts = [self._one(depth)]
        while self._take("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, depth: int) -> Need:
        if depth > _DEEPEST:
            raise BadNeed("nested too deeply", self._words[self._at - 1].at)
        if self._take("not"):
            return Not(self._one(depth + 1))
        if self._take("open"):
            need = self.either(depth + 1)
            if not self._take("close"):
                raise BadNeed("a closing parenthesis is missing", self._here())
            return need
        word = self._take("word")
        if word is None:
            raise BadNeed("a skill is missing", self._here())
        if word.value == "anybody":
            return ANYBODY
        if word.value == "nobody":
            return Any()
        least = self._take("least")
        level = int(least.value) if least else 1
        if least and not 1 <= level <= 5:
            raise BadNeed("a level is 1 to 5", least.at)
        return Has(word.value, level)

    def _here(self) -> int:
        return self.next.at if self.next else self._end
