"""Facts on their way to screens in other processes, through a Redis that comes and goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from router.apart import wire
from router.apart.desk import FarDesk
from router.apart.link import Link
from router.state import Snapshot
from tests.split.redisserver import RedisServer
from tests.split.stage import (
    DEADLINE_S,
    KEYS,
    STALE_S,
    Screen,
    caught_up,
    far_desk,
    in_thread,
    router,
    same,
    until,
)


@asynccontextmanager
async def standing_still(desk: FarDesk) -> AsyncIterator[None]:
    """The desk's process gets no processor: it reads nothing from Redis."""
    still = asyncio.Event()

    async def never() -> None:
        still.set()
        raise ConnectionError

    desk._read, read = never, desk._read  # type: ignore[method-assign]
    await still.wait()
    try:
        yield
    finally:
        desk._read = read  # type: ignore[method-assign]


async def test_a_screen_shows_what_the_router_knows(redis: RedisServer, tmp_path: Path) -> None:
    async with router(tmp_path, redis.url) as line, far_desk(redis.url) as desk:
        await line.calls(5)
        await caught_up(line, desk)
        screen = Screen(desk)
        await line.calls(20)
        await caught_up(line, desk)
        screen.assert_without_gap_or_double()
        assert screen.state.seq == line.journal.last_seq
        assert desk.parts == {"journal": {"state": "ok"}}


