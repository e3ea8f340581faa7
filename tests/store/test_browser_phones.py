"""The phone in the browser belongs to one sign-in of its person at a time, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import insert

from cases import tables as t
from cases.browserphones import BrowserPhones
from cases.errors import Invalid, NotFound, PhoneElsewhere
from cases.people import People
from cases.sessions import Sessions, hashed
from cases.store import Store
from router.phones import is_browser

NOW = 1_795_312_800.0


async def person(store: Store, name: str) -> str:
    """A row is enough: passwords have tests of their own."""
    row = {
        "person_id": name, "name": "张某", "username": name, "password_hash": "",
        "must_change_password": False, "failures": 0, "role": "seat", "provider": "staff",
        "skills": {}, "active": True, "added_at": NOW,
    }  # fmt: skip
    async with store.write() as conn:
        await conn.execute(insert(t.people).values(row))
    return name


async def test_the_same_sign_in_keeps_its_phone_and_another_person_has_another(
    store: Store,
) -> None:
    phones, sessions = BrowserPhones(store), Sessions(store, 12)
    zhang, li = await person(store, "zhang"), await person(store, "li")
    one, two = await sessions.open(zhang, NOW), await sessions.open(li, NOW)
    assert await phones.of(one, NOW) is None
    given = await phones.give(one, zhang, NOW)
    assert is_browser(given.phone)
    assert given.until == NOW + 12 * 3600
    assert await phones.give(one, zhang, NOW + 5) == given == await phones.of(one, NOW)
    other = await phones.give(two, li, NOW)
    assert other.phone != given.phone
    assert await phones.given(NOW) == {hashed(one): given.phone, hashed(two): other.phone}


async def test_a_second_sign_in_is_told_and_may_take_over(store: Store) -> None:
    phones, sessions = BrowserPhones(store), Sessions(store, 12)
    zhang = await person(store, "zhang")
    old, new = await sessions.open(zhang, NOW), await sessions.open(zhang, NOW)
    given = await phones.give(old, zhang, NOW)
    with pytest.raises(PhoneElsewhere):
        await phones.give(new, zhang, NOW)
    assert await phones.of(old, NOW) == given
    taken = await phones.give(new, zhang, NOW, take_over=True)
    assert taken.phone == given.phone, "the seat that was signed in with it stays signed in"
    assert await phones.of(old, NOW) is None
    with pytest.raises(PhoneElsewhere):
        await phones.give(old, zhang, NOW)


@pytest.mark.parametrize("how", ["revoked", "expired", "given back"])
async def test_what_is_over_is_in_nobodys_way(store: Store, how: str) -> None:
    phones, sessions = BrowserPhones(store), Sessions(store, 1)
    zhang = await person(store, "zhang")
    old = await sessions.open(zhang, NOW)
    given = await phones.give(old, zhang, NOW)
    later = NOW + (3600 if how == "expired" else 1)
    if how == "revoked":
        await sessions.revoke(old, NOW)
    if how == "given back":
        assert await phones.take_back(old) == given.phone
        assert await phones.take_back(old) == ""
    assert await phones.of(old, later) is None
    assert await phones.given(later) == {}
    new = await sessions.open(zhang, later)
    assert (await phones.give(new, zhang, later)).phone == given.phone


async def test_a_sign_in_that_is_over_gets_none(store: Store) -> None:
    phones, sessions = BrowserPhones(store), Sessions(store, 1)
    zhang = await person(store, "zhang")
    token = await sessions.open(zhang, NOW)
    await sessions.revoke(token, NOW)
    with pytest.raises(NotFound):
        await phones.give(token, zhang, NOW)


async def test_asked_twice_at_once_it_is_given_once(store: Store) -> None:
    phones, sessions = BrowserPhones(store), Sessions(store, 1)
    zhang = await person(store, "zhang")
    token = await sessions.open(zhang, NOW)
    both = await asyncio.gather(*(phones.give(token, zhang, NOW) for _ in range(2)))
    assert both[0] == both[1]


async def test_forgotten_sessions_take_nothing_along(store: Store) -> None:
    phones, sessions = BrowserPhones(store), Sessions(store, 1)
    zhang = await person(store, "zhang")
    given = await phones.give(await sessions.open(zhang, NOW), zhang, NOW)
    later = NOW + 3 * 86_400
    assert await sessions.forget_expired(later) == 1
    assert await phones.given(later) == {}
    token = await sessions.open(zhang, later)
    assert (await phones.give(token, zhang, later)).phone == given.phone


async def test_nobodys_own_phone_may_look_like_one_in_a_browser(store: Store) -> None:
    with pytest.raises(Invalid) as refused:
        await People(store).add(
            name="张某", username="zhang", role="seat", phone="web" + "0" * 20, now=NOW
        )
    assert (refused.value.field, refused.value.code) == ("phone", "bad-format")
