"""The desk in a real browser on the whole line: real Asterisk, real callers, real sound."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from telephony.tones import tone_seconds
from tests.e2e.scene import AGENT_HZ, CALLER_HZ, Caller, Scene
from tests.ui.browser import Browsers
from tests.ui.desk import MICROPHONE_HZ, Desk, open_desk

pytestmark = pytest.mark.pbx

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
    await asyncio.sleep(TALK_S)
    assert scene.line.seats["8001"].call_id == leg
    assert scene.line.calls[leg].stage == "talking"
    await caller.hang_up()
    await desk.state("wrapup")
    detail = await scene.closed(caller)
    assert detail["call"]["outcome"] == "answered"
    legs = [leg for leg in detail["legs"] if leg["kind"] == "seat"]
    assert len(legs) == 2, legs
    recording = scene.recording(detail)
    seconds = detail["call"]["talk_s"]
    late = tail(recording, TALK_S)
    assert tone_seconds(late, MICROPHONE_HZ, channel=1) > 0.5, f"heard again, of {seconds} s"
    assert tone_seconds(late, CALLER_HZ, channel=0) > 1


def tail(recording: Path, seconds: float) -> Path:
    """The end of a recording as a file of its own."""
    import wave

    cut = recording.with_name(f"tail-{recording.name}")
    with wave.open(str(recording), "rb") as whole, wave.open(str(cut), "wb") as out:
        out.setparams(whole.getparams())
        frames = min(whole.getnframes(), round(seconds * whole.getframerate()))
        whole.setpos(whole.getnframes() - frames)
        out.writeframes(whole.readframes(frames))
    return cut


async def test_mute_is_heard_as_silence(scene: Scene, desks: Browsers) -> None:
    desk, caller = await talking(scene, desks)
    await desk.page.keyboard.press("F9")
    await expect(desk.page.locator("[data-do=mute]")).to_have_attribute("aria-pressed", "true")
    await asyncio.sleep(1)
    await desk.hears(CALLER_HZ)
    await asyncio.sleep(TALK_S)
    await desk.do("hang-up")
    await caller.let_go()
    late = tail(await recording_of(scene, caller), TALK_S)
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
    await desk.do("hang-up")
    await caller.let_go()
    detail = await scene.closed(caller)
    assert detail["call"]["outcome"] == "answered"
    assert AGENT_HZ


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
