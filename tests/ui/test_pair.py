"""An interpreted call at the desks of both seats, in a real browser on the whole line."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.scene import CALLER_HZ, Scene
from tests.ui.browser import Browsers
from tests.ui.desk import open_desk

pytestmark = pytest.mark.pbx

YI = "31"
"""Keys of a caller who speaks Yi, which no lawyer here does."""
INTERPRETER = 3


async def test_the_specialist_sees_who_interprets_waits_and_sees_it_leave(
    scene: Scene, desks: Browsers
) -> None:
    desk = await open_desk(scene, desks, scene.house.players[0])
    await desk.sit("8001")
    interpreter = await scene.agent(INTERPRETER)
    caller = await (await scene.caller(YI)).at("ringing")
    offer = desk.page.locator(".offer .pair")
    await expect(offer).to_contain_text("口译通话")
    await expect(offer).to_contain_text("您担任专席，口译是坐席4")
    await desk.do("answer")
    await expect(offer).to_contain_text("您已接听，正在等坐席4接听")
    await expect(desk.page.locator("[data-do=answer]")).to_have_count(0)
    await interpreter.answer()
    await desk.state("talking")
    await caller.at("talking")
    talk = desk.page.locator(".talk .pair")
    await expect(talk).to_contain_text("您担任专席，口译是坐席4")
    await expect(talk.locator(".state")).to_have_count(0)
    await interpreter.phone.hang_up()
    await expect(talk).to_contain_text("口译已离开")
    await desk.hears(CALLER_HZ)
    await desk.do("hang-up")
    await caller.let_go()
    await desk.state("wrapup")
    await scene.closed(caller)


async def test_the_interpreter_does_not_hold_and_comes_back_after_a_reload(
    scene: Scene, desks: Browsers
) -> None:
    desk = await open_desk(scene, desks, scene.house.players[INTERPRETER])
    await desk.sit("8004")
    specialist = await scene.agent()
    caller = await (await scene.caller(YI)).at("ringing")
    offer = desk.page.locator(".offer .pair")
    await expect(offer).to_contain_text("您担任口译，专席是坐席1")
    await specialist.answer()
    await expect(offer).to_contain_text("坐席1已接听，正在等您")
    await desk.answer()
    await caller.at("talking")
    await expect(desk.page.locator("[data-do=mute]")).to_be_visible()
    await expect(desk.page.locator("[data-do=hold]")).to_have_count(0)
    await desk.page.reload()
    await scene.line.until(
        "the interpreter is away", lambda: scene.line.calls[caller.call_id].interpreter == "away"
    )
    await scene.line.until(
        "the interpreter is back", lambda: scene.line.calls[caller.call_id].interpreter == "talking"
    )
    await desk.state("talking")
    await desk.speaks()
    await caller.hang_up()
    await desk.state("wrapup")
    detail = await scene.closed(caller)
    legs = [leg for leg in detail["legs"] if leg["kind"] == "interpreter"]
    assert len(legs) == 2, "before and after the reload"
