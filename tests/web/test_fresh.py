"""Screens whose router is another process: they are told when the board may be wrong by now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from router.events import Request
from router.facts import Fact
from router.ports import Desk, Freshness, RouterAway
from router.state import Snapshot
from router.verdict import Refusal
from tests.web.house import DEADLINE_S, House
from tests.web.test_live import first_board, follow, hear


class FarDesk:
    """A desk whose freshness the test says; `away`: requests find nobody."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._fresh = Freshness()
        self._followers: list[Callable[[Sequence[Fact]], None]] = []
        self.away = False
        self.snapshots: list[Snapshot] = []

    async def ask(self, request: Request) -> Refusal | None:
        if self.away:
            raise RouterAway
        return await self._desk.ask(request)

    def snapshot(self) -> Snapshot:
        return self.snapshots.pop() if self.snapshots else self._desk.snapshot()

    def follow(self, follower: Callable[[Sequence[Fact]], None]) -> Callable[[], None]:
        self._followers.append(follower)
        return self._desk.follow(follower)

    def fresh(self) -> Freshness:
        return self._fresh

    def become(self, fresh: Freshness) -> None:
        self._fresh = fresh
        for follower in self._followers:
            follower(())


async def test_a_screen_is_told_at_once_that_the_board_may_be_wrong(house: House) -> None:
    desk = FarDesk(house.pump)
    server, address = await house.another_web(desk=desk)
    try:
        zhang = await house.client("zhang")
        zhang.address = address
        async with zhang.watch() as ws:
            await hear(ws)
            for stale, behind_s in ((True, 3.5), (False, 0.1)):
                desk.become(Freshness(behind_s, stale))
                async with asyncio.timeout(DEADLINE_S):
                    while (message := await hear(ws))["type"] != "beat" or (
                        message["stale"] is not stale
                    ):
                        pass
                assert message["behind_s"] == behind_s
                whole = (await zhang.get("/live")).json
                assert (whole["stale"], whole["behind_s"]) == (stale, behind_s)
    finally:
        await server.stop()


async def test_a_new_thread_of_facts_begins_from_its_snapshot(house: House) -> None:
    """As when the router came back with another journal: its numbers mean other facts."""
    desk = FarDesk(house.pump)
    desk.snapshots = [Snapshot(10_000, house.clock.now(), pbx_up=False)]
    server, address = await house.another_web(desk=desk)
    try:
        zhang = await house.client("zhang")
        zhang.address = address
        async with zhang.watch() as ws:
            screen = await first_board(ws)
            assert screen.view["pbx_up"] is False
            desk.become(Freshness(thread="another"))
            await follow(ws, screen, lambda view: view["pbx_up"] and view["today"]["whole"])
        fresh = msgspec.json.decode((await zhang.get("/live")).body)["board"]
        assert screen.view == fresh
        assert fresh["seq"] < 10_000
    finally:
        await server.stop()


async def test_a_request_that_finds_no_router_is_refused_in_words(house: House) -> None:
    zhang = await house.seated("zhang")
    desk = FarDesk(house.pump)
    desk.away = True
    server, zhang.address = await house.another_web(desk=desk)
    try:
        reply = await zhang.post("/seats/8001/not-ready", {"reason": "break"})
        assert reply.problem == (503, "router-away", None)
        assert reply.headers["Retry-After"] == "5"
    finally:
        await server.stop()
