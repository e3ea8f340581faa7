"""The connection: what stands is seen, what ended unseen is missing; the fallback."""

from __future__ import annotations

from router import commands as c
from router import events as e
from tests.contract.stage import Stage, ids, joined
from tests.contract.test_offers import ring, talking


async def test_a_view_shows_callers_and_legs(stage: Stage) -> None:
    _, call = await stage.arrival()
    await stage.phone("phone1", "ring")
    view = await stage.seen()
    assert [
        (ch.call_id, ch.leg_id, ch.up, ch.caller_number, ch.ingress) for ch in view.channels
    ] == [(call, "", True, "13800000001", "trunk-1")]
    await stage.do(ring(call))
    await stage.expect(e.LegRinging(f"{call}-L1"))
    assert ids(await stage.seen()) == [(call, "", True), (call, f"{call}-L1", False)]
    await stage.do(c.Dismiss(call))
    await stage.expect_set(e.LegEnded(f"{call}-L1", "no_answer"), e.CallerHungUp(call))
    await stage.settle()
    view = await stage.seen()
    assert (view.channels, view.bridges, view.away, view.reconnected) == ((), {}, (), False)


async def test_talking_goes_on_without_us_and_is_found_again(stage: Stage) -> None:
    caller, call = await stage.arrival()
    phone = await stage.phone("phone1")
    await talking(stage, call)
    await stage.lose_connection()
    await stage.background_event(e.PbxLost)
    stage.background.clear()
    await stage.restore_connection()
    view = await stage.seen(reconnected=True)
    leg = f"{call}-L1"
    assert ids(view) == [(call, "", True), (call, leg, True)]
    assert joined(view) == {f"{call}-B1": {call, leg}}
    # Phones are told before the view: what it leads to must not ring a phone that is gone.
    told = stage.background.index(e.PhoneChanged("phone1", True))
    assert told < stage.background.index(view)
    await phone.hang_up()
    await stage.expect(e.LegEnded(leg, "hung_up"))
    await stage.do(c.Disconnect(call, f"{call}-B1"))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_what_ended_unseen_is_missing_from_the_first_view(stage: Stage) -> None:
    caller, call = await stage.arrival()
    phone = await stage.phone("phone1", "ring")
    await stage.do(ring(call))
    await stage.expect(e.LegRinging(f"{call}-L1"))
    await stage.lose_connection()
    await phone.reject()
    await caller.hang_up()
    stage.background.clear()
    await stage.restore_connection()
    assert (await stage.seen(reconnected=True)).channels == ()
    await stage.expect_nothing()


async def test_a_phone_that_is_answered_unseen_is_let_go_and_may_be_rung_again(
    stage: Stage,
) -> None:
    caller, call = await stage.arrival()
    phone = await stage.phone("phone1", "ring")
    await stage.do(c.StartHold(call), ring(call))
    await stage.expect(e.LegRinging(f"{call}-L1"))
    await stage.lose_connection()
    await phone.answer()
    await phone.let_go()
    stage.background.clear()
    await stage.restore_connection()
    assert ids(await stage.seen(reconnected=True)) == [(call, "", True)]
    await stage.do(c.StartHold(call), ring(call, number=2))
    await stage.expect(e.LegRinging(f"{call}-L2"))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.CancelLeg(call, f"{call}-L2"))
    await stage.expect(e.LegEnded(f"{call}-L2", "no_answer"))
    await stage.expect_nothing()


async def test_a_phone_that_rings_on_unseen_is_answered_and_joined_afterwards(
    stage: Stage,
) -> None:
    caller, call = await stage.arrival()
    phone = await stage.phone("phone1", "ring")
    leg, bridge = f"{call}-L1", f"{call}-B1"
    await stage.do(c.StartHold(call), ring(call))
    await stage.expect(e.LegRinging(leg))
    await stage.lose_connection()
    stage.background.clear()
    await stage.restore_connection()
    assert ids(await stage.seen(reconnected=True)) == [(call, "", True), (call, leg, False)]
    await phone.answer()
    await stage.expect(e.LegAnswered(leg))
    await stage.do(c.StartHold(call), c.Connect(call, leg, bridge))
    assert joined(await stage.seen()) == {bridge: {call, leg}}
    # A bridge that was found incomplete is joined again under its own name.
    await stage.do(c.Connect(call, leg, bridge))
    assert joined(await stage.seen()) == {bridge: {call, leg}}
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.do(c.Disconnect(call, bridge), c.CancelLeg(call, leg))
    await stage.expect(e.LegEnded(leg, "hung_up"))
    await stage.expect_nothing()


