"""The month in a real browser: made, read, charted, taken away as files, and refused."""

from __future__ import annotations

import zipfile
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from cases import tables as t
from config.words import words
from tests.e2e.scene import Scene
from tests.ui.browser import Browsers, hired
from tests.ui.desk import open_desk, signed_in
from tests.web.house import House

ZH = words("zh-CN")
MONTH = "2026-05"
"""The month in which the house's clock stands; the browser's own clock is another one."""


async def two_calls(house: House) -> None:
    """One that is served and one that is given up."""
    await house.seated("zhang")
    await house.over(await house.talking("zhang"))
    await house.over(await house.waiting("13800000002"))
    house.clock.at += 60.0


async def made(house: House) -> str:
    """A report of the month by the API; the supervisor's password."""
    await two_calls(house)
    analyst = await house.client("ana", "analyst")
    assert (await analyst.post(f"/reports/{MONTH}")).status == 200
    return await hired(house, "chief", "supervisor")


async def test_a_report_is_read_with_its_charts_and_tables(house: House, screens: Browsers) -> None:
    password = await made(house)
    window = await screens.window()
    page = await window.sign_in("chief", password, "/month")
    row = page.locator("table.list tbody tr")
    await expect(row).to_contain_text("2026年5月")
    await expect(row).to_contain_text("张ana")
    await row.get_by_role("link").click()
    article = page.locator("article")
    await expect(article.locator("h1")).to_contain_text("公共法律服务热线舆情分析月报")
    await expect(article.locator("#summary")).to_contain_text("呼入2通")
    # The figures of the page are those of the API, in the same words as on paper.
    indicators = article.locator("#indicators")
    await expect(indicators).to_contain_text("50.00%")
    await expect(indicators).to_contain_text("1/2")
    chart = article.locator("figure canvas").first
    await chart.scroll_into_view_if_needed()
    await expect(chart).to_be_visible()
    await expect(page.locator("header nav .here")).to_have_text("月报")
    await page.get_by_role("button", name="English").click()
    await expect(article.locator("h1")).to_contain_text("Monthly Report")


async def test_a_new_version_leaves_the_old_one_as_it_was(house: House, screens: Browsers) -> None:
    password = await made(house)
    window = await screens.window()
    page = await window.sign_in("chief", password, f"/month/{MONTH}")
    await expect(page.locator("#summary")).to_contain_text("呼入2通")
    await house.over(await house.waiting("13800000003"))
    house.clock.at += 60.0
    await page.get_by_role("button", name="生成新的一版").click()
    await expect(page).to_have_url(f"{house.address}/month/{MONTH}?version=2")
    await expect(page.locator("#summary")).to_contain_text("呼入3通")
    await page.locator(".version").click()
    await page.get_by_role("option", name="第 1 版").click()
    await expect(page).to_have_url(f"{house.address}/month/{MONTH}?version=1")
    await expect(page.locator("#summary")).to_contain_text("呼入2通")


async def test_files_are_taken_away_and_written_down(house: House, screens: Browsers) -> None:
    password = await made(house)
    window = await screens.window()
    page = await window.sign_in("chief", password, f"/month/{MONTH}")
    async with page.expect_download() as taken:
        await page.get_by_role("button", name="Excel").click()
    file = await taken.value
    assert file.suggested_filename.endswith(".xlsx")
    assert MONTH in file.suggested_filename
    with zipfile.ZipFile(await file.path()) as book:
        assert book.testzip() is None
    async with house.store.read() as conn:
        rows = await conn.execute(
            select(t.audit.c.object).where(t.audit.c.action == "report.exported")
        )
        assert [row.object for row in rows] == [f"{MONTH}/v1/xlsx"]


async def test_a_broken_month_is_refused_in_words(house: House, screens: Browsers) -> None:
    password = await hired(house, "chief", "supervisor")
    window = await screens.window()
    window.expect_refusals(404, 422)
    page = await window.sign_in("chief", password, "/month/2026-13")
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text(ZH.text("api.problem.month-format", field="month"))
    await window.open("/month/2025-01")
    await expect(alert).to_contain_text(ZH.text("api.problem.report-unknown"))
    await page.get_by_role("link", name="全部月报").click()
    await expect(page.locator(".months")).to_contain_text("还没有月报")


async def test_a_seat_has_no_reports(house: House, screens: Browsers) -> None:
    password = await hired(house, "zhang")
    window = await screens.window()
    page = await window.sign_in("zhang", password, f"/month/{MONTH}")
    await expect(page.locator("header nav")).to_be_visible()
    await expect(page.locator("article")).to_have_count(0)
    await expect(page.locator("header nav")).not_to_contain_text("月报")


@pytest.mark.pbx
async def test_a_slip_written_in_the_browser_is_in_the_report_of_its_month(
    scene: Scene, desks: Browsers
) -> None:
    desk = await open_desk(scene, desks, scene.house.players[0])
    await desk.sit("8001")
    caller = await scene.waiting()
    await desk.answer()
    await desk.page.locator("#slip-matter").fill("医疗")
    await desk.page.get_by_role("option", name="A09").click()
    await expect(desk.page.locator(".slip .status.saved")).to_contain_text("已保存")
    await caller.hang_up()
    await desk.state("wrapup")
    assert (await scene.closed(caller))["slip"]["matter"] == "A09"

    window = await signed_in(desks, scene.house.supervisor, "/month")
    page = window.page
    opened_at = (await scene.closed(caller))["call"]["opened_at"]
    month = f"{datetime.fromtimestamp(opened_at, ZoneInfo('Asia/Shanghai')):%Y-%m}"
    await page.request.post(
        f"{desks.address}/api/v1/reports/{month}",
        headers={"X-Hotline": "1"},
        data={},
        timeout=60_000,  # a month is built and told, on a machine that may be busy
    )
    await window.open(f"/month/{month}")
    # Nobody else in this suite has a medical dispute.
    row = page.locator("#matters_all tbody tr", has_text=ZH.text("catalogue.matter.A09"))
    await expect(row.locator("td").first).to_have_text("1")
