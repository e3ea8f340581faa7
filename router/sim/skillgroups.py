"""The kinds of seats a line wants: one for each language and each speciality that callers ask for.

What a seat of a kind must know is read off the policy. Everybody also speaks the line's own
language and takes ordinary calls: a seat is never kept idle for a speciality.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from config.model import Line
from config.traffic import Traffic
from queues.needs import All, Any, Has, Need, holds
from queues.policy import floor, ladder

ORDINARY = "ordinary"


class SkillGroup(msgspec.Struct, frozen=True):
    """`key`: `ordinary`, `language:khg` or `service:labour`. `share`: of all callers."""

    key: str
    skills: dict[str, int]
    share: float


def skill_groups(line: Line, traffic: Traffic) -> list[SkillGroup]:
    """Callers of another language than the line's own belong to that language, whatever they ask;
    the others to their service, or to the ordinary where every ordinary seat will do."""
    main, default = line.default_language, line.default_service
    spoken = _shares(traffic.languages, [language.id for language in line.languages])
    asked = _shares(traffic.services, [service.id for service in line.services])
    base = skills_for(floor(line.policy, main)) | skills_for(_first(line, main, default))
    rest = spoken.get(main, 0.0)
    ordinary, groups = 0.0, []
    for service, share in asked.items():
        need = _first(line, main, service)
        if holds(need, base):
            ordinary += share * rest
        else:
            skills = base | skills_for(need)
            groups.append(SkillGroup(f"service:{service}", skills, share * rest))
    languages = [
        SkillGroup(f"language:{id}", base | skills_for(_first(line, id, default)), share)
        for id, share in spoken.items()
        if id != main
    ]
    return [SkillGroup(ORDINARY, base, ordinary), *groups, *languages]


def group_of(language: str, service: str, line: Line, keys: Mapping[str, object]) -> str:
    """The key of the group that a call belongs to."""
    if language != line.default_language:
        return f"language:{language}"
    return f"service:{service}" if f"service:{service}" in keys else ORDINARY


def skills_for(need: Need) -> dict[str, int]:
    """Skills that meet `need`, of alternatives the first; what must not be there is not there."""
    match need:
        case Has():
            return {need.skill: need.level}
        case All():
            found: dict[str, int] = {}
            for one in need.of:
                for skill, level in skills_for(one).items():
                    found[skill] = max(level, found.get(skill, 0))
            return found
        case Any():
            return skills_for(need.of[0]) if need.of else {}
        case _:
            return {}


def _first(line: Line, language: str, service: str) -> Need:
    return ladder(line.policy, language, service).rungs[0].needs


def _shares(weights: Mapping[str, float], ids: list[str]) -> dict[str, float]:
    known = {id: weights[id] for id in ids if weights.get(id)}
    total = sum(known.values())
    return {id: weight / total for id, weight in known.items()}
