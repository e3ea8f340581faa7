"""Skills and how scarce they are. A skill is a name with a level from 1 to 5.

Names carry their dimension before a colon (`lang:khg`, `law:labour`, `group:veteran`). A call's
language is a floor: no step of waiting ever takes it away.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

Skills = Mapping[str, int]
"""Skill → level 1-5; a missing skill is level 0."""


ONE = 1_000_000_000
"""Scarcity of a skill that one person alone has. Whole numbers: their sum is the same in whatever
order they are added, so no two ways of reckoning ever differ by a last digit."""


def scarcity(on_duty: Iterable[Skills]) -> dict[str, int]:
    """Skill → ONE / number of people on duty who have it."""
    holders: dict[str, int] = {}
    for skills in on_duty:
        for skill in skills:
            holders[skill] = holders.get(skill, 0) + 1
    return {skill: ONE // count for skill, count in holders.items()}


def spare_worth(skills: Skills, asked: Container[str], scarce: Mapping[str, int]) -> float:
    """How much scarce skill a call that asks for `asked` would waste on this person; 0.0 is none,
    1.0 what one person alone has.

    Bilingual seats are kept for those who need them: a Mandarin call sees their other language
    as waste and goes elsewhere while anybody else is free.
    """
    return sum(scarce.get(skill, 0) for skill in skills if skill not in asked) / ONE
