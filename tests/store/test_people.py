"""People, passwords, lock-out, phones and sessions, on both databases."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

import cases.people
from cases.errors import Invalid, NotFound, SignInRefused
from cases.people import LOCKED_S, TRIES, People, phone_ha1
from cases.records import NewPerson, Viewer
from cases.sessions import KEPT_S, Sessions
from cases.store import Store
from telephony import provision

NOW = 1_795_312_800.0


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real ones take a fifth of a second and 64 MB each."""
    assert cases.people._hasher.memory_cost >= 65536
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(cases.people, "_hasher", quick)
    monkeypatch.setattr(cases.people, "_nobody", quick.hash("nobody"))


async def drolma(people: People, **changes: object) -> NewPerson:
    given = {
        "name": "卓玛 སྒྲོལ་མ", "username": "drolma", "role": "seat", "phone": "drolma",
        "skills": {"lang:khg": 5}, "provider": "staff", "now": NOW,
    } | changes  # fmt: skip
    return await people.add(**given)  # type: ignore[arg-type]


async def test_a_new_person_can_sign_in_with_what_was_printed(store: Store) -> None:
    people = People(store)
    new = await drolma(people)
    person = await people.verify("drolma", new.password, NOW)
    assert person == new.person == await people.get(new.person.id)
    assert person.must_change_password
    assert person.skills == {"lang:khg": 5}
    assert person.viewer == Viewer(person_id=person.id, role="seat", provider="staff")
    assert (await people.list()) == (person,)


async def test_the_exchange_takes_the_phone_account(store: Store) -> None:
    people = People(store)
    new = await drolma(people)
    [account] = await people.phones()
    assert account.phone == "drolma"
    assert account.ha1 == phone_ha1("drolma", new.sip_password)
    assert account.ha1 == provision.phone_ha1("drolma", new.sip_password), "realms differ"


