"""The watchdog: does nothing while there is a router, and loses nobody when there is none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from telephony.orphans import Sweep, sweep
from telephony.watchdog import Absence
from telephony.wirephone import WirePhone
from tests.pbx import RunningPbx, until
from tests.telephony.callers import Callers, router

# ---- what to do, without Asterisk ----


def caller(id: str, at: str = "2026-11-22T03:00:00.000+0000", app: str = "hotline") -> Any:
    return {
        "id": id,
        "name": f"PJSIP/trunk-1-{id}",
        "creationtime": at,
        "dialplan": {"app_name": "Stasis", "app_data": f"{app},caller,trunk-1,12348"},
    }


def leg(id: str) -> Any:
    return {
        "id": id,
        "name": f"PJSIP/phone1-{id}",
        "creationtime": "2026-11-22T03:00:00.000+0000",
        "dialplan": {"app_name": "Stasis", "app_data": f"hotline,leg,{id}"},
    }


def bridge(id: str, *channels: str, kind: str = "mixing", made_by: str = "stasis") -> Any:
    return {"id": id, "bridge_type": kind, "bridge_class": made_by, "channels": list(channels)}


def test_who_waits_is_redirected_in_order_of_arrival() -> None:
    channels = [
        caller("c2", "2026-11-22T03:00:02.000+0000"),
        caller("c3", "2026-11-22T03:00:02.500+0000"),
        caller("c1", "2026-11-22T03:00:01.000+0000"),
    ]
    held = [bridge("hold", "c2", kind="holding")]
    expected = ("PJSIP/trunk-1-c1", "PJSIP/trunk-1-c2", "PJSIP/trunk-1-c3")
    assert sweep("hotline", channels, held) == Sweep(redirect=expected)


def test_who_talks_is_left_alone() -> None:
    together = [bridge("c1-B1", "c1", "c1-L1")]
    assert sweep("hotline", [caller("c1"), leg("c1-L1")], together) == Sweep()


def test_who_is_on_hold_waits_like_everybody_and_the_seats_leg_goes() -> None:
    todo = sweep("hotline", [caller("c1"), leg("c1-L1")], [bridge("c1-B1", "c1-L1")])
    assert todo == Sweep(redirect=("PJSIP/trunk-1-c1",), hang_up=("c1-L1",))


def test_a_ringing_leg_of_a_waiting_caller_is_hung_up() -> None:
    todo = sweep("hotline", [caller("c1"), leg("c1-L1"), leg("c1-L2")], [])
    assert todo == Sweep(redirect=("PJSIP/trunk-1-c1",), hang_up=("c1-L1", "c1-L2"))


def test_three_who_talk_are_left_alone_and_one_of_a_pair_who_waits_for_the_other_is_not() -> None:
    together = [bridge("c1-B2", "c1", "c1-L1", "c1-L2")]
    channels = [caller("c1"), leg("c1-L1"), leg("c1-L2"), caller("c2"), leg("c2-L1")]
    todo = sweep("hotline", channels, together)
    assert (todo.redirect, todo.hang_up) == ((caller("c2")["name"],), ("c2-L1",))


def test_who_is_on_hold_waits_and_both_seats_go() -> None:
    todo = sweep(
        "hotline",
        [caller("c1"), leg("c1-L1"), leg("c1-L2")],
        [bridge("c1-B2", "c1-L1", "c1-L2")],
    )
    assert (todo.redirect, todo.hang_up) == ((caller("c1")["name"],), ("c1-L1", "c1-L2"))


def test_a_second_leg_beside_a_talk_is_hung_up() -> None:
    channels = [caller("c1"), leg("c1-L1"), leg("c1-L2")]
    assert sweep("hotline", channels, [bridge("c1-B1", "c1", "c1-L1")]) == Sweep(hang_up=("c1-L2",))


def test_a_caller_whose_seat_hung_up_is_dismissed() -> None:
    assert sweep("hotline", [caller("c1")], [bridge("c1-B1", "c1")]) == Sweep(hang_up=("c1",))


def test_a_caller_who_was_about_to_be_joined_waits_again() -> None:
    todo = sweep("hotline", [caller("c1"), leg("c1-L1")], [bridge("c1-B1", "c1")])
    assert todo == Sweep(redirect=("PJSIP/trunk-1-c1",), hang_up=("c1-L1",))


def test_a_leg_whose_caller_hung_up_is_hung_up() -> None:
    assert sweep("hotline", [leg("c1-L1")], [bridge("c1-B1", "c1-L1")]) == Sweep(hang_up=("c1-L1",))


def test_empty_bridges_are_swept_unless_they_are_asterisks_own() -> None:
    bridges = [bridge("c1-B1"), bridge("hold", kind="holding"), bridge("x", made_by="basic")]
    assert sweep("hotline", [], bridges) == Sweep(destroy=("c1-B1", "hold"))


def test_strangers_are_left_alone() -> None:
    queued = caller("c1")
    queued["dialplan"] = {"app_name": "Queue", "app_data": "q-general,C,,,20"}
    member = leg("sc-17.5")
    member["dialplan"] = {"app_name": "AppQueue", "app_data": "(Outgoing Line)"}
    assert sweep("hotline", [queued, member, caller("c2", app="other")], []) == Sweep()


# ---- when the router counts as gone ----


def test_signs_of_life_keep_it_alive() -> None:
    absence = Absence(10.0)
    assert not any(absence.seen(str(n), float(n)) for n in range(100))


def test_without_a_new_sign_it_is_gone_after_the_time_and_back_with_the_next() -> None:
    absence = Absence(10.0)
    assert not absence.seen("a", 0.0)
    assert not absence.seen("a", 9.9)
    assert absence.seen("a", 10.0)
    assert absence.seen("a", 60.0)
    assert not absence.seen("b", 61.0)


def test_an_asterisk_that_never_had_a_router_has_none_to_miss() -> None:
    absence = Absence(10.0)
    assert not absence.seen("", 0.0)
    assert not absence.seen("", 100.0)
    assert not absence.seen("a", 101.0)


def test_counting_starts_over_when_asterisk_was_out_of_reach() -> None:
    absence = Absence(10.0)
    absence.seen("a", 0.0)
    absence.lost()
    assert not absence.seen("a", 12.0)
    assert absence.seen("a", 22.0)


# ---- on the real Asterisk ----


@pytest.fixture
async def line(pbx: RunningPbx, tmp_path: Path) -> AsyncIterator[Callers]:
    async with Callers(pbx, tmp_path) as callers:
        pbx.pbx.start_watchdog()
        try:
            yield callers
        finally:
            pbx.pbx.stop_watchdog()


@pytest.mark.pbx
async def test_callers_of_a_dead_router_are_served_in_order_and_talk_goes_on(
    line: Callers,
) -> None:
    pbx = line.pbx
    talking_seat = await line.seat("phone1")
    talker = await line.caller("13800000010")
    first, second, third = [await line.caller(f"1380000002{n}") for n in range(3)]
    ringing_seat = await line.seat("phone2", manner="ring")
    async with router(pbx, heartbeat=True) as (ari, arrived):

        async def arrives(phone: WirePhone) -> str:
            await phone.dial("12348")
            return (await asyncio.wait_for(arrived.get(), 5)).channel.id

        talk = await arrives(talker)
        await ari.post("channels", query=originate(pbx, f"{talk}-L1", "phone1", talk))
        await talking_seat.expect("ACK")
        assert (await asyncio.wait_for(arrived.get(), 5)).channel.id == f"{talk}-L1"
        await ari.post("bridges", f"{talk}-B1", query={"type": "mixing"})
        query = {"channel": f"{talk},{talk}-L1"}
        await ari.post("bridges", f"{talk}-B1", "addChannel", query=query)
        # The first waits in a holding bridge, the second with music, the third hears a prompt
        # while a seat rings for him.
        one, two, three = [await arrives(phone) for phone in (first, second, third)]
        await ari.post("bridges", f"{one}-H1", query={"type": "holding"})
        await ari.post("bridges", f"{one}-H1", "addChannel", query={"channel": one})
        await ari.post("channels", two, "moh")
        media = {"media": ",".join([f"sound:{pbx.sound}"] * 60)}
        await ari.post("channels", three, "play", f"{three}-P1", query=media)
        await ari.post("channels", query=originate(pbx, f"{three}-L1", "phone2", three))
        await ringing_seat.expect("INVITE")
        # Longer than `orphan_s`: nothing happens while there is a router.
        watched = pbx.places.log / "watchdog.log"
        await asyncio.sleep(2 * pbx.settings.pbx.orphan_s)
        assert "router gone" not in watched.read_text()
        assert all(inside(pbx, call) for call in (talk, one, two, three))

    # The router is dead. A fourth caller comes before the watchdog acts, with nobody free.
    seat = await line.seat("phone3", queue="general", manner="ring")
    fourth = await line.caller("13800000023")
    await fourth.dial("12348")
    await ringing_seat.expect("CANCEL", deadline_s=10.0)
    assert await asyncio.to_thread(until, lambda: queued(pbx) == 4)
    waiting = {"13800000020": first, "13800000021": second, "13800000022": third}
    # The fourth rang first, before the others were in the queue; from now on by arrival.
    order = await serve(seat, {**waiting, "13800000023": fourth})
    assert order == ["13800000023", *waiting]

    calls = line.ledger(calls=4)
    assert [call.outcome for call in calls] == ["answered"] * 4
    assert {call.call_id for call in calls} >= {one, two, three}
    assert await asyncio.to_thread(
        until, lambda: [b["id"] for b in pbx.ari("GET", "bridges")] == [f"{talk}-B1"]
    )
    # The talk has noticed nothing, and its end leaves nobody behind.
    assert talker.log.all[-1].what == "ANSWERED"
    await talking_seat.hang_up()
    await talker.expect("BYE", deadline_s=10.0)
    assert await asyncio.to_thread(until, lambda: not pbx.left_behind())
    said = [json.loads(row) for row in watched.read_text().splitlines()]
    assert "router gone" in [row["event"] for row in said]
    assert not [row for row in said if "1380000" in json.dumps(row)]


@pytest.mark.pbx
async def test_a_router_that_comes_back_in_time_keeps_its_callers(line: Callers) -> None:
    pbx = line.pbx
    caller = await line.caller()
    async with router(pbx, heartbeat=True) as (_, arrived):
        await caller.dial("12348")
        call = (await asyncio.wait_for(arrived.get(), 5)).channel.id
    async with router(pbx, heartbeat=True):
        await asyncio.sleep(2 * pbx.settings.pbx.orphan_s)
        assert inside(pbx, call)
        await caller.hang_up()
    assert line.ledger(calls=0) == []


@pytest.mark.pbx
async def test_the_watchdog_bears_a_restart_of_asterisk_and_ends_when_asked(
    line: Callers,
) -> None:
    pbx = line.pbx.pbx
    watchdog = pbx.watchdog_pid()
    assert watchdog is not None
    pbx.start_watchdog()
    assert pbx.watchdog_pid() == watchdog  # never two
    assert pbx.stop_watchdog()
    assert pbx.watchdog_pid() is None
    assert not pbx.stop_watchdog()


async def serve(seat: WirePhone, waiting: dict[str, WirePhone]) -> list[str]:
    """Answer one caller after the other at this seat; their numbers as they came."""
    order: list[str] = []
    while len(order) < len(waiting):
        rung = await seat.expect("INVITE", deadline_s=10.0)
        order.append(next(number for number in waiting if number in rung.detail["from"]))
        seat.answer()
        await seat.expect("ACK")
        await waiting[order[-1]].hang_up()
        await seat.expect("BYE")
    return order


def originate(pbx: RunningPbx, leg_id: str, phone: str, call: str) -> dict[str, str]:
    return {
        "endpoint": f"PJSIP/{phone}",
        "channelId": leg_id,
        "app": pbx.settings.pbx.app,
        "appArgs": f"leg,{leg_id},{call}",
    }


def inside(pbx: RunningPbx, call: str) -> bool:
    """Whether the caller is still with the router's application."""
    return bool(pbx.ari("GET", f"channels/{call}")["dialplan"]["app_name"] == "Stasis")


def queued(pbx: RunningPbx) -> int:
    return len([c for c in pbx.ari("GET", "channels") if c["dialplan"]["app_name"] == "Queue"])
