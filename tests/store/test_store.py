"""Transactions on both databases: nothing lost, nothing half done, nothing written by readers."""

from __future__ import annotations

import asyncio
import threading

import pytest
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from cases import tables as t
from cases.store import Store

TIBETAN, YI = "བོད་སྐད", "ꆈꌠꉙ"


async def test_no_update_is_lost_between_twenty_writers(store: Store) -> None:
    """Begun deferred, SQLite lost 474 of these 500 without an error."""
    async with store.write() as conn:
        await conn.execute(insert(t.slip_days).values(day="261122", last=0))

    async def count() -> None:
        for _ in range(25):
            async with store.write() as conn:
                last = await conn.scalar(select(t.slip_days.c.last).with_for_update())
                await conn.execute(update(t.slip_days).values(last=last + 1))

    await asyncio.gather(*(count() for _ in range(20)))
    async with store.read() as conn:
        assert await conn.scalar(select(t.slip_days.c.last)) == 500


async def test_no_update_is_lost_between_two_processes_worth_of_stores(url: str) -> None:
    stores = [await Store.open(url) for _ in range(4)]
    async with stores[0].write() as conn:
        await conn.execute(insert(t.slip_days).values(day="261122", last=0))

    async def count(store: Store) -> None:
        for _ in range(25):
            async with store.write() as conn:
                last = await conn.scalar(select(t.slip_days.c.last).with_for_update())
                await conn.execute(update(t.slip_days).values(last=last + 1))

    await asyncio.gather(*(count(store) for store in stores))
    async with stores[0].read() as conn:
        assert await conn.scalar(select(t.slip_days.c.last)) == 100
    for store in stores:
        await store.close()


async def test_what_raises_is_rolled_back(store: Store) -> None:
    with pytest.raises(RuntimeError):
        async with store.write() as conn:
            await conn.execute(insert(t.slip_days).values(day="261122", last=1))
            raise RuntimeError
    async with store.read() as conn:
        assert await conn.scalar(select(func.count()).select_from(t.slip_days)) == 0


async def test_a_whole_transaction_in_one_piece(store: Store) -> None:
    def count(conn: Connection) -> int:
        last = conn.scalar(select(t.slip_days.c.last).with_for_update())
        conn.execute(update(t.slip_days).values(last=last + 1))
        return last + 1

    def fail(conn: Connection) -> int:
        count(conn)
        raise RuntimeError

    async def by_hand() -> int:
        async with store.write() as conn:
            return await conn.run_sync(count)

    async with store.write() as conn:
        await conn.execute(insert(t.slip_days).values(day="261122", last=0))
    with pytest.raises(RuntimeError):
        await store.transact(fail)
    done = await asyncio.gather(
        *(store.transact(count) if number % 2 else by_hand() for number in range(30))
    )
    assert sorted(done) == list(range(1, 31))


async def test_who_is_cancelled_leaves_no_half_transaction(store: Store) -> None:
    go_on, began = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def work(conn: Connection) -> None:
        conn.execute(insert(t.slip_days).values(day="261122", last=1))
        loop.call_soon_threadsafe(began.set)
        if store.dialect == "sqlite":
            assert go_on.wait(10)
        conn.execute(insert(t.slip_days).values(day="261123", last=1))

    task = asyncio.create_task(store.transact(work))
    await asyncio.wait_for(began.wait(), 10)
    task.cancel()
    go_on.set()
    await asyncio.gather(task, return_exceptions=True)
    async with store.write() as conn:
        assert await conn.scalar(select(func.count()).select_from(t.slip_days)) in {0, 2}


async def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(DBAPIError):
        async with store.read() as conn:
            await conn.execute(insert(t.slip_days).values(day="261122", last=1))


async def test_a_reader_does_not_wait_for_a_writer_and_sees_what_is_committed(store: Store) -> None:
    async with store.write() as writing:
        await writing.execute(insert(t.slip_days).values(day="261122", last=1))
        async with store.read() as reading:
            assert await reading.scalar(select(func.count()).select_from(t.slip_days)) == 0
    async with store.read() as reading:
        assert await reading.scalar(select(func.count()).select_from(t.slip_days)) == 1


async def test_foreign_keys_are_kept(store: Store) -> None:
    with pytest.raises(IntegrityError):
        async with store.write() as conn:
            await conn.execute(
                insert(t.ratings).values(
                    leg_id="x-L1", call_id="x", person_id="p", at=1.0, score=1, missed=None
                )
            )


async def test_tibetan_and_yi_come_back_as_they_went_in(store: Store) -> None:
    body = {"name": TIBETAN, "text": YI, "line separator": "\u2028", "emoji": "☎️"}
    async with store.write() as conn:
        row = {"seq": 1, "at": 1.5, "type": TIBETAN, "call_id": YI, "seat_id": None, "body": body}
        await conn.execute(insert(t.facts).values(row))
    async with store.read() as conn:
        found = (await conn.execute(select(t.facts))).one()
    assert (found.type, found.call_id, found.body) == (TIBETAN, YI, body)


async def test_times_keep_their_microseconds(store: Store) -> None:
    at = 1795312345.123456
    async with store.write() as conn:
        row = {"seq": 1, "at": at, "type": "x", "call_id": None, "seat_id": None, "body": {}}
        await conn.execute(insert(t.facts).values(row))
    async with store.read() as conn:
        assert await conn.scalar(select(t.facts.c.at)) == at
