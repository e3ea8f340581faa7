"""`hotline demo` as an operator runs it, against the running line."""

from __future__ import annotations

import asyncio

import pytest

from config.words import words
from tests.e2e.house import House
from tests.e2e.scene import Scene

pytestmark = pytest.mark.pbx


async def test_the_demonstration_finds_everything_as_it_should_be(
    house: House, scene: Scene
) -> None:
    status, said = await asyncio.to_thread(house.run, "--lang", "zh-CN", "demo")
    assert status == 0, said
    assert words("zh-CN").text("demo.fine", calls=9) in said
    assert said.count(words("zh-CN").text("demo.right")) == 9
    people = (await scene.line.get("/people"))["people"]
    assert not any(p["active"] for p in people if p["username"].startswith("demo-"))


async def test_no_demonstration_while_agents_are_at_work(house: House, scene: Scene) -> None:
    agent = await scene.agent()
    status, said = await asyncio.to_thread(house.run, "--lang", "en", "demo")
    assert status == 1
    assert "Sign them out first" in said
    await scene.line.seat(agent.seat_id, "ready")
