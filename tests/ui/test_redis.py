"""Redis goes and comes back under open browsers: calls go on, screens say so and catch up."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, expect

from config.words import words
from telephony.tones import tone_seconds
from tests.e2e.scene import CALLER_HZ, Scene
from tests.split.redisserver import RedisServer
from tests.ui.browser import Browsers
from tests.ui.desk import MICROPHONE_HZ, last_of, open_desk
from tests.ui.test_desk import TALK_S, recording_of, talking
from web.gate import COOKIE

pytestmark = [pytest.mark.pbx, pytest.mark.apart]

ZH = words("zh-CN")
BACK_MS = 20_000
"""Redis is looked for every two seconds at the latest; on a busy machine that takes its time."""

_SHOWN = """() => Object.fromEntries([
  ...[...document.querySelectorAll('[data-test]')].map((one) => [one.dataset.test, one.innerText]),
  ...[...document.querySelectorAll('[data-seat]')].map((one) => [one.dataset.seat,
    one.dataset.state]),
])"""


@pytest.fixture
async def its_redis(redis: RedisServer, desks: Browsers) -> AsyncIterator[RedisServer]:
    """The line's Redis. It is there again before the seats are left."""
    yield redis
    if not redis.runs:
        await asyncio.to_thread(redis.start)


async def open_wall(scene: Scene, desks: Browsers) -> Page:
    """The supervisor's, with all counters of the day."""
    window = await desks.window()
    await window.page.context.add_cookies(
        [{"name": COOKIE, "value": scene.house.supervisor.token, "url": f"{desks.address}/api"}]
    )
    page = await window.open("/wall")
    await expect(page.locator("[data-test=offered]")).not_to_have_text("–")
    await expect(page.locator(".strip > .part")).to_have_count(0)
    return page


async def shown(page: Page) -> dict[str, str]:
    """Every figure on the wall and every seat's state; without what ticks."""
    found: dict[str, str] = await page.evaluate(_SHOWN)
    return found


async def stored_today(scene: Scene, day: str) -> Counter[str]:
    """The day's calls in the database by what became of them; `open` when nothing has yet."""
    zone = ZoneInfo(scene.house.settings.line.centre.timezone)
    calls = await scene.since(datetime.fromisoformat(day).replace(tzinfo=zone).timestamp())
    assert len({call["call_id"] for call in calls}) == len(calls) < 200
    return Counter(call["outcome"] or "open" for call in calls)


async def until_stored(scene: Scene, since: float, many: int, over: int) -> None:
    """Until the database has `many` calls opened since then, of which `over` are over."""
    async with asyncio.timeout(20):
        while True:
            calls = await scene.since(since)
            if (len(calls), sum(bool(call["outcome"]) for call in calls)) == (many, over):
                return
            await asyncio.sleep(0.1)  # it tells nobody


@pytest.mark.parametrize("keeps", [True, False], ids=["kept", "empty"])
async def test_calls_go_on_and_the_wall_catches_up_without_a_gap_or_a_double(
    scene: Scene, desks: Browsers, its_redis: RedisServer, keeps: bool
) -> None:
    began = time.time()
    desk, caller = await talking(scene, desks)
    wall = await open_wall(scene, desks)
    old = wall.get_by_role("alert")
    await expect(old).to_have_count(0)
    before = await shown(wall)
    assert before["8001"] == "talking"

    await asyncio.to_thread(its_redis.kill)
    await expect(old).to_contain_text("数据可能已过时：显示比话务落后", timeout=BACK_MS)
    # They still talk, one more comes and gives up, and one more comes and waits.
    await desk.hears(CALLER_HZ)
    leaves = await scene.caller("0", arrives=False)
    waits = await scene.caller("0", arrives=False)
    await asyncio.sleep(TALK_S)
    await leaves.hang_up()
    await caller.hang_up()
    await until_stored(scene, began, 3, 2)
    recording = await recording_of(scene, caller)
    late = last_of(recording, TALK_S)
    assert tone_seconds(late, CALLER_HZ, channel=0) > 1
    assert tone_seconds(late, MICROPHONE_HZ, channel=1) > 0.5
    assert await shown(wall) == before, "what it shows is what it last knew"
    await expect(old).to_contain_text("显示比话务落后")
    await expect(desk.page.locator(".link.behind")).to_contain_text("显示比话务落后")

    if not keeps:
        its_redis.forget()
    await asyncio.to_thread(its_redis.start)
    await expect(old).to_have_count(0, timeout=BACK_MS)
    offered = str(int(before["offered"]) + 2)
    await expect(wall.locator("[data-test=offered]")).to_have_text(offered)
    await expect(wall.locator("[data-test=waiting]")).to_have_text("1")
    await expect(wall.locator("[data-seat='8001']")).to_have_attribute("data-state", "wrapup")

    fresh = await open_wall(scene, desks)
    assert await shown(fresh) == await shown(wall)
    live: dict[str, Any] = (await scene.line.get("/live"))["board"]
    counts = live["today"]["counts"]
    stored = await stored_today(scene, live["today"]["day"])
    assert stored.total() == counts["offered"] == int(offered)
    assert stored == Counter({outcome: counts[outcome] for outcome in stored})
    assert stored["open"] == 1
    assert sum(queue["waiting"] for queue in live["queues"].values()) == 1
    assert {seat["id"]: seat["state"] for seat in live["seats"].values()}.items() <= (
        await shown(fresh)
    ).items()

    # The page that was open all the time takes the caller who waited all the time.
    waits.call_id = scene.line.call_of(waits.number)
    await desk.do("ready")
    await desk.answer()
    await desk.hears(CALLER_HZ)
    await desk.do("hang-up")
    await waits.let_go()
    assert (await scene.closed(waits))["call"]["outcome"] == "answered"
    await expect(wall.locator("[data-test=open] b")).to_have_text("0")


async def test_a_seat_is_told_that_the_router_is_away_and_goes_on_without_a_reload(
    scene: Scene, desks: Browsers, its_redis: RedisServer
) -> None:
    agent = await scene.agent()
    desk = await open_desk(scene, desks, scene.house.players[0])
    page = desk.page
    caller = await scene.talking(agent)
    await desk.state("talking")
    await page.evaluate("window.notLoadedAgain = true")

    async def ask_for_a_break() -> None:
        await page.locator(".buttons .el-dropdown button").click()
        await page.get_by_role("menuitem", name="小休").click()

    await asyncio.to_thread(its_redis.kill)
    desk.window.expect_refusals(503)
    await ask_for_a_break()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text(ZH.text("api.problem.router-away"), timeout=BACK_MS)
    await expect(page.locator(".link.behind")).to_contain_text("显示比话务落后", timeout=BACK_MS)
    # The phone needs no Redis.
    await agent.phone.hang_up()
    await caller.let_go()
    detail = await scene.closed(caller)
    assert (detail["call"]["outcome"], detail["call"]["seat_id"]) == ("answered", "8001")
    await desk.state("talking")  # as far as the page knows, and it says that it is behind

    await asyncio.to_thread(its_redis.start)
    await expect(page.locator(".link.fresh")).to_be_visible(timeout=BACK_MS)
    await desk.state("wrapup")
    await ask_for_a_break()
    await desk.state("not_ready")
    await expect(page.locator(".state")).to_contain_text("小休")
    await expect(alert).to_have_count(0)
    assert await page.evaluate("window.notLoadedAgain") is True
