"""The fake exchange beyond the contract: its stage, its time and its delivery."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from router import commands as c
from router import events as e
from telephony.fake import FakePbx
from telephony.fakeparties import FakeCaller


class Noon:
    def now(self) -> float:
        return 1_800_000_000.0


class ByHand:
    """A fake exchange whose events are delivered by `deliver`."""

    def __init__(self) -> None:
        self.told: list[e.Event] = []
        self._soon: list[Callable[[], None]] = []
        self.pbx = FakePbx(self.told.append, Noon(), soon=self._soon.append)
        self.pbx.connect()
        self.deliver()
        self.told.clear()

    def deliver(self) -> None:
        soon, self._soon[:] = list(self._soon), []
        for deliver in soon:
            deliver()

    def do(self, *commands: c.Command) -> None:
        for command in commands:
            asyncio.run(self.pbx.perform(command))
        self.deliver()

    def dial(self) -> FakeCaller:
        caller = self.pbx.dial()
        self.deliver()
        self.told.clear()
        return caller


async def test_in_a_loop_events_come_one_by_one_after_the_command() -> None:
    told: list[e.Event] = []
    pbx = FakePbx(told.append, Noon())
    running = asyncio.create_task(pbx.run())
    await asyncio.sleep(0)
    pbx.dial()
    assert told == []
    for _ in range(3):
        await asyncio.sleep(0)
    assert [type(event) for event in told] == [e.PbxSeen, e.CallArrived]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not pbx.connected


def test_time_passes_only_when_told_to() -> None:
    stage = ByHand()
    call = stage.dial().call_id
    stage.do(c.Play(call, f"{call}-P1", ("a", "b"), "zh-CN"))
    assert stage.pbx.next_due() == 2.0
    stage.pbx.elapse(1.9)
    stage.deliver()
    assert stage.told == []
    stage.pbx.elapse(0.2)
    stage.deliver()
    assert stage.told == [e.PlayEnded(call, f"{call}-P1")]
    assert stage.pbx.next_due() is None


def test_what_the_caller_hears_is_one_thing_at_a_time() -> None:
    stage = ByHand()
    caller = stage.dial()
    call, hears = caller.call_id, stage.pbx.hears
    stage.pbx.phone("phone1")
    assert hears(caller) == ()
    stage.do(c.StartHold(call))
    assert hears(caller) == ("music",)
    stage.do(c.Play(call, f"{call}-P1", ("a", "b"), "zh-CN"))
    assert hears(caller) == ("a", "b")
    stage.pbx.elapse(2)
    assert hears(caller) == ()
    stage.do(
        c.StartHold(call),
        c.RingSeat(call, f"{call}-L1", "phone1", "", "", 20.0),
        c.Connect(call, f"{call}-L1", f"{call}-B1"),
    )
    assert hears(caller) == ("phone1",)
    stage.do(c.Disconnect(call, f"{call}-B1"))
    assert hears(caller) == ()


def test_leftovers_name_what_still_stands() -> None:
    stage = ByHand()
    call = stage.dial().call_id
    stage.pbx.phone("phone1")
    stage.do(
        c.RingSeat(call, f"{call}-L1", "phone1", "", "", 20.0),
        c.Connect(call, f"{call}-L1", f"{call}-B1"),
        c.Play(call, f"{call}-P1", ("a",), "zh-CN"),
        c.RecordVoicemail(call, f"{call}-V1", 10, 5, "#"),
    )
    assert stage.pbx.leftovers() == [
        f"caller {call}",
        f"leg {call}-L1",
        f"bridge {call}-B1",
        f"play {call}-P1",
        f"recording {call}-V1",
    ]
    stage.do(c.Dismiss(call))
    assert stage.pbx.leftovers() == []


def test_an_exchange_that_dies_takes_every_call_with_it_and_says_nothing() -> None:
    stage = ByHand()
    caller = stage.dial()
    phone = stage.pbx.phone("phone1")
    stage.do(c.RingSeat(caller.call_id, f"{caller.call_id}-L1", "phone1", "", "", 20.0))
    stage.told.clear()
    stage.pbx.die()
    stage.deliver()
    assert stage.told == [e.PbxLost()]
    assert (stage.pbx.leftovers(), caller.where, phone.leg) == ([], "gone", None)
    stage.pbx.connect()
    stage.deliver()
    assert stage.told[-1] == e.PbxSeen(1_800_000_000.0, (), reconnected=True)


def test_without_a_router_callers_wait_in_the_fallback_until_a_member_serves_them() -> None:
    stage = ByHand()
    stage.pbx.phone("phone1")
    stage.pbx.lose_connection()
    first = stage.pbx.dial()
    stage.do(c.SyncMember("seat-1", "phone1", ("general",), paused=False))
    second = stage.pbx.dial()
    assert (first.where, first.served_by, second.served_by) == ("fallback", "", "phone1")
    first.hang_up()
    second.hang_up()
    stage.told.clear()
    stage.pbx.connect()
    stage.deliver()
    served = [event for event in stage.told if isinstance(event, e.FallbackServed)]
    assert [(one.outcome, one.answered_by) for one in served] == [
        ("abandoned", ""),
        ("answered", "phone1"),
    ]


def test_a_phone_does_what_a_person_can_do_and_nothing_else() -> None:
    stage = ByHand()
    phone = stage.pbx.phone("phone1")
    for deed in (phone.answer, phone.reject, phone.hang_up):
        with pytest.raises(RuntimeError, match="phone1"):
            deed()


def test_a_phone_that_is_being_rung_is_busy_for_another_call() -> None:
    stage = ByHand()
    first, second = stage.dial().call_id, stage.dial().call_id
    stage.pbx.phone("phone1").manner = "ring"
    stage.do(
        c.RingSeat(first, f"{first}-L1", "phone1", "", "", 20.0),
        c.RingSeat(second, f"{second}-L1", "phone1", "", "", 20.0),
    )
    assert stage.told[-1] == e.LegEnded(f"{second}-L1", "busy", 17)
