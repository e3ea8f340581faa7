"""Voicemail: its four ends, each told once, with the length that was kept."""

from __future__ import annotations

from router import commands as c
from router import events as e
from tests.contract.stage import Stage


async def test_a_key_ends_it(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.do(
        c.Play(call, f"{call}-P1", ("short",), "zh-CN"),
    )
    await stage.expect(e.PlayEnded(call, f"{call}-P1"))
    await stage.do(c.RecordVoicemail(call, f"{call}-V1", 20, 10, "#"))
    await caller.press("1")
    await stage.expect(e.KeyPressed(call, "1"))
    await caller.press("#")
    await stage.expect(e.KeyPressed(call, "#"))
    done = await stage.expect_a(e.VoicemailRecorded)
    assert (done.call_id, done.recording_id, done.path, done.ok) == (
        call, f"{call}-V1", f"{call}-V1.wav", True,
    )  # fmt: skip
    assert await stage.kept(done.path)
    await stage.do(c.Dismiss(call))
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_its_greatest_length_ends_it(stage: Stage) -> None:
    _, call = await stage.arrival()
    await stage.do(c.StartHold(call), c.RecordVoicemail(call, f"{call}-V1", 2, 10, "#"))
    done = await stage.expect_a(e.VoicemailRecorded)
    assert 1.0 <= done.seconds <= 2.0
    assert await stage.kept(done.path)
    await stage.do(c.Dismiss(call))
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_silence_ends_it_and_is_not_counted(stage: Stage) -> None:
    _, call = await stage.arrival(silent=True)
    await stage.do(c.RecordVoicemail(call, f"{call}-V1", 20, 2, "#"))
    done = await stage.expect_a(e.VoicemailRecorded)
    assert done.seconds < 2.0
    await stage.do(c.Dismiss(call))
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_hanging_up_ends_it_and_it_is_kept(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.do(c.RecordVoicemail(call, f"{call}-V1", 20, 10, "#"))
    for key in "123":
        await caller.press(key)
        await stage.expect(e.KeyPressed(call, key))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    done = await stage.expect_a(e.VoicemailRecorded)
    assert done.ok
    assert await stage.kept(done.path)
    await stage.expect_nothing()


async def test_dismissing_ends_it(stage: Stage) -> None:
    _, call = await stage.arrival()
    await stage.do(c.RecordVoicemail(call, f"{call}-V1", 20, 10, "#"), c.Dismiss(call))
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_a(e.VoicemailRecorded)
    await stage.expect_nothing()
