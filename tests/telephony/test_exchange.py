"""The exchange on the real Asterisk, for what the contract cannot say: sound, strangers, rivals."""

from __future__ import annotations

import array
import asyncio
import math
import time
import wave
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from router import commands as c
from router import events as e
from telephony.exchange import Exchange
from telephony.faults import AriReplaced
from telephony.softphone import Account, Softphone
from telephony.tones import tone_seconds, write_tone
from tests.contract.realstage import RealStage
from tests.pbx import PASSWORD, RunningPbx, until

pytestmark = pytest.mark.pbx

HOLD, PROMPT, LONG, SEAT = 300, 600, 800, 1000
"""Tones in hertz; `tests.pbx` makes the hold music."""


@pytest.fixture
async def stage(pbx: RunningPbx, tmp_path: Path) -> AsyncIterator[RealStage]:
    async with RealStage(pbx, tmp_path) as stage:
        yield stage


async def test_the_caller_hears_one_thing_at_a_time(
    stage: RealStage, pbx: RunningPbx, tmp_path: Path
) -> None:
    """Music, a prompt in its place, music again, then the seat and nothing else, then a prompt."""
    for piece, hz, seconds in (("tone", PROMPT, 0.6), ("drone", LONG, 6.0)):
        write_tone(tmp_path / f"{piece}.wav", hz, seconds)
    caller = await _phone(tmp_path / "caller", pbx, "13800000001", None, 440)
    seat = await _phone(tmp_path / "seat", pbx, "phone1", PASSWORD, SEAT)
    try:
        await seat.registered()
        await caller.dial(f"12348@{pbx.sip}")
        call = (await stage.expect_a(e.CallArrived)).call_id
        leg, bridge = f"{call}-L1", f"{call}-B1"
        await stage.do(c.StartHold(call))
        await asyncio.sleep(0.6)
        await stage.do(c.Play(call, f"{call}-P1", ("tone",), ""))
        await stage.expect(e.PlayEnded(call, f"{call}-P1"))
        await stage.do(c.StartHold(call), c.RingSeat(call, leg, "phone1", "", "", 10.0))
        await stage.expect(e.LegRinging(leg))
        await asyncio.sleep(0.6)
        await stage.do(c.Play(call, f"{call}-P2", ("drone",), ""))
        await asyncio.sleep(0.6)
        await seat.answer()
        await stage.expect(e.LegAnswered(leg))
        await stage.do(c.Connect(call, leg, bridge))
        await stage.expect(e.PlayEnded(call, f"{call}-P2"))
        await asyncio.sleep(1.0)
        await seat.hang_up()
        await stage.expect(e.LegEnded(leg, "hung_up"))
        await stage.do(c.Disconnect(call, bridge), c.Play(call, f"{call}-P3", ("tone",), ""))
        await stage.expect(e.PlayEnded(call, f"{call}-P3"))
        await stage.do(c.Dismiss(call))
        await stage.expect(e.CallerHungUp(call))
        await caller.expect("CALL_CLOSED")
    finally:
        await caller.stop()
        await seat.stop()
    assert _order(caller.heard[0]) == [HOLD, PROMPT, HOLD, LONG, SEAT, PROMPT]
    assert _order(seat.heard[0]) == [440]


async def test_hold_is_heard_by_the_caller_and_in_the_recording(
    stage: RealStage, pbx: RunningPbx, tmp_path: Path
) -> None:
    """The seat, music and no seat, the seat again; keys of the seat reach the caller and no one."""
    caller = await _phone(tmp_path / "caller", pbx, "13800000001", None, 440)
    seat = await _phone(tmp_path / "seat", pbx, "phone1", PASSWORD, SEAT)
    try:
        await seat.registered()
        await caller.dial(f"12348@{pbx.sip}")
        call = (await stage.expect_a(e.CallArrived)).call_id
        leg, bridge = f"{call}-L1", f"{call}-B1"
        await stage.do(c.RingSeat(call, leg, "phone1", "", "", 10.0))
        await stage.expect(e.LegRinging(leg))
        await seat.answer()
        await stage.expect(e.LegAnswered(leg))
        await stage.do(c.Connect(call, leg, bridge))
        await asyncio.sleep(1.0)
        await stage.do(c.Hold(call, bridge))
        await asyncio.sleep(1.5)
        await stage.do(c.Connect(call, leg, bridge))
        await asyncio.sleep(1.0)
        await seat.press("7")
        pressed = await caller.expect("CALL_DTMF_START")
        assert pressed.detail["param"] == "7"
        await stage.expect_nothing()
        await caller.hang_up()
        await stage.expect(e.CallerHungUp(call))
        await stage.do(c.CancelLeg(call, leg), c.Disconnect(call, bridge))
        await stage.expect(e.LegEnded(leg, "hung_up"))
        assert await asyncio.to_thread(until, lambda: not pbx.left_behind())
    finally:
        await caller.stop()
        await seat.stop()
    assert _order(caller.heard[0]) == [SEAT, HOLD, SEAT]
    recordings = pbx.places.recordings
    assert _order(recordings / f"{call}-seat.wav") == [SEAT, HOLD, SEAT]
    assert tone_seconds(recordings / f"{call}-seat.wav", HOLD) > 1.0
    # What the caller says meanwhile is recorded, and not heard by the seat.
    assert _order(recordings / f"{call}-caller.wav") == [440]
    spoken = tone_seconds(recordings / f"{call}-caller.wav", 440)
    assert spoken - tone_seconds(seat.heard[0], 440) > 1.0


