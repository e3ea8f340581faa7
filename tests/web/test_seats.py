"""Seats over HTTP, with the real engine deciding."""

from __future__ import annotations

import pytest

from tests.web.house import House


async def test_all_seats_are_listed_in_the_order_of_the_settings(house: House) -> None:
    client = await house.client("zhang")
    seats = (await client.get("/seats")).json["seats"]
    assert [(seat["id"], seat["state"]) for seat in seats] == [
        ("8001", "signed_out"),
        ("8002", "signed_out"),
    ]


async def test_a_seat_through_a_whole_call(house: House) -> None:
    zhang = await house.client("zhang")
    house.pbx.phone("phone-zhang").manner = "ring"
    seat = (await zhang.post("/seats/8001/sign-in")).json
    assert (seat["state"], seat["person_name"], seat["phone"]) == (
        "not_ready",
        "张zhang",
        "phone-zhang",
    )
    assert (await zhang.post("/seats/8001/ready")).json["state"] == "ready"
    caller = await house.talking("zhang")
    seat = (await zhang.get("/seats")).json["seats"][0]
    assert (seat["state"], seat["call_id"]) == ("talking", caller.call_id)

    wants = await zhang.post("/seats/8001/not-ready", {"reason": "meal"})
    assert (wants.json["state"], wants.json["wants_not_ready"]) == ("talking", "meal")
    assert (await zhang.post("/seats/8001/sign-out")).problem == (409, "seat-in-call", "seat")
    assert (await zhang.post("/seats/8001/wrap-up/end")).problem == (409, "not-in-wrapup", "seat")

    assert (await zhang.post("/seats/8001/hang-up")).status == 200
    await house.until(lambda: house.pump.snapshot().seats[0].state == "wrapup")
    ended = await zhang.post("/seats/8001/wrap-up/end")
    assert (ended.json["state"], ended.json["reason"]) == ("not_ready", "meal")
    assert (await zhang.post("/seats/8001/hang-up")).problem == (409, "not-in-call", "seat")
    assert (await zhang.post("/seats/8001/sign-out")).json["state"] == "signed_out"


async def test_what_the_engine_refuses_is_a_conflict_with_a_name(house: House) -> None:
    zhang = await house.seated("zhang")
    li = await house.client("li")
    house.pbx.phone("phone-li")
    assert (await li.post("/seats/8001/sign-in")).problem == (409, "seat-taken", "seat")
    assert (await zhang.post("/seats/8002/sign-in")).problem[:2] == (409, "person-has-seat")
    assert (await zhang.post("/seats/8001/sign-in")).status == 200  # asked twice, already so
    unknown = await zhang.post("/seats/8001/not-ready", {"reason": "gone fishing"})
    assert unknown.problem == (422, "reason-unknown", "reason")


async def test_a_seat_is_its_persons_and_a_supervisor_may_sign_it_out(house: House) -> None:
    zhang = await house.seated("zhang")
    li = await house.client("li")
    for step, body in (("ready", None), ("not-ready", {"reason": "meal"}), ("hang-up", None)):
        refused = await li.post(f"/seats/8001/{step}", body)
        assert refused.problem == (403, "not-your-seat", "seat")
    assert (await li.post("/seats/8001/sign-out")).problem == (403, "forbidden", None)
    assert (await zhang.get("/seats")).json["seats"][0]["state"] == "ready"
    chief = await house.client("chief", "supervisor", phone="")
    assert (await chief.post("/seats/8001/ready")).problem[1] == "not-your-seat"
    assert (await chief.post("/seats/8001/sign-out")).json["state"] == "signed_out"
    assert (await zhang.post("/seats/8001/ready")).problem == (409, "seat-not-signed-in", "seat")


@pytest.mark.parametrize("step", ["sign-in", "sign-out", "ready", "hang-up", "wrap-up/end"])
async def test_a_seat_that_does_not_exist(house: House, step: str) -> None:
    zhang = await house.client("zhang")
    assert (await zhang.post(f"/seats/nowhere/{step}")).problem == (404, "seat-unknown", "seat")


async def test_without_a_phone_there_is_no_seat(house: House) -> None:
    chief = await house.client("chief", "supervisor", phone="")
    assert (await chief.post("/seats/8001/sign-in")).problem == (409, "phone-missing", None)


async def test_a_person_of_a_provider_sits_for_the_provider(house: House) -> None:
    client = await house.client("zhang", provider="purchased")
    house.pbx.phone("phone-zhang")
    assert (await client.post("/seats/8001/sign-in")).json["provider"] == "purchased"


async def test_hold_resume_and_rejoin_through_the_api(house: House) -> None:
    zhang = await house.seated("zhang")
    for step in ("hold", "resume", "rejoin"):
        assert (await zhang.post(f"/seats/8001/{step}")).problem == (409, "not-in-talk", "seat")
    caller = await house.talking("zhang")
    await house.until_hears(caller, "phone-zhang")
    assert (await zhang.post("/seats/8001/hold")).json["held"] is True
    await house.until_hears(caller, "music")
    assert (await zhang.post("/seats/8001/hold")).json["held"] is True
    seat = (await zhang.post("/seats/8001/resume")).json
    assert (seat["held"], seat["away_until"]) == (False, None)
    await house.until_hears(caller, "phone-zhang")
    li = await house.client("li")
    assert (await li.post("/seats/8001/hold")).problem == (403, "not-your-seat", "seat")

    first = house.pbx.phone("phone-zhang").leg
    seat = (await zhang.post("/seats/8001/rejoin")).json
    assert (seat["state"], seat["away_until"]) == ("talking", house.clock.now() + 20)
    await house.until_hears(caller, "queue-hold-on")
    leg = house.pbx.phone("phone-zhang").leg
    assert leg is not None and first is not None and leg is not first and leg.again
    leg.phone.answer()
    await house.until_hears(caller, "phone-zhang")
    assert set(house.pbx.legs) == {leg.leg_id}, "the old leg is gone"
    seat = (await zhang.get("/seats")).json["seats"][0]
    assert (seat["state"], seat["away_until"]) == ("talking", None)
    await zhang.post("/seats/8001/hang-up")
    await house.over(caller)
    call = (await zhang.get(f"/calls/{caller.call_id}")).json
    assert call["call"]["talk_s"] >= call["call"]["hold_s"]
    legs = [leg for leg in call["legs"] if leg["kind"] == "seat"]
    assert [(leg["answered_at"] is not None, leg["ended_at"] is not None) for leg in legs] == [
        (True, True),
        (True, True),
    ]
    assert len(call["ratings"]) == 1


async def test_a_page_that_is_gone_keeps_the_caller_and_comes_back(house: House) -> None:
    zhang = await house.client("zhang")
    phone = (await zhang.post("/me/phone")).json["username"]
    page = house.pbx.phone(phone)
    page.manner = "ring"
    await zhang.post("/seats/8001/sign-in", {"phone": "browser"})
    await zhang.post("/seats/8001/ready")
    caller = await house.waiting()
    await house.until(lambda: page.leg is not None and page.leg.rang)
    page.answer()
    await house.until_hears(caller, phone)
    page.hang_up()
    page.vanish()
    await house.until_hears(caller, "queue-hold-on")
    seat = (await zhang.get("/seats")).json["seats"][0]
    assert (seat["state"], seat["phone_reachable"]) == ("talking", False)
    assert seat["away_until"] == house.clock.now() + 20
    page.register()
    await zhang.post("/seats/8001/rejoin")
    await house.until_hears(caller, "queue-hold-on")
    page.answer()
    await house.until_hears(caller, phone)
    await house.over(caller)
