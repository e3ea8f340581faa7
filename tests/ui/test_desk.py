"""The desk in a real browser on the whole line: real Asterisk, real callers, real sound."""

from __future__ import annotations

import asyncio

import pytest

from telephony.tones import tone_seconds
from tests.e2e.scene import CALLER_HZ, Scene
from tests.ui.browser import Browsers
from tests.ui.desk import MICROPHONE_HZ, open_desk

pytestmark = pytest.mark.pbx

TALK_S = 2.0
"""So that there is something to record."""


async def test_a_caller_is_answered_in_the_page_and_both_hear_each_other(
    scene: Scene, desks: Browsers
) -> None:
    desk = await open_desk(scene, desks, scene.house.players[0])
    await desk.sit("8001")
    caller = await scene.waiting()
    await desk.answer()
    await caller.at("talking")
    await desk.hears(CALLER_HZ)
    await asyncio.sleep(TALK_S)
    await desk.page.locator("[data-do=hang-up]").click()
    await caller.let_go()
    await desk.state("wrapup")

    detail = await scene.closed(caller)
    assert (detail["call"]["outcome"], detail["call"]["seat_id"]) == ("answered", "8001")
    recording = scene.recording(detail)
    await caller.phone.stop()
    assert tone_seconds(caller.phone.heard[0], MICROPHONE_HZ) > 0.5, "the caller heard the seat"
    assert tone_seconds(recording, CALLER_HZ, channel=0) > 1
    assert tone_seconds(recording, MICROPHONE_HZ, channel=1) > 0.5
    assert tone_seconds(recording, MICROPHONE_HZ, channel=0) == 0, "the voices are apart"
