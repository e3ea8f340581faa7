from __future__ import annotations

from tests.web.house import House

NEW = {
    "name": "李四",
    "username": "li",
    "role": "seat",
    "phone": "phone-li",
    "skills": {"lang:cmn": 3},
}


async def test_an_administrator_adds_a_person_who_can_then_sign_in(house: House) -> None:
    chief = await house.client("chief", "admin", phone="")
    added = await chief.post("/people", NEW)
    assert added.status == 201
    assert added.json["phone_ready"] is True
    assert added.json["sip_password"]
    assert house.provisioned == ["phone-li"]
    body = {"username": "li", "password": added.json["password"]}
    signed_in = await house.stranger().post("/session", body)
    assert signed_in.json["must_change"] is True
    people = (await chief.get("/people")).json["people"]
    assert [person["username"] for person in people] == ["chief", "li"]
    assert added.json["password"].encode() not in (await chief.get("/people")).body


async def test_passwords_get_out_even_when_the_exchange_cannot_be_told(house: House) -> None:
    chief = await house.client("chief", "admin", phone="")
    house.exchange_lost = True
    added = await chief.post("/people", NEW)
    assert (added.status, added.json["phone_ready"]) == (201, False)
    assert added.json["password"]


async def test_who_may_see_and_add_people(house: House) -> None:
    zhang = await house.client("zhang")
    assert (await zhang.get("/people")).problem == (403, "forbidden", None)
    chief = await house.client("chief", "supervisor", phone="")
    assert (await chief.get("/people")).status == 200
    refused = await chief.post("/people", NEW)
    assert refused.problem == (403, "forbidden", None)
    assert refused.json["detail"] == {"right": "people.manage"}
    assert "li" not in {person.username for person in await house.people.list()}


async def test_what_is_wrong_with_a_person_is_named(house: House) -> None:
    chief = await house.client("chief", "admin", phone="")

    async def problem(**change: object) -> tuple[int, str, str | None]:
        return (await chief.post("/people", NEW | change)).problem

    assert await problem(username="") == (422, "bad-format", "username")
    assert await problem(username="chief") == (422, "taken", "username")
    assert await problem(role="king") == (422, "value-invalid", "role")
    assert await problem(skills={"lang:cmn": 6}) == (422, "value-invalid", "skills[...]")
    assert await problem(salary=1) == (422, "field-unknown", "salary")
    assert await problem(name="x\x00") == (422, "value-invalid", "name")
    incomplete = {name: value for name, value in NEW.items() if name != "role"}
    assert (await chief.post("/people", incomplete)).problem == (422, "field-missing", "role")