async def test_a_person_without_a_phone(store: Store) -> None:
    people = People(store)
    for username in ("admin", "leader"):
        new = await drolma(people, username=username, phone="", role="admin")
        assert (new.sip_password, new.person.phone) == ("", "")
    assert await people.phones() == ()


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"username": "Drolma"}, "username", "bad-format"),
        ({"username": "x"}, "username", "bad-format"),
        ({"phone": "13800000001"}, "phone", "bad-format"),
        ({"phone": "a\nb"}, "phone", "bad-format"),
        ({"name": " "}, "name", "bad-format"),
        ({"name": "a\nb"}, "name", "bad-format"),
        ({"role": "boss"}, "role", "unknown-value"),
        ({"provider": "firm"}, "provider", "unknown-value"),
        ({"skills": {"lang:khg": 6}}, "skills", "bad-format"),
        ({"skills": {"Lang": 1}}, "skills", "bad-format"),
        ({"skills": {"lang:khg": "5"}}, "skills", "bad-format"),
    ],
)
async def test_wrong_values_name_their_field(
    store: Store, changes: dict[str, object], field: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await drolma(People(store), **changes)
    assert (refused.value.field, refused.value.code) == (field, code)


async def test_user_names_and_phones_are_taken_once(store: Store) -> None:
    people = People(store)
    new = await drolma(people)
    for changes, field in (({"phone": "other"}, "username"), ({"username": "other"}, "phone")):
        with pytest.raises(Invalid) as refused:
            await drolma(people, **changes)
        assert (refused.value.field, refused.value.code) == (field, "taken")
    other = await drolma(people, username="other", phone="other")
    with pytest.raises(Invalid, match="taken"):
        await people.reset_phone(other.person.id, "drolma")
    sip_password = await people.reset_phone(new.person.id, "seat-1")
    assert {account.phone for account in await people.phones()} == {"seat-1", "other"}
    assert (await people.phones())[1].ha1 == phone_ha1("seat-1", sip_password)


async def test_a_wrong_password_and_an_unknown_name_look_the_same(store: Store) -> None:
    people = People(store)
    await drolma(people)
    for username, password in (("drolma", "wrong"), ("nobody", "wrong"), ("a\x00b", "\ud800")):
        with pytest.raises(SignInRefused) as refused:
            await people.verify(username, password, NOW)
        assert (refused.value.code, refused.value.until) == ("sign-in-wrong", None)


async def test_guessing_locks_and_waiting_opens(store: Store) -> None:
    people = People(store)
    new = await drolma(people)
    for _ in range(TRIES):
        with pytest.raises(SignInRefused, match="sign-in-wrong"):
            await people.verify("drolma", "wrong", NOW)
    with pytest.raises(SignInRefused) as locked:
        await people.verify("drolma", new.password, NOW + 1)
    assert (locked.value.code, locked.value.until) == ("sign-in-locked", NOW + LOCKED_S)
    assert await people.verify("drolma", new.password, NOW + LOCKED_S) == new.person


async def test_a_right_password_forgives_the_wrong_ones_before(store: Store) -> None:
    people = People(store)
    new = await drolma(people)
    for _ in range(3):
        for _ in range(TRIES - 1):
            with pytest.raises(SignInRefused, match="sign-in-wrong"):
                await people.verify("drolma", "wrong", NOW)
        await people.verify("drolma", new.password, NOW)


async def test_changing_the_password(store: Store) -> None:
    people, sessions = People(store), Sessions(store, 12)
    new = await drolma(people)
    token = await sessions.open(new.person.id, NOW)
    one = new.person.id
    with pytest.raises(SignInRefused):
        await people.change_password(one, "wrong", "a new long one", NOW)
    for wrong, code in (("short", "too-short"), ("x" * 201, "too-long"), (new.password, "same")):
        with pytest.raises(Invalid) as refused:
            await people.change_password(one, new.password, wrong, NOW)
        assert (refused.value.field, refused.value.code) == ("new", code)
    assert (await sessions.person(token, NOW)).id == one
    await people.change_password(one, new.password, "གསང་ཨང་གསར་པ་", NOW)
    assert not (await people.verify("drolma", "གསང་ཨང་གསར་པ་", NOW)).must_change_password
    with pytest.raises(NotFound):
        await sessions.person(token, NOW)
    with pytest.raises(SignInRefused):
        await people.verify("drolma", new.password, NOW)


async def test_a_reset_password_works_once_more(store: Store) -> None:
    people = People(store)
    new = await drolma(people)
    for _ in range(TRIES):
        with pytest.raises(SignInRefused):
            await people.verify("drolma", "wrong", NOW)
    password = await people.reset_password(new.person.id, NOW)
    assert (await people.verify("drolma", password, NOW)).must_change_password


async def test_updating_and_deactivating(store: Store) -> None:
    people, sessions = People(store), Sessions(store, 12)
    new = await drolma(people)
    token = await sessions.open(new.person.id, NOW)
    changed = await people.update(
        new.person.id, name="泽仁", role="supervisor", skills={"law:general": 2}, now=NOW
    )
    assert (changed.name, changed.role, changed.skills) == (
        "泽仁",
        "supervisor",
        {"law:general": 2},
    )
    assert (await sessions.person(token, NOW)).role == "supervisor"
    with pytest.raises(Invalid, match="empty"):
        await people.update(new.person.id, now=NOW)
    await people.update(new.person.id, active=False, now=NOW)
    assert (await people.phones(), await people.list(active_only=True)) == ((), ())
    with pytest.raises(NotFound):
        await sessions.person(token, NOW)
    with pytest.raises(SignInRefused, match="sign-in-wrong"):
        await people.verify("drolma", new.password, NOW)
    await people.update(new.person.id, active=True, now=NOW)
    with pytest.raises(NotFound):
        await sessions.person(token, NOW)


async def test_who_is_not_there(store: Store) -> None:
    people = People(store)
    for attempt in (
        people.get("p0"),
        people.get("\x00"),
        people.update("p0", name="x", now=NOW),
        people.reset_password("p0", NOW),
        people.reset_phone("p0", "phone"),
        people.change_password("p0", "old", "a new long one", NOW),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_a_session_lasts_so_long_and_can_be_ended(store: Store) -> None:
    people, sessions = People(store), Sessions(store, 12)
    person = (await drolma(people)).person
    first, second = await sessions.open(person.id, NOW), await sessions.open(person.id, NOW)
    assert first != second
    assert len(first) == 43
    assert await sessions.person(first, NOW + 12 * 3600 - 1) == person
    for token, now in ((first, NOW + 12 * 3600), ("guess", NOW), ("", NOW), ("\ud800", NOW)):
        with pytest.raises(NotFound):
            await sessions.person(token, now)
    await sessions.revoke(first, NOW)
    await sessions.revoke(first, NOW + 1)
    with pytest.raises(NotFound):
        await sessions.person(first, NOW)
    assert await sessions.person(second, NOW) == person
    await sessions.revoke_all(person.id, NOW)
    with pytest.raises(NotFound):
        await sessions.person(second, NOW)


async def test_sessions_that_are_over_are_forgotten(store: Store) -> None:
    people, sessions = People(store), Sessions(store, 1)
    person = (await drolma(people)).person
    old, new = await sessions.open(person.id, NOW), await sessions.open(person.id, NOW + KEPT_S)
    assert await sessions.forget_expired(NOW + 3600) == 0
    assert await sessions.forget_expired(NOW + KEPT_S + 3600) == 1
    assert await sessions.person(new, NOW + KEPT_S) == person
    with pytest.raises(NotFound):
        await sessions.person(old, NOW)
