"""Changing the policy over HTTP: judged, taken up by the real engine, audited."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from cases import tables as t
from config.words import words
from hotline.cli import DONE, FAILED, main
from tests.router.line import POLICY
from tests.web.house import House

CHANGED = """version = "p-2"
order.greatest_head_start_s = 60
language.floor.cmn = "lang:cmn"
language.floor.khg = "lang:khg"
language.floor.ii = "lang:ii"
[[kinds]]
service = "general"
needs = "law:general"
[[kinds]]
service = "labour"
needs = "law:labour>=3"
[[kinds]]
service = "migrant"
needs = "group:migrant"
"""


async def audited(house: House) -> list[Any]:
    async with house.store.read() as conn:
        rows = await conn.execute(select(t.audit.c.action, t.audit.c.object))
    return [tuple(row) for row in rows]


async def test_a_changed_policy_decides_from_then_on_and_is_audited(house: House) -> None:
    chief = await house.client("chief", "supervisor", phone="", skills={})
    shown = (await chief.get("/policy")).json
    assert (shown["version"], shown["digest"]) == (POLICY.version, POLICY.digest)
    house.policy_file.write_text(CHANGED, "utf-8")
    reply = await chief.post("/policy/reload")
    assert reply.status == 200, reply.body
    assert reply.json == {"version": "p-2", "remarks": []}
    shown = (await chief.get("/policy")).json
    assert (shown["version"], list(shown["versions"])) == ("p-2", ["p-1", "p-2"])
    assert shown["policy"]["kinds"][1]["needs"] == "law:labour>=3"
    assert await audited(house) == [("policy.changed", "p-2")]
    assert (await chief.post("/policy/reload")).status == 200  # asked twice, already so
    state = house.pump.snapshot()
    assert state.policy is not None
    assert state.policy.version == "p-2"


async def test_callers_nobody_here_can_serve_are_remarked(house: House) -> None:
    chief = await house.client("chief", "admin", phone="")
    house.policy_file.write_text(CHANGED, "utf-8")
    reply = await chief.ask("POST", "/policy/reload", headers={"Accept-Language": "en"})
    remarks = reply.json["remarks"]
    assert [remark.split(": ")[0].rsplit(":", 1)[1] for remark in remarks] == ["4", "5", "9", "12"]
    assert all(str(house.policy_file) in remark for remark in remarks)


async def test_a_policy_that_does_not_check_is_refused_and_the_old_one_stays(house: House) -> None:
    chief = await house.client("chief", "supervisor", phone="")
    house.policy_file.write_text(CHANGED.replace("law:labour>=3", "not lang:cmn"), "utf-8")
    reply = await chief.ask("POST", "/policy/reload", headers={"Accept-Language": "en"})
    assert reply.problem == (409, "policy-bad", "policy")
    assert reply.json["detail"]["n"] == 1
    assert f"{house.policy_file}:11: kinds[1].needs: " in reply.json["message"]
    house.policy_file.unlink()
    assert (await chief.post("/policy/reload")).problem == (409, "policy-bad", "policy")
    assert (await chief.get("/policy")).json["version"] == POLICY.version
    assert await audited(house) == []


async def test_a_version_stands_for_one_content_for_ever(house: House) -> None:
    chief = await house.client("chief", "supervisor", phone="")
    house.policy_file.write_text(CHANGED.replace("p-2", "p-1"), "utf-8")
    reply = await chief.post("/policy/reload")
    assert reply.problem == (409, "policy-version", "version")
    assert (await chief.get("/policy")).json["digest"] == POLICY.digest


async def test_seats_and_analysts_may_not(house: House) -> None:
    for name, role in (("zhang", "seat"), ("wu", "analyst")):
        client = await house.client(name, role)  # type: ignore[arg-type]
        assert (await client.get("/policy")).problem[:2] == (403, "forbidden")
        assert (await client.post("/policy/reload")).problem[:2] == (403, "forbidden")


async def test_the_command_takes_it_up_as_the_person_who_signs_in(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await house.client("chief", "supervisor", phone="")
    monkeypatch.setenv("HOTLINE_PASSWORD", "password of chief")
    argv = ["--lang", "en", "policy", "reload", "--user", "chief", "--url", house.address]
    house.policy_file.write_text(CHANGED.replace("law:labour>=3", "law:labor"), "utf-8")
    assert await asyncio.to_thread(main, argv) == FAILED
    assert f"{house.policy_file}:11: kinds[1].needs: " in capsys.readouterr().err
    house.policy_file.write_text(CHANGED, "utf-8")
    assert await asyncio.to_thread(main, argv) == DONE
    assert words("en").text("cli.policy.taken", version="p-2") in capsys.readouterr().out
    assert await audited(house) == [("policy.changed", "p-2")]
