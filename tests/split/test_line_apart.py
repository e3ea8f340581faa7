"""Router and screens apart on the real Asterisk: a talk, and Redis restarted in the midst of it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from telephony.tones import tone_seconds
from tests.e2e.house import House
from tests.e2e.scene import AGENT_HZ, CALLER_HZ, Scene
from tests.pbx import until
from tests.split.redisserver import RedisServer

pytestmark = pytest.mark.pbx


@pytest.fixture
def house(forgetful: RedisServer) -> Iterator[House]:
    # Not pytest's own directory: a socket's path may have no more than 107 bytes.
    with tempfile.TemporaryDirectory(prefix="hotline-apart-") as directory:
        house = House(Path(directory), form="apart", redis=forgetful.url)
        try:
            house.start()
            house.hire(2)
            yield house
        finally:
            house.stop()


async def test_a_talk_outlives_redis_and_is_on_the_screen_again_afterwards(
    house: House, forgetful: RedisServer, tmp_path: Path
) -> None:
    scene = Scene(house, tmp_path)
    await scene.begin()
    try:
        agent = await scene.agent(0)
        caller = await scene.talking(agent)
        await asyncio.to_thread(forgetful.kill)
        # The line takes calls and ends them while no screen can see it.
        blind = await scene.caller("0", arrives=False)
        await asyncio.sleep(1.0)  # a little more of both voices
        await caller.hang_up()
        await agent.answer()
        await asyncio.to_thread(forgetful.start)
        blind.call_id = await scene.line.arrived(blind.number, deadline_s=20)
        await blind.at("talking", deadline_s=20)
        await scene.line.left(caller.call_id, deadline_s=20)
        await agent.act("hang-up")
        detail = await scene.closed(caller)
        assert detail["call"]["outcome"] == "answered"
        recording = scene.recording(detail)
        assert tone_seconds(recording, CALLER_HZ, channel=0) > 0.5
        assert tone_seconds(recording, AGENT_HZ[0], channel=1) > 0.5
    finally:
        await scene.end()
    assert until(lambda: not house.asterisk.left_behind(), 10)
