"""Facts → log → SQL exactly once, whatever dies in between. Every test on both databases."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Engine, event, update
from structlog.testing import capture_logs

from cases import tables as t
from cases.journal import FileJournal
from cases.ledger import Gap, Ledger
from cases.store import Store
from cases.writer import ROOM, LogBehindDatabase, StoreWriter
from router import facts as f
from tests.store.days import a_day
from tests.store.killed import STEPS
from tests.store.readback import ZONE, assert_exactly

WITHIN_S = 30.0


class Trouble(Exception):
    """The database broke, says the test."""


@contextmanager
def breaking(breaks: Callable[[str], bool]) -> Iterator[None]:
    """Each statement for which `breaks` is true fails in the driver's hands."""

    def trip(_c: Any, _k: Any, statement: str, _p: Any, _x: Any, _m: Any) -> None:
        if breaks(statement):
            raise Trouble(statement)

    event.listen(Engine, "before_cursor_execute", trip)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", trip)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[FileJournal]:
    opened = FileJournal(tmp_path / "journal", sync_s=0.0)
    yield opened
    opened.close()


@asynccontextmanager
async def writing(
    store: Store,
    journal: FileJournal,
    committed: list[f.Fact] | None = None,
    *,
    room: int = ROOM,
) -> AsyncIterator[StoreWriter]:
    seen: list[f.Fact] = [] if committed is None else committed
    writer = StoreWriter(
        store, journal, zone=ZONE, flush_s=0.005, flush_rows=50, committed=seen.extend,
        retry_s=(0.001, 0.01), room=room,
    )  # fmt: skip
    task = asyncio.create_task(writer.run())
    try:
        yield writer
    finally:
        task.cancel()
        done = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(done[0], asyncio.CancelledError), done


def record(journal: FileJournal, writer: StoreWriter | None, facts: Sequence[f.Fact]) -> None:
    journal.append(facts)
    if writer is not None:
        writer.follow(facts)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_batches_of_any_size_offered_once_or_more(store: Store, seed: int) -> None:
    facts, chance, ledger = a_day(seed), Random(seed), Ledger(store, ZONE)
    at = 0
    while at < len(facts):
        start = max(0, at - chance.randint(0, 20))
        stop = min(len(facts), at + chance.randint(0, 40))
        at = max(at, stop)
        assert await ledger.write(facts[start:stop]) == at
        if chance.random() < 0.3:
            ledger = Ledger(store, ZONE)
    assert await ledger.write(facts[-7:]) == len(facts)
    await assert_exactly(store, facts)


async def test_a_gap_is_refused(store: Store) -> None:
    facts, ledger = a_day(4), Ledger(store, ZONE)
    await ledger.write(facts[:10])
    with pytest.raises(Gap) as gap:
        await ledger.write(facts[11:20])
    assert gap.value.position == 10
    await assert_exactly(store, facts[:10])


async def test_a_failure_at_any_statement_writes_nothing(store: Store) -> None:
    facts, ledger = a_day(5, 80), Ledger(store, ZONE)
    half = len(facts) // 2
    await ledger.write(facts[:half])
    for number in range(1, 100):
        count = iter(range(1, 1000))
        try:
            with breaking(lambda _s, count=count, number=number: next(count) == number):
                await ledger.write(facts[half:])
        except Trouble:
            await assert_exactly(store, facts[:half])
        else:
            break
    assert number > 5, "the last batch was written without a single failure"
    await assert_exactly(store, facts)


async def test_two_writers_do_not_write_twice(url: str) -> None:
    """A standby that takes over while the old one still breathes."""
    stores = [await Store.open(url) for _ in range(2)]
    facts = a_day(6)
    ledgers = [Ledger(store, ZONE) for store in stores]
    for start in range(0, len(facts), 25):
        batch = facts[start : start + 25]
        await asyncio.gather(*(ledger.write(batch) for ledger in ledgers), return_exceptions=True)
    await ledgers[0].write(facts)
    await assert_exactly(stores[0], facts)
    for store in stores:
        await store.close()


async def test_what_was_only_in_the_log_is_caught_up(store: Store, journal: FileJournal) -> None:
    facts = a_day(7)
    record(journal, None, facts[:200])
    committed: list[f.Fact] = []
    async with writing(store, journal, committed) as writer:
        record(journal, writer, facts[200:])
        await writer.caught_up(len(facts), WITHIN_S)
        assert writer.behind() == 0
    assert committed == facts
    await assert_exactly(store, facts)


async def test_facts_as_they_happen(store: Store, journal: FileJournal) -> None:
    facts, chance = a_day(8), Random(8)
    async with writing(store, journal) as writer:
        at = 0
        while at < len(facts):
            size = chance.randint(1, 60)
            record(journal, writer, facts[at : at + size])
            at = min(at + size, len(facts))
            if chance.random() < 0.3:
                await writer.caught_up(at, WITHIN_S)
        await writer.caught_up(len(facts), WITHIN_S)
    await assert_exactly(store, facts)