async def test_commands_without_a_connection_are_refused_as_lost(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.lose_connection()
    await stage.do(c.Play(call, f"{call}-P1", ("short",), "zh-CN"), c.Dismiss(call))
    await stage.expect(e.CommandRefused("Play", call, "", f"{call}-P1", "lost"))
    await stage.expect(e.CommandRefused("Dismiss", call, "", "", "lost"))
    await stage.restore_connection()
    await stage.seen(reconnected=True)
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_members_of_the_fallback_follow_the_seats(stage: Stage) -> None:
    await stage.do(
        c.SyncMember("seat-1", "phone1", ("general", "labour"), paused=False),
        c.SyncMember("seat-2", "phone2", ("general",), paused=True),
        c.SyncMember("seat-2", "phone2", ("general",), paused=True),
    )
    assert await stage.members() == {
        ("general", "phone1"): False,
        ("labour", "phone1"): False,
        ("general", "phone2"): True,
    }
    await stage.do(
        c.SyncMember("seat-1", "phone1", ("labour",), paused=True),
        c.SyncMember("seat-2", "phone2", (), paused=False),
        c.SyncMember("seat-2", "phone2", (), paused=False),
    )
    assert await stage.members() == {("labour", "phone1"): True}
    await stage.do(c.SyncMember("seat-1", "phone1", (), paused=False))
    assert await stage.members() == {}
    await stage.expect_nothing()


async def test_a_caller_is_marked_for_a_fallback_queue_and_stays(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.do(c.NameFallback(call, "labour"), c.NameFallback("1.1", "labour"))
    await stage.expect(e.CommandRefused("NameFallback", "1.1", "", "", "gone"))
    await caller.press("1")
    await stage.expect(e.KeyPressed(call, "1"))
    await caller.hang_up()
    await stage.expect(e.CallerHungUp(call))
    await stage.expect_nothing()


async def test_a_caller_handed_to_the_fallback_is_served_there_and_told_of(stage: Stage) -> None:
    caller, call = await stage.arrival()
    await stage.phone("phone1")
    await stage.do(
        c.SyncMember("seat-1", "phone1", ("general",), paused=False),
        c.StartHold(call),
        c.SendToFallback(call, "general"),
    )
    await stage.served_by_fallback()
    view = await stage.seen()
    assert (view.channels, view.away) == ((), (call,))
    await stage.do(c.Play(call, f"{call}-P1", ("short",), "zh-CN"))
    await stage.expect(e.CommandRefused("Play", call, "", f"{call}-P1", "gone"))
    await caller.hang_up()
    await stage.look()
    served = await stage.background_event(e.FallbackServed)
    assert (served.call_id, served.caller_number, served.outcome, served.answered_by) == (
        call, "13800000001", "answered", "phone1",
    )  # fmt: skip
    await stage.do(c.SyncMember("seat-1", "phone1", (), paused=False))
    await stage.expect_nothing()
    assert sum(isinstance(event, e.FallbackServed) for event in stage.background) == 1


async def test_without_us_the_fallback_takes_the_call_and_we_hear_of_it_first(
    stage: Stage,
) -> None:
    await stage.phone("phone1")
    await stage.do(c.SyncMember("seat-1", "phone1", ("general",), paused=False))
    await stage.lose_connection()
    caller = await stage.caller()
    await stage.served_by_fallback()
    await caller.hang_up()
    await stage.ended_in_fallback()
    stage.background.clear()
    await stage.restore_connection()
    view = await stage.seen(reconnected=True)
    served = await stage.background_event(e.FallbackServed)
    assert (served.caller_number, served.answered_by) == ("13800000001", "phone1")
    assert stage.background.index(served) < stage.background.index(view)
    await stage.do(c.SyncMember("seat-1", "phone1", (), paused=False))
    await stage.expect_nothing()
