"""The desk in a real browser on the whole line: real Asterisk, real callers, real sound."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from config.words import words
from telephony.tones import tone_seconds
from tests.e2e.scene import CALLER_HZ, Caller, Scene
from tests.split.shape import Form
from tests.ui.browser import Browsers
from tests.ui.desk import MICROPHONE_HZ, Desk, last_of, longest_without, open_desk

pytestmark = pytest.mark.pbx

ZH = words("zh-CN")

TALK_S = 2.5
"""So that there is something to record."""


async def talking(scene: Scene, desks: Browsers) -> tuple[Desk, Caller]:
    """Seat 8001 talks to a caller, over the phone in the page."""
    desk = await open_desk(scene, desks, scene.house.players[0])
    await desk.sit("8001")
    caller = await scene.waiting()
    await desk.answer()
    await caller.at("talking")
    await desk.hears(CALLER_HZ)
    return desk, caller


async def heard_by(caller: Caller, hz: int) -> float:
    """Seconds for which the caller heard a tone; after the call."""
    await caller.phone.stop()
    return tone_seconds(caller.phone.heard[0], hz)


async def recording_of(scene: Scene, caller: Caller) -> Path:
    return scene.recording(await scene.closed(caller))


async def test_a_caller_is_answered_in_the_page_and_both_hear_each_other(
    scene: Scene, desks: Browsers
) -> None:
    desk, caller = await talking(scene, desks)
    await asyncio.sleep(TALK_S)
    await desk.do("hang-up")
    await caller.let_go()
    await desk.state("wrapup")

    detail = await scene.closed(caller)
    assert (detail["call"]["outcome"], detail["call"]["seat_id"]) == ("answered", "8001")
    recording = scene.recording(detail)
    assert await heard_by(caller, MICROPHONE_HZ) > 0.5, "the caller heard the seat"
    assert tone_seconds(recording, CALLER_HZ, channel=0) > 1
    assert tone_seconds(recording, MICROPHONE_HZ, channel=1) > 0.5
    assert tone_seconds(recording, MICROPHONE_HZ, channel=0) == 0, "the voices are apart"


async def test_a_reload_in_mid_call_keeps_the_call(scene: Scene, desks: Browsers) -> None:
    desk, caller = await talking(scene, desks)
    leg = caller.call_id
    await desk.page.reload()
    await desk.state("talking")
    await desk.hears(CALLER_HZ)
    await desk.speaks()
    await asyncio.sleep(2 * TALK_S)
    assert scene.line.seats["8001"].call_id == leg
    assert scene.line.calls[leg].stage == "talking"
    await caller.hang_up()
    await desk.state("wrapup")
    detail = await scene.closed(caller)
    assert detail["call"]["outcome"] == "answered"
    legs = [leg for leg in detail["legs"] if leg["kind"] == "seat"]
    assert len(legs) == 2, legs
    assert await heard_by(caller, MICROPHONE_HZ) > 1
    late = last_of(scene.recording(detail), TALK_S)
    assert tone_seconds(late, CALLER_HZ, channel=0) > 1
    assert tone_seconds(late, MICROPHONE_HZ, channel=1) > 0.5, "the new leg is recorded too"


async def test_mute_is_heard_as_silence(scene: Scene, desks: Browsers) -> None:
    desk, caller = await talking(scene, desks)
    await desk.page.keyboard.press("F9")
    await expect(desk.page.locator("[data-do=mute]")).to_have_attribute("aria-pressed", "true")
    await asyncio.sleep(1)
    await desk.hears(CALLER_HZ)
    await asyncio.sleep(TALK_S)
    await desk.do("hang-up")
    await caller.let_go()
    late = last_of(await recording_of(scene, caller), TALK_S)
    assert tone_seconds(late, MICROPHONE_HZ, channel=1) == 0


async def test_hold_plays_music_to_the_caller_and_resume_joins_them(
    scene: Scene, desks: Browsers
) -> None:
    desk, caller = await talking(scene, desks)
    await desk.do("hold")
    await scene.line.until("the hold", lambda: scene.line.seats["8001"].held)
    await desk.hears(0)
    await asyncio.sleep(TALK_S)
    await desk.do("hold")
    await scene.line.until("the talk", lambda: not scene.line.seats["8001"].held)
    await desk.hears(CALLER_HZ)
    await asyncio.sleep(TALK_S)
    await caller.hang_up()
    detail = await scene.closed(caller)
    assert detail["call"]["outcome"] == "answered"
    assert detail["call"]["talk_s"] > TALK_S, "hold is part of the talk"
    quiet = longest_without(scene.recording(detail), MICROPHONE_HZ, channel=1)
    assert quiet > TALK_S - 0.5, "the caller did not hear the seat while held"
    late = last_of(scene.recording(detail), TALK_S)
    assert tone_seconds(late, MICROPHONE_HZ, channel=1) > 0.5, "and is recorded when it is back"


async def test_keys_reach_the_caller(scene: Scene, desks: Browsers) -> None:
    desk, caller = await talking(scene, desks)
    await desk.do("keypad")
    await desk.page.get_by_role("group", name="按键").get_by_role("button", name="5").click()
    key = await caller.phone.expect("CALL_DTMF_START")
    assert key.detail["param"] == "5"
    await caller.hang_up()
    await scene.closed(caller)


async def test_nobody_signs_out_of_a_call(scene: Scene, desks: Browsers) -> None:
    desk, caller = await talking(scene, desks)
    desk.window.expect_refusals(409)
    await desk.do("leave")
    refused = desk.page.get_by_role("alert").filter(has_text=ZH.text("api.problem.seat-in-call"))
    await expect(refused).to_be_visible()
    await desk.hears(CALLER_HZ)
    await caller.hang_up()
    await desk.state("wrapup")
    await desk.do("leave")
    await expect(desk.page.get_by_role("radio", name="8001")).to_be_enabled()
    await scene.line.seat("8001", "signed_out")


async def test_not_ready_is_chosen_with_a_reason_and_in_a_call_for_afterwards(
    scene: Scene, desks: Browsers
) -> None:
    desk, caller = await talking(scene, desks)
    await desk.do("not-ready")
    await desk.page.get_by_role("menuitem", name=ZH.text("catalogue.reason.meal")).click()
    note = ZH.text("catalogue.reason.meal")
    await expect(desk.page.locator(".note")).to_contain_text(note)
    await caller.hang_up()
    await desk.state("wrapup")
    await desk.do("ready")  # finish now
    await desk.state("ready")
    await desk.do("not-ready")
    await desk.page.get_by_role("menuitem", name=note).click()
    await desk.state("not_ready")
    await expect(desk.page.locator(".state")).to_contain_text(note)
    await scene.closed(caller)


async def test_ones_own_phone_is_answered_there_and_hung_up_here(
    scene: Scene, desks: Browsers
) -> None:
    agent = await scene.agent(1)
    desk = await open_desk(scene, desks, scene.house.players[1])
    caller = await scene.waiting()
    await expect(desk.page.locator(".offer")).to_contain_text("请在话机上接听")
    await expect(desk.page.locator("[data-do=answer]")).to_have_count(0)
    await agent.answer()
    await caller.at("talking")
    await desk.state("talking")
    await expect(desk.page.locator("[data-do=mute]")).to_have_count(0)
    await desk.do("hold")
    await scene.line.until("the hold", lambda: scene.line.seats[agent.seat_id].held)
    await desk.do("hold")
    await scene.line.until("the talk", lambda: not scene.line.seats[agent.seat_id].held)
    await desk.do("hang-up")
    await caller.let_go()
    await scene.closed(caller)


async def test_the_phone_comes_back_when_the_line_was_started_again(
    scene: Scene, desks: Browsers, form: Form
) -> None:
    desk = await open_desk(scene, desks, scene.house.players[0])
    await desk.sit("8001")
    desk.window.expected += ["WebSocket connection", "ERR_CONNECTION", "ERR_EMPTY_RESPONSE"]
    desk.window.expect_refusals(502, 503)
    scene.house.kill()
    try:
        if form == "together":
            await expect(desk.page.locator(".line .dot.bad")).to_be_visible()
        else:  # the phone's way to Asterisk is the other process: only the board is behind
            await expect(desk.page.get_by_text("正在追赶")).to_be_visible(timeout=20_000)
            await expect(desk.page.locator(".line .dot.good")).to_be_visible()
    finally:
        await asyncio.to_thread(scene.house.start)
    await scene.look_again()
    await expect(desk.page.locator(".line .dot.good")).to_be_visible(timeout=20_000)
    await expect(desk.page.locator(".state.ready")).to_be_visible(timeout=20_000)
    caller = await scene.waiting()
    await desk.answer()
    await desk.hears(CALLER_HZ)
    await caller.hang_up()
    await scene.closed(caller)


async def test_an_earlier_slip_of_today_is_amended(scene: Scene, desks: Browsers) -> None:
    desk, caller = await talking(scene, desks)
    page = desk.page
    await caller.hang_up()
    await desk.state("wrapup")
    first = (await scene.closed(caller))["slip"]
    await desk.do("ready")
    again = await scene.waiting()
    await desk.answer()
    await expect(page.locator(".slip .number")).not_to_have_text(first["number"])
    await page.locator(f"[data-call='{caller.call_id}']").click()
    await expect(page.locator(".slip .number")).to_have_text(first["number"])
    await page.locator("#slip-text").fill("补记：已回复")
    await expect(page.locator(".slip .status.saved")).to_contain_text("已保存")
    assert (await scene.closed(caller))["slip"]["text"] == "补记：已回复"
    await again.hang_up()
    await scene.closed(again)


async def test_what_is_typed_while_nothing_can_be_saved_outlives_a_reload(
    scene: Scene, desks: Browsers
) -> None:
    desk, caller = await talking(scene, desks)
    page = desk.page
    desk.window.expected.append("ERR_FAILED")
    desk.window.expect_refusals(409)  # the page that goes may save at the last moment after all
    await expect(page.locator("#slip-text")).to_be_enabled()
    await page.route("**/api/v1/slips/*", lambda route: route.abort())
    await page.locator("#slip-text").fill("尚未保存的内容")
    await expect(page.locator(".slip .status.away")).to_be_visible()
    await page.unroute("**/api/v1/slips/*")
    await page.reload()
    await expect(page.locator("#slip-text")).to_have_value("尚未保存的内容")
    await expect(page.locator(".slip .status.saved")).to_contain_text("已保存")
    await caller.hang_up()
    assert (await scene.closed(caller))["slip"]["text"] == "尚未保存的内容"


async def test_two_who_write_the_same_are_told_of_each_other(scene: Scene, desks: Browsers) -> None:
    desk, caller = await talking(scene, desks)
    page = desk.page
    desk.window.expect_refusals(409)
    await expect(page.locator("#slip-text")).to_be_enabled()
    await scene.line.patch(
        f"/slips/{caller.call_id}", scene.house.players[0].token, {"version": 1, "text": "另一处"}
    )
    await page.locator("#slip-text").fill("此处")
    await expect(page.locator("div.conflict")).to_contain_text("另一处")
    await expect(page.locator("#slip-text")).to_have_value("此处")
    await page.get_by_role("button", name="保留我的").click()
    await expect(page.locator(".slip .status.saved")).to_contain_text("已保存")
    await caller.hang_up()
    assert (await scene.closed(caller))["slip"]["text"] == "此处"


async def test_the_slip_is_saved_while_it_is_written_and_by_keyboard_alone(
    scene: Scene, desks: Browsers
) -> None:
    desk, caller = await talking(scene, desks)
    page = desk.page
    await page.locator("[data-kind=help]").focus()
    await page.keyboard.press("Enter")
    await page.locator("#slip-matter").focus()
    await page.keyboard.type("讨薪")
    await expect(page.get_by_role("option", name="A0301")).to_be_visible()
    await page.keyboard.press("Enter")
    await page.locator("#slip-text").focus()
    await page.keyboard.type("工地欠薪三个月")
    await expect(page.locator(".slip .status.saved")).to_contain_text("已保存")
    await caller.hang_up()
    slip = (await scene.closed(caller))["slip"]
    assert (slip["kind"], slip["matter"], slip["text"]) == ("help", "A0301", "工地欠薪三个月")
    kept = await page.evaluate("Object.keys(sessionStorage).filter((k) => k.includes('slip'))")
    assert kept == []


async def test_a_refused_microphone_is_explained(scene: Scene, desks: Browsers) -> None:
    desk = await open_desk(scene, desks, scene.house.players[0], microphone=False)
    await desk.page.get_by_role("radio", name="8001").click()
    await desk.page.locator("button.go").click()
    alert = desk.page.get_by_role("alert")
    await expect(alert).to_contain_text("浏览器不允许使用麦克风")
    await expect(alert).to_contain_text("地址栏")
    assert scene.line.seats["8001"].state == "signed_out"
