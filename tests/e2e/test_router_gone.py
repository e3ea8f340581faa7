"""The line without its router: killed while calls talk and wait, restarted, or left dead."""

from __future__ import annotations

import asyncio
import time

import pytest

from telephony.tones import tone_seconds
from tests.e2e.house import House
from tests.e2e.scene import CALLER_HZ, Caller, Scene

pytestmark = pytest.mark.pbx


async def test_killed_and_restarted_nobody_loses_anything(house: House, scene: Scene) -> None:
    first, second = await scene.agent(0), await scene.agent(1, ready=False)
    talker = await scene.talking(first)
    waiters = [await scene.waiting() for _ in range(2)]

    house.kill()
    await asyncio.to_thread(house.start)
    await scene.look_again()

    await talker.at("talking")
    for waiter in waiters:
        await waiter.at("queue")
    assert "CALL_CLOSED" not in {event.what for event in talker.phone.log.all}
    await second.act("ready")
    for waiter in waiters:  # in the order in which they came
        await second.answer()
        await waiter.at("talking")
        await waiter.hang_up()
        await second.phone.expect("CALL_CLOSED")
    await first.phone.hang_up()
    await talker.at("rating")
    await talker.press("2")
    await talker.let_go()

    detail = await scene.closed(talker)
    assert (detail["call"]["outcome"], detail["call"]["score"]) == ("answered", 2)
    recording = scene.recording(detail)
    assert tone_seconds(recording, CALLER_HZ, channel=0) > 1
    assert tone_seconds(recording, first.hz, channel=1) > 1
    for waiter in waiters:
        waited = await scene.closed(waiter)
        assert waited["call"]["outcome"] == "answered"
        assert [fact["type"] for fact in waited["timeline"]].count("CallOpened") == 1


async def test_who_is_on_hold_stays_on_hold_and_is_talked_to_again(
    house: House, scene: Scene
) -> None:
    agent = await scene.agent(0)
    caller = await scene.talking(agent)
    assert (await agent.act("hold"))["held"] is True

    house.kill()
    await asyncio.to_thread(house.start)
    await scene.look_again()

    await caller.at("talking")
    # The view of Asterisk that heals comes every second: it must not join them.
    assert await agent.joined(caller) is False
    assert (await agent.act("resume"))["held"] is False
    async with asyncio.timeout(5):
        joined = False
        while not joined:
            joined = await agent.joined(caller)
    await asyncio.sleep(1.0)  # something to be found in the recording
    await agent.act("hang-up")
    await caller.at("rating")
    await caller.press("1")
    await caller.let_go()
    detail = await scene.closed(caller)
    assert (detail["call"]["outcome"], detail["call"]["score"]) == ("answered", 1)
    assert 0 < detail["call"]["hold_s"] < detail["call"]["talk_s"]
    recording = scene.recording(detail)
    assert tone_seconds(recording, agent.hz, channel=1) > 0.3


async def test_who_hung_up_meanwhile_is_found_out(house: House, scene: Scene) -> None:
    first, second = await scene.agent(0), await scene.agent(1)
    left_talking = await scene.talking(first)
    left_by_seat = await scene.talking(second)
    left_waiting = await scene.waiting()

    house.kill()
    await left_talking.hang_up()
    await left_waiting.hang_up()
    await second.phone.hang_up()
    await asyncio.to_thread(house.start)
    await scene.look_again()

    await first.phone.expect("CALL_CLOSED", deadline_s=10)
    await left_by_seat.let_go()
    assert (await scene.closed(left_talking))["call"]["outcome"] == "answered"
    assert (await scene.closed(left_by_seat))["call"]["outcome"] == "answered"
    waited = (await scene.closed(left_waiting))["call"]
    assert (waited["outcome"], waited["healed"]) == ("abandoned_queue", True)
    for agent in (first, second):
        await scene.line.seat(agent.seat_id, "ready")


async def test_killed_while_a_phone_rings(house: House, scene: Scene) -> None:
    agent = await scene.agent(manner="ring")
    caller = await scene.waiting()
    await agent.phone.expect("INVITE")
    house.kill()
    await asyncio.to_thread(house.start)
    await scene.look_again()
    await caller.at("queue", "ringing")
    await caller.hang_up()
    detail = await scene.closed(caller)
    assert detail["call"]["outcome"] in {"abandoned_queue", "abandoned_ringing"}


async def test_without_a_router_the_dialplan_serves(house: House, scene: Scene) -> None:
    """A queue of its own, then voicemail; both are in the store once the router is back."""
    began = time.time()
    agent = await scene.agent()
    await scene.stands_by(agent)
    house.kill()
    answered = await scene.caller(arrives=False)
    await agent.answer()
    await asyncio.sleep(1.5)
    await answered.hang_up()
    await agent.phone.expect("CALL_CLOSED")
    left = await scene.caller(arrives=False)
    await agent.phone.expect("CALL_INCOMING", deadline_s=10)
    await left.hang_up()
    await agent.phone.expect("CALL_CLOSED")

    await asyncio.to_thread(house.start)
    await scene.look_again()
    outcomes = await _fallback_calls(scene, began, 2)
    assert sorted(outcomes) == ["fallback_abandoned", "fallback_answered"]


async def test_without_router_and_seats_there_is_voicemail(house: House, scene: Scene) -> None:
    began = time.time()
    house.kill()
    caller = await scene.caller(arrives=False)
    await caller.phone.expect("CALL_CLOSED", deadline_s=45)  # its longest length, then goodbye

    await asyncio.to_thread(house.start)
    await scene.look_again()
    assert await _fallback_calls(scene, began, 1) == ["fallback_voicemail"]
    (call,) = await scene.since(began)
    message = scene.recording(await scene.stored(call["call_id"]), "voicemail")
    assert tone_seconds(message, CALLER_HZ) > 1


async def test_who_waits_when_the_router_stays_dead_is_served_all_the_same(
    house: House, scene: Scene
) -> None:
    """The watchdog sends waiting callers to the dialplan's queue, which keeps their order."""
    began = time.time()
    agent = await scene.agent()
    talker = await scene.talking(agent)
    waiters: list[Caller] = [await scene.waiting() for _ in range(2)]
    await scene.stands_by(agent)
    house.kill()
    await agent.phone.hang_up()  # talks to nobody we could tell: an agent goes on working
    for waiter in waiters:
        rung = await agent.phone.expect("CALL_INCOMING", deadline_s=45)
        assert waiter.number in str(rung.detail)
        await agent.phone.answer()
        await agent.phone.expect("CALL_ESTABLISHED")
        await waiter.hang_up()
        await agent.phone.expect("CALL_CLOSED")

    await asyncio.to_thread(house.start)
    await scene.look_again()
    await talker.hang_up()
    assert await _fallback_calls(scene, began, 2) == ["fallback_answered"] * 2


async def _fallback_calls(scene: Scene, began: float, many: int) -> list[str]:
    """Outcomes of the calls that the dialplan served, once the store has them."""
    async with asyncio.timeout(20):
        while True:
            served = [call for call in await scene.since(began) if call["fallback"]]
            if len(served) >= many:
                return [str(call["outcome"]) for call in served]
            await asyncio.sleep(0.1)  # the store has nobody to tell
