"""One router at a time: the lease, who may take it, and who must end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from router.apart.lease import Lease, LeaseHeld
from router.apart.link import Link
from tests.split.redisserver import RedisServer
from tests.split.stage import KEYS, caught_up, far_desk, in_thread, router, until

OTHER = "another machine"


async def test_a_second_router_is_refused_while_the_first_beats(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with router(tmp_path, redis.url) as line:
        await until(lambda: line.publisher.settled)
        client = Link(redis.url)
        with pytest.raises(LeaseHeld):
            await Lease(client, KEYS, OTHER).take()
        await client.close()
        await line.calls(2)
        await line.publisher.caught_up(20)


async def test_a_router_that_died_is_waited_for_and_then_followed(redis: RedisServer) -> None:
    client = Link(redis.url)
    dead = Lease(client, KEYS, "a machine that burnt", lease_s=0.6)
    await dead.take()
    heir = Lease(client, KEYS, OTHER)
    await heir.take()
    assert redis.command("GET", KEYS.lease) == heir.token
    await client.close()


async def test_who_holds_the_same_journal_need_not_wait(redis: RedisServer) -> None:
    """A router killed and started again: its journal says that nobody works with it any more."""
    client = Link(redis.url)
    await Lease(client, KEYS, "journal", lease_s=3600).take()
    again = Lease(client, KEYS, "journal", lease_s=3600)
    async with asyncio.timeout(5):
        await again.take()
    with pytest.raises(LeaseHeld):
        redis.command("PERSIST", KEYS.lease)
        await Lease(client, KEYS, "journ", lease_s=3600).take()
    await client.close()


async def test_what_is_released_can_be_taken_at_once_but_only_ones_own(redis: RedisServer) -> None:
    client = Link(redis.url)
    one, other = Lease(client, KEYS, "a", lease_s=3600), Lease(client, KEYS, "b", lease_s=3600)
    await one.take()
    await other.release()
    assert redis.command("GET", KEYS.lease) == one.token
    await one.release()
    async with asyncio.timeout(5):
        await other.take()
    await client.close()


async def test_a_router_whose_lease_another_holds_ends(redis: RedisServer, tmp_path: Path) -> None:
    """It slept, or was cut off, for longer than the lease; the other one beats."""
    async with router(tmp_path, redis.url) as line:
        await until(lambda: line.publisher.settled)
        redis.command("SET", KEYS.lease, f"{OTHER}:token")  # without an end: it is held for good
        await line.calls(2)
        async with asyncio.timeout(20):
            with pytest.raises(LeaseHeld):
                await line.publishing
        assert redis.command("GET", KEYS.lease) == f"{OTHER}:token"


async def test_redis_away_for_longer_than_the_lease_ends_nobody(
    forgetful: RedisServer, tmp_path: Path
) -> None:
    async with router(tmp_path, forgetful.url) as line, far_desk(forgetful.url) as desk:
        await caught_up(line, desk)
        await in_thread(forgetful.kill)
        await line.calls(5)
        await until(lambda: desk.fresh().behind_s > 1.5)  # the lease is of one second here
        assert not line.publishing.done()
        await in_thread(forgetful.start)
        await caught_up(line, desk)
        assert forgetful.command("GET", KEYS.lease) == line.lease.token


async def test_who_has_lost_the_lease_writes_nothing_more(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with router(tmp_path, redis.url) as line:
        await until(lambda: line.publisher.settled)
        redis.command("SET", KEYS.lease, f"{OTHER}:token", "PX", "3000")
        entries = redis.command("XLEN", KEYS.facts)
        await line.calls(5)
        await until(lambda: not line.publisher.settled)
        assert redis.command("XLEN", KEYS.facts) == entries
        # The other one dies without having renewed it: ours again, with everything since.
        redis.command("DEL", KEYS.lease)
        await line.publisher.caught_up(20)
        assert int(redis.command("XLEN", KEYS.facts)) > int(entries)
