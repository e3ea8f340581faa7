"""What every desk promises (`router.ports.Desk`): the pump's own, and the one over Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from router import events as e
from router.ports import Desk
from router.verdict import Refusal
from tests.router.line import POLICIES
from tests.split.redisserver import RedisServer
from tests.split.stage import SKILLS, Router, Screen, caught_up, far_desk, router, same, until

SIGN_IN = e.SignIn("8001", "p1", "zhang", SKILLS)


@asynccontextmanager
async def desk_of(kind: str, line: Router, url: str) -> AsyncIterator[Desk]:
    if kind == "pump":
        yield line.pump
        return
    async with far_desk(url) as desk:
        await caught_up(line, desk)
        yield desk


@pytest.fixture(params=["pump", "far"])
async def stage(
    request: pytest.FixtureRequest, redis: RedisServer, tmp_path: Path
) -> AsyncIterator[tuple[Router, Desk]]:
    async with router(tmp_path, redis.url) as line:
        await line.calls(3)
        async with desk_of(request.param, line, redis.url) as desk:
            yield line, desk


async def test_the_snapshot_and_the_facts_after_it_are_the_state(
    stage: tuple[Router, Desk],
) -> None:
    line, desk = stage
    screen = Screen(desk)
    await line.calls(20)
    await until(lambda: screen.state.seq == line.journal.last_seq)
    screen.assert_without_gap_or_double()
    assert screen.began == 1
    assert same(screen.state.snapshot(), line.pump.snapshot())
    await until(lambda: desk.snapshot().seq == line.journal.last_seq)
    assert same(desk.snapshot(), line.pump.snapshot())


async def test_a_snapshot_is_not_changed_by_later_facts(stage: tuple[Router, Desk]) -> None:
    _, desk = stage
    before = desk.snapshot()
    assert await desk.ask(SIGN_IN) is None
    assert before.seats == ()
    assert [seat.id for seat in desk.snapshot().seats] == ["8001"]


async def test_what_was_asked_has_reached_followers_by_the_answer(
    stage: tuple[Router, Desk],
) -> None:
    _, desk = stage
    screen = Screen(desk)
    assert await desk.ask(SIGN_IN) is None
    assert screen.state.seats["8001"].state == "not_ready"
    assert await desk.ask(e.Ready("8001")) is None
    assert screen.state.seats["8001"].state == "ready"


async def test_a_refusal_comes_with_code_and_field_and_without_facts(
    stage: tuple[Router, Desk],
) -> None:
    line, desk = stage
    before = line.journal.last_seq
    assert await desk.ask(e.Ready("8009")) == Refusal("seat-not-signed-in", "seat_id")
    assert line.journal.last_seq == before


async def test_who_stopped_following_hears_nothing_more(stage: tuple[Router, Desk]) -> None:
    _, desk = stage
    stays, leaves = Screen(desk), Screen(desk)
    leaves.unfollow()
    heard = list(leaves.seen)
    assert await desk.ask(SIGN_IN) is None
    assert len(stays.seen) > len(heard)
    assert leaves.seen == heard


async def test_it_is_fresh_and_its_thread_stays(stage: tuple[Router, Desk]) -> None:
    line, desk = stage
    before = desk.fresh()
    assert not before.stale
    await line.calls(3)
    assert desk.fresh().thread == before.thread


async def test_a_policy_travels_whole_and_decides_for_who_waits(
    stage: tuple[Router, Desk],
) -> None:
    line, desk = stage
    assert await desk.ask(e.PolicyChanged(POLICIES["against-the-floor"], "chief")) == Refusal(
        "policy-bad", "policy"
    )
    assert await desk.ask(e.PolicyChanged(POLICIES["green"], "chief")) is None
    assert desk.snapshot().policy == POLICIES["green"] == line.pump.snapshot().policy
    assert list(desk.snapshot().policies) == ["p-1", "p-green"]
    assert same(desk.snapshot(), line.pump.snapshot())
