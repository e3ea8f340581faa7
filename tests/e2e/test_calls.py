"""Real calls through the whole hotline, each to its end and into the store."""

from __future__ import annotations

import asyncio

import pytest

from telephony.tones import tone_seconds
from telephony.wirephone import Manner, WirePhone
from tests.e2e.house import PROMPT_HZ
from tests.e2e.scene import CALLER_HZ, Caller, Scene

pytestmark = pytest.mark.pbx

TALK_S = 1.5
"""The only pause: so that there is something to record."""


async def test_answered_recorded_and_rated(scene: Scene) -> None:
    agent = await scene.agent()
    caller = await scene.caller("11")
    await agent.answer()
    await caller.at("talking")
    await asyncio.sleep(TALK_S)
    await agent.phone.hang_up()
    await caller.at("rating")
    await caller.press("1")
    await caller.let_go()

    detail = await scene.closed(caller)
    call = detail["call"]
    assert (call["outcome"], call["seat_id"], call["score"]) == ("answered", agent.seat_id, 1)
    assert (call["language"], call["service"]) == ("cmn", "general")
    assert [offer["end"] for offer in detail["offers"]] == ["answered"]
    recording = scene.recording(detail)
    assert tone_seconds(recording, CALLER_HZ, channel=0) > 1
    assert tone_seconds(recording, agent.hz, channel=1) > 1
    assert tone_seconds(recording, PROMPT_HZ, channel=1) > 0.2, "the notice is in the recording"
    assert tone_seconds(recording, agent.hz, channel=0) == 0, "the voices are apart"
    assert tone_seconds(recording, CALLER_HZ, channel=1) == 0


async def test_each_hears_the_other(scene: Scene) -> None:
    agent = await scene.agent()
    caller = await scene.talking(agent)
    await asyncio.sleep(TALK_S)
    await caller.hang_up()
    await agent.phone.expect("CALL_CLOSED")
    await scene.closed(caller)
    await agent.phone.stop()
    await caller.phone.stop()
    assert tone_seconds(caller.phone.heard[0], agent.hz) > 1
    assert tone_seconds(agent.phone.heard[0], CALLER_HZ) > 1


# ---- the caller may hang up at every single moment ----


async def _in_greeting(scene: Scene) -> Caller:
    return await scene.caller()


async def _in_menu(scene: Scene) -> Caller:
    caller = await scene.caller("1")
    return await caller.at("menu")


async def _in_queue(scene: Scene) -> Caller:
    await scene.agent(ready=False)
    caller = await scene.caller("0")
    return await caller.at("queue")


async def _ringing(scene: Scene) -> Caller:
    agent = await scene.agent()
    caller = await scene.caller("0")
    await agent.phone.expect("CALL_INCOMING", deadline_s=10)
    return await caller.at("ringing")


async def _talking(scene: Scene) -> Caller:
    return await scene.talking(await scene.agent())


async def _in_rating(scene: Scene) -> Caller:
    agent = await scene.agent()
    caller = await scene.talking(agent)
    await agent.phone.hang_up()
    return await caller.at("rating")


@pytest.mark.parametrize(
    ("moment", "outcome", "stage", "missed"),
    [
        (_in_greeting, "abandoned_greeting", "greeting", None),
        (_in_menu, "abandoned_menu", "menu", None),
        (_in_queue, "abandoned_queue", "queue", None),
        (_ringing, "abandoned_ringing", "ringing", None),
        (_talking, "answered", "talking", "not_asked"),
        (_in_rating, "answered", "rating", "hung_up"),
    ],
    ids=["greeting", "menu", "queue", "ringing", "talking", "rating"],
)
async def test_the_caller_hangs_up(
    scene: Scene, moment: object, outcome: str, stage: str, missed: str | None
) -> None:
    caller = await moment(scene)
    await caller.hang_up()
    await scene.line.left(caller.call_id)
    detail = await scene.closed(caller)
    call = detail["call"]
    assert (call["outcome"], call["stage"]) == (outcome, stage)
    assert call["hangup_by"] == "caller"
    assert [rating["missed"] for rating in detail["ratings"]] == ([missed] if missed else [])
    for agent in scene.agents:
        await scene.line.seat(agent.seat_id, "ready", "not_ready")


async def test_a_ringing_phone_falls_silent_when_the_caller_leaves(scene: Scene) -> None:
    agent = await scene.agent(manner="ring")
    caller = await scene.waiting()
    await agent.phone.expect("INVITE")
    await caller.hang_up()
    await agent.phone.expect("CANCEL")
    await scene.closed(caller)


# ---- the rating ----


async def test_no_key_in_time_is_no_rating(scene: Scene) -> None:
    agent = await scene.agent()
    caller = await scene.talking(agent)
    await agent.phone.hang_up()
    await caller.let_go()
    detail = await scene.closed(caller)
    assert [(r["score"], r["missed"]) for r in detail["ratings"]] == [(None, "timeout")]


async def test_keys_without_a_meaning_are_no_rating(scene: Scene) -> None:
    agent = await scene.agent()
    caller = await scene.talking(agent)
    await agent.phone.hang_up()
    await caller.at("rating")
    await caller.press("99")
    await caller.let_go()
    detail = await scene.closed(caller)
    assert [(r["score"], r["missed"]) for r in detail["ratings"]] == [(None, "wrong_key")]


# ---- the way in ----


async def test_silence_leads_to_a_human(scene: Scene) -> None:
    agent = await scene.agent()
    caller = await scene.caller()
    await agent.answer()
    await caller.at("talking")
    await caller.hang_up()
    detail = await scene.closed(caller)
    assert "MenuSilent" in [fact["type"] for fact in detail["timeline"]]


