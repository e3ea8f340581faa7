"""The database: opened here and nowhere else. SQLite (WAL) in a file, or PostgreSQL by URL.

Whoever changes something does it inside `Store.write()`; `Store.read()` cannot write. On SQLite
a writing transaction begins IMMEDIATE: begun deferred, two read-modify-writes side by side lose
one of the updates without an error (474 of 500 in our measurement). On PostgreSQL a row that is
read in order to be changed is read `with_for_update()`, which SQLite does not need and ignores.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
_BUSY_MS = 30_000
_ONE_MIGRATION = 12348
"""Key of the PostgreSQL advisory lock under which schemas are changed."""


_SHARED: dict[str, Any] = {
    "json_serializer": lambda value: msgspec.json.encode(value).decode(),
    "json_deserializer": msgspec.json.decode,
    "hide_parameters": True,  # an error's text must not carry a caller's number into a log
}
T = TypeVar("T")


class StoreUnready(Exception):
    """The database cannot be used as it is.

    `code`: `url` (not SQLite or PostgreSQL, or SQLite in memory), `schema-missing`, `schema-old`
    (run `migrate`), `schema-unknown` (made by a newer version).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Store:
    """An open database. Construct with `open`; `close` when done."""

    def __init__(
        self, reading: AsyncEngine, writing: AsyncEngine, direct: Engine | None = None
    ) -> None:
        self._reading = reading
        self._writing = writing
        self._direct = direct
        # Writers to an SQLite file queue here and not in SQLite, which polls.
        self._turn = asyncio.Lock()

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._writing.dialect.name

    @classmethod
    async def open(cls, url: str) -> Store:
        """Connect and check the schema. Raises StoreUnready, and OSError or SQLAlchemyError when
        the server cannot be reached."""
        place = _place(url)
        if place.get_backend_name() == "sqlite":
            store = cls(
                _sqlite(place, writes=False), _sqlite(place, writes=True), _sqlite_direct(place)
            )
        else:
            engine = _postgresql(place)
            store = cls(engine, engine)
        try:
            async with store.read() as conn:
                await conn.run_sync(_check_schema)
        except BaseException:
            await store.close()
            raise
        return store

    async def close(self) -> None:
        await self._writing.dispose()
        await self._reading.dispose()
        if self._direct is not None:
            self._direct.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One consistent view: what is committed meanwhile is not seen in parts."""
        async with self._reading.connect() as conn:
            if self.dialect == "postgresql":
                await conn.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            yield conn

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, rolled back when it raises."""
        async with self._alone(), self._writing.begin() as conn:
            yield conn

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """A transaction of many statements, which `work` makes without awaiting.

        On SQLite it runs in a thread as a whole: with a hop between threads for each step of each
        statement, a batch of facts took five times the processor time. When the caller is
        cancelled the transaction comes to its end first.
        """
        if self._direct is None:
            async with self._writing.begin() as conn:
                return await conn.run_sync(work)
        async with self._alone():
            done = asyncio.ensure_future(asyncio.to_thread(_transacted, self._direct, work))
            try:
                return await asyncio.shield(done)
            except asyncio.CancelledError:
                await asyncio.wait({done})
                raise

    def _alone(self) -> AbstractAsyncContextManager[object]:
        return nullcontext() if self._direct is None else self._turn


def store_url(url: str, data: Path) -> str:
    """`settings.store.url`, or SQLite in the data directory when that is empty."""
    return url or str(URL.create("sqlite", database=str(data / "hotline.sqlite")))


async def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema; makes an SQLite file if there is none.

    Raises StoreUnready for an address that is not ours, and what the driver raises when the
    server cannot be reached.
    """
    place = _place(url)
    if place.get_backend_name() == "sqlite":
        async with _one_migration(Path(str(place.database))):
            await _migrate(_sqlite(place, writes=True))
    else:
        await _migrate(_postgresql(place))


async def _migrate(engine: AsyncEngine) -> None:
    try:
        async with engine.begin() as conn:
            if engine.dialect.name == "postgresql":
                await conn.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_MIGRATION})"))
            await conn.run_sync(_upgrade)
    finally:
        await engine.dispose()


@asynccontextmanager
async def _one_migration(database: Path) -> AsyncIterator[None]:
    """One process at a time in the database's directory: SQLite does not wait while another one
    turns the same new file to WAL, whatever its busy time-out says."""
    directory = os.open(database.parent, os.O_RDONLY)
    try:
        await asyncio.to_thread(fcntl.flock, directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _place(url: str) -> URL:
    place = make_url(url)
    driver = _DRIVERS.get(place.get_backend_name())
    if driver is None or (driver.startswith("sqlite") and place.database in {None, "", ":memory:"}):
        raise StoreUnready("url")
    return place.set(drivername=driver)


def _sqlite(place: URL, *, writes: bool) -> AsyncEngine:
    engine = create_async_engine(place, **_SHARED, pool_size=1 if writes else 4, max_overflow=0)
    _prepare_sqlite(engine.sync_engine, writes=writes)
    return engine


def _sqlite_direct(place: URL) -> Engine:
    engine = create_engine(
        place.set(drivername="sqlite"),
        **_SHARED,
        pool_size=1,
        max_overflow=0,
        connect_args={"check_same_thread": False},
    )
    _prepare_sqlite(engine, writes=True)
    return engine


def _prepare_sqlite(engine: Engine, *, writes: bool) -> None:
    @event.listens_for(engine, "connect")
    def prepare(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # transactions begin when we say so, see `begin`
        cursor = dbapi.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        # The log lets go of facts that are in here: what was committed must outlive a power cut.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA query_only = {0 if writes else 1}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _transacted(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.begin() as conn:
        return work(conn)


def _postgresql(place: URL) -> AsyncEngine:
    return create_async_engine(
        place,
        **_SHARED,
        pool_pre_ping=True,
        connect_args={"timeout": 5, "command_timeout": 30},
    )


def _config() -> Config:
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(conn: Connection) -> None:
    config = _config()
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def _check_schema(conn: Connection) -> None:
    scripts = ScriptDirectory.from_config(_config())
    found = MigrationContext.configure(conn).get_current_revision()
    if found == scripts.get_current_head():
        return
    if found is None:
        raise StoreUnready("schema-missing")
    known = {script.revision for script in scripts.walk_revisions()}
    raise StoreUnready("schema-old" if found in known else "schema-unknown")
