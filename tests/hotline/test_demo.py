"""What the demonstration plans to show on a line, and how its table looks."""

from __future__ import annotations

import msgspec
import pytest

from cases.records import CallDetail
from config.loader import load
from config.model import Language, Line, Menu, MenuKey, MenuNode, Rating
from config.words import TONGUES, words
from hotline.demo import report
from hotline.demo_check import Checked, Finding
from hotline.demo_plan import ORDER, plan, ways_to
from hotline.demo_play import Played

SHIPPED = load(env={}).line


def test_the_shipped_line_shows_everything() -> None:
    shown = plan(SHIPPED)
    assert tuple(call.scene for call in shown.calls) == ORDER
    assert not shown.left_out
    assert len(shown.seats) == 7


def test_keys_are_the_fewest_that_lead_to_a_language() -> None:
    ways = ways_to(SHIPPED)
    assert ways == {"cmn": "11", "ii": "31", "en": "4", "khg": "21", "adx": "22", "jya": "23"}


def test_each_minority_scene_has_a_language_of_its_own() -> None:
    keys = [call.keys for call in plan(SHIPPED).calls if call.keys]
    assert len(set(keys)) == len(keys)


def test_the_bilingual_seat_also_speaks_the_mother_tongue() -> None:
    bilingual = next(seat for seat in plan(SHIPPED).seats if seat.part == "bilingual")
    assert {"lang:cmn", "lang:khg"} <= bilingual.skills.keys()


def test_nobody_on_duty_speaks_the_language_of_the_message() -> None:
    shown = plan(SHIPPED)
    assert next(call.keys for call in shown.calls if call.scene == "voicemail") == "4"
    assert not any("lang:en" in seat.skills for seat in shown.seats)


def test_wrong_keys_are_as_many_as_lead_to_a_human() -> None:
    wrong = next(call for call in plan(SHIPPED).calls if call.scene == "wrong_keys")
    assert wrong.keys == "999"


def test_no_two_parties_say_the_same_tone() -> None:
    shown = plan(SHIPPED)
    tones = [call.tone_hz for call in shown.calls] + [seat.tone_hz for seat in shown.seats]
    assert len(set(tones)) == len(tones)


def test_a_line_without_a_menu_shows_what_needs_none() -> None:
    line = msgspec.structs.replace(SHIPPED, menu=Menu(start="", nodes={}))
    shown = plan(line)
    assert [call.scene for call in shown.calls] == ["zero", "silence"]
    assert "rated" in shown.left_out


def test_a_menu_with_one_other_language_shows_its_caller_only() -> None:
    node = MenuNode(
        prompt="menu-language",
        keys={"1": MenuKey(language="cmn"), "2": MenuKey(language="ii")},
    )
    line = Line(
        menu=Menu(start="language", nodes={"language": node}),
        languages=(
            Language(id="cmn", name="普通话", skill="lang:cmn"),
            Language(id="ii", name="彝语", skill="lang:ii"),
        ),
        rating=Rating(enabled=False),
    )
    shown = plan(line)
    assert [call.scene for call in shown.calls] == [
        "rated",
        "zero",
        "silence",
        "wrong_keys",
        "second_language",
    ]
    assert [seat.part for seat in shown.seats] == ["first", "second", "bilingual"]
    assert shown.calls[0].expected.rating == "not_asked", "nobody is asked on this line"


def test_every_word_of_the_demonstration_is_there_in_both_tongues() -> None:
    shown = plan(SHIPPED)
    for tongue in TONGUES:
        catalogue = words(tongue)
        for call in shown.calls:
            assert f"demo.scene.{call.scene}" in catalogue
            assert f"demo.outcome.{call.expected.outcome}" in catalogue
            for end in call.expected.offers:
                assert f"demo.offer.{end}" in catalogue
        for seat in shown.seats:
            assert f"demo.part.{seat.part}" in catalogue


@pytest.mark.parametrize("tongue", TONGUES)
def test_the_table_says_what_differs(tongue: str) -> None:
    call = plan(SHIPPED).calls[0]
    detail: CallDetail | None = None
    one = Checked(
        played=Played(call),
        detail=detail,
        seconds=None,
        findings=(Finding("call", "", "1"),),
    )
    catalogue = words(tongue)
    lines = report([one], catalogue)
    assert catalogue.text("demo.wrong") in lines[2]
    assert catalogue.text("demo.what.call") in lines[3]


def test_columns_stand_under_each_other_whatever_the_width_of_a_character() -> None:
    calls = plan(SHIPPED).calls
    rows = [Checked(played=Played(c), detail=None, seconds=None, findings=()) for c in calls]
    lines = report(rows, words("zh-CN"))
    starts = {_columns_before(line, "1380000") for line in lines[2:]}
    assert len(starts) == 1


def _columns_before(line: str, text: str) -> int:
    return sum(1 if ord(char) < 0x2E80 else 2 for char in line[: line.index(text)])
