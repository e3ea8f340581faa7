"""Callers: arriving, pressing keys, prompts and music, being let go."""

from __future__ import annotations

from router import commands as c
from router import events as e
from tests.contract.stage import Stage


async def test_a_caller_arrives_presses_keys_and_hangs_up(stage: Stage) -> None:
    caller = await stage.caller()
    came = await stage.expect_a(e.CallArrived)
    assert (came.caller_number, came.ingress) == ("13800000001", "trunk-1")
    for key in "50*#":
        await caller.press(key)
        await stage.expect(e.KeyPressed(came.call_id, key))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(came.call_id))
    await stage.expect_nothing()


async def test_a_prompt_ends_once_when_all_its_pieces_were_heard(stage: Stage) -> None:
    _, call = await stage.arrival()
    await stage.do(c.Play(call, f"{call}-P1", ("short", "next"), "zh-CN"))
    await stage.expect(e.PlayEnded(call, f"{call}-P1"))
    await stage.expect_nothing()
    await stage.do(c.Dismiss(call))
    await stage.expect(e.CallerHungUp(call))


async def test_a_stopped_prompt_ends_and_the_next_one_is_played(stage: Stage) -> None:
    _, call = await stage.arrival()
    await stage.do(
        c.Play(call, f"{call}-P7.1", ("long",), "zh-CN"),
        c.StopPlay(call, f"{call}-P7.1"),
        c.Play(call, f"{call}-P7.2", ("short",), "zh-CN"),
    )
    await stage.expect(e.PlayEnded(call, f"{call}-P7.1"))
    await stage.expect(e.PlayEnded(call, f"{call}-P7.2"))
    await stage.do(c.StopPlay(call, f"{call}-P7.2"))
    await stage.expect(e.CommandRefused("StopPlay", call, "", f"{call}-P7.2", "gone"))
    await stage.do(c.Dismiss(call))
    await stage.expect(e.CallerHungUp(call))


async def test_prompts_wait_for_each_other_and_a_waiting_one_can_be_stopped(stage: Stage) -> None:
    _, call = await stage.arrival()
    await stage.do(
        c.Play(call, f"{call}-P1", ("short",), "zh-CN"),
        c.Play(call, f"{call}-P2", ("long",), "zh-CN"),
        c.StopPlay(call, f"{call}-P2"),
    )
    await stage.expect_set(e.PlayEnded(call, f"{call}-P1"), e.PlayEnded(call, f"{call}-P2"))
    await stage.do(c.Dismiss(call))
    await stage.expect(e.CallerHungUp(call))


async def test_a_prompt_nobody_recorded_is_refused_and_a_piece_is_left_out(stage: Stage) -> None:
    _, call = await stage.arrival()
    await stage.do(c.Play(call, f"{call}-P1", ("nobody-recorded-this",), "zh-CN"))
    await stage.expect(e.CommandRefused("Play", call, "", f"{call}-P1", "no_prompt"))
    await stage.do(c.Play(call, f"{call}-P2", ("nobody-recorded-this", "short"), "zh-CN"))
    await stage.expect(e.PlayEnded(call, f"{call}-P2"))
    await stage.do(c.Dismiss(call))
    await stage.expect(e.CallerHungUp(call))


async def test_hold_music_gives_way_to_prompts(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.do(
        c.StartHold(call),
        c.StartHold(call),
        c.Play(call, f"{call}-P1", ("short",), "zh-CN"),
    )
    await stage.expect(e.PlayEnded(call, f"{call}-P1"))
    await stage.do(c.StartHold(call), c.StopHold(call), c.StopHold(call), c.StartHold(call))
    await caller.press("1")
    await stage.expect(e.KeyPressed(call, "1"))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_hanging_up_in_a_prompt_ends_both_and_each_once(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.do(c.Play(call, f"{call}-P1", ("long",), "zh-CN"))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.expect(e.PlayEnded(call, f"{call}-P1", ok=False))
    await stage.expect_nothing()


async def test_what_is_not_there_is_refused_as_gone(stage: Stage) -> None:
    call, play = "1.1", "1.1-P1"
    await stage.phone("phone1")
    for command, refusal in (
        (c.Play(call, play, ("short",), "zh-CN"), e.CommandRefused("Play", call, "", play)),
        (c.StopPlay(call, play), e.CommandRefused("StopPlay", call, "", play)),
        (c.StartHold(call), e.CommandRefused("StartHold", call)),
        (
            c.RingSeat(call, f"{call}-L1", "phone1", "", "", 5.0),
            e.CommandRefused("RingSeat", call, f"{call}-L1"),
        ),
        (c.CancelLeg(call, f"{call}-L1"), e.CommandRefused("CancelLeg", call, f"{call}-L1")),
        (
            c.Connect(call, f"{call}-L1", f"{call}-B1"),
            e.CommandRefused("Connect", call, f"{call}-L1"),
        ),
        (c.Disconnect(call, f"{call}-B1"), e.CommandRefused("Disconnect", call)),
        (
            c.RecordVoicemail(call, f"{call}-V1", 5, 3, "#"),
            e.CommandRefused("RecordVoicemail", call),
        ),
        (c.Dismiss(call), e.CommandRefused("Dismiss", call)),
        (c.SendToFallback(call, "general"), e.CommandRefused("SendToFallback", call)),
    ):
        await stage.do(command)
        came = await stage.expect_a(e.CommandRefused)
        assert came.reason == "gone", came
        assert came == e.CommandRefused(
            refusal.command, refusal.call_id, refusal.leg_id, refusal.play_id, "gone"
        )
    await stage.expect_nothing()
