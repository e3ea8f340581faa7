"""Where settings come from: TOML files and environment variables, and which of them said what.

A source knows the line of each of its keys, so that a problem can point at it. Later sources win:
tables are merged, everything else (lists too) is replaced. Nothing here knows the model.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from config.lines import lines
from config.problems import Place, Problem, SettingsError

PREFIX: Final = "HOTLINE__"


class EnvText(str):
    """A value from the environment: text that the model's field type decides how to read."""

    __slots__ = ()


class Source:
    """One file or variable: its data, and the line of each key it could find."""

    def __init__(self, name: str, data: dict[str, object], lines: Mapping[Place, int]) -> None:
        self.name = name
        self.data = data
        self._lines = lines

    def depth(self, place: Place) -> int:
        """How many leading steps of `place` this source says something about."""
        here: object = self.data
        for depth, step in enumerate(place):
            if isinstance(here, list) and isinstance(step, int):
                here = dict(enumerate(here))
            if not isinstance(here, dict) or step not in here:
                return depth
            here = here[step]
        return len(place)

    def line(self, place: Place) -> int | None:
        """The line of `place` or of the nearest table around it, from 1."""
        for end in range(len(place), 0, -1):
            if place[:end] in self._lines:
                return self._lines[place[:end]]
        return None


def from_toml(name: str, text: str) -> Source:
    """Read one TOML file's text. Raises SettingsError when it is not TOML."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        problem = Problem(
            code="not-toml",
            place=(),
            fields={"error": str(error)},
            source=name,
            line=int(found[1]) if found else None,
        )
        raise SettingsError([problem]) from None
    return Source(name, data, lines(text))


def from_environment(env: Mapping[str, str]) -> list[Source]:
    """One source for each `HOTLINE__SECTION__KEY`, in the order of their names."""
    sources = []
    for name in sorted(env):
        if not name.startswith(PREFIX):
            continue
        steps = [step.lower() for step in name.removeprefix(PREFIX).split("__")]
        data: object = EnvText(env[name])
        for step in reversed(steps):
            data = {step: data}
        assert isinstance(data, dict)
        sources.append(Source(f"${name}", data, {}))
    return sources


def merged(sources: Sequence[Source]) -> dict[str, object]:
    """All sources as one table; the later wins."""
    result: dict[str, object] = {}
    for source in sources:
        result = _merge(result, source.data)
    return result


def speaker(sources: Sequence[Source], place: Place) -> Source | None:
    """The source whose word counts at `place`, or comes nearest to it; None: nobody's does.

    A list is replaced as a whole, so what lies inside one is the word of who gave the list.
    """
    inside = next((i for i, step in enumerate(place) if isinstance(step, int)), len(place))
    best: Source | None = None
    deepest = 1
    for source in sources:
        depth = source.depth(place[:inside])
        if depth >= deepest:
            best, deepest = source, depth
    return best


def placed(problems: Sequence[Problem], sources: Sequence[Source]) -> list[Problem]:
    """The problems with source and line, in the order in which a reader meets them."""
    order = {source.name: number for number, source in enumerate(sources)}

    def where(problem: Problem) -> Problem:
        source = speaker(sources, problem.place)
        if source is None:
            return problem
        return msgspec.structs.replace(problem, source=source.name, line=source.line(problem.place))

    return sorted(map(where, problems), key=lambda p: (order.get(p.source, -1), p.line or 0))


def _merge(old: dict[str, object], new: dict[str, object]) -> dict[str, object]:
    result = dict(old)
    for key, value in new.items():
        before = result.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            result[key] = _merge(before, value)
        else:
            result[key] = value
    return result
