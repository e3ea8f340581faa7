"""From an empty database to the tables of `cases.tables`, on both databases."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from cases.store import Store, StoreUnready, migrate, store_url
from cases.tables import metadata


def differences(conn: Connection) -> list[object]:
    context = MigrationContext.configure(
        conn, opts={"compare_type": True, "compare_server_default": True}
    )
    return list(compare_metadata(context, metadata))


async def test_migrations_lead_to_the_tables_that_the_code_knows(empty_url: str) -> None:
    await migrate(empty_url)
    store = await Store.open(empty_url)
    async with store.read() as conn:
        assert await conn.run_sync(differences) == []
    await store.close()


async def test_migrating_again_changes_nothing(empty_url: str) -> None:
    await migrate(empty_url)
    await migrate(empty_url)
    store = await Store.open(empty_url)
    await store.close()


async def test_two_processes_may_migrate_at_once(empty_url: str) -> None:
    await asyncio.gather(migrate(empty_url), migrate(empty_url))
    store = await Store.open(empty_url)
    await store.close()


async def test_a_database_without_a_schema_is_not_opened(empty_url: str) -> None:
    with pytest.raises(StoreUnready) as refused:
        await Store.open(empty_url)
    assert refused.value.code == "schema-missing"


async def test_a_database_of_a_newer_version_is_not_opened(empty_url: str) -> None:
    await migrate(empty_url)
    store = await Store.open(empty_url)
    async with store.write() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await store.close()
    with pytest.raises(StoreUnready) as refused:
        await Store.open(empty_url)
    assert refused.value.code == "schema-unknown"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://127.0.0.1/x"])
async def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(StoreUnready) as refused:
        await Store.open(url)
    assert refused.value.code == "url"


def test_without_a_url_the_database_is_a_file_in_the_data_directory(tmp_path: Path) -> None:
    assert store_url("", tmp_path) == f"sqlite:///{tmp_path}/hotline.sqlite"
    assert store_url("postgresql://h/x", tmp_path) == "postgresql://h/x"
