"""The database: opened here and nowhere else. SQLite (WAL) in a file, or PostgreSQL by URL.

Whoever changes something does it inside `Store.write()`; `Store.read()` cannot write. On SQLite
a writing transaction begins IMMEDIATE: begun deferred, two read-modify-writes side by side lose
one of the updates without an error (474 of 500 in our measurement).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection


async def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema; creates an SQLite file if need be."""
    raise NotImplementedError


class Store:
    """An open database. Construct with `open`; `close` when done."""

    @classmethod
    async def open(cls, url: str) -> Store:
        """Connect. Raises SchemaTooOld when `migrate` has not been run."""
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        raise NotImplementedError
        yield

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, rolled back when it raises."""
        raise NotImplementedError
        yield