async def test_facts_wait_in_the_log_while_the_database_is_away(
    store: Store, journal: FileJournal
) -> None:
    facts = a_day(9)
    tried = asyncio.Event()
    loop = asyncio.get_running_loop()

    def breaks(_statement: str) -> bool:
        loop.call_soon_threadsafe(tried.set)
        return True

    with capture_logs() as logs:
        # Room for far less than what happens meanwhile.
        async with writing(store, journal, room=40) as writer:
            record(journal, writer, facts[:50])
            await writer.caught_up(50, WITHIN_S)
            with breaking(breaks):
                for start in range(50, len(facts), 30):
                    record(journal, writer, facts[start : start + 30])
                for _ in range(3):
                    tried.clear()
                    await asyncio.wait_for(tried.wait(), WITHIN_S)
                assert writer.failing
                assert writer.behind() == len(facts) - 50
                with pytest.raises(TimeoutError):
                    await writer.caught_up(len(facts), 0.01)
            await writer.caught_up(len(facts), WITHIN_S)
            assert not writer.failing
    await assert_exactly(store, facts)
    assert [entry["event"] for entry in logs] == ["store.write_failed", "store.writes_again"]
    assert "1380000" not in str(logs), "a caller's number in the log"


async def test_the_database_never_knows_more_than_the_disk(store: Store, tmp_path: Path) -> None:
    """The log's own thread would sync in an hour: the writer must not go ahead of it."""
    journal = FileJournal(tmp_path / "lazy", sync_s=3600.0)
    facts = a_day(10, 30)
    try:
        committed: list[int] = []
        writer = StoreWriter(
            store, journal, zone=ZONE, flush_s=0.0, flush_rows=10,
            committed=lambda batch: committed.append(journal.synced_seq - batch[-1].seq),
        )  # fmt: skip
        task = asyncio.create_task(writer.run())
        for start in range(0, len(facts), 10):
            record(journal, writer, facts[start : start + 10])
            await writer.caught_up(journal.last_seq, WITHIN_S)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert committed
        assert min(committed) >= 0
    finally:
        journal.close()


async def test_a_database_that_knows_more_than_the_log_is_refused(
    store: Store, journal: FileJournal
) -> None:
    facts = a_day(11, 30)
    await Ledger(store, ZONE).write(facts)
    record(journal, None, facts[:5])
    writer = StoreWriter(store, journal, zone=ZONE, flush_s=0.0, flush_rows=10)
    with pytest.raises(LogBehindDatabase):
        await asyncio.wait_for(writer.run(), WITHIN_S)


async def test_the_log_lets_go_of_what_the_database_has(store: Store, tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal", sync_s=0.0, segment_bytes=5000)
    facts = a_day(12)
    try:
        async with writing(store, journal) as writer:
            for start in range(0, len(facts), 20):
                record(journal, writer, facts[start : start + 20])
                journal.keep_snapshot(journal.last_seq, b"state")
                journal.sync()
                await writer.caught_up(journal.last_seq, WITHIN_S)
        assert len(list((tmp_path / "journal").glob("facts-*.log"))) <= 3
    finally:
        journal.close()
    await assert_exactly(store, facts)


async def test_what_people_wrote_is_not_overwritten(store: Store) -> None:
    facts, ledger = a_day(13), Ledger(store, ZONE)
    half = len(facts) // 2
    await ledger.write(facts[:half])
    async with store.write() as conn:
        await conn.execute(update(t.slips).values(text="བོད་ཡིག", version=2))
        await conn.execute(update(t.recordings).values(status="ready"))
        await conn.execute(update(t.voicemails).values(state="handled"))
    await ledger.write(facts[half:])
    async with store.read() as conn:
        texts = (await conn.execute(t.slips.select().where(t.slips.c.version == 2))).all()
        assert texts
        assert {row.text for row in texts} == {"བོད་ཡིག"}
        kept = await conn.execute(t.recordings.select().where(t.recordings.c.status == "ready"))
        assert kept.all()


@pytest.mark.parametrize("seed", [21])
async def test_killed_again_and_again_each_fact_is_there_once(
    url: str, tmp_path: Path, seed: int
) -> None:
    """A real process, a real SIGKILL, at moments that the seed chooses."""
    chance, directory = Random(seed), tmp_path / "journal"
    for lives in range(3):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.store.killed", str(directory), url, str(seed),
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        if lives < 2:
            for _ in range(chance.randint(1, 6)):
                await asyncio.wait_for(process.stdout.readline(), WITHIN_S)
            process.kill()
        await asyncio.wait_for(process.communicate(), 2 * WITHIN_S)
        wanted = -signal.SIGKILL if lives < 2 else 0
        assert process.returncode == wanted
    store = await Store.open(url)
    await assert_exactly(store, a_day(seed, STEPS))
    await store.close()


@pytest.mark.postgres
async def test_broken_connections_are_replaced(
    migrated_server: str, journal: FileJournal, request: pytest.FixtureRequest
) -> None:
    from tests.store.conftest import execute

    execute(migrated_server, "CREATE DATABASE broken TEMPLATE ready")
    store = await Store.open(f"{migrated_server}/broken")
    facts = a_day(14)
    admin = await asyncpg.connect(f"{migrated_server}/postgres")
    try:
        async with writing(store, journal) as writer:
            for start in range(0, len(facts), 40):
                record(journal, writer, facts[start : start + 40])
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = 'broken'"
                )
                await writer.caught_up(journal.last_seq, WITHIN_S)
        await assert_exactly(store, facts)
    finally:
        await admin.close()
        await store.close()
