"""Who works here: persons, their passwords and their telephone accounts.

Passwords are kept as argon2 hashes, SIP passwords as HA1 digests; both are shown once when they
are made and cannot be read again. This is not a guarded door: whoever serves requests asks
`cases.access.require(viewer, "people.manage")` first.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any, get_args

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from msgspec import UNSET, UnsetType
from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from cases import tables as t
from cases.errors import Invalid, NotFound, SignInRefused, known_id, storable
from cases.readings import person_of
from cases.records import NewPerson, Person, PhoneAccount, Provider, Role
from cases.sessions import end_sessions
from cases.store import Store
from router.phones import is_browser

SIP_REALM = "hotline-12348"
"""Realm in the HA1 digest; the same as in the rendered `pjsip.conf` (tests compare them)."""

TRIES = 5
"""Wrong passwords in a row that lock a person's sign-in."""
LOCKED_S = 15 * 60.0
LEAST_PASSWORD = 10
MOST_PASSWORD = 200

_USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
# As the telephone exchange takes it: nothing that could be somebody's telephone number.
_PHONE = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_SKILL = re.compile(r"[a-z][a-z0-9-]{0,19}(:[a-z0-9-]{1,20})?")
_MOST_NAME = 60
# Without letters and digits that are mistaken for each other when a password is read out.
_LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

_hasher = PasswordHasher()
_nobody = _hasher.hash(secrets.token_hex())
"""Checked when there is no such user, so that the time taken does not tell."""


class People:
    def __init__(self, store: Store) -> None:
        self._store = store
        # One check takes some 64 MB for a moment: a flood of sign-ins must not take it all.
        self._hashing = asyncio.Semaphore(2)

    async def add(
        self,
        *,
        name: str,
        username: str,
        role: Role,
        phone: str = "",
        skills: Mapping[str, int] | None = None,
        provider: Provider = "staff",
        now: float,
    ) -> NewPerson:
        """A new person with a one-time password, and a SIP password when `phone` is given.

        Raises Invalid: `bad-format`, `unknown-value`, or `taken` for `username` and `phone`.
        """
        if not _USERNAME.fullmatch(username):
            raise Invalid("username", "bad-format")
        password, sip_password = _random(12), _random(20) if phone else ""
        row = {
            "person_id": f"p{secrets.token_hex(5)}",
            "username": username,
            "password_hash": await self._hash(password),
            "must_change_password": True,
            "failures": 0,
            "locked_until": None,
            "phone": _checked_phone(phone) if phone else None,
            "sip_ha1": phone_ha1(phone, sip_password) if phone else None,
            "active": True,
            "added_at": now,
            **_checked(name=name, role=role, skills=dict(skills or {}), provider=provider),
        }
        await self._save(insert(t.people).values(row), username, phone)
        return NewPerson(
            person=await self.get(row["person_id"]), password=password, sip_password=sip_password
        )

    async def list(self, *, active_only: bool = False) -> tuple[Person, ...]:
        """Everybody, by user name."""
        wanted = select(t.people).order_by(t.people.c.username)
        if active_only:
            wanted = wanted.where(t.people.c.active)
        async with self._store.read() as conn:
            return tuple(person_of(row) for row in await conn.execute(wanted))

    async def get(self, person_id: str) -> Person:
        """Raises NotFound."""
        return person_of(await self._row(t.people.c.person_id == known_id("person", person_id)))

    async def update(
        self,
        person_id: str,
        *,
        name: str | UnsetType = UNSET,
        role: Role | UnsetType = UNSET,
        skills: Mapping[str, int] | UnsetType = UNSET,
        provider: Provider | UnsetType = UNSET,
        active: bool | UnsetType = UNSET,
        now: float,
    ) -> Person:
        """Change what is given. Deactivating ends the person's sessions.

        Raises NotFound, Invalid.
        """
        values = _checked(name=name, role=role, skills=skills, provider=provider, active=active)
        if not values:
            raise Invalid("change", "empty")
        async with self._store.write() as conn:
            done = await conn.execute(
                update(t.people)
                .where(t.people.c.person_id == known_id("person", person_id))
                .values(values)
            )
            if not done.rowcount:
                raise NotFound("person")
            if active is False:
                await end_sessions(conn, person_id, now)
        return await self.get(person_id)

    async def verify(self, username: str, password: str, now: float) -> Person:
        """The person whose password this is. Raises SignInRefused."""
        try:
            row = await self._row(t.people.c.username == known_id("person", username))
        except NotFound:
            await self._matches(_nobody, password)
            raise SignInRefused("sign-in-wrong") from None
        if row.locked_until is not None and row.locked_until > now:
            raise SignInRefused("sign-in-locked", row.locked_until)
        matches = await self._matches(row.password_hash, password)
        if matches and row.active:
            if row.failures or row.locked_until is not None:
                await self._set(row.person_id, failures=0, locked_until=None)
            return person_of(row)
        if not matches:
            await self._count_failure(row.person_id, now)
        raise SignInRefused("sign-in-wrong")

    async def change_password(self, person_id: str, old: str, new: str, now: float) -> None:
        """Ends all sessions of the person. Raises NotFound, SignInRefused, Invalid("new", …)."""
        if not storable(new):
            raise Invalid("new", "bad-format")
        if not LEAST_PASSWORD <= len(new) <= MOST_PASSWORD:
            raise Invalid("new", "too-short" if len(new) < LEAST_PASSWORD else "too-long")
        person = await self.get(person_id)
        await self.verify(person.username, old, now)
        if new in {old, person.username}:
            raise Invalid("new", "same")
        await self._set_password(person_id, new, now, must_change=False)

    async def reset_password(self, person_id: str, now: float) -> str:
        """A new one-time password; ends all sessions and any lock-out. Raises NotFound."""
        await self.get(person_id)
        password = _random(12)
        await self._set_password(person_id, password, now, must_change=True)
        return password

    async def reset_phone(self, person_id: str, phone: str) -> str:
        """Give the person the phone account `phone`; returns its new SIP password.

        Raises NotFound, Invalid("phone", "bad-format" | "taken").
        """
        sip_password = _random(20)
        statement = (
            update(t.people)
            .where(t.people.c.person_id == person_id)
            .values(phone=_checked_phone(phone), sip_ha1=phone_ha1(phone, sip_password))
        )
        await self.get(person_id)
        await self._save(statement, "", phone)
        return sip_password

    async def phones(self) -> tuple[PhoneAccount, ...]:
        """Accounts of all active persons, for the telephone exchange, by name."""
        wanted = select(t.people).where(t.people.c.active, t.people.c.phone.is_not(None))
        async with self._store.read() as conn:
            rows = await conn.execute(wanted.order_by(t.people.c.phone))
            return tuple(
                PhoneAccount(
                    phone=row.phone, person_id=row.person_id, name=row.name, ha1=row.sip_ha1
                )
                for row in rows
            )

    async def _row(self, condition: Any) -> Row[Any]:
        async with self._store.read() as conn:
            row = (await conn.execute(select(t.people).where(condition))).one_or_none()
        if row is None:
            raise NotFound("person")
        return row

    async def _save(self, statement: Any, username: str, phone: str) -> None:
        try:
            async with self._store.write() as conn:
                await conn.execute(statement)
        except IntegrityError:
            field = "username" if username and await self._exists(username) else "phone"
            raise Invalid(field, "taken") from None

    async def _exists(self, username: str) -> bool:
        async with self._store.read() as conn:
            wanted = select(t.people.c.person_id).where(t.people.c.username == username)
            return await conn.scalar(wanted) is not None

    async def _set(self, person_id: str, **values: object) -> None:
        async with self._store.write() as conn:
            await conn.execute(
                update(t.people).where(t.people.c.person_id == person_id).values(values)
            )

    async def _count_failure(self, person_id: str, now: float) -> None:
        one = t.people.c.person_id == person_id
        async with self._store.write() as conn:
            wanted = select(t.people.c.failures).where(one).with_for_update()
            failures = int(await conn.scalar(wanted) or 0) + 1
            locked = now + LOCKED_S if failures >= TRIES else None
            values = {"failures": 0 if locked else failures, "locked_until": locked}
            await conn.execute(update(t.people).where(one).values(values))

    async def _set_password(
        self, person_id: str, password: str, now: float, *, must_change: bool
    ) -> None:
        hashed = await self._hash(password)
        async with self._store.write() as conn:
            await conn.execute(
                update(t.people)
                .where(t.people.c.person_id == person_id)
                .values(
                    password_hash=hashed,
                    must_change_password=must_change,
                    failures=0,
                    locked_until=None,
                )
            )
            await end_sessions(conn, person_id, now)

    async def _hash(self, password: str) -> str:
        async with self._hashing:
            return await asyncio.to_thread(_hasher.hash, password)

    async def _matches(self, hashed: str, password: str) -> bool:
        async with self._hashing:
            try:
                return await asyncio.to_thread(
                    _hasher.verify, hashed, password.encode(errors="replace")
                )
            except (VerifyMismatchError, InvalidHashError):
                return False


