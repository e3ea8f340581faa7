"""The phone in the browser over HTTP: given, used at a seat, taken over, withdrawn."""

from __future__ import annotations

import asyncio
from pathlib import Path

from router.phones import is_browser
from tests.web.house import DEADLINE_S, Client, House, house_in
from web.phones import sweep


async def issued(client: Client, **body: object) -> dict[str, str]:
    reply = await client.post("/me/phone", body or None)
    assert reply.status == 200, reply.json
    phone: dict[str, str] = reply.json
    return phone


async def again(house: House, client: Client) -> Client:
    """The same person signed in at another browser."""
    person = (await client.get("/me")).json["person"]
    other = house.stranger()
    other.token = await house.sessions.open(person["id"], house.clock.now())
    return other


async def test_a_sign_in_gets_one_account_and_a_new_password_each_time(house: House) -> None:
    zhang = await house.client("zhang")
    first = await issued(zhang)
    assert is_browser(first["username"])
    assert first["uri"] == f"sip:{first['username']}@{first['realm']}"
    assert (first["ws_path"], first["ice_servers"]) == ("/api/v1/sip", [])
    assert first["expires_at"] == house.clock.now() + 12 * 3600
    second = await issued(zhang)
    assert second["username"] == first["username"]
    assert second["password"] != first["password"]
    assert house.pbx.browsers.passwords == {second["username"]: second["password"]}


async def test_a_seat_is_taken_with_the_phone_in_the_browser(house: House) -> None:
    zhang = await house.client("zhang")
    refused = await zhang.post("/seats/8001/sign-in", {"phone": "browser"})
    assert refused.problem == (409, "phone-not-issued", None)
    phone = (await issued(zhang))["username"]
    seat = (await zhang.post("/seats/8001/sign-in", {"phone": "browser"})).json
    assert (seat["phone"], seat["phone_kind"], seat["phone_reachable"]) == (phone, "browser", False)
    # A page that has not registered is not rung; one that has is.
    await zhang.post("/seats/8001/ready")
    caller = await house.waiting()
    assert house.call_stage(caller) == "queue"
    house.pbx.phone(phone).manner = "ring"
    await house.until(lambda: house.call_stage(caller) == "ringing")
    seat = (await zhang.get("/seats")).json["seats"][0]
    assert (seat["state"], seat["phone_reachable"]) == ("offered", True)


async def test_the_same_person_changes_the_phone_at_the_seat_but_not_in_a_call(
    house: House,
) -> None:
    zhang = await house.seated("zhang")
    phone = (await issued(zhang))["username"]
    house.pbx.phone(phone)
    seat = (await zhang.post("/seats/8001/sign-in", {"phone": "browser"})).json
    assert (seat["phone"], seat["state"]) == (phone, "not_ready")
    seat = (await zhang.post("/seats/8001/sign-in")).json
    assert (seat["phone"], seat["phone_kind"]) == ("phone-zhang", "own")
    await zhang.post("/seats/8001/ready")
    await house.talking("zhang")
    refused = await zhang.post("/seats/8001/sign-in", {"phone": "browser"})
    assert refused.problem == (409, "seat-in-call", "seat")


async def test_a_wrong_kind_of_phone_is_named(house: House) -> None:
    zhang = await house.client("zhang")
    refused = await zhang.post("/seats/8001/sign-in", {"phone": "car"})
    assert refused.problem == (422, "value-invalid", "phone")


async def test_another_browser_of_the_same_person_is_told_and_may_take_over(house: House) -> None:
    zhang = await house.client("zhang")
    phone = await issued(zhang)
    other = await again(house, zhang)
    assert (await other.post("/me/phone")).problem == (409, "phone-elsewhere", None)
    assert house.pbx.browsers.passwords[phone["username"]] == phone["password"]
    taken = await issued(other, take_over=True)
    assert taken["username"] == phone["username"]
    assert house.pbx.browsers.passwords[phone["username"]] == taken["password"]
    assert (await zhang.post("/me/phone")).problem == (409, "phone-elsewhere", None)


async def test_signing_out_and_giving_back_withdraw_it(house: House) -> None:
    zhang = await house.client("zhang")
    await issued(zhang)
    assert (await zhang.ask("DELETE", "/me/phone")).status == 204
    assert house.pbx.browsers.passwords == {}
    assert (await zhang.ask("DELETE", "/me/phone")).status == 204
    await issued(zhang)
    assert (await zhang.ask("DELETE", "/session")).status == 204
    assert house.pbx.browsers.passwords == {}


async def test_an_expired_or_revoked_sign_in_loses_it_at_the_next_sweep(house: House) -> None:
    zhang, li = await house.client("zhang"), await house.client("li")
    lost, kept = await issued(zhang), await issued(li)
    await sweep(house.deps())
    assert set(house.pbx.browsers.passwords) == {lost["username"], kept["username"]}
    await house.sessions.revoke(zhang.token, house.clock.now())
    await sweep(house.deps())
    assert set(house.pbx.browsers.passwords) == {kept["username"]}
    house.clock.at += 13 * 3600
    await sweep(house.deps())
    assert house.pbx.browsers.passwords == {}


async def test_the_sweep_runs_by_itself(tmp_path: Path) -> None:
    async with house_in(tmp_path, beat_s=0.01) as house:
        zhang = await house.client("zhang")
        await issued(zhang)
        await house.sessions.revoke(zhang.token, house.clock.now())
        await asyncio.wait_for(house.pbx.browsers.emptied.wait(), DEADLINE_S)
        assert house.pbx.browsers.passwords == {}


async def test_without_the_exchange_it_is_said_and_mended_later(house: House) -> None:
    zhang = await house.client("zhang")
    house.pbx.browsers.lost = True
    assert (await zhang.post("/me/phone")).problem == (503, "exchange-unavailable", None)
    house.pbx.browsers.lost = False
    await issued(zhang)
    house.pbx.browsers.lost = True
    assert (await zhang.ask("DELETE", "/me/phone")).status == 204
    house.pbx.browsers.lost = False
    await sweep(house.deps())
    assert house.pbx.browsers.passwords == {}
