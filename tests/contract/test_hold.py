"""A caller in music while the talk goes on, and a seat that comes back over another leg."""

from __future__ import annotations

from router import commands as c
from router import events as e
from tests.contract.stage import Stage, joined
from tests.contract.test_offers import talking


def ids(call: str) -> tuple[str, str]:
    return f"{call}-L1", f"{call}-B1"


async def test_the_caller_waits_and_is_joined_again(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.phone("phone1")
    await talking(stage, call)
    leg, bridge = ids(call)
    for _ in range(2):
        await stage.do(c.Hold(call, bridge))
        assert joined(await stage.seen()) == {bridge: {leg}}
        await stage.do(c.Hold(call, bridge))  # said again after a restart: nothing changes
        assert joined(await stage.seen()) == {bridge: {leg}}
        await stage.do(c.Connect(call, leg, bridge))
        assert joined(await stage.seen()) == {bridge: {call, leg}}
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.CancelLeg(call, leg), c.Disconnect(call, bridge))
    await stage.expect(e.LegEnded(leg, "hung_up"))
    await stage.expect_nothing()


async def test_the_caller_hangs_up_while_waiting(stage: Stage) -> None:
    caller, call = await stage.arrival()
    phone = await stage.phone("phone1")
    await talking(stage, call)
    leg, bridge = ids(call)
    await stage.do(c.Hold(call, bridge))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.CancelLeg(call, leg), c.Disconnect(call, bridge))
    await stage.expect(e.LegEnded(leg, "hung_up"))
    await phone.let_go()
    await stage.expect_nothing()


async def test_the_seat_hangs_up_while_the_caller_waits(stage: Stage) -> None:
    _, call = await stage.arrival()
    phone = await stage.phone("phone1")
    await talking(stage, call)
    leg, bridge = ids(call)
    await stage.do(c.Hold(call, bridge))
    await phone.hang_up()
    await stage.expect(e.LegEnded(leg, "hung_up"))
    await stage.do(c.Disconnect(call, bridge), c.Play(call, f"{call}-P1", ("short",), "zh-CN"))
    await stage.expect(e.PlayEnded(call, f"{call}-P1"))
    await stage.do(c.Dismiss(call))
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_a_prompt_is_heard_between_the_music_and_stopped_by_the_seat(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.phone("phone1")
    await talking(stage, call)
    leg, bridge = ids(call)
    await stage.do(c.Hold(call, bridge), c.Play(call, f"{call}-P1", ("short",), "zh-CN"))
    await stage.expect(e.PlayEnded(call, f"{call}-P1"))
    await stage.do(c.StartHold(call), c.Play(call, f"{call}-P2", ("long",), "zh-CN"))
    await stage.do(c.Connect(call, leg, bridge))
    await stage.expect(e.PlayEnded(call, f"{call}-P2"))
    assert joined(await stage.seen()) == {bridge: {call, leg}}
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.CancelLeg(call, leg), c.Disconnect(call, bridge))
    await stage.expect(e.LegEnded(leg, "hung_up"))


async def test_the_seats_phone_is_lost_and_it_comes_back_over_a_new_leg(stage: Stage) -> None:
    caller, call = await stage.arrival()
    phone = await stage.phone("phone1")
    await talking(stage, call)
    leg, bridge = ids(call)
    await phone.hang_up()
    await stage.expect(e.LegEnded(leg, "hung_up"))
    await stage.do(c.Hold(call, bridge))
    assert joined(await stage.seen()) == {bridge: set()}
    again = f"{call}-L2"
    await stage.do(c.RingSeat(call, again, "phone1", "", "", 20.0, again=True))
    await stage.expect(e.LegRinging(again))
    await stage.expect(e.LegAnswered(again))
    await stage.do(c.Connect(call, again, bridge))
    assert joined(await stage.seen()) == {bridge: {call, again}}
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.CancelLeg(call, again), c.Disconnect(call, bridge))
    await stage.expect(e.LegEnded(again, "hung_up"))
    await stage.expect_nothing()


async def test_the_old_leg_goes_when_the_new_one_is_there(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.phone("phone1")
    await talking(stage, call)
    leg, bridge = ids(call)
    again = f"{call}-L2"
    await stage.do(c.Hold(call, bridge), c.RingSeat(call, again, "phone1", "", "", 20.0, True))
    await stage.expect(e.LegRinging(again))
    await stage.expect(e.LegAnswered(again))
    await stage.do(c.CancelLeg(call, leg), c.Connect(call, again, bridge))
    await stage.expect(e.LegEnded(leg, "hung_up"))
    assert joined(await stage.seen()) == {bridge: {call, again}}
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.CancelLeg(call, again), c.Disconnect(call, bridge))
    await stage.expect(e.LegEnded(again, "hung_up"))


async def test_the_router_comes_back_while_the_caller_waits(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.phone("phone1")
    await talking(stage, call)
    leg, bridge = ids(call)
    await stage.do(c.Hold(call, bridge))
    await stage.lose_connection()
    stage.background.clear()
    await stage.restore_connection()
    assert joined(await stage.seen(reconnected=True)) == {bridge: {leg}}
    await stage.do(c.Hold(call, bridge))
    await stage.do(c.Connect(call, leg, bridge))
    assert joined(await stage.seen()) == {bridge: {call, leg}}
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.CancelLeg(call, leg), c.Disconnect(call, bridge))
    await stage.expect(e.LegEnded(leg, "hung_up"))


async def test_nobody_is_held_who_has_gone(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.Hold(call, f"{call}-B1"))
    refused = await stage.expect_a(e.CommandRefused)
    assert (refused.command, refused.reason) == ("Hold", "gone")
