"""People over HTTP: the list, and adding one. Secrets are in one answer and never again."""

from __future__ import annotations

from typing import Annotated

import msgspec
import structlog

from cases.records import Person, Provider, Role
from web.route import Asked, Route

log = structlog.get_logger(__name__)

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern="^[^\\x00]*$")]
_Word = Annotated[str, msgspec.Meta(max_length=64, pattern="^[^\\x00]*$")]
_Level = Annotated[int, msgspec.Meta(ge=1, le=5)]


class PeopleList(msgspec.Struct, frozen=True):
    people: tuple[Person, ...]


class PersonBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`phone` is the name of the SIP account; empty: no phone, so no seat."""

    name: _Name
    username: _Word
    role: Role
    phone: _Word = ""
    skills: dict[_Word, _Level] = {}
    provider: Provider = "staff"


class PersonAdded(msgspec.Struct, frozen=True):
    """Both passwords are shown here and cannot be read again."""

    person: Person
    password: str
    """For one sign-in; must be changed then."""
    sip_password: str
    phone_ready: bool
    """False: the telephone exchange could not be told yet; it will be at its next start."""


async def people(asked: Asked) -> PeopleList:
    return PeopleList(await asked.deps.people.list())


async def add(asked: Asked) -> PersonAdded:
    body: PersonBody = asked.body
    added = await asked.deps.people.add(
        name=body.name,
        username=body.username,
        role=body.role,
        phone=body.phone,
        skills=body.skills,
        provider=body.provider,
        now=asked.now,
    )
    return PersonAdded(
        added.person, added.password, added.sip_password, await _provisioned(asked, body.phone)
    )


async def _provisioned(asked: Asked, phone: str) -> bool:
    if not phone:
        return True
    try:
        await asked.deps.provision()
    except Exception as error:
        # The person is in the database and the passwords exist only in this answer: it must go out.
        log.error("the telephone exchange was not told", error=type(error).__name__)
        return False
    return True


ROUTES = (
    Route(
        method="GET",
        path="/people",
        handler=people,
        summary="Everybody who works here",
        reply=PeopleList,
        needs="seats.manage",
    ),
    Route(
        method="POST",
        path="/people",
        handler=add,
        summary="Add a person; the answer holds the one-time password",
        body=PersonBody,
        reply=PersonAdded,
        status=201,
        needs="people.manage",
    ),
)
