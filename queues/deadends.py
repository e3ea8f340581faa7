"""Callers whom nobody who works here can serve, however long they wait. Pure.

A policy may be sound and still lead nowhere, because nobody has the skills that it asks for. That
changes with the people and is therefore found by `hotline check` and never stops a policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from config.model import Line
from config.policy import Policy
from config.problems import Problem
from queues.ladder import Rung
from queues.needs import holds
from queues.policy import floor, ladder
from queues.policycheck import spoken

Skills = Mapping[str, int]


def dead_ends(policy: Policy, line: Line, people: Sequence[Skills]) -> list[Problem]:
    """Languages nobody speaks, and kinds of calls that no person and no two can serve."""
    return [*_languages(policy, line, people), *_kinds(policy, line, people)]


def _languages(policy: Policy, line: Line, people: Sequence[Skills]) -> Iterator[Problem]:
    for language in line.languages:
        if _mute(policy, language.id, people):
            fields = {"language": language.id, "name": language.name}
            place = ("language", "floor", language.id)
            yield Problem(code="nobody-speaks", place=place, fields=fields)


def _kinds(policy: Policy, line: Line, people: Sequence[Skills]) -> Iterator[Problem]:
    for i, kind in enumerate(policy.kinds):
        lost = [
            language
            for language in spoken(kind, policy, line)
            if not _mute(policy, language, people)
            and not any(
                _served(rung, people) for rung in ladder(policy, language, kind.service).rungs
            )
        ]
        if lost:
            fields = {"service": kind.service, "languages": ", ".join(lost)}
            yield Problem(code="nobody-serves", place=("kinds", i), fields=fields)


def _mute(policy: Policy, language: str, people: Sequence[Skills]) -> bool:
    return not any(holds(floor(policy, language), skills) for skills in people)


def _served(rung: Rung, people: Sequence[Skills]) -> bool:
    if any(holds(rung.needs, skills) for skills in people):
        return True
    if rung.pair is None:
        return False
    specialists = {i for i, skills in enumerate(people) if holds(rung.pair.specialist, skills)}
    interpreters = {i for i, skills in enumerate(people) if holds(rung.pair.interpreter, skills)}
    return len(specialists | interpreters) > 1 and bool(specialists) and bool(interpreters)
