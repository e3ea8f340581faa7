"""Signing in with a real browser: the ways in, and every way of being refused."""

from __future__ import annotations

from playwright.async_api import expect

from config.words import words
from tests.ui.browser import Browsers, hired
from tests.web.house import House

ZH = words("zh-CN")
EN = words("en")


async def test_signing_in_leads_to_where_one_wanted_to_go(house: House, screens: Browsers) -> None:
    password = await hired(house, "zhang", "supervisor")
    window = await screens.window()
    page = await window.sign_in("zhang", password, "/account?from=link")
    await expect(page).to_have_url(f"{house.address}/account?from=link")
    await expect(page.locator("main")).to_contain_text("张zhang")
    await expect(page.locator("header")).to_contain_text("班长")


async def test_a_wrong_password_is_refused_in_words(house: House, screens: Browsers) -> None:
    await hired(house, "zhang")
    window = await screens.window()
    window.expect_refusals(401)
    page = await window.open()
    await window.fill_sign_in("zhang", "not the password")
    await expect(page.get_by_role("alert")).to_contain_text(ZH.text("api.problem.sign-in-wrong"))
    await expect(page.locator("#username")).to_have_value("zhang")
    await expect(page.locator("#current-password")).to_be_focused()
    await expect(page).to_have_url(f"{house.address}/sign-in")


async def test_a_locked_account_says_for_how_long(house: House, screens: Browsers) -> None:
    await hired(house, "zhang")
    window = await screens.window(language="en")
    window.expect_refusals(401, 429)
    page = await window.open()
    locked = EN.text("api.problem.sign-in-locked", wait_s="…").split("…")[0]
    alert = page.get_by_role("alert")
    for _ in range(10):
        async with page.expect_response("**/session") as answer:
            await window.fill_sign_in("zhang", "not the password")
        if (await answer.value).status == 429:
            break
    await expect(alert).to_contain_text(locked)


async def test_a_one_time_password_must_be_changed_first(house: House, screens: Browsers) -> None:
    new = await house.person("zhang")
    window = await screens.window()
    window.expect_refusals(401, 422)
    page = await window.open("/account")
    await window.fill_sign_in("zhang", new.password)
    await expect(page).to_have_url(f"{house.address}/password?next=/account")
    await page.locator("#old-password").fill(new.password)
    await page.locator("#new-password").fill("short")
    await page.locator("#again-password").fill("short")
    await page.locator("button[type=submit]").click()
    field = page.locator(".el-form-item", has=page.locator("#new-password"))
    await expect(field).to_contain_text(ZH.text("api.problem.too-short", field="new"))
    await page.locator("#new-password").fill("a far better one")
    await expect(page.locator("button[type=submit]")).to_be_disabled()
    await page.locator("#again-password").fill("a far better one")
    await page.locator("button[type=submit]").click()
    await expect(page).to_have_url(f"{house.address}/account")


async def test_an_expired_session_leaves_the_page_as_it_was(
    house: House, screens: Browsers
) -> None:
    password = await hired(house, "zhang")
    window = await screens.window()
    page = await window.sign_in("zhang", password, "/password")
    await page.locator("#old-password").fill(password)
    await page.locator("#new-password").fill("a far better one")
    await page.locator("#again-password").fill("a far better one")
    house.clock.at += 13 * 3600  # a session lasts twelve hours
    await page.locator("button[type=submit]").click()
    cover = page.get_by_role("dialog")
    await expect(cover).to_contain_text("登录已过期")
    await expect(cover.locator("#username")).to_have_value("zhang")
    await cover.locator("#current-password").fill(password)
    await cover.locator("button[type=submit]").click()
    # What was asked for before is done now, without being typed again.
    await expect(cover).to_be_hidden()
    await expect(page).to_have_url(f"{house.address}/desk")
    again = await screens.window()
    await again.sign_in("zhang", "a far better one")


async def test_another_person_never_goes_on_with_somebody_elses_page(
    house: House, screens: Browsers
) -> None:
    zhang, wang = await hired(house, "zhang"), await hired(house, "wang", "analyst")
    window = await screens.window()
    page = await window.sign_in("zhang", zhang, "/account")
    await expect(page.locator("main")).to_contain_text("张zhang")
    house.clock.at += 13 * 3600
    cover = page.get_by_role("dialog")
    await expect(cover).to_be_visible()  # the live board noticed it
    await cover.locator("#username").fill("wang")
    await cover.locator("#current-password").fill(wang)
    await cover.locator("button[type=submit]").click()
    await expect(page.locator("header .who")).to_contain_text("张wang")
    await expect(page.locator("body")).not_to_contain_text("张zhang")


async def test_signing_out_ends_the_session(house: House, screens: Browsers) -> None:
    password = await hired(house, "zhang")
    window = await screens.window()
    page = await window.sign_in("zhang", password)
    await page.locator("header .who").click()
    await page.get_by_role("menuitem", name="退出登录").click()
    await expect(page).to_have_url(f"{house.address}/sign-in")
    await window.open("/account")
    await expect(page).to_have_url(f"{house.address}/sign-in?next=/account")


async def test_the_language_can_be_changed_and_is_remembered(
    house: House, screens: Browsers
) -> None:
    window = await screens.window()
    window.expect_refusals(401)
    page = await window.open()
    await expect(page.locator("h1")).to_have_text("登录")
    await page.get_by_role("button", name="English").click()
    await expect(page.locator("h1")).to_have_text("Sign in")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await window.fill_sign_in("nobody", "at all")
    await expect(page.get_by_role("alert")).to_contain_text(EN.text("api.problem.sign-in-wrong"))
    await page.reload()
    await expect(page.locator("h1")).to_have_text("Sign in")
