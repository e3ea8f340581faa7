"""Requests of people at screens of other processes: carried out once, answered once, or refused."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from router import events as e
from router.apart import wire
from router.apart.link import Link
from router.facts import SeatSignedIn
from router.ports import RouterAway
from router.verdict import Refusal
from tests.split.redisserver import RedisServer
from tests.split.stage import (
    KEYS,
    SKILLS,
    Router,
    Screen,
    caught_up,
    far_desk,
    in_thread,
    router,
    until,
)

SIGN_IN = e.SignIn("8001", "p1", "zhang", SKILLS)


async def put(url: str, number: str, within_ms: int, request: e.Request = SIGN_IN) -> None:
    """A request as a desk writes it, under a number of our choice."""
    client = Link(url)
    body = wire.encode(wire.Ask(number, within_ms, request))
    await client.command("XADD", KEYS.asks, "*", "b", body)
    await client.close()


async def answers(url: str, number: str) -> list[wire.Answer]:
    """Every answer to that number in the stream."""
    client = Link(url)
    entries: Any = await client.command("XRANGE", KEYS.facts, "-", "+")
    await client.close()
    found = [wire.answer_of(fields[b"a"]) for _, fields in entries if b"a" in fields]
    return [answer for answer in found if answer.number == number]


def signed_in(line: Router) -> int:
    return sum(isinstance(fact.body, SeatSignedIn) for fact in line.journal.read(0))


async def test_a_request_is_done_and_its_facts_are_there_before_the_answer(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with router(tmp_path, redis.url) as line, far_desk(redis.url) as desk:
        await caught_up(line, desk)
        screen = Screen(desk)
        for _ in range(20):
            assert await desk.ask(SIGN_IN) is None
            assert screen.state.seats["8001"].person_id == "p1"
            assert await desk.ask(e.Ready("8002")) == Refusal("seat-not-signed-in", "seat_id")
            assert await desk.ask(e.SignOut("8001")) is None
            assert "8001" not in screen.state.seats
        screen.assert_without_gap_or_double()


async def test_two_desks_hear_each_its_own_answers(redis: RedisServer, tmp_path: Path) -> None:
    async with (
        router(tmp_path, redis.url) as line,
        far_desk(redis.url) as one,
        far_desk(redis.url) as other,
    ):
        await caught_up(line, one)
        await caught_up(line, other)
        taken = e.SignIn("8001", "p2", "li", SKILLS)
        results = await asyncio.gather(one.ask(SIGN_IN), other.ask(taken))
        assert sorted(map(str, results)) == sorted(
            map(str, [None, Refusal("seat-taken", "seat_id")])
        )
        assert signed_in(line) == 1


async def test_a_request_that_comes_twice_is_carried_out_once_and_answered_alike(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with router(tmp_path, redis.url) as line:
        for _ in range(3):
            await put(redis.url, "twice", 60_000)
        await until(lambda: len(line.carried_out) == 1)
        async with asyncio.timeout(20):
            while len(found := await answers(redis.url, "twice")) < 3:
                pass
        assert found == [wire.Answer("twice", None)] * 3
        assert len(line.carried_out) == 1


async def test_the_next_router_gives_the_answer_of_the_one_before(
    redis: RedisServer, tmp_path: Path
) -> None:
    """It finds the request still in the stream, and has not carried it out itself."""
    async with router(tmp_path, redis.url) as line:
        await put(redis.url, "again", 60_000)
        await until(lambda: len(line.carried_out) == 1)
        await line.publisher.caught_up(20)
    async with router(tmp_path, redis.url) as line:
        async with asyncio.timeout(20):
            while len(found := await answers(redis.url, "again")) < 2:
                pass
        assert found[-1] == wire.Answer("again", None)
        assert not line.carried_out
        assert signed_in(line) == 1


async def test_a_request_older_than_its_asker_would_wait_is_left_alone(
    redis: RedisServer, tmp_path: Path
) -> None:
    await put(redis.url, "late", 1)
    await put(redis.url, "odd", 60_000, e.HangUp("8001"))
    async with router(tmp_path, redis.url) as line:
        await until(lambda: line.carried_out)
        assert line.carried_out == [e.HangUp("8001")]


async def test_a_request_that_cannot_be_read_is_passed_over(
    redis: RedisServer, tmp_path: Path
) -> None:
    for junk in ("junk", ""):
        redis.command("XADD", KEYS.asks, "*", "b", junk)
    redis.command("XADD", KEYS.asks, "*", "other", "field")
    async with router(tmp_path, redis.url) as line, far_desk(redis.url) as desk:
        await caught_up(line, desk)
        assert await desk.ask(SIGN_IN) is None


async def test_without_a_router_nobody_is_kept_waiting(redis: RedisServer, tmp_path: Path) -> None:
    async with far_desk(redis.url) as desk:
        with pytest.raises(RouterAway):
            await desk.ask(SIGN_IN)
        async with router(tmp_path, redis.url) as line:
            await caught_up(line, desk)
        await until(lambda: not desk.router_seen())
        with pytest.raises(RouterAway):
            await desk.ask(SIGN_IN)
        assert redis.command("EXISTS", KEYS.asks) == "0"


async def test_a_request_while_redis_restarts_is_done_once_or_refused(tmp_path: Path) -> None:
    """Asked in the moment in which Redis goes, and answered once it is back, empty."""
    server = RedisServer(keeps=False)
    try:
        server.start()
        async with router(tmp_path, server.url) as line, far_desk(server.url) as desk:
            await caught_up(line, desk)
            assert await desk.ask(SIGN_IN) is None
            await in_thread(server.kill)
            asking = asyncio.ensure_future(desk.ask(e.SignOut("8001")))
            await in_thread(server.start)
            assert await asking is None
            assert [type(request) for request in line.carried_out] == [e.SignIn, e.SignOut]
            await caught_up(line, desk)
    finally:
        server.end()


async def test_an_answer_that_is_lost_is_given_again(redis: RedisServer, tmp_path: Path) -> None:
    """The stream is emptied between the request and its answer: it is asked again, done once."""
    async with router(tmp_path, redis.url) as line, far_desk(redis.url) as desk:
        await caught_up(line, desk)
        ask = line.counter._ask

        async def emptied(request: e.Request) -> Refusal | None:
            refusal = await ask(request)
            await in_thread(lambda: str(redis.command("FLUSHALL")) and None)
            return refusal

        line.counter._ask = emptied
        assert await desk.ask(SIGN_IN) is None
        assert line.carried_out == [SIGN_IN]
        assert msgspec.to_builtins(desk.snapshot().seats[0])["person_id"] == "p1"