async def test_members_nobody_wished_for_go_and_those_lost_come_back(stage: RealStage) -> None:
    wish = c.SyncMember("seat-1", "phone1", ("general",), paused=False)
    await stage.do(wish)
    queue = {"Queue": "q-general"}
    await stage.ami.request("QueueAdd", {**queue, "Interface": "PJSIP/phone6"})
    await stage.ami.request("QueueRemove", {**queue, "Interface": "PJSIP/phone1"})
    await stage.ami.request("QueueAdd", {**queue, "Interface": "Local/s@fallback"})
    try:
        deadline = time.monotonic() + 5
        while await stage.members() != {
            ("general", "phone1"): False,
            ("general", "Local/s@fallback"): False,
        }:
            assert time.monotonic() < deadline, await stage.members()
            await stage.seen()
    finally:
        await stage.ami.request("QueueRemove", {**queue, "Interface": "Local/s@fallback"})
        await stage.do(msgspec.structs.replace(wish, queues=()))
    assert await stage.members() == {}


async def test_a_queue_that_does_not_exist_is_refused_and_the_others_are_kept_in_step(
    stage: RealStage,
) -> None:
    wish = c.SyncMember("seat-1", "phone1", ("general", "nowhere"), paused=False)
    await stage.do(wish)
    refused = await stage.expect_a(e.CommandRefused)
    assert (refused.command, "No such queue" in refused.reason) == ("SyncMember", True)
    assert await stage.members() == {("general", "phone1"): False}
    await stage.do(msgspec.structs.replace(wish, queues=()))
    assert await stage.members() == {}


async def test_another_router_takes_over_and_the_first_one_gives_way(
    stage: RealStage, pbx: RunningPbx, tmp_path: Path
) -> None:
    told: list[e.Event] = []
    rival = _exchange(pbx, tmp_path, told.append)
    running = asyncio.create_task(rival.run())
    try:
        await rival.up(10)
        with pytest.raises(AriReplaced):
            await stage.running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert next(event for event in told if isinstance(event, e.PbxSeen)).reconnected


async def test_what_the_fallback_served_is_told_to_one_router_and_not_to_the_next(
    stage: RealStage, pbx: RunningPbx, tmp_path: Path
) -> None:
    await stage.lose_connection()
    caller = await stage.caller()
    await stage.in_fallback()
    await caller.hang_up()
    await stage.ended_in_fallback()
    stage.background.clear()
    await stage.restore_connection()
    await stage.seen(reconnected=True)
    # Calls that an earlier test left in the ledger are new to this router as well.
    served = [event for event in stage.background if isinstance(event, e.FallbackServed)]
    assert served[-1].outcome == "abandoned"
    # By the second look after them they are known to be recorded.
    await stage.settle()
    told: list[e.Event] = []
    successor = _exchange(pbx, tmp_path, told.append)
    running = asyncio.create_task(successor.run())
    await successor.up(10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert any(isinstance(event, e.PbxSeen) for event in told)
    assert not any(isinstance(event, e.FallbackServed) for event in told)


class _Now:
    def now(self) -> float:
        return time.time()


def _exchange(pbx: RunningPbx, directory: Path, post: Callable[[e.Event], None]) -> Exchange:
    pbx_settings = msgspec.structs.replace(pbx.settings.pbx, heal_s=0.2)
    return Exchange(
        msgspec.structs.replace(pbx.settings, pbx=pbx_settings),
        pbx.secrets,
        ledger=pbx.places.ledger,
        mark=directory / "mark",
        resolve=lambda prompts, language: [],
        clock=_Now(),
        post=post,
    )


async def _phone(
    directory: Path, pbx: RunningPbx, user: str, password: str | None, hz: int
) -> Softphone:
    account = Account(user=user, server=pbx.sip, password=password)
    return await Softphone.start(directory, account=account, tone_hz=hz)


def _order(heard: Path, tones: Sequence[int] = (440, HOLD, PROMPT, LONG, SEAT)) -> list[int]:
    """The tones that follow one another in a recording; a tenth of a second does not count."""
    with wave.open(str(heard)) as sound:
        rate = sound.getframerate()
        samples = array.array("h", sound.readframes(sound.getnframes()))
    order: list[int] = []
    last, run = 0, 0
    for start in range(0, len(samples) - rate // 20, rate // 20):
        window = samples[start : start + rate // 20]
        loudest = max(tones, key=lambda hz: _power(window, hz, rate))
        now = loudest if _power(window, loudest, rate) > 200 else 0
        run = run + 1 if now == last else 1
        last = now
        if now and run == 3 and order[-1:] != [now]:
            order.append(now)
    return order


def _power(window: array.array[int], hz: int, rate: int) -> float:
    """Amplitude of one tone in the window."""
    turn = 2 * math.pi * hz / rate
    real = sum(sample * math.cos(turn * n) for n, sample in enumerate(window))
    imaginary = sum(sample * math.sin(turn * n) for n, sample in enumerate(window))
    return 2 * math.hypot(real, imaginary) / len(window)
