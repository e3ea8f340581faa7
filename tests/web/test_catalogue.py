"""The catalogue: everything with a code has a name in both languages, and is found by typing."""

from __future__ import annotations

from typing import Any

import pytest

from config.loader import load
from config.model import Line, Settings, Targets
from config.words import TONGUES, Tongue
from reports.indicators import INDICATORS
from tests.web.house import House
from web.catalogue import Catalogue, Choice, catalogue

SETTINGS = load(None, {})


@pytest.mark.parametrize("tag", TONGUES)
def test_everything_shipped_has_a_name_of_its_own(tag: Tongue) -> None:
    made = catalogue(SETTINGS, tag)
    for field in Catalogue.__struct_fields__:
        entries = getattr(made, field)
        if not isinstance(entries, tuple) or field == "seats":
            continue
        codes = [entry.code for entry in entries]
        names = [entry.name for entry in entries]
        assert len(codes) == len(set(codes)), field
        assert all(entry.name and entry.name != entry.code for entry in entries), (field, names)
        if field != "divisions":  # two cities have an inner district of the same name
            assert len(names) == len(set(names)), field


@pytest.mark.parametrize("field", ["matters", "divisions"])
def test_what_lies_in_something_comes_after_it(field: str) -> None:
    seen: set[str] = set()
    for choice in getattr(catalogue(SETTINGS, "zh-CN"), field):
        assert not choice.parent or choice.parent in seen, choice
        seen.add(choice.code)


def found(choices: tuple[Choice, ...], typed: str) -> set[str]:
    """As a screen searches: in the name and in the search words, without regard to case."""
    typed = typed.lower()
    return {c.code for c in choices if typed in f"{c.name} {c.search}".lower() and c.choosable}


@pytest.mark.parametrize(
    ("typed", "code"),
    [("讨薪", "A0301"), ("工资", "A0301"), ("qx", "A0301"), ("离婚", "A01"), ("虫草", "A14"),
     ("老赖", "A19"), ("外卖", "A0305"), ("法援", "D01")],
)  # fmt: skip
def test_a_matter_is_found_by_what_callers_call_it(typed: str, code: str) -> None:
    assert code in found(catalogue(SETTINGS, "zh-CN").matters, typed)


def test_a_place_is_found_by_name_and_initials() -> None:
    for tag in TONGUES:
        places = catalogue(SETTINGS, tag).divisions
        assert "513401" in found(places, "西昌") & found(places, "xcs") & found(places, "xichang")


def test_every_target_is_one_that_an_indicator_is_held_against() -> None:
    wanted = {one.target for one in INDICATORS.values() if one.target}
    assert set(Targets.__struct_fields__) == wanted


def test_a_sites_own_words_are_shown_as_they_are() -> None:
    line = Line(not_ready_reasons=("prayer",))
    english = catalogue(Settings(line=line), "en")
    assert [(r.code, r.name) for r in english.not_ready_reasons] == [("prayer", "prayer")]
    assert [r.code for r in english.reasons][-1] == "unreachable"


async def test_it_is_in_the_language_asked_for_and_not_sent_twice(house: House) -> None:
    zhang = await house.client("zhang")
    chinese = await zhang.get("/catalogue", Accept_Language="zh-CN,zh;q=0.9")
    english = await zhang.get("/catalogue", Accept_Language="en-GB")
    for reply, tag, name in ((chinese, "zh-CN", "欠薪"), (english, "en", "Unpaid wages")):
        body: dict[str, Any] = reply.json
        assert (reply.status, body["tongue"], reply.headers["Content-Language"]) == (200, tag, tag)
        assert reply.headers["Vary"] == "Accept-Language"
        assert {"code": "A0301", "name": name}.items() <= next(
            m for m in body["matters"] if m["code"] == "A0301"
        ).items()
    assert chinese.headers["ETag"] != english.headers["ETag"]
    again = await zhang.get(
        "/catalogue", Accept_Language="en-GB", If_None_Match=english.headers["ETag"]
    )
    assert (again.status, again.body) == (304, b"")
    other = await zhang.get("/catalogue", If_None_Match=english.headers["ETag"])
    assert other.status == 200
    assert (await house.stranger().get("/catalogue")).problem == (401, "not-signed-in", None)
    body = chinese.json
    assert body["targets"]["specialist_connect_rate"] == 0.9
    assert [seat["id"] for seat in body["seats"]] == ["8001", "8002"]
    assert body["centre"]["number"] == "12348"
