"""What a seat is given around a call: the brief while it rings, the slip from the first moment of
the talk, its day, and the story of a call for those who may know it.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.web.house import DEADLINE_S, SKILLS, Client, House
from web import slips

NUMBER, MASKED = "13800000001", "138****0001"


async def ringing(house: House, number: str = NUMBER) -> str:
    caller = await house.waiting(number)
    await house.until(lambda: house.call_stage(caller) == "ringing")
    return caller.call_id


async def test_the_seat_that_rings_is_told_of_the_caller_and_nobody_else(house: House) -> None:
    zhang = await house.seated("zhang")
    before = await house.talking("zhang", f"0{NUMBER}")
    await house.over(before)
    assert (await zhang.post("/seats/8001/wrap-up/end")).status == 200
    call_id = await ringing(house)
    brief = await zhang.get(f"/calls/{call_id}/brief")
    assert brief.status == 200
    told: dict[str, Any] = brief.json
    assert (told["caller_number"], told["stage"], told["earlier"]) == (MASKED, "ringing", 1)
    assert [one["call_id"] for one in told["last"]] == [before.call_id]
    assert (told["language"], told["service"]) == ("cmn", "general")
    assert b"13800000001" not in brief.body
    li = await house.client("li")
    foreign = await li.get(f"/calls/{call_id}/brief")
    assert foreign.problem == (404, "call-unknown", None)
    chief = await house.client("chief", "supervisor", phone="")
    assert (await chief.get(f"/calls/{call_id}/brief")).json["caller_number"] == MASKED
    assert (await chief.get("/calls/never/brief")).problem == (404, "call-unknown", None)
    assert (await house.stranger().get(f"/calls/{call_id}/brief")).status == 401


async def test_a_purchased_provider_is_told_of_its_own_caller_only(house: House) -> None:
    wang = await house.client("wang", provider="purchased", skills=SKILLS)
    house.pbx.phone("phone-wang").manner = "ring"
    for step in ("sign-in", "ready"):
        assert (await wang.post(f"/seats/8002/{step}")).status == 200
    call_id = await ringing(house)
    assert (await wang.get(f"/calls/{call_id}/brief")).json["caller_number"] == MASKED
    refused = await wang.get("/calls?number=0001")
    assert refused.problem == (403, "forbidden", None)
    assert (await wang.get(f"/calls/{call_id}/recording")).problem == (403, "forbidden", None)


async def signed_in_before(house: House) -> tuple[Client, Client]:
    """A seat and a bystander: to sign in needs the database, which is held up afterwards."""
    return await house.seated("zhang"), await house.client("li")


async def test_a_slip_is_there_in_the_first_moment_of_a_talk(house: House) -> None:
    """The database is held up; what the seat writes meanwhile waits for it and is not lost."""
    zhang, li = await signed_in_before(house)
    async with house.store.write():
        caller = await house.talking("zhang")
        path = f"/slips/{caller.call_id}"
        body = {"version": 1, "text": "第一句话"}
        reading = asyncio.create_task(zhang.get(path))
        assert (await li.get(path)).problem == (404, "slip-unknown", None), "and at once"
        assert not reading.done(), "answered although nothing was in the database"
    async with asyncio.timeout(DEADLINE_S):
        assert (await reading).json["version"] == 1
        written = await zhang.ask("PATCH", path, body)
        assert (written.status, written.json["text"]) == (200, "第一句话")
    await house.over(caller)
    more = await zhang.ask("PATCH", path, {"version": 2, "kind": "consultation"})
    assert (more.status, more.json["text"]) == (200, "第一句话"), "in wrap-up and after it too"


async def test_a_database_that_stays_away_is_said_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slips, "BEHIND_S", 0.1)
    zhang, _ = await signed_in_before(house)
    async with house.store.write():
        caller = await house.talking("zhang")
        late = await zhang.get(f"/slips/{caller.call_id}")
        assert late.problem == (503, "store-unavailable", None)
        assert late.headers["Retry-After"] == "1"


async def test_my_day_has_my_calls(house: House) -> None:
    zhang = await house.seated("zhang")
    caller = await house.talking("zhang")
    await house.over(caller)
    day = (await zhang.get("/me/today")).json
    assert (day["answered"], day["unfilled"]) == (1, 1)
    (call,) = day["calls"]
    assert (call["call_id"], call["outcome"], call["filled"]) == (
        caller.call_id,
        "answered",
        False,
    )
    assert (call["caller_number"], call["person_name"]) == (MASKED, "张zhang")
    li = await house.client("li")
    assert (await li.get("/me/today")).json["calls"] == []


async def test_a_story_is_told_to_those_who_may_know_the_call(house: House) -> None:
    zhang = await house.seated("zhang")
    caller = await house.talking("zhang")
    await house.over(caller)
    path = f"/calls/{caller.call_id}/story"
    chinese = await zhang.get(path, Accept_Language="zh-CN")
    english = await zhang.get(path, Accept_Language="en")
    assert (chinese.json["tongue"], english.json["tongue"]) == ("zh-CN", "en")
    assert chinese.headers["Content-Language"] == "zh-CN"
    types = [line["type"] for line in chinese.json["lines"]]
    assert types == [line["type"] for line in english.json["lines"]]
    assert types[0] == "CallOpened" and types[-1] == "CallClosed"
    answered = chinese.json["lines"][types.index("Connected")]
    assert answered["text"].startswith("一号坐席（张zhang）接听")
    assert answered["seat_id"] == "8001"
    for body in (chinese.body, english.body):
        assert NUMBER.encode() not in body, "nobody is told the number by a story"
    assert MASKED in chinese.json["lines"][0]["text"]
    li = await house.client("li")
    assert (await li.get(path)).problem == (404, "call-unknown", None)
    analyst = await house.client("wang", "analyst", phone="")
    assert (await analyst.get(path)).status == 200


async def test_calls_are_filtered_by_what_is_on_their_slips(house: House) -> None:
    zhang = await house.seated("zhang")
    caller = await house.talking("zhang")
    await house.over(caller)
    change = {"version": 1, "kind": "help", "matter": "A0301", "place": "513332", "text": "欠薪"}
    path = f"/slips/{caller.call_id}"
    assert (await zhang.ask("PATCH", path, change)).status == 200

    async def found(query: str) -> list[str]:
        reply = await zhang.get(f"/calls?{query}")
        assert reply.status == 200, reply.body
        return [call["call_id"] for call in reply.json["calls"]]

    for query in ("kind=help&matter=A", "place=5133&text=欠薪", "number=0001", "demo=false"):
        assert await found(query) == [caller.call_id], query
    for query in ("kind=complaint", "matter=A0302", "recorded=true", "score=1&score=2"):
        assert await found(query) == [], query
    for query, problem in (
        ("kind=joke", (422, "unknown-value", "kinds")),
        ("number=1", (422, "value-invalid", "number")),
        ("number=00x1", (422, "bad-format", "number")),
        ("score=6", (422, "value-invalid", "score[0]")),
    ):
        assert (await zhang.get(f"/calls?{query}")).problem == problem, query
    outside = {"version": 2, "place": "513425"}
    assert (await zhang.ask("PATCH", path, outside)).problem == (422, "unknown-value", "place")
