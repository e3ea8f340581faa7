"""Seats' phones: ringing, the four ways of not answering, talking, and either side's end."""

from __future__ import annotations

import pytest

from router import commands as c
from router import events as e
from tests.contract.stage import Stage, joined


def ring(call: str, phone: str = "phone1", number: int = 1, timeout_s: float = 20.0) -> c.RingSeat:
    return c.RingSeat(call, f"{call}-L{number}", phone, "13800000001", "", timeout_s)


async def talking(stage: Stage, call: str) -> None:
    """Ring phone1, which answers at once, and join it with the caller."""
    leg = f"{call}-L1"
    await stage.do(ring(call))
    await stage.expect(e.LegRinging(leg))
    await stage.expect(e.LegAnswered(leg))
    await stage.do(c.Connect(call, leg, f"{call}-B1"))
    assert joined(await stage.seen()) == {f"{call}-B1": {call, leg}}


async def test_the_seat_hangs_up_and_the_caller_rates(stage: Stage) -> None:
    caller, call = await stage.arrival()
    phone = await stage.phone("phone1")
    await stage.do(c.StartHold(call))
    await talking(stage, call)
    await phone.hang_up()
    await stage.expect(e.LegEnded(f"{call}-L1", "hung_up"))
    await stage.do(
        c.Disconnect(call, f"{call}-B1"), c.Play(call, f"{call}-P1", ("short",), "zh-CN")
    )
    await stage.expect(e.PlayEnded(call, f"{call}-P1"))
    await caller.press("1")
    await stage.expect(e.KeyPressed(call, "1"))
    await stage.do(c.Dismiss(call))
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_a_prompt_does_not_hold_up_what_is_asked_for_after_it(stage: Stage) -> None:
    """A minority-language caller's queue is noted while it is told to wait; its seat must ring."""
    caller, call = await stage.arrival()
    await stage.phone("phone1")
    await stage.do(
        c.Play(call, f"{call}-P1", ("long",), "zh-CN"),
        c.NameFallback(call, "labour"),
        ring(call),
    )
    await stage.expect(e.LegRinging(f"{call}-L1"))
    await stage.expect(e.LegAnswered(f"{call}-L1"))
    await stage.do(c.StopPlay(call, f"{call}-P1"))
    await stage.expect_a(e.PlayEnded)
    await caller.hang_up()
    await stage.expect_a(e.CallerHungUp)
    await stage.do(c.CancelLeg(call, f"{call}-L1"))
    await stage.expect_a(e.LegEnded)


async def test_the_caller_hangs_up_while_talking(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.phone("phone1")
    await talking(stage, call)
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.CancelLeg(call, f"{call}-L1"), c.Disconnect(call, f"{call}-B1"))
    await stage.expect(e.LegEnded(f"{call}-L1", "hung_up"))
    await stage.expect_nothing()