def phone_ha1(phone: str, sip_password: str) -> str:
    """MD5 of `phone:realm:password` (RFC 2617 A1): all that SIP digest sign-in needs to know."""
    secret = f"{phone}:{SIP_REALM}:{sip_password}"
    return hashlib.md5(secret.encode(), usedforsecurity=False).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _checked(**values: object) -> dict[str, Any]:
    """Those of the values that are set, in the shape of columns. Raises Invalid."""
    given = {name: value for name, value in values.items() if value is not UNSET}
    if "name" in given:
        name = str(given["name"]).strip()
        if not name or len(name) > _MOST_NAME or not name.isprintable():
            raise Invalid("name", "bad-format")
        given["name"] = name
    for field, kind in (("role", Role), ("provider", Provider)):
        if field in given and given[field] not in get_args(kind):
            raise Invalid(field, "unknown-value")
    if "skills" in given:
        given["skills"] = _checked_skills(given["skills"])
    return given


def _checked_skills(skills: object) -> dict[str, int]:
    try:
        levels = msgspec.convert(skills, dict[str, int])
    except msgspec.ValidationError:
        raise Invalid("skills", "bad-format") from None
    for skill, level in levels.items():
        if not _SKILL.fullmatch(skill) or not 1 <= level <= 5:
            raise Invalid("skills", "bad-format")
    return levels


def _checked_phone(phone: str) -> str:
    if not _PHONE.fullmatch(phone) or is_browser(phone):
        raise Invalid("phone", "bad-format")
    return phone
