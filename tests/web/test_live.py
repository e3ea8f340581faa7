"""The live board over a real websocket, driven by the real engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from router.facts import Fact
from router.ports import Desk, Freshness
from router.state import Snapshot
from tests.web.house import DEADLINE_S, House, house_in
from tests.web.screen import Screen
from web import screens
from web.screens import CLOSE_SIGNED_OUT
from web.views import Part


async def hear(ws: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    message: dict[str, Any] = await ws.receive_json(timeout=DEADLINE_S)
    return message


async def first_board(ws: aiohttp.ClientWebSocketResponse) -> Screen:
    message = await hear(ws)
    assert message["type"] == "board"
    return Screen(message["board"])


async def follow(
    ws: aiohttp.ClientWebSocketResponse, screen: Screen, true: Callable[[dict[str, Any]], bool]
) -> None:
    """Apply what comes until the view is so; a whole board takes the place of the old one."""
    async with asyncio.timeout(DEADLINE_S):
        while not true(screen.view):
            message = await hear(ws)
            if message["type"] == "changes":
                screen.hear(message)
            elif message["type"] == "board":
                screen.view = message["board"]


async def board(house: House) -> dict[str, Any]:
    reply = await (await house.client("looker", "analyst", phone="")).get("/live")
    assert reply.json["type"] == "board"
    assert reply.json["now"] == house.clock.now()
    view: dict[str, Any] = reply.json["board"]
    return view


async def test_a_screen_that_takes_every_change_shows_the_fresh_board(house: House) -> None:
    watcher = await house.client("chief", "supervisor", phone="")
    async with watcher.watch() as ws:
        screen = await first_board(ws)
        await house.seated("zhang")
        answered = await house.talking("zhang")
        await house.waiting("13800000002")
        third = await house.waiting("13800000003")
        await house.over(third)
        await house.over(answered)
        fresh = await board(house)
        await follow(ws, screen, lambda view: view["seq"] >= fresh["seq"])
        assert screen.view == fresh
    assert fresh["today"]["counts"]["offered"] == 3
    assert fresh["today"]["counts"]["abandoned_queue"] == 1
    assert fresh["seats"]["8001"]["person_name"] == "张zhang"
    assert b"13800000" not in msgspec.json.encode(fresh)
    assert {call["number"] for call in fresh["calls"].values()} >= {"138****0002"}


async def test_a_screen_that_comes_late_starts_from_the_whole(house: House) -> None:
    zhang = await house.seated("zhang")
    caller = await house.talking("zhang")
    async with zhang.watch() as ws:
        view = (await hear(ws))["board"]
    assert view["calls"][caller.call_id]["stage"] == "talking"
    assert view["seats"]["8001"]["call_id"] == caller.call_id


async def test_what_happened_before_the_web_began_is_counted(tmp_path: Path) -> None:
    async with house_in(tmp_path) as house:
        caller = house.pbx.dial()
        await house.until(lambda: house.call_stage(caller) == "greeting")
        await house.over(caller)
        house.clock.at += 1
        server, address = await house.another_web(beat_s=0.01)
        try:
            other = await house.client("chief", "supervisor", phone="")
            other.address = address
            async with other.watch() as ws:
                screen = await first_board(ws)
                await follow(ws, screen, lambda view: view["today"]["whole"])
            assert screen.view["today"]["counts"]["offered"] == 1
        finally:
            await server.stop()


async def test_a_store_that_is_away_leaves_the_board_working(tmp_path: Path) -> None:
    failures = []

    async def history(_since: float) -> list[Fact]:
        failures.append(1)
        if len(failures) < 3:
            raise OSError("away")
        return []

    async with house_in(tmp_path, history=history, beat_s=0.01) as house:
        watcher = await house.client("chief", "supervisor", phone="")
        async with watcher.watch() as ws:
            screen = await first_board(ws)
            await follow(ws, screen, lambda view: view["today"]["whole"])
        assert len(failures) >= 3


async def test_a_beat_tells_the_time_and_turns_the_day(tmp_path: Path) -> None:
    async with house_in(tmp_path, beat_s=0.01) as house:
        house.clock.at += 11 * 3600.0
        watcher = await house.client("chief", "supervisor", phone="")
        async with watcher.watch() as ws, asyncio.timeout(DEADLINE_S):
            screen = await first_board(ws)
            assert screen.view["today"]["day"] == "2026-05-29"
            house.clock.at += 3600.0
            await follow(ws, screen, lambda view: view["today"]["day"] == "2026-05-30")
            while (message := await hear(ws))["type"] != "beat":
                pass
            assert message["now"] == house.clock.at


async def test_signing_out_closes_the_screens_of_that_session(house: House) -> None:
    zhang = await house.client("zhang")
    li = await house.client("li")
    async with zhang.watch() as ws, li.watch() as other:
        await hear(ws)
        await hear(other)
        await zhang.ask("DELETE", "/session")
        message = await ws.receive(timeout=DEADLINE_S)
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, CLOSE_SIGNED_OUT)
        await house.seated("wang")
        assert (await hear(other))["type"] == "changes"


async def test_a_session_that_ran_out_closes_its_screen_at_the_next_beat(tmp_path: Path) -> None:
    async with house_in(tmp_path, beat_s=0.01) as house:
        zhang = await house.client("zhang")
        async with zhang.watch() as ws:
            await hear(ws)
            house.clock.at += 12 * 3600 + 1
            async with asyncio.timeout(DEADLINE_S):
                while (message := await ws.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass
            assert message.data == CLOSE_SIGNED_OUT


async def test_who_may_watch(house: House) -> None:
    zhang = await house.client("zhang")
    assert (await zhang.get("/live/ws")).problem == (400, "bad-request", None)
    assert (await house.stranger().get("/live/ws")).problem == (401, "not-signed-in", None)
    url = f"{house.address}/api/v1/live/ws"
    for origin in ("https://elsewhere.invalid", "null", "http://["):
        other_site = {"Authorization": f"Bearer {zhang.token}", "Origin": origin}
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await zhang.http.ws_connect(url, headers=other_site)
        assert refused.value.status == 403
    own = {"Authorization": f"Bearer {zhang.token}", "Origin": house.address}
    async with zhang.http.ws_connect(url, headers=own) as ws:
        await hear(ws)


async def test_a_screen_that_cannot_keep_up_is_cut_off_and_others_go_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that stops reading: the sockets fill, then its list, then it is gone."""
    monkeypatch.setattr(screens, "BACKLOG", 20)
    zhang, li = await house.client("zhang"), await house.client("li")
    host, port = house.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    writer.write(
        f"GET /api/v1/live/ws HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"Sec-WebSocket-Version: 13\r\nAuthorization: Bearer {zhang.token}\r\n\r\n".encode()
    )
    assert (await reader.readuntil(b"\x81")).startswith(b"HTTP/1.1 101")  # a frame has begun
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    live = house.live
    async with li.watch() as ws:
        await hear(ws)
        assert live.screens == 2
        async with asyncio.timeout(DEADLINE_S):
            while live.screens == 2:
                for screen in tuple(live._screens):
                    screen.show(b'{"type":"%s"}' % (b"x" * 500_000))
                await hear(ws)
        assert live.screens == 1
        await house.seated("wang")
        async with asyncio.timeout(DEADLINE_S):
            while (await hear(ws))["type"] != "changes":
                pass
    writer.transport.abort()


