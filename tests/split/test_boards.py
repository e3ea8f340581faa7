"""The board of a screens' process ends exactly as the router's own, whatever Redis went through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cases.history import facts_after, facts_since, stored_up_to
from cases.store import Store
from cases.writer import StoreWriter
from config.model import SeatPlace, Settings
from hotline import screens
from router import events as e
from router.facts import Fact
from router.ports import Desk
from tests.router.line import LINE
from tests.split.redisserver import RedisServer
from tests.split.stage import (
    DEADLINE_S,
    SKILLS,
    Router,
    caught_up,
    end,
    far_desk,
    in_thread,
    router,
    until,
)
from web.live import Live
from web.today import COUNTED
from web.views import BoardView

SETTINGS = Settings(
    line=LINE,
    seats=(SeatPlace(id="8001", name="一号坐席"), SeatPlace(id="8002", name="二号坐席")),
)
ZONE = ZoneInfo(LINE.centre.timezone)
NAMES = {"p1": "张一", "p2": "李二"}

History = Callable[[float], Awaitable[Sequence[Fact]]]


@asynccontextmanager
async def board(desk: Desk, line: Router, history: History) -> AsyncIterator[Live]:
    async def names() -> dict[str, str]:
        return NAMES

    async def given() -> dict[str, str]:
        return {}

    async def valid(_token: str) -> bool:
        return True

    live = Live(
        SETTINGS, desk, line.clock,
        history=history, names=names, valid=valid, given=given, beat_s=0.05,
    )  # fmt: skip
    task = asyncio.ensure_future(live.beat())
    try:
        yield live
    finally:
        live.close(1001)
        await end([task])


@asynccontextmanager
async def writing(store: Store, line: Router) -> AsyncIterator[StoreWriter]:
    writer = StoreWriter(store, line.journal, zone=ZONE, flush_s=0.01, flush_rows=50)
    unfollow = line.pump.follow(writer.follow)
    task = asyncio.ensure_future(writer.run())
    try:
        yield writer
    finally:
        unfollow()
        await end([task])


def whole(live: Live) -> bool:
    view = live.board().view()
    return view.today.whole and bool(live.board().names) and not live.board().nameless()


def without_notes(view: BoardView) -> BoardView:
    return msgspec.structs.replace(view, notes=())


async def storm(line: Router, rounds: int) -> None:
    """Calls that are answered, given up, and left waiting; the clock moves on."""
    for n in range(rounds):
        line.clock.at += 1.0
        callers = [line.pbx.dial(f"1990001{n:02}{m:02}") for m in range(4)]
        for caller in callers:
            caller.press("0")
        await until(lambda: not line.pump._inbox)
        line.clock.at += 2.0
        for caller in callers[: 3 if n % 3 else 4]:
            caller.hang_up()
        line.pbx.elapse(1.0)
        await until(lambda: not line.pump._inbox)


@pytest.mark.parametrize("keeps", [True, False])
async def test_after_a_storm_with_redis_restarted_the_boards_are_one(
    store: Store, keeps: bool, tmp_path: Path
) -> None:
    server = RedisServer(keeps=keeps)
    try:
        server.start()
        async with (
            router(tmp_path, server.url) as line,
            writing(store, line) as writer,
            far_desk(server.url) as desk,
        ):

            async def own(since: float) -> Sequence[Fact]:
                await writer.caught_up(line.journal.last_seq, DEADLINE_S)
                return await facts_since(store, since, [kind.__name__ for kind in COUNTED])

            await storm(line, 3)  # before anybody looks: only the database knows it
            await caught_up(line, desk)
            elsewhere = partial(screens.history, store, desk)
            async with board(line.pump, line, own) as near, board(desk, line, elsewhere) as far:
                await until(lambda: whole(near) and whole(far))
                for phone in ("zhang", "li"):
                    line.pbx.phone(phone)
                assert await desk.ask(e.SignIn("8001", "p1", "zhang", SKILLS)) is None
                assert await desk.ask(e.Ready("8001")) is None
                await storm(line, 5)
                await in_thread(server.kill)
                await storm(line, 10)
                await line.pump.ask(e.SignIn("8002", "p2", "li", SKILLS))
                await until(lambda: desk.fresh().stale)
                assert far.whole().stale
                await in_thread(server.start)
                await storm(line, 5)
                await caught_up(line, desk)
                await until(lambda: whole(near) and whole(far))
                shown = near.board().view()
                assert far.board().view() == shown
                assert not far.whole().stale
                assert shown.today.counts.offered == 23 * 4
                assert len(shown.seats["8001"].person_name) == 2
                async with board(desk, line, elsewhere) as fresh:
                    await until(lambda: whole(fresh))
                    assert without_notes(fresh.board().view()) == without_notes(shown)
    finally:
        server.end()


async def test_counters_wait_for_a_database_that_lags(
    store: Store, redis: RedisServer, tmp_path: Path
) -> None:
    """A board that began in the middle of the day must not count what the store has not yet."""
    async with router(tmp_path, redis.url) as line, far_desk(redis.url) as desk:
        await line.calls(10)
        await caught_up(line, desk)
        async with board(desk, line, partial(screens.history, store, desk)) as far:
            assert await stored_up_to(store) == 0
            assert not far.board().view().today.whole
            async with writing(store, line):
                await until(lambda: whole(far))
            assert far.board().view().today.counts.offered == 10


async def test_facts_read_back_in_order_are_what_was_recorded(
    store: Store, redis: RedisServer, tmp_path: Path
) -> None:
    """Where the journal has let go of facts, the publisher reads them here."""
    async with router(tmp_path, redis.url) as line, writing(store, line) as writer:
        await line.calls(20)
        await writer.caught_up(line.journal.last_seq, DEADLINE_S)
        facts = line.journal.read(0)
        assert await facts_after(store, 0, 10_000) == facts
        assert await facts_after(store, 17, 5) == facts[17:22]
        assert await facts_after(store, facts[-1].seq, 5) == []
