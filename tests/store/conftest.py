"""One suite on both databases: every test that takes `store` runs on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path

import asyncpg
import pytest

from cases.store import Store, migrate
from cases.tables import metadata
from tests.store.cluster import postgres

_names = (f"hotline_{number}" for number in itertools.count(1))


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A private PostgreSQL. Fails, never skips, where there is none."""
    with postgres() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_server(server: str) -> str:
    """The server with a migrated database `ready`, to be copied or emptied."""

    execute(server, "CREATE DATABASE ready")
    apart(migrate(f"{server}/ready"))
    execute(server, "CREATE DATABASE used TEMPLATE ready")
    return server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "ready.sqlite"
    apart(migrate(f"sqlite:///{path}"))
    return path


def execute(server: str, statement: str, database: str = "postgres") -> None:
    async def done() -> None:
        conn = await asyncpg.connect(f"{server}/{database}")
        try:
            await conn.execute(statement)
        finally:
            await conn.close()

    apart(done())


def apart(work: Coroutine[None, None, None]) -> None:
    """Run to the end in a loop of its own: the test's loop may be running around us."""
    thread = threading.Thread(target=asyncio.run, args=(work,))
    thread.start()
    thread.join()


BOTH = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres),
]


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite'}"
    server: str = request.getfixturevalue("server")
    name = next(_names)
    execute(server, f"CREATE DATABASE {name}")
    return f"{server}/{name}"


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database without rows."""
    if request.param == "sqlite":
        copy = tmp_path / "hotline.sqlite"
        shutil.copy(request.getfixturevalue("migrated_file"), copy)
        return f"sqlite:///{copy}"
    return emptied(request.getfixturevalue("migrated_server"))


def emptied(server: str) -> str:
    """The migrated database `used` of a `migrated_server`, without rows."""
    # Emptying one database takes a tenth of the time of copying one.
    for statement in (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'used'"
        " AND pid <> pg_backend_pid()",
        f"TRUNCATE {', '.join(metadata.tables)}",
        f"INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '{'0' * 64}')",
    ):
        execute(server, statement, "used")
    return f"{server}/used"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await Store.open(url)
    yield opened
    await opened.close()