async def test_keys_are_told_while_talking(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.phone("phone1")
    await talking(stage, call)
    await caller.press("9")
    await stage.expect(e.KeyPressed(call, "9"))
    await stage.do(c.Dismiss(call))
    await stage.expect_set(e.LegEnded(f"{call}-L1", "hung_up"), e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_a_phone_is_answered_by_hand(stage: Stage) -> None:
    _, call = await stage.arrival()
    phone = await stage.phone("phone1", "ring")
    await stage.do(ring(call))
    await stage.expect(e.LegRinging(f"{call}-L1"))
    await phone.answer()
    await stage.expect(e.LegAnswered(f"{call}-L1"))
    await stage.do(c.Dismiss(call))
    await stage.expect_set(e.LegEnded(f"{call}-L1", "hung_up"), e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_a_prompt_is_cut_short_when_the_seat_answers(stage: Stage) -> None:
    _, call = await stage.arrival()
    await stage.phone("phone1")
    await stage.do(c.Play(call, f"{call}-P1", ("long",), "zh-CN"), ring(call))
    await stage.expect(e.LegRinging(f"{call}-L1"))
    await stage.expect(e.LegAnswered(f"{call}-L1"))
    await stage.do(c.Connect(call, f"{call}-L1", f"{call}-B1"))
    await stage.expect(e.PlayEnded(call, f"{call}-P1"))
    view = await stage.seen()
    assert joined(view) == {f"{call}-B1": {call, f"{call}-L1"}}
    await stage.do(c.Dismiss(call))
    await stage.expect_set(e.LegEnded(f"{call}-L1", "hung_up"), e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_a_phone_that_rings_out_is_cancelled_by_us(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.phone("phone1", "ring")
    await stage.do(ring(call))
    await stage.expect(e.LegRinging(f"{call}-L1"))
    await stage.do(c.CancelLeg(call, f"{call}-L1"))
    await stage.expect(e.LegEnded(f"{call}-L1", "no_answer"))
    await stage.settle()  # its end may be told a moment before Asterisk knows it no longer
    await stage.do(c.CancelLeg(call, f"{call}-L1"))
    await stage.expect(e.CommandRefused("CancelLeg", call, f"{call}-L1", "", "gone"))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_the_exchange_gives_up_by_itself_when_nobody_cancels(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.phone("phone1", "ring")
    await stage.do(ring(call, timeout_s=1.0))
    await stage.expect(e.LegRinging(f"{call}-L1"))
    await stage.expect(e.LegEnded(f"{call}-L1", "no_answer"))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_a_phone_that_never_rings_is_unreachable(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.phone("phone1", "ignore")
    await stage.do(ring(call), c.CancelLeg(call, f"{call}-L1"))
    await stage.expect(e.LegEnded(f"{call}-L1", "unreachable"))
    await stage.do(ring(call, number=2, timeout_s=1.0))
    await stage.expect(e.LegEnded(f"{call}-L2", "unreachable"))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_a_call_declined_by_hand_is_rejected(stage: Stage) -> None:
    caller, call = await stage.arrival()
    phone = await stage.phone("phone1", "ring")
    await stage.do(ring(call))
    await stage.expect(e.LegRinging(f"{call}-L1"))
    await phone.reject()
    await stage.expect(e.LegEnded(f"{call}-L1", "rejected", 21))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_a_phone_in_another_call_is_busy(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.phone("phone1", "busy")
    await stage.do(ring(call))
    await stage.expect(e.LegEnded(f"{call}-L1", "busy", 17))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_nothing()


@pytest.mark.parametrize("registered_before", [True, False])
async def test_a_phone_without_registration_is_unreachable(
    stage: Stage, registered_before: bool
) -> None:
    caller, call = await stage.arrival()
    if registered_before:
        phone = await stage.phone("phone3")
        stage.background.clear()
        await phone.vanish()
        assert await stage.background_event(e.PhoneChanged) == e.PhoneChanged("phone3", False)
    await stage.do(ring(call, "phone3" if registered_before else "nobodys-phone"))
    await stage.expect(e.LegEnded(f"{call}-L1", "unreachable", 20))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_the_caller_leaves_while_a_phone_rings(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.phone("phone1", "ring")
    await stage.do(c.StartHold(call), ring(call))
    await stage.expect(e.LegRinging(f"{call}-L1"))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.CancelLeg(call, f"{call}-L1"))
    await stage.expect(e.LegEnded(f"{call}-L1", "no_answer"))
    await stage.expect_nothing()


async def test_a_leg_that_is_not_up_cannot_be_joined(stage: Stage) -> None:
    _, call = await stage.arrival()
    await stage.phone("phone1", "ring")
    await stage.do(ring(call))
    await stage.expect(e.LegRinging(f"{call}-L1"))
    await stage.do(c.Connect(call, f"{call}-L1", f"{call}-B1"))
    await stage.expect(e.CommandRefused("Connect", call, f"{call}-L1", "", "gone"))
    assert (await stage.seen()).bridges == {}
    await stage.do(c.Dismiss(call))
    await stage.expect_set(e.LegEnded(f"{call}-L1", "no_answer"), e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_a_leg_id_is_used_once(stage: Stage) -> None:
    _, call = await stage.arrival()
    await stage.phone("phone1", "ring")
    await stage.do(ring(call))
    await stage.expect(e.LegRinging(f"{call}-L1"))
    await stage.do(ring(call))
    await stage.expect(e.CommandRefused("RingSeat", call, f"{call}-L1", "", "exists"))
    await stage.do(c.Dismiss(call))
    await stage.expect_set(e.LegEnded(f"{call}-L1", "no_answer"), e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_after_a_refusal_the_next_seat_is_rung_and_joined(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.phone("phone1", "busy")
    await stage.phone("phone2")
    await stage.do(c.StartHold(call), ring(call))
    await stage.expect(e.LegEnded(f"{call}-L1", "busy", 17))
    await stage.do(ring(call, "phone2", 2))
    await stage.expect(e.LegRinging(f"{call}-L2"))
    await stage.expect(e.LegAnswered(f"{call}-L2"))
    await stage.do(c.Connect(call, f"{call}-L2", f"{call}-B2"))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.Disconnect(call, f"{call}-B2"), c.CancelLeg(call, f"{call}-L2"))
    await stage.expect(e.LegEnded(f"{call}-L2", "hung_up"))
    await stage.expect_nothing()
