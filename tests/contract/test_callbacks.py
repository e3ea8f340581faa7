"""Callers whom we ring: answered like a call that came in, and every way of not being answered."""

from __future__ import annotations

from router import commands as c
from router import events as e
from tests.contract.stage import Stage, ids, joined

NUMBER = "13800000001"
CALLBACK = "1700000000.99-C1"
CALL = f"{CALLBACK}-A1"
DIAL = c.DialCaller(CALL, CALLBACK, NUMBER, "12348", 20.0)
ARRIVED = e.CallArrived(CALL, NUMBER, "", "12348", "trunk-out")


async def test_a_caller_whom_we_ring_arrives_is_joined_and_hangs_up(stage: Stage) -> None:
    citizen, _ = await stage.citizen(), await stage.phone("phone1")
    await stage.do(DIAL)
    await stage.expect(ARRIVED)
    leg, bridge = f"{CALL}-L1", f"{CALL}-B1"
    await stage.do(c.RingSeat(CALL, leg, "phone1", NUMBER, "", 20.0))
    await stage.expect(e.LegRinging(leg))
    await stage.expect(e.LegAnswered(leg))
    await stage.do(c.Connect(CALL, leg, bridge))
    view = await stage.seen()
    assert ids(view) == [(CALL, "", True), (CALL, leg, True)]
    assert joined(view) == {bridge: {CALL, leg}}
    assert view.dials == ()
    await citizen.hang_up(CALL)
    await stage.expect(e.CallerHungUp(CALL))
    await stage.do(c.CancelLeg(CALL, leg), c.Disconnect(CALL, bridge))
    await stage.expect(e.LegEnded(leg, "hung_up"))
    await stage.expect_nothing()
    assert await stage.kept(f"{CALL}-caller.wav")


async def test_while_it_rings_the_caller_is_seen_and_is_no_call(stage: Stage) -> None:
    citizen = await stage.citizen("ring")
    await stage.do(DIAL)
    await citizen.rung()
    view = await stage.seen()
    assert (view.dials, ids(view)) == ((CALL,), [])
    await stage.do(DIAL)
    refused = await stage.expect_a(e.CommandRefused)
    assert (refused.command, refused.call_id, refused.reason) == ("DialCaller", CALL, "exists")
    await stage.do(c.CancelDial(CALL))
    await stage.expect(e.DialEnded(CALL, "no_answer"))
    await citizen.let_go()
    await stage.expect_nothing()
    await stage.do(c.CancelDial(CALL))
    assert (await stage.expect_a(e.CommandRefused)).reason == "gone"


async def test_nobody_answers_in_time(stage: Stage) -> None:
    await stage.citizen("ring")
    await stage.do(c.DialCaller(CALL, CALLBACK, NUMBER, "12348", 1.0))
    await stage.expect(e.DialEnded(CALL, "no_answer"))
    await stage.expect_nothing()


async def test_a_busy_caller(stage: Stage) -> None:
    await stage.citizen("busy")
    await stage.do(DIAL)
    await stage.expect(e.DialEnded(CALL, "busy"))
    await stage.expect_nothing()


async def test_a_caller_who_declines(stage: Stage) -> None:
    citizen = await stage.citizen("ring")
    await stage.do(DIAL)
    await citizen.reject()
    await stage.expect(e.DialEnded(CALL, "rejected"))
    await stage.expect_nothing()


async def test_a_caller_who_cannot_be_reached(stage: Stage) -> None:
    await stage.do(c.DialCaller(CALL, CALLBACK, "13800000002", "12348", 1.0))
    ended = await stage.expect_a(e.DialEnded)
    assert ended.end in ("unreachable", "no_answer")
    await stage.expect_nothing()


async def test_answered_when_the_router_is_gone_the_fallback_serves(stage: Stage) -> None:
    citizen, _ = await stage.citizen("ring"), await stage.phone("phone1")
    await stage.do(c.SyncMember("8001", "phone1", ("general",), False), DIAL)
    await citizen.rung()
    await stage.lose_connection()
    await citizen.answer()
    await stage.served_by_fallback()
    stage.background.clear()
    await stage.restore_connection()
    view = await stage.seen(reconnected=True)
    assert CALL in view.away
    await citizen.hang_up(CALL)
    await stage.ended_in_fallback()
    await stage.look()
    served = await stage.background_event(e.FallbackServed)
    assert (served.call_id, served.caller_number, served.outcome) == (CALL, NUMBER, "answered")
    await stage.do(c.SyncMember("8001", "phone1", (), True))
