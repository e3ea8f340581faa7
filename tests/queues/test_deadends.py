"""Callers whom nobody who works here can serve are found before they call."""

from __future__ import annotations

import msgspec

from config.loader import load
from config.model import Line
from queues.deadends import dead_ends

LINE = load(None, {}).line
SPOKEN = ("cmn", "bo", "khg", "adx", "jya", "ii", "en")


def speaks(*languages: str, **law: int) -> dict[str, int]:
    return {f"lang:{one}": 3 for one in languages} | {f"law:{k}": v for k, v in law.items()}


def ends(people: list[dict[str, int]], line: Line = LINE) -> list[tuple[str, str]]:
    return [
        (p.code, p.fields.get("languages", p.fields.get("language", "")))
        for p in dead_ends(line.policy, line, people)
    ]


def test_one_person_who_knows_the_law_in_every_language_leaves_no_dead_end() -> None:
    assert ends([speaks(*SPOKEN, general=1)]) == []


def test_a_language_nobody_speaks_is_said_once_and_at_its_floor() -> None:
    found = dead_ends(LINE.policy, LINE, [speaks("cmn", "bo", "khg", "adx", "jya", general=1)])
    assert [(p.code, p.place) for p in found] == [
        ("nobody-speaks", ("language", "floor", "ii")),
        ("nobody-speaks", ("language", "floor", "en")),
    ]
    assert "彝语" in found[0].text("zh-CN")


def test_a_kind_that_no_language_of_somebody_reaches() -> None:
    line = msgspec.structs.replace(
        LINE, languages=tuple(one for one in LINE.languages if one.id in ("cmn", "khg"))
    )
    assert (
        ends([speaks("cmn", general=1), speaks("khg", labour=1)], line)
        == [("nobody-serves", "khg")] * 7  # all but labour and the migrants
    )


def test_two_together_serve_where_neither_could_alone() -> None:
    line = msgspec.structs.replace(
        LINE, languages=tuple(one for one in LINE.languages if one.id in ("cmn", "khg"))
    )
    interpreter = speaks("cmn", "khg") | {"interpreter": 1}
    assert ends([speaks("cmn", general=1), interpreter], line) == []
    assert len(ends([speaks("cmn", general=1) | interpreter], line)) == 0
    alone = {**interpreter, "law:labour": 2}
    assert ("nobody-serves", "cmn, khg") in ends([alone], line)