async def test_wrong_keys_trap_nobody(scene: Scene) -> None:
    agent = await scene.agent()
    caller = await scene.caller("999")
    await agent.answer()
    await caller.at("talking")
    await caller.hang_up()
    detail = await scene.closed(caller)
    assert [f["type"] for f in detail["timeline"]].count("KeyWrong") == 3


async def test_a_seat_without_the_language_is_never_rung(scene: Scene) -> None:
    agent = await scene.agent()
    caller = await scene.caller("21")
    await caller.at("voicemail")
    await caller.hang_up()
    detail = await scene.closed(caller)
    assert detail["call"]["language"] == "khg"
    assert detail["offers"] == []
    await scene.line.seat(agent.seat_id, "ready")


# ---- four ways of not answering ----


@pytest.mark.parametrize(
    ("manner", "end", "state"),
    [
        ("ring", "no_answer", "not_ready"),
        (603, "rejected", "ready"),
        (486, "busy", "ready"),
        (480, "unreachable", "ready"),
        ("silent", "unreachable", "ready"),
    ],
    ids=["no-answer", "declined", "busy", "unavailable", "dead"],
)
async def test_the_caller_keeps_the_place_and_another_seat_answers(
    scene: Scene, manner: Manner, end: str, state: str
) -> None:
    first = await scene.agent(0, manner=manner)
    second = await scene.agent(1, ready=False)
    caller = await scene.waiting()
    await first.phone.expect("INVITE", deadline_s=10)
    await caller.at("queue")
    await second.act("ready")
    await second.answer()
    await caller.at("talking")
    seat = await scene.line.seat(first.seat_id, state)
    assert seat.reason == ("missed" if end == "no_answer" else "")
    await caller.hang_up()
    detail = await scene.closed(caller)
    assert [offer["end"] for offer in detail["offers"]] == [end, "answered"]
    assert detail["call"]["outcome"] == "answered"


async def test_an_unregistered_phone_is_not_rung(scene: Scene) -> None:
    agent = await scene.agent(manner="ring")
    assert isinstance(agent.phone, WirePhone)
    await agent.phone.register(0)
    user = agent.phone.account.user
    await scene.line.until("the phone is gone", lambda: not scene.line.phones[user])
    caller = await scene.waiting()
    await agent.phone.register()
    await agent.phone.expect("INVITE", deadline_s=10)
    await caller.hang_up()
    detail = await scene.closed(caller)
    assert len(detail["offers"]) == 1, "rung only when the phone was back"


async def test_a_phone_without_power_costs_the_caller_no_more_than_a_moment(scene: Scene) -> None:
    agent = await scene.agent(0, manner="ring")
    second = await scene.agent(1, ready=False)
    await agent.phone.stop()
    caller = await scene.waiting()
    await second.act("ready")
    await second.answer()
    await caller.at("talking")
    await caller.hang_up()
    detail = await scene.closed(caller)
    ends = [offer["end"] for offer in detail["offers"]]
    assert ends in (["unreachable", "answered"], ["answered"])


# ---- voicemail ----


async def test_a_message_for_nobody_on_duty(scene: Scene) -> None:
    caller = await scene.caller("0")
    await _message_begins(scene, caller)
    await asyncio.sleep(TALK_S)
    await caller.press("#")
    await caller.let_go()
    detail = await scene.closed(caller)
    assert detail["call"]["outcome"] == "voicemail"
    message = scene.recording(detail, "voicemail")
    assert tone_seconds(message, CALLER_HZ) > 1
    (kept,) = [fact for fact in detail["timeline"] if fact["type"] == "VoicemailKept"]
    assert kept["body"]["seconds"] >= 1


async def test_a_message_that_ends_by_hanging_up_is_kept(scene: Scene) -> None:
    caller = await scene.caller("0")
    await _message_begins(scene, caller)
    await asyncio.sleep(TALK_S)
    await caller.hang_up()
    detail = await scene.closed(caller)
    assert detail["call"]["outcome"] == "voicemail"
    assert tone_seconds(scene.recording(detail, "voicemail"), CALLER_HZ) > 1


async def test_hanging_up_before_the_message_leaves_none(scene: Scene) -> None:
    caller = await scene.caller("0")
    await caller.at("voicemail")
    await caller.hang_up()
    detail = await scene.closed(caller)
    assert detail["call"]["outcome"] == "abandoned_voicemail"
    assert [r["kind"] for r in detail["recordings"]] == ["call"]


async def _message_begins(scene: Scene, caller: Caller) -> None:
    await caller.at("voicemail")
    async with asyncio.timeout(15):
        while True:
            detail = await scene.line.get(f"/calls/{caller.call_id}")
            if any(fact["type"] == "VoicemailStarted" for fact in detail["timeline"]):
                return
            await asyncio.sleep(0.1)  # the board does not show the beep


# ---- many ----


async def test_waiting_callers_are_served_in_order(scene: Scene) -> None:
    agent = await scene.agent(ready=False)
    callers = [await scene.waiting() for _ in range(3)]
    await agent.act("ready")
    for caller in callers:
        await agent.answer()
        await caller.at("talking")
        await caller.hang_up()
        await agent.phone.expect("CALL_CLOSED")
    for caller in callers:
        assert (await scene.closed(caller))["call"]["outcome"] == "answered"


async def test_every_call_has_a_slip_of_its_own(scene: Scene) -> None:
    """All calls that the tests before this one placed, and two more side by side."""
    for caller in [await scene.caller(), await scene.caller()]:
        await caller.hang_up()
        await scene.closed(caller)
    calls = await scene.since(0.0)
    slips = [call["slip_number"] for call in calls]
    assert len(calls) >= 2
    assert all(slips)
    assert len(set(slips)) == len(slips)
