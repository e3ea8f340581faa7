"""The wall in real browsers: two see the same line move, one that is cut off says so."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.ui.browser import Browsers, Language, hired
from tests.web.house import House
from web.route import Part

SIZES = ((1920, 1080), (1366, 768), (1280, 720))


async def walls(house: House, screens: Browsers) -> list[Page]:
    """A supervisor's and an analyst's, one in each language."""
    pages = []
    for username, role, language in (("chief", "supervisor", "zh-CN"), ("ana", "analyst", "en")):
        password = await hired(house, username, role)
        window = await screens.window(language=language)  # type: ignore[arg-type]
        pages.append(await window.sign_in(username, password, "/wall"))
    return pages


async def test_two_browsers_see_the_line_move(house: House, screens: Browsers) -> None:
    zhang = await house.seated("zhang")
    pages = await walls(house, screens)

    async def both(selector: str, text: str | re.Pattern[str]) -> None:
        for page in pages:
            await expect(page.locator(selector)).to_have_text(text)

    async def seat(state: str) -> None:
        for page in pages:
            tile = page.locator("[data-seat='8001']")
            await expect(tile).to_have_attribute("data-state", state)

    await seat("ready")
    await both("[data-test=offered]", "0")
    caller = await house.waiting()
    await both("[data-test=waiting]", "1")
    await seat("offered")
    phone = house.pbx.phone("phone-zhang")
    await house.until(lambda: phone.leg is not None and phone.leg.rang)
    phone.answer()
    await house.until(lambda: house.call_stage(caller) == "talking")
    await both("[data-test=waiting]", "0")
    await seat("talking")
    await both("[data-test=connect_rate] strong", "100.0%")
    await both("[data-test=connect_rate] .base-n", "1 / 1")
    await house.over(caller)
    await seat("wrapup")
    await both("[data-test=answered] b", "1")
    await both("[data-test=offered]", "1")
    # A call that ends while nobody is ready.
    assert (await zhang.post("/seats/8001/not-ready", {"reason": "meal"})).status == 200
    await seat("not_ready")
    other = await house.waiting("13800000002")
    await both("[data-test=waiting]", "1")
    await house.over(other)
    await both("[data-test=abandonedQueue] b", "1")
    await both("[data-test=connect_rate] strong", "50.0%")
    await expect(pages[0].locator(".missed[data-test=connect_rate]")).to_contain_text("未达标")
    await expect(pages[1].locator(".missed[data-test=connect_rate]")).to_contain_text("below")


async def test_the_oldest_wait_ticks(house: House, screens: Browsers) -> None:
    await house.seated("zhang")
    (page, _) = await walls(house, screens)
    await house.waiting()
    oldest = page.locator(".oldest b")
    house.clock.at += 5
    await expect(oldest).to_have_text(re.compile(r"^0:0[56]$"))
    house.clock.at += 60
    await expect(oldest).to_have_text(re.compile(r"^1:0[56]$"))
    await expect(page.locator(".tile.long")).to_contain_text("已有来电等候超过 30 秒")


async def test_a_part_that_is_ill_is_named(house: House, screens: Browsers) -> None:
    (page, _) = await walls(house, screens)
    house.health["store"] = lambda: Part("degraded", behind=12)
    store = page.locator(".parts .degraded", has_text="数据库")
    await expect(store).to_have_text(re.compile("数据库.*异常.*12"))
    house.pbx.lose_connection()
    await expect(page.locator(".parts .down")).to_have_text(re.compile("话务系统.*中断"))


async def test_a_wall_that_is_cut_off_says_that_it_is_old_and_comes_back(
    house: House, screens: Browsers
) -> None:
    password = await hired(house, "chief", "supervisor")
    window = await screens.window()
    page = await window.sign_in("chief", password, "/wall")
    await expect(page.locator("[data-test=offered]")).to_have_text("0")
    old = page.locator("[role=alert]")
    await expect(old).to_have_count(0)
    window.expected += ["ERR_INTERNET_DISCONNECTED", "WebSocket connection"]
    await page.context.set_offline(True)
    house.live.close(1012)  # the server drops every screen, and none gets back
    await expect(old).to_contain_text("数据可能已过时")
    await expect(page.locator("[data-test=offered]")).to_have_text("0")
    await page.context.set_offline(False)


async def test_the_whole_wall_fits_every_screen(house: House, screens: Browsers) -> None:
    await house.seated("zhang")
    await house.waiting()
    await house.waiting("13800000002")
    password = await hired(house, "chief", "supervisor")
    languages: tuple[Language, ...] = ("zh-CN", "en")
    for language in languages:
        for width, height in SIZES:
            window = await screens.window(language=language, width=width, height=height)
            page = await window.sign_in(
                "chief", password, "/wall?full" if width == 1920 else "/wall"
            )
            await expect(page.locator("[data-test=waiting]")).to_have_text("2")
            size = await page.evaluate(
                "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
            )
            assert size == [width, height]
            below = await page.locator(".sheet > :last-child").bounding_box()
            assert below is not None
            assert below["y"] + below["height"] <= height
            await window.page.context.close()


async def test_a_seat_has_no_wall(house: House, screens: Browsers) -> None:
    password = await hired(house, "zhang")
    window = await screens.window()
    page = await window.sign_in("zhang", password, "/wall")
    await expect(page.locator(".wall")).to_have_count(0)
    await expect(page.locator("header nav")).not_to_contain_text("大屏")
