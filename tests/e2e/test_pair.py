"""Interpreter and specialist together, through the whole hotline: both or neither."""

from __future__ import annotations

import asyncio

import pytest

from telephony.softphone import Softphone
from telephony.tones import tone_seconds
from tests.e2e.scene import CALLER_HZ, Agent, Caller, Scene

pytestmark = pytest.mark.pbx

YI = "31"
"""Keys of a caller who speaks Yi, which no lawyer here does."""
INTERPRETER = 4
TALK_S = 2.0
TOGETHER = 0.25
"""Share of the energy of one of two voices that are heard at once."""


async def test_three_talk_and_each_hears_the_other_two(scene: Scene) -> None:
    specialist, interpreter = await scene.agent(), await scene.agent(INTERPRETER)
    caller = await (await scene.caller(YI)).at("ringing")
    await specialist.answer()
    await scene.line.until(
        "the specialist waits for the interpreter",
        lambda: scene.line.calls[caller.call_id].picked_up == specialist.seat_id,
    )
    await interpreter.answer()
    await caller.at("talking")
    await asyncio.sleep(TALK_S)
    await specialist.phone.hang_up()
    await caller.at("rating")
    await caller.press("1")
    await caller.let_go()

    detail = await scene.closed(caller)
    call = detail["call"]
    assert (call["outcome"], call["seat_id"], call["score"]) == ("answered", specialist.seat_id, 1)
    assert [(offer["role"], offer["end"]) for offer in detail["offers"]] == [
        ("specialist", "answered"),
        ("interpreter", "answered"),
    ]
    assert len(detail["ratings"]) == 1
    recording = scene.recording(detail)
    for hz in (specialist.hz, interpreter.hz):
        assert tone_seconds(recording, hz, channel=1, energy=TOGETHER) > 1, "beside the caller"
        assert tone_seconds(recording, hz, channel=0, energy=TOGETHER) < 0.2
    assert tone_seconds(recording, CALLER_HZ, channel=0) > 1
    for agent in (specialist, interpreter):
        await scene.line.seat(agent.seat_id, "ready")
    await _all_heard(caller, specialist, interpreter)


async def _all_heard(caller: Caller, specialist: Agent, interpreter: Agent) -> None:
    everybody = [
        (caller.phone, CALLER_HZ),
        (specialist.phone, specialist.hz),
        (interpreter.phone, interpreter.hz),
    ]
    for phone, own in everybody:
        assert isinstance(phone, Softphone)
        await phone.stop()
        for _, hz in everybody:
            seconds = tone_seconds(phone.heard[0], hz, energy=TOGETHER)
            assert (seconds < 0.2) if hz == own else (seconds > 1), (phone.account.user, hz)


async def test_when_one_does_not_answer_the_other_is_let_go_without_blame(scene: Scene) -> None:
    specialist = await scene.agent()
    interpreter = await scene.agent(INTERPRETER, manner="ring")
    caller = await (await scene.caller(YI)).at("ringing")
    await specialist.answer()
    await specialist.phone.expect("CALL_CLOSED", deadline_s=10)
    await interpreter.phone.expect("CANCEL")
    await scene.line.seat(interpreter.seat_id, "not_ready")
    await scene.line.seat(specialist.seat_id, "ready")
    await caller.at("queue")
    await caller.hang_up()
    detail = await scene.closed(caller)
    assert detail["call"]["outcome"] == "abandoned_queue"
    assert [(offer["role"], offer["end"]) for offer in detail["offers"]] == [
        ("specialist", "withdrawn"),
        ("interpreter", "no_answer"),
    ]


async def test_the_talk_goes_on_when_the_interpreter_has_left(scene: Scene) -> None:
    specialist, interpreter = await scene.agent(), await scene.agent(INTERPRETER)
    caller = await (await scene.caller(YI)).at("ringing")
    await interpreter.answer()
    await specialist.answer()
    await caller.at("talking")
    await interpreter.phone.hang_up()
    await scene.line.until(
        "the interpreter has left",
        lambda: scene.line.calls[caller.call_id].interpreter == "left",
    )
    await scene.line.seat(interpreter.seat_id, "ready")
    assert await specialist.joined(caller)
    await caller.hang_up()
    detail = await scene.closed(caller)
    assert (detail["call"]["outcome"], detail["call"]["talk_ended_by"]) == ("answered", "caller")
