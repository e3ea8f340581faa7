"""Which pictures there are, and the way to each."""

from __future__ import annotations

import asyncio
from typing import Any

from playwright.async_api import Page, expect

from hotline.onlooker import Onlooker
from scripts.shots.album import Album
from scripts.shots.scene import AT_DESK, Scene

LAPTOP = (1366, 768)
TALL = (1366, 1000)
DESK = (1366, 860)
WALL = (1920, 1080)
WAITED_S = 22.0
"""Callers have waited at least this long when the wall is taken."""


async def sign_in(shots: Album) -> None:
    page = await shots.window("/sign-in", size=LAPTOP)
    await expect(page.locator("#username")).to_be_visible()
    await shots.take(page, "sign-in")
    await page.context.close()


async def of_the_month(shots: Album, token: str, month: str) -> None:
    page = await shots.window("/month", token, size=LAPTOP)
    await expect(page.locator("table.list")).to_be_visible()
    await shots.take(page, "month-list")
    await page.context.close()
    for language, name in (("zh-CN", "month-report"), ("en", "month-report.en")):
        page = await shots.window(f"/month/{month}", token, language=language, size=TALL)
        await expect(page.locator("article h1")).to_be_visible()
        await shots.take(page, name)
        if language == "zh-CN":
            figure = page.locator("article figure").nth(1)
            await figure.scroll_into_view_if_needed()
            await expect(figure.locator("canvas").first).to_be_visible()
            await asyncio.sleep(1)  # the chart draws itself and tells nobody
            await shots.take(page, "month-charts")
        await page.context.close()


async def of_the_past(shots: Album, token: str, line: Onlooker) -> None:
    """Call list, one call with its recording open, messages."""
    page = await shots.window("/calls?period=last-month", token, size=LAPTOP)
    await expect(page.locator("table tbody tr").first).to_be_visible()
    await shots.take(page, "calls")
    await page.context.close()
    page = await shots.window(f"/calls/{await _worth_a_look(line)}", token, size=(1366, 1180))
    await page.locator("button", has_text="播放录音").click()
    await expect(page.locator("button", has_text="暂停")).to_be_visible()
    await asyncio.sleep(4)  # the waves are drawn from the file while it is played
    await shots.take(page, "call")
    await page.context.close()
    page = await shots.window("/voicemails", token, size=LAPTOP)
    await expect(page.locator("ul.messages li").first).to_be_visible()
    await shots.take(page, "voicemails")
    await page.context.close()


async def _worth_a_look(line: Onlooker) -> str:
    """A call that was answered, recorded, rated and written down, offered more than once."""
    found: list[dict[str, Any]] = (
        await line.get("/calls?outcome=answered&recorded=true&score=1&limit=200")
    )["calls"]
    details = [await line.get(f"/calls/{call['call_id']}") for call in found[:60]]
    whole = [one for one in details if any(r["status"] == "ready" for r in one["recordings"])]
    best = max(whole, key=lambda one: (min(2, len(one["offers"])), len(one["slip"]["text"])))
    return str(best["call"]["call_id"])


async def at_the_desk(shots: Album, scene: Scene) -> None:
    """Before signing in, with an offer, in a talk."""
    token = scene.players[AT_DESK.seat].token
    page = await shots.window("/desk", token, size=DESK)
    await expect(page.get_by_role("radio", name=AT_DESK.seat)).to_be_visible()
    await page.get_by_role("radio", name=AT_DESK.seat).click()
    await shots.take(page, "desk-before")
    await page.locator("button.go").click()
    await expect(page.locator(".state.not_ready")).to_be_visible()
    _, call = await scene.dial("12", "19900008001")
    await scene.line.stage(call, "queue")
    await asyncio.sleep(7)  # a caller who has waited
    await page.locator("[data-do=ready]").click()
    await expect(page.locator(".offer")).to_be_visible()
    await expect(page.locator("[data-do=answer]")).to_be_enabled()
    await shots.take(page, "desk-offer")
    await page.locator("[data-do=answer]").click()
    await expect(page.locator(".state.talking")).to_be_visible()
    await _write(page)
    await shots.take(page, "desk-talk")
    # In the same window: a second one of the same sign-in would take the phone over.
    await page.get_by_role("button", name="English").click()
    await shots.take(page, "desk-talk.en")


async def _write(page: Page) -> None:
    await expect(page.locator("#slip-text")).to_be_enabled()
    await page.locator("[data-kind=help]").click()
    await page.locator("#slip-matter").focus()
    await page.keyboard.type("讨薪")
    await expect(page.get_by_role("option", name="A0301")).to_be_visible()
    await page.keyboard.press("Enter")
    await page.locator("#slip-place").focus()
    await page.keyboard.type("武侯")
    await expect(page.get_by_role("option").first).to_be_visible()
    await page.keyboard.press("Enter")
    await page.locator("#slip-text").fill(
        "来电人称在某工地务工，三个月工资未发，有考勤记录和工友证言。"
        "已告知可向劳动监察部门投诉、申请支付令，并指引申请法律援助的地点和所需材料。"
    )
    await expect(page.locator(".slip .status.saved")).to_be_visible()


async def of_the_wall(shots: Album, scene: Scene, token: str) -> None:
    await scene.crowd()
    await asyncio.sleep(WAITED_S)
    for language, size, name in (
        ("zh-CN", WALL, "wall"),
        ("zh-CN", LAPTOP, "wall-laptop"),
        ("en", WALL, "wall.en"),
    ):
        path = "/wall?full" if size == WALL else "/wall"
        page = await shots.window(path, token, language=language, size=size)
        await expect(page.locator("[data-test=waiting]")).not_to_have_text("0")
        await shots.take(page, name)
        await page.context.close()
