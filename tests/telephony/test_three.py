"""Caller, specialist and interpreter on the real Asterisk: who hears whom, and what is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from router import commands as c
from router import events as e
from telephony.softphone import Account, Softphone
from telephony.tones import tone_seconds
from tests.contract.realstage import RealStage
from tests.pbx import PASSWORD, RunningPbx

pytestmark = pytest.mark.pbx

HOLD, CALLER, SPECIALIST, INTERPRETER = 300, 440, 1000, 1640
"""Tones in hertz; `tests.pbx` makes the hold music."""
TOGETHER = 0.25
"""Share of the energy of one of two voices heard at once."""


@pytest.fixture
async def stage(pbx: RunningPbx, tmp_path: Path) -> AsyncIterator[RealStage]:
    async with RealStage(pbx, tmp_path) as stage:
        yield stage


async def test_each_hears_the_other_two_and_all_three_are_recorded(
    stage: RealStage, pbx: RunningPbx, tmp_path: Path
) -> None:
    """Music to who is first; three voices; the seats alone while the caller is held; then two."""
    async with AsyncExitStack() as phones:

        async def phone(user: str, password: str | None, hz: int) -> Softphone:
            account = Account(user=user, server=pbx.sip, password=password)
            made = await Softphone.start(tmp_path / user, account=account, tone_hz=hz)
            phones.push_async_callback(made.stop)
            return made

        caller = await phone("13800000001", None, CALLER)
        specialist = await phone("phone1", PASSWORD, SPECIALIST)
        interpreter = await phone("phone2", PASSWORD, INTERPRETER)
        await specialist.registered()
        await interpreter.registered()
        await caller.dial(f"12348@{pbx.sip}")
        call = (await stage.expect_a(e.CallArrived)).call_id
        one, other, bridge = f"{call}-L1", f"{call}-L2", f"{call}-B2"
        await stage.do(
            c.StartHold(call),
            c.RingSeat(call, one, "phone1", "", "", 10.0),
            c.RingSeat(call, other, "phone2", "", "", 10.0),
        )
        await stage.expect_set(e.LegRinging(one), e.LegRinging(other))
        await specialist.answer()
        await stage.expect(e.LegAnswered(one))
        await stage.do(c.StartHold(call, one))
        await asyncio.sleep(1.0)
        await interpreter.answer()
        await stage.expect(e.LegAnswered(other))
        await stage.do(c.Connect(call, one, bridge), c.Join(call, other, bridge))
        await asyncio.sleep(2.0)
        await stage.do(c.Hold(call, bridge))
        await asyncio.sleep(1.5)
        await stage.do(c.Connect(call, one, bridge))
        await asyncio.sleep(0.5)
        await interpreter.hang_up()
        await stage.expect(e.LegEnded(other, "hung_up"))
        await asyncio.sleep(1.0)
        await caller.hang_up()
        await stage.expect(e.CallerHungUp(call))
        await stage.do(c.CancelLeg(call, one), c.Disconnect(call, bridge))
        await stage.expect(e.LegEnded(one, "hung_up"))
        await specialist.expect("CALL_CLOSED")

    def heard(file: Path, hz: int, *, energy: float = TOGETHER) -> float:
        return tone_seconds(file, hz, energy=energy)

    # Two voices at once for two seconds and more, and each of them.
    for who, others in (
        (caller, (SPECIALIST, INTERPRETER)),
        (specialist, (CALLER, INTERPRETER)),
        (interpreter, (CALLER, SPECIALIST)),
    ):
        for hz in others:
            assert heard(who.heard[0], hz) > 1.5, (who.account.user, hz)
    # Alone: music to who waits, the other seat while the caller is held, two without a third.
    assert heard(specialist.heard[0], HOLD, energy=0.5) > 0.5, "music while waiting"
    assert heard(interpreter.heard[0], HOLD) < 0.3
    assert heard(caller.heard[0], HOLD, energy=0.5) > 1.5
    assert heard(interpreter.heard[0], SPECIALIST, energy=0.9) > 1.0, "while the caller is held"
    assert heard(caller.heard[0], SPECIALIST, energy=0.9) > 0.5, "after the interpreter left"
    recordings = pbx.places.recordings
    assert heard(recordings / f"{call}-caller.wav", CALLER, energy=0.9) > 4.0
    assert heard(recordings / f"{call}-caller.wav", SPECIALIST) < 0.2
    for hz in (SPECIALIST, INTERPRETER):
        assert heard(recordings / f"{call}-seat.wav", hz) > 1.5, hz
    assert heard(recordings / f"{call}-seat.wav", HOLD, energy=0.5) > 1.0
    assert heard(recordings / f"{call}-seat.wav", CALLER) < 0.2
