"""Signed-in browsers: a random token for the client, its SHA-256 in the database.

A session can be revoked at once, which an encrypted cookie cannot. Never logs a token.
"""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cases import tables as t
from cases.errors import NotFound
from cases.readings import person_of
from cases.records import Person
from cases.store import Store

SEEN_EVERY_S = 60.0
"""`seen_at` is this exact: a row is not written for every request."""
KEPT_S = 86_400.0


class Sessions:
    """`hours`: how long a sign-in lasts, whatever is done with it."""

    def __init__(self, store: Store, hours: float) -> None:
        self._store = store
        self._hours = hours

    async def open(self, person_id: str, now: float) -> str:
        """A new session's token (43 characters, URL-safe)."""
        token = secrets.token_urlsafe(32)
        row = {
            "token_hash": hashed(token),
            "person_id": person_id,
            "opened_at": now,
            "seen_at": now,
            "expires_at": now + self._hours * 3600,
            "revoked_at": None,
        }
        async with self._store.write() as conn:
            await conn.execute(insert(t.sessions).values(row))
        return token

    async def person(self, token: str, now: float) -> Person:
        """Whose session this is. Raises NotFound("session"): unknown, expired or revoked."""
        one = t.sessions.c.token_hash == hashed(token)
        wanted = (
            select(t.people, t.sessions.c.seen_at)
            .join(t.sessions, t.sessions.c.person_id == t.people.c.person_id)
            .where(
                one,
                lasting(now),
                t.people.c.active,
            )
        )
        async with self._store.read() as conn:
            row = (await conn.execute(wanted)).one_or_none()
        if row is None:
            raise NotFound("session")
        if now - row.seen_at >= SEEN_EVERY_S:
            async with self._store.write() as conn:
                await conn.execute(update(t.sessions).where(one).values(seen_at=now))
        return person_of(row)

    async def revoke(self, token: str, now: float) -> None:
        """End one session; not an error when it is over already."""
        async with self._store.write() as conn:
            await conn.execute(
                update(t.sessions)
                .where(t.sessions.c.token_hash == hashed(token), t.sessions.c.revoked_at.is_(None))
                .values(revoked_at=now)
            )

    async def revoke_all(self, person_id: str, now: float) -> None:
        async with self._store.write() as conn:
            await end_sessions(conn, person_id, now)

    async def forget_expired(self, now: float) -> int:
        """Delete rows that have been over for a day; returns how many."""
        over = or_(t.sessions.c.expires_at <= now - KEPT_S, t.sessions.c.revoked_at <= now - KEPT_S)
        async with self._store.write() as conn:
            return (await conn.execute(delete(t.sessions).where(over))).rowcount


async def end_sessions(conn: AsyncConnection, person_id: str, now: float) -> None:
    """Revoke all sessions of a person, as part of a change that calls for it."""
    await conn.execute(
        update(t.sessions)
        .where(t.sessions.c.person_id == person_id, t.sessions.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def lasting(now: float) -> ColumnElement[bool]:
    """The condition that a session is neither expired nor revoked."""
    return and_(t.sessions.c.expires_at > now, t.sessions.c.revoked_at.is_(None))


def hashed(token: str) -> str:
    """How a token is kept."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
