"""The first people of a new line, so that somebody can sign in after the very first start.

An administrator, a supervisor and three seats with phones; one seat is bilingual. Each has a
one-time password that is shown once and must be changed at the first sign-in.
"""

from __future__ import annotations

from typing import NamedTuple

from cases.people import People
from cases.records import NewPerson, Role
from cases.rows import DEMO


class First(NamedTuple):
    username: str
    name: str
    role: Role
    phone: str
    skills: dict[str, int]


GENERAL = {"lang:cmn": 5, "law:general": 4}

FIRSTS = (
    First("admin", "系统管理员", "admin", "", {}),
    First("supervisor", "值班长", "supervisor", "", {}),
    First("seat1", "综合坐席一", "seat", "seat1", {**GENERAL, "law:labour": 3, "aid": 3}),
    First(
        "seat2", "综合坐席二", "seat", "seat2", {**GENERAL, "law:marriage": 4, "law:contract": 3}
    ),
    First("seat3", "藏汉双语坐席", "seat", "seat3", {**GENERAL, "lang:khg": 5, "lang:bo": 4}),
)


async def add_firsts(people: People, now: float) -> list[NewPerson]:
    """Add the first people to a line without any; an empty list when there is somebody.

    The people of a demonstration month cannot sign in and are nobody.
    """
    if any(not person.id.startswith(DEMO) for person in await people.list()):
        return []
    return [
        await people.add(
            name=first.name,
            username=first.username,
            role=first.role,
            phone=first.phone,
            skills=first.skills,
            now=now,
        )
        for first in FIRSTS
    ]
