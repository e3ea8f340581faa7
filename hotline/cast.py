"""People for a while: the agents and the supervisor of a demonstration, a test or a bench.

They are kept in the store like anybody else, under user names that say what they are, and are
switched off again at the end; a later run takes the same ones up again. Real people are never
touched. Passwords live in memory only.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from cases.people import People
from cases.records import Person, Role
from cases.sessions import Sessions

Provision = Callable[[], Awaitable[None]]
"""Tells the telephone exchange which phones there are now."""


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody of the cast, signed in. `token` opens the API, `sip_password` the phone."""

    person: Person
    token: str
    sip_password: str


class Cast:
    """Everybody who plays in this run."""

    def __init__(self, people: People, sessions: Sessions, provision: Provision) -> None:
        self._people = people
        self._sessions = sessions
        self._provision = provision
        self._players: list[Player] = []

    async def add(
        self, username: str, name: str, role: Role, skills: Mapping[str, int] | None = None
    ) -> Player:
        """Somebody, new or taken up again; agents get a phone of their user name.

        `provision` is to be called once everybody is there.
        """
        now = time.time()
        phone = username if role == "seat" else ""
        known = {person.username: person for person in await self._people.list()}
        person = known.get(username)
        if person is None:
            new = await self._people.add(
                name=name, username=username, role=role, phone=phone, skills=skills, now=now
            )
            person, once, sip_password = new.person, new.password, new.sip_password
        else:
            person = await self._people.update(
                person.id, name=name, role=role, skills=skills or {}, active=True, now=now
            )
            once = await self._people.reset_password(person.id, now)
            sip_password = await self._people.reset_phone(person.id, phone) if phone else ""
        # Nothing opens with a one-time password; nobody will sign in with the new one.
        await self._people.change_password(person.id, once, secrets.token_urlsafe(24), now)
        token = await self._sessions.open(person.id, now)
        player = Player(person, token, sip_password)
        self._players.append(player)
        return player

    async def provision(self) -> None:
        await self._provision()

    async def dismiss(self) -> None:
        """Switch everybody off; their sessions end and their phones are let in no longer."""
        for player in self._players:
            await self._people.update(player.person.id, active=False, now=time.time())
        await self._provision()
