"""Signing in and out, over real HTTP and a real database."""

from __future__ import annotations

import pytest

from tests.web.house import House
from web.gate import COOKIE


async def sign_in(house: House, username: str, password: str):
    return await house.stranger().post("/session", {"username": username, "password": password})


async def test_a_one_time_password_opens_only_the_way_to_a_new_one(house: House) -> None:
    added = await house.person("zhang")
    reply = await sign_in(house, "zhang", added.password)
    assert reply.status == 200
    assert reply.json["must_change"] is True
    assert reply.json["person"]["username"] == "zhang"
    client = house.stranger()
    client.token = reply.json["token"]
    assert (await client.get("/seats")).problem == (403, "password-must-change", None)
    assert (await client.get("/me")).status == 200

    wrong = {"old": "not it at all", "new": "a far better one"}
    assert (await client.post("/me/password", wrong)).problem == (422, "password-old-wrong", "old")
    short = {"old": added.password, "new": "short"}
    assert (await client.post("/me/password", short)).problem == (422, "too-short", "new")
    changed = await client.post("/me/password", {"old": added.password, "new": "a far better one"})
    assert changed.status == 200
    assert changed.json["must_change"] is False
    assert (await client.get("/me")).problem == (401, "not-signed-in", None)
    client.token = changed.json["token"]
    assert (await client.get("/seats")).status == 200
    assert (await sign_in(house, "zhang", "a far better one")).status == 200


async def test_a_wrong_name_and_a_wrong_password_look_the_same(house: House) -> None:
    await house.person("zhang")
    nobody = await sign_in(house, "nobody", "whatever it is")
    wrong = await sign_in(house, "zhang", "whatever it is")
    assert nobody.problem == wrong.problem == (401, "sign-in-wrong", None)
    assert nobody.body == wrong.body
    assert nobody.headers["WWW-Authenticate"] == "Bearer"


async def test_five_wrong_passwords_lock_the_account_for_a_while(house: House) -> None:
    added = await house.person("zhang")
    for _ in range(5):
        assert (await sign_in(house, "zhang", "whatever it is")).status == 401
    locked = await sign_in(house, "zhang", added.password)
    assert locked.problem == (429, "sign-in-locked", None)
    wait_s = int(locked.headers["Retry-After"])
    assert locked.json["detail"] == {"wait_s": wait_s}
    assert str(wait_s) in locked.json["message"]
    house.clock.at += wait_s
    assert (await sign_in(house, "zhang", added.password)).status == 200


async def test_an_address_may_not_try_for_ever(house: House) -> None:
    for name in range(30):
        assert (await sign_in(house, f"nobody{name}", "whatever")).status == 401
    added = await house.person("zhang")
    reply = await sign_in(house, "zhang", added.password)
    assert reply.problem == (429, "too-many-tries", None)
    house.clock.at += int(reply.headers["Retry-After"])
    assert (await sign_in(house, "zhang", added.password)).status == 200


async def test_signing_out_ends_the_session_at_once(house: House) -> None:
    client = await house.client("zhang")
    assert (await client.get("/me")).status == 200
    assert (await client.ask("DELETE", "/session")).status == 204
    assert (await client.get("/me")).problem == (401, "not-signed-in", None)


async def test_a_session_ends_after_its_hours(house: House) -> None:
    client = await house.client("zhang")
    house.clock.at += 12 * 3600 + 1
    assert (await client.get("/me")).problem == (401, "not-signed-in", None)


async def test_a_cookie_lets_a_browser_in_and_other_sites_out(house: House) -> None:
    added = await house.person("zhang")
    reply = await sign_in(house, "zhang", added.password)
    cookie = reply.cookies[COOKIE]
    assert cookie["httponly"] and cookie["samesite"] == "Strict" and cookie["path"] == "/api"
    assert cookie["max-age"] == str(12 * 3600)
    browser = house.stranger()
    sent = {"Cookie": f"{COOKIE}={cookie.value}"}
    assert (await browser.ask("GET", "/me", headers=sent)).status == 200
    refused = await browser.ask("DELETE", "/session", headers=sent)
    assert refused.problem == (403, "csrf-header-missing", None)
    done = await browser.ask("DELETE", "/session", headers=sent | {"X-Hotline": "1"})
    assert done.status == 204
    assert done.cookies[COOKIE].value == ""
    assert (await browser.ask("GET", "/me", headers=sent)).status == 401


@pytest.mark.parametrize("proto", ["http", "https"])
async def test_the_cookie_stays_on_tls_behind_a_proxy_that_speaks_it(
    house: House, proto: str
) -> None:
    added = await house.person("zhang")
    body = {"username": "zhang", "password": added.password}
    sent = {"X-Forwarded-Proto": proto}
    reply = await house.stranger().ask("POST", "/session", body, sent)
    assert bool(reply.cookies[COOKIE]["secure"]) == (proto == "https")


async def test_me_says_where_i_sit(house: House) -> None:
    client = await house.client("zhang")
    assert (await client.get("/me")).json["seat"] is None
    house.pbx.phone("phone-zhang")
    await client.post("/seats/8002/sign-in")
    me = (await client.get("/me")).json
    assert me["person"]["name"] == "张zhang"
    assert me["seat"]["id"] == "8002"


async def test_a_token_of_rubbish_is_nobody(house: House) -> None:
    for token in ("x", "\N{SNOWMAN}".encode().decode("latin-1"), "a" * 5000, "a b c"):
        client = house.stranger()
        client.token = token
        assert (await client.get("/me")).problem[:2] == (401, "not-signed-in")
