"""Two seats and a caller in one bridge: music to who is first, three together, each one's end."""

from __future__ import annotations

from router import commands as c
from router import events as e
from tests.contract.stage import Caller, Phone, Stage, joined
from tests.contract.test_offers import ring


def ids(call: str) -> tuple[str, str, str]:
    return f"{call}-L1", f"{call}-L2", f"{call}-B2"


async def three(stage: Stage) -> tuple[Caller, str, Phone, Phone]:
    """A caller, and two phones that have answered; the first has waited to music."""
    caller, call = await stage.arrival()
    specialist, interpreter = await stage.phone("phone1"), await stage.phone("phone2", "ring")
    one, other, bridge = ids(call)
    await stage.do(c.StartHold(call), ring(call), ring(call, "phone2", 2))
    await stage.expect_set(e.LegRinging(one), e.LegRinging(other), e.LegAnswered(one))
    await stage.do(c.StartHold(call, one))
    assert joined(await stage.seen()) == {}
    await interpreter.answer()
    await stage.expect(e.LegAnswered(other))
    await stage.do(c.Connect(call, one, bridge), c.Join(call, other, bridge))
    assert joined(await stage.seen()) == {bridge: {call, one, other}}
    return caller, call, specialist, interpreter


async def test_three_talk_and_the_caller_hangs_up(stage: Stage) -> None:
    caller, call, specialist, interpreter = await three(stage)
    one, other, bridge = ids(call)
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.CancelLeg(call, one), c.Disconnect(call, bridge), c.CancelLeg(call, other))
    await stage.expect_set(e.LegEnded(one, "hung_up"), e.LegEnded(other, "hung_up"))
    await specialist.let_go()
    await interpreter.let_go()
    await stage.expect_nothing()


async def test_the_interpreter_leaves_and_the_others_go_on(stage: Stage) -> None:
    caller, call, specialist, interpreter = await three(stage)
    one, other, bridge = ids(call)
    await interpreter.hang_up()
    await stage.expect(e.LegEnded(other, "hung_up"))
    assert joined(await stage.seen()) == {bridge: {call, one}}
    await specialist.hang_up()
    await stage.expect(e.LegEnded(one, "hung_up"))
    await stage.do(c.Disconnect(call, bridge), c.Play(call, f"{call}-P1", ("short",), "zh-CN"))
    await stage.expect(e.PlayEnded(call, f"{call}-P1"))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_the_caller_is_held_while_the_seats_stay_together(stage: Stage) -> None:
    caller, call, _, _ = await three(stage)
    one, other, bridge = ids(call)
    await stage.do(c.Hold(call, bridge))
    assert joined(await stage.seen()) == {bridge: {one, other}}
    await stage.do(c.Connect(call, one, bridge))
    assert joined(await stage.seen()) == {bridge: {call, one, other}}
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.CancelLeg(call, one), c.Disconnect(call, bridge), c.CancelLeg(call, other))
    await stage.expect_set(e.LegEnded(one, "hung_up"), e.LegEnded(other, "hung_up"))


async def test_who_has_answered_is_let_go_out_of_the_music(stage: Stage) -> None:
    caller, call = await stage.arrival()
    first, second = await stage.phone("phone1"), await stage.phone("phone2", "ring")
    one, other, bridge = ids(call)
    await stage.do(c.StartHold(call), ring(call), ring(call, "phone2", 2))
    await stage.expect_set(e.LegRinging(one), e.LegRinging(other), e.LegAnswered(one))
    await stage.do(c.StartHold(call, one))
    await second.reject()
    await stage.expect(e.LegEnded(other, "rejected"))
    await stage.do(c.CancelLeg(call, one))
    await stage.expect(e.LegEnded(one, "hung_up"))
    await first.let_go()
    assert joined(await stage.seen()) == {}
    # The caller has waited to music throughout, and the next seat is joined as ever.
    await stage.do(ring(call, "phone1", 3))
    await stage.expect(e.LegRinging(f"{call}-L3"))
    await stage.expect(e.LegAnswered(f"{call}-L3"))
    await stage.do(c.Connect(call, f"{call}-L3", bridge))
    assert joined(await stage.seen()) == {bridge: {call, f"{call}-L3"}}
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.CancelLeg(call, f"{call}-L3"), c.Disconnect(call, bridge))
    await stage.expect(e.LegEnded(f"{call}-L3", "hung_up"))
    await stage.expect_nothing()


async def test_a_specialist_comes_back_to_the_interpreter_over_a_new_leg(stage: Stage) -> None:
    caller, call, specialist, _ = await three(stage)
    one, other, bridge = ids(call)
    await specialist.hang_up()
    await stage.expect(e.LegEnded(one, "hung_up"))
    await stage.do(c.Hold(call, bridge))
    assert joined(await stage.seen()) == {bridge: {other}}
    again = f"{call}-L3"
    await stage.do(c.RingSeat(call, again, "phone1", "", "", 20.0, again=True))
    await stage.expect(e.LegRinging(again))
    await stage.expect(e.LegAnswered(again))
    await stage.do(c.Connect(call, again, bridge))
    assert joined(await stage.seen()) == {bridge: {call, again, other}}
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.CancelLeg(call, again), c.Disconnect(call, bridge), c.CancelLeg(call, other))
    await stage.expect_set(e.LegEnded(again, "hung_up"), e.LegEnded(other, "hung_up"))


async def test_who_is_gone_meanwhile_is_not_joined_and_the_others_stay(stage: Stage) -> None:
    caller, call, _, interpreter = await three(stage)
    one, other, bridge = ids(call)
    await interpreter.hang_up()
    await stage.expect(e.LegEnded(other, "hung_up"))
    await stage.do(c.Join(call, other, bridge))
    refused = await stage.expect_a(e.CommandRefused)
    assert (refused.command, refused.leg_id, refused.reason) == ("Join", other, "gone")
    await stage.do(c.StartHold(call, other))
    refused = await stage.expect_a(e.CommandRefused)
    assert (refused.command, refused.reason) == ("StartHold", "gone")
    assert joined(await stage.seen()) == {bridge: {call, one}}
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.CancelLeg(call, one), c.Disconnect(call, bridge))
    await stage.expect(e.LegEnded(one, "hung_up"))
