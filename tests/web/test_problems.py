"""Every way of saying no: a stable code, a status, a field, words in two languages."""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path

import pytest

import cases
import router
from config.words import TONGUES, words
from tests.web.house import House
from web.app import ROUTES
from web.gate import MAX_BODY
from web.openapi import problem_codes
from web.problems import STATUS, Problem, tongue


def codes_in(package: object, name: str, at: int) -> set[str]:
    """Strings handed to `name(...)` at this position anywhere in a package."""
    assert isinstance(package.__file__, str)
    found = set()
    for file in Path(package.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                for part in ast.walk(node.args[at]) if len(node.args) > at else ():
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        found.add(part.value)
    return found


def test_every_code_of_the_store_and_the_engine_is_known_here() -> None:
    invalid = codes_in(cases, "Invalid", 1)
    refused = codes_in(router, "Refusal", 0)
    kinds = codes_in(cases, "NotFound", 0) - {"session"}
    assert invalid and refused and kinds
    assert invalid | refused | {f"{kind}-unknown" for kind in kinds} <= set(STATUS)


@pytest.mark.parametrize("tag", TONGUES)
def test_every_code_has_words(tag: str) -> None:
    sentences = words(tag).entries
    assert {f"api.problem.{code}" for code in STATUS} == {
        key for key in sentences if key.startswith("api.problem.")
    }


def test_every_code_that_a_row_promises_exists() -> None:
    assert {code for route in ROUTES for code in problem_codes(route)} <= set(STATUS)


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("", "zh-CN"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-TW", "zh-CN"),
        ("fr, en;q=0.5", "en"),
        ("en;q=0.5, zh;q=0.9", "zh-CN"),
        ("en;q=0, zh;q=0.1", "zh-CN"),
        ("en;q=0", "zh-CN"),
        ("bo, ii", "zh-CN"),
        ("*", "zh-CN"),
        (",;q=,en;q=x;;", "en"),
    ],
)
def test_the_language_is_the_one_asked_for(header: str, tag: str) -> None:
    assert tongue(header) == tag


async def test_both_languages_come_over_the_wire(house: House) -> None:
    stranger = house.stranger()
    chinese = await stranger.get("/me")
    english = await stranger.get("/me", Accept_Language="en-GB")
    assert chinese.headers["Content-Language"] == "zh-CN"
    assert english.headers["Content-Language"] == "en"
    assert chinese.json["message"] == words("zh-CN").text("api.problem.not-signed-in")
    assert english.json["message"] == words("en").text("api.problem.not-signed-in")
    assert "Accept-Language" in english.headers["Vary"]


async def test_what_is_not_there_and_what_is_not_done(house: House) -> None:
    zhang = await house.client("zhang")
    assert (await zhang.get("/nowhere")).problem == (404, "route-unknown", None)
    assert (await zhang.get("/me/")).problem == (404, "route-unknown", None)
    wrong = await zhang.ask("DELETE", "/me")
    assert wrong.problem == (405, "method-not-allowed", None)
    assert wrong.headers["Allow"] == "GET"
    assert (await zhang.get("/seats?x=1")).problem == (422, "field-unknown", "x")
    assert (await zhang.get(f"/calls/{'9' * 101}")).problem == (404, "route-unknown", None)
    assert (await zhang.get("/calls/%00")).problem == (404, "route-unknown", None)
    assert (await zhang.get("/calls/..%2f..%2fetc")).problem == (404, "call-unknown", None)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", (400, "bad-json", None)),
        (b"{", (400, "bad-json", None)),
        (b'{"username":"\xff","password":"x"}', (400, "bad-json", None)),
        (b"[" * 100_000, (422, "value-invalid", None)),
        (b"null", (422, "value-invalid", None)),
        (b'{"username":1,"password":"x"}', (422, "value-invalid", "username")),
        (b'{"username":"x"}', (422, "field-missing", "password")),
        (b'{"username":"x","password":"x","a":1}', (422, "field-unknown", "a")),
        (b'{"username":"","password":"x"}', (422, "value-invalid", "username")),
        (b'{"username":"x\\u0000","password":"x"}', (422, "value-invalid", "username")),
        (b" " * (MAX_BODY + 1), (413, "body-too-large", None)),
    ],
)
async def test_a_body_that_makes_no_sense_is_refused(
    house: House, raw: bytes, problem: tuple[int, str, str | None]
) -> None:
    assert (await house.stranger().ask("POST", "/session", raw)).problem == problem


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_only_json_is_taken(house: House, kind: str) -> None:
    body = {"username": "zhang", "password": "x"}
    reply = await house.stranger().ask("POST", "/session", body, {"Content-Type": kind})
    assert reply.problem == (415, "content-type-unsupported", None)


async def test_what_is_not_http_is_answered_in_json_too(house: House) -> None:
    for raw in (
        b"\x16\x03\x01 hello\r\n\r\n",
        b"GET / HTTP/9.x\r\n\r\n",
        b"G ET / HTTP/1.1\r\n\r\n",
    ):
        host, port = house.address.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(raw)
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        assert answer.startswith(b"HTTP/1.1 400 ") or answer.startswith(b"HTTP/1.0 400 ")
        assert b"application/json" in answer and b'"code":"bad-request"' in answer


async def test_a_fault_of_ours_says_nothing_but_its_number(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    zhang = await house.client("zhang")

    async def fall_over(*_: object, **__: object) -> None:
        raise RuntimeError("13800000001 said something private")

    monkeypatch.setattr(house.access, "list_calls", fall_over)
    reply = await zhang.get("/calls")
    assert reply.problem == (500, "internal", None)
    assert b"13800000001" not in reply.body
    logged = capsys.readouterr().out
    assert "13800000001" not in logged and zhang.token not in logged
    assert reply.headers["X-Request-Id"] in logged


async def test_a_store_that_is_away_is_said_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    zhang = await house.client("zhang")

    async def away(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(house.access, "list_calls", away)
    reply = await zhang.get("/calls")
    assert reply.problem == (503, "store-unavailable", None)
    assert int(reply.headers["Retry-After"]) > 0


async def test_a_router_that_does_not_answer_is_said_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    zhang = await house.seated("zhang")

    async def never(_request: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(house.pump, "ask", never)
    monkeypatch.setattr("web.seats.ROUTER_S", 0.01)
    assert (await zhang.post("/seats/8001/ready")).problem == (503, "not-ready", None)


async def test_logs_have_no_ids_and_no_searches(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    zhang = await house.client("zhang")
    capsys.readouterr()
    await zhang.get("/calls/1700000000.99?number=13800000001")
    await zhang.get("/calls?seat=13800000001")
    logged = capsys.readouterr().out
    assert "/api/v1/calls/{call}" in logged
    assert "1700000000.99" not in logged and "13800000001" not in logged
    assert "127.0.0.1" not in logged


async def test_answers_carry_what_protects_a_browser(house: House) -> None:
    zhang = await house.client("zhang")
    for reply in (await zhang.get("/me"), await zhang.get("/nowhere")):
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["X-Frame-Options"] == "DENY"
        assert reply.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
        assert len(reply.headers["X-Request-Id"]) == 16


def test_a_code_without_a_status_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        _ = Problem("no-such-code").status