async def test_a_screen_that_comes_late_begins_from_the_snapshot(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with router(tmp_path, redis.url, snapshot_every=20) as line:
        await line.calls(30)
        await line.publisher.caught_up(DEADLINE_S)
        async with far_desk(redis.url) as desk:
            await caught_up(line, desk)
            assert Screen(desk).seen[0] > 0


async def test_a_snapshot_of_some_time_ago_is_not_called_up_to_date(
    redis: RedisServer, tmp_path: Path
) -> None:
    """A page that believed it would hang up a talk that has begun since."""
    async with router(tmp_path, redis.url) as line:
        await line.calls(5)
        await line.publisher.caught_up(DEADLINE_S)
        await until(lambda: line.publisher.settled)
        old = wire.encode(wire.Kept(line.publisher._thread, Snapshot(0, 0.0)))
        link = Link(redis.url)
        try:
            await link.command("SET", KEYS.snapshot, old)
            desk = FarDesk(link, link, KEYS)
            await desk._settle(anew=True)
            assert (desk.seq, desk.router_seen(), desk.fresh().stale) == (0, True, True)
            while desk.seq < line.journal.last_seq:
                await desk._read()
            assert not desk.fresh().stale
        finally:
            await link.close()


@pytest.mark.parametrize("keeps", [True, False])
async def test_redis_restarts_in_mid_stream_and_calls_go_on(keeps: bool, tmp_path: Path) -> None:
    """With everything it knew, and with nothing: no gap, no double, and no beginning anew."""
    server = RedisServer(keeps=keeps)
    try:
        server.start()
        async with router(tmp_path, server.url) as line, far_desk(server.url) as desk:
            await caught_up(line, desk)
            screen = Screen(desk)
            for _ in range(2):
                await line.calls(10)
                await in_thread(server.kill)
                await line.calls(10)
                assert line.publisher.behind() > 0
                await until(lambda: desk.fresh().stale and desk.fresh().behind_s > STALE_S)
                assert line.publisher.failing
                assert desk.failing
                await in_thread(server.start)
                await caught_up(line, desk)
                assert not line.publisher.failing
            screen.assert_without_gap_or_double()
            assert screen.began == 1
            assert screen.state.seq == line.journal.last_seq
    finally:
        server.end()


async def test_a_redis_that_is_frozen_holds_nobody_up(redis: RedisServer, tmp_path: Path) -> None:
    async with router(tmp_path, redis.url) as line, far_desk(redis.url) as desk:
        await caught_up(line, desk)
        screen = Screen(desk)
        redis.freeze()
        await line.calls(20)  # the whole of them, while nobody answers the publisher
        assert line.publisher.behind() >= 100
        await until(lambda: desk.fresh().stale)
        redis.thaw()
        await caught_up(line, desk)
        screen.assert_without_gap_or_double()


async def test_a_stream_that_was_emptied_under_way_is_written_again(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with router(tmp_path, redis.url) as line, far_desk(redis.url) as desk:
        await line.calls(10)
        await caught_up(line, desk)
        screen = Screen(desk)
        redis.command("FLUSHALL")
        await line.calls(10)
        await caught_up(line, desk)
        screen.assert_without_gap_or_double()
        async with far_desk(redis.url) as late:
            await caught_up(line, late)


async def test_facts_taken_out_of_the_stream_are_noticed(
    redis: RedisServer, tmp_path: Path
) -> None:
    """Somebody took one entry out of the middle: the desk must not go on as if it had been none."""
    async with (
        router(tmp_path, redis.url, snapshot_every=40) as line,
        far_desk(redis.url) as desk,
    ):
        await line.calls(1)
        await caught_up(line, desk)
        screen = Screen(desk)
        async with standing_still(desk):
            before = line.journal.last_seq
            for _ in range(2):
                await line.calls(1)
                await line.publisher.caught_up(DEADLINE_S)
            entries = redis.command("XRANGE", KEYS.facts, f"({before}-99", "+").split()
            redis.command("XDEL", KEYS.facts, next(id for id in entries if id.endswith("-0")))
        await line.calls(10)
        await caught_up(line, desk)
        assert screen.began > 1
        screen.assert_without_gap_or_double()


async def test_a_router_that_starts_again_goes_on_where_it_was(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with far_desk(redis.url) as desk:
        async with router(tmp_path, redis.url) as line:
            await line.calls(10)
            await caught_up(line, desk)
            screen = Screen(desk)
        await until(lambda: desk.fresh().stale)
        async with router(tmp_path, redis.url) as line:
            await line.calls(10)
            await caught_up(line, desk)
        screen.assert_without_gap_or_double()
        assert screen.began == 1


async def test_a_router_with_another_journal_makes_screens_begin_anew(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with far_desk(redis.url) as desk:
        async with router(tmp_path / "one", redis.url) as line:
            await line.calls(10)
            await caught_up(line, desk)
            screen = Screen(desk)
            before = screen.state.seq
        async with router(tmp_path / "two", redis.url) as line:
            await line.calls(2)
            assert line.journal.last_seq < before
            await caught_up(line, desk)
            assert screen.began == 2
            assert screen.state.seq == line.journal.last_seq
            screen.assert_without_gap_or_double()


async def test_a_screen_that_slept_for_too_long_begins_anew(
    redis: RedisServer, tmp_path: Path
) -> None:
    """The stream is trimmed: what it missed is not there any more."""
    small = {"entries": 10, "snapshot_every": 20}
    async with router(tmp_path, redis.url, **small) as line, far_desk(redis.url) as desk:
        await caught_up(line, desk)
        screen = Screen(desk)
        async with standing_still(desk):
            for _ in range(30):
                await line.calls(5)  # a batch each, and Redis trims whole blocks of a hundred
                await line.publisher.caught_up(DEADLINE_S)
            redis.command("XTRIM", KEYS.facts, "MAXLEN", "10")
        await line.calls(1)
        await caught_up(line, desk)
        assert screen.began == 2
        screen.assert_without_gap_or_double()


async def test_a_router_far_behind_writes_only_what_the_stream_would_keep(
    redis: RedisServer, tmp_path: Path
) -> None:
    """Facts that were let go of by the journal meanwhile are not needed for it."""
    async with router(tmp_path, redis.url, entries=100) as line, far_desk(redis.url) as desk:
        await caught_up(line, desk)
        await in_thread(redis.kill)
        await line.calls(80)
        line.journal.keep_snapshot(line.journal.last_seq, msgspec.msgpack.encode(1))
        line.journal.sync()
        line.journal.let_go(line.journal.last_seq)
        with pytest.raises(ValueError, match="let go"):
            line.journal.read(1, 1)
        await in_thread(redis.start)
        await caught_up(line, desk)


async def test_two_screens_processes_see_the_same(redis: RedisServer, tmp_path: Path) -> None:
    async with (
        router(tmp_path, redis.url) as line,
        far_desk(redis.url) as one,
        far_desk(redis.url) as other,
    ):
        await line.calls(5)
        await caught_up(line, one)
        await caught_up(line, other)
        assert same(one.snapshot(), other.snapshot())


async def test_without_a_router_a_desk_is_empty_and_says_so(redis: RedisServer) -> None:
    async with far_desk(redis.url) as desk:
        await until(lambda: desk.fresh().behind_s > STALE_S)
        assert desk.fresh().stale
        assert desk.snapshot() == Snapshot(0, 0.0)
