"""Signed-in browsers: a random token for the client, its SHA-256 in the database.

A session can be revoked at once, which an encrypted cookie cannot. Never logs a token.
"""

from __future__ import annotations

from cases.records import Person
from cases.store import Store


class Sessions:
    def __init__(self, store: Store, hours: float) -> None: ...

    async def open(self, person_id: str, now: float) -> str:
        """A new session's token (43 characters, URL-safe)."""
        raise NotImplementedError

    async def person(self, token: str, now: float) -> Person:
        """Whose session this is. Raises NotFound("session"): unknown, expired or revoked."""
        raise NotImplementedError

    async def revoke(self, token: str, now: float) -> None:
        raise NotImplementedError

    async def revoke_all(self, person_id: str, now: float) -> None:
        raise NotImplementedError

    async def forget_expired(self, now: float) -> int:
        """Delete rows that have been over for a day; returns how many."""
        raise NotImplementedError