class BrokenDesk:
    """Loses one batch of facts on the way, as no desk may."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.lose = False

    async def ask(self, request: Any) -> Any:
        return await self._desk.ask(request)

    def snapshot(self) -> Snapshot:
        return self._desk.snapshot()

    def follow(self, follower: Any) -> Any:
        def tell(facts: Any) -> None:
            if self.lose:
                self.lose = False
            else:
                follower(facts)

        return self._desk.follow(tell)

    def fresh(self) -> Freshness:
        return self._desk.fresh()


async def test_a_board_that_missed_a_fact_is_built_anew_and_sent_whole(house: House) -> None:
    desk = BrokenDesk(house.pump)
    server, address = await house.another_web(desk=desk)
    try:
        zhang = await house.client("zhang")
        zhang.address = address
        house.pbx.phone("phone-zhang")
        async with zhang.watch() as ws:
            screen = await first_board(ws)
            desk.lose = True
            zhang.address = house.address  # by way of the web that misses nothing
            await zhang.post("/seats/8001/sign-in")
            await zhang.post("/seats/8001/ready")
            await follow(ws, screen, lambda view: view["seats"]["8001"]["state"] == "ready")
    finally:
        await server.stop()


async def test_screens_are_told_when_the_house_closes(tmp_path: Path) -> None:
    async with house_in(tmp_path) as house:
        server, address = await house.another_web()
        zhang = await house.client("zhang")
        zhang.address = address
        async with zhang.watch() as ws:
            await hear(ws)
            stopping = asyncio.create_task(server.stop())
            message = await ws.receive(timeout=DEADLINE_S)
            assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1001)
            await stopping


async def test_a_part_that_fails_is_told_to_the_screens(tmp_path: Path) -> None:
    async with house_in(tmp_path, beat_s=0.01) as house:
        watcher = await house.client("chief", "supervisor", phone="")
        async with watcher.watch() as ws:
            screen = await first_board(ws)
            assert screen.view["parts"]["journal"]["state"] == "ok"
            house.health["journal"] = lambda: Part("degraded", behind=12)
            await follow(ws, screen, lambda view: view["parts"]["journal"]["behind"] == 12)
            assert screen.view["parts"]["journal"]["state"] == "degraded"
            assert screen.view == await board(house)
