"""Numbers that can be read out, masks, and the vocabulary of the slip."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.errors import Invalid
from cases.mask import mask_name, mask_number
from cases.records import SlipChange
from cases.slips import check_change, checked_number, slip_day, slip_number
from config.divisions import divisions

running = st.integers(1, 250_000)
PLACES = divisions("51")


def test_a_number_is_day_running_number_and_check_digit() -> None:
    assert slip_number("261122", 1)[:-1] == "26112200001"
    assert len(slip_number("261122", 99_999)) == 12
    assert len(slip_number("261122", 100_000)) == 13


def test_the_day_is_the_centre_s() -> None:
    just_after_midnight_in_sichuan = 1_795_276_805.0
    assert slip_day(just_after_midnight_in_sichuan, ZoneInfo("Asia/Shanghai")) == "261122"
    assert slip_day(just_after_midnight_in_sichuan, ZoneInfo("UTC")) == "261121"


@given(running)
def test_a_number_read_back_with_pauses_is_the_number(number: int) -> None:
    told = slip_number("261122", number)
    assert checked_number(f" {told[:6]}-{told[6:9]} {told[9:]}") == told


@given(running, st.data())
def test_any_one_misheard_digit_is_told(number: int, data: st.DataObject) -> None:
    told = slip_number("261122", number)
    place = data.draw(st.integers(0, len(told) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != told[place]]))
    with pytest.raises(Invalid) as refused:
        checked_number(told[:place] + other + told[place + 1 :])
    assert (refused.value.field, refused.value.code) == ("number", "check-digit")


@pytest.mark.parametrize(
    "text", ["", "2611220000", "26112200001x", "٢٦١١٢٢٠٠٠٠١١", "一二三四五六七八九十一二"]
)
def test_what_is_no_number_is_said_so(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_number(text)
    assert refused.value.code == "bad-format"


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("13800000001", "138****0001"),
        ("013800000001", "138****0001"),
        ("+8613800000001", "138****0001"),
        ("8613800000001", "138****0001"),
        ("138 0000 0001", "138****0001"),
        ("02855500001", "028-****0001"),
        ("0836-5550001", "0836-****001"),
        ("08365550001", "0836-****001"),
        ("+868365550001", "0836-****001"),
        ("861055500001", "****0001"),
        ("5550001", "****001"),
        ("55500001", "****0001"),
        ("+4915100000001", "****0001"),
        ("12345", "12345"),
        ("110", "110"),
        ("", ""),
        ("anonymous", "anonymous"),
        ("13800000001 张三", "****"),
        ("１３８００００００１", "****"),
    ],
)
def test_masked_numbers(number: str, masked: str) -> None:
    assert mask_number(number) == masked


@given(st.text("0123456789", min_size=6, max_size=20))
def test_at_least_four_digits_of_a_long_number_are_hidden(number: str) -> None:
    shown = sum(letter.isdigit() for letter in mask_number(number))
    assert shown <= max(len(number) - 4, 0)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("", ""),
        ("张三", "张**"),
        ("李", "李**"),
        ("བསོད་ནམས", "བསོད**"),
        ("ꆈꌠ", "ꆈ**"),
        ("13800000001", "138****0001"),
    ],
)
def test_masked_names(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_a_change_sets_what_it_names_and_nothing_else() -> None:
    change = SlipChange(
        matter="A0301", place="513332", groups=("migrant_worker", "elderly"), emotion=None
    )
    assert check_change(change, PLACES) == {
        "matter": "A0301",
        "place": "513332",
        "groups": ("migrant_worker", "elderly"),
        "emotion": None,
    }


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        (SlipChange(), "change", "empty"),
        (SlipChange(kind="joke"), "kind", "unknown-value"),
        (SlipChange(matter="A77"), "matter", "unknown-value"),
        (SlipChange(emotion=5), "emotion", "unknown-value"),
        (SlipChange(groups=("elderly", "rich")), "groups", "unknown-value"),
        (SlipChange(groups=("elderly", "elderly")), "groups", "twice"),
        (SlipChange(text="x" * 20_001), "text", "too-long"),
        (SlipChange(text="a\x00b"), "text", "bad-format"),
        (SlipChange(place="513425"), "place", "unknown-value"),
        (SlipChange(place="\ud800"), "place", "unknown-value"),
        (SlipChange(place_detail="x" * 201), "place_detail", "too-long"),
        (SlipChange(place_detail="\ud800"), "place_detail", "bad-format"),
    ],
)
def test_a_wrong_change_names_its_field(change: SlipChange, field: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_change(change, PLACES)
    assert (refused.value.field, refused.value.code) == (field, code)


def test_a_change_survives_json() -> None:
    wire = msgspec.json.decode(b'{"text": "\xe0\xbd\x96", "emotion": null}', type=SlipChange)
    assert check_change(wire, PLACES) == {"text": "བ", "emotion": None}
