"""Numbers in the forms in which they come, and where they were given out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.fold import Fold
from cases.region import region_by, region_of
from config.divisions import divisions, number_prefixes
from router.facts import CallOpened, Fact, FallbackImported
from router.numbers import plain, spellings

REGION = region_of("51", "0836")


@pytest.mark.parametrize(
    ("number", "one", "code"),
    [
        ("13880000000", "13880000000", "5101"),
        ("013880000000", "13880000000", "5101"),
        ("+8613880000000", "13880000000", "5101"),
        ("8613880000000", "13880000000", "5101"),
        ("+86 138-8000-0000", "13880000000", "5101"),
        ("02855500000", "02855500000", "51"),  # Chengdu, Meishan and Ziyang share 028
        ("08365550000", "08365550000", "5133"),
        ("(0836) 555-0000", "08365550000", "5133"),
        ("+868365550001", "08365550001", "5133"),
        ("861055500001", "01055500001", "11"),
        ("5550000", "08365550000", "5133"),
        ("19000000000", "19000000000", ""),
        ("+4915100000001", "+4915100000001", "abroad"),
        ("004915100000001", "+4915100000001", "abroad"),
        ("+85260000001", "+85260000001", "81"),
        ("12345", "", ""),
        ("95588", "", ""),
        ("4008000001", "", ""),
        ("anonymous", "", ""),
        ("unknown", "", ""),
        ("", "", ""),
        ("13800000001 张三", "", ""),
    ],
)
def test_where_a_number_is_from(number: str, one: str, code: str) -> None:
    assert plain(number, "0836") == one
    assert REGION(number) == code


def test_a_local_number_is_nobodys_where_the_centre_has_no_area_code() -> None:
    assert plain("5550000") == ""


@given(
    st.sampled_from(("13", "15", "18", "19")).flatmap(
        lambda head: st.text("0123456789", min_size=9, max_size=9).map(lambda tail: head + tail)
    )
)
def test_a_caller_is_known_again_in_every_form(mobile: str) -> None:
    forms = spellings(mobile)
    assert {mobile, f"0{mobile}", f"86{mobile}", f"+86{mobile}", f"0086{mobile}"} == set(forms)
    for form in forms:
        assert plain(form) == mobile
        assert set(spellings(form)) == set(forms)


def test_a_landline_is_known_again_with_and_without_its_area_code() -> None:
    assert {"02855500001", "55500001", "+862855500001"} <= set(spellings("55500001", "028"))
    assert set(spellings("028-55500001", "028")) >= set(spellings("02855500001", "028"))
    assert spellings("anonymous", "028") == spellings("12345", "028") == ()


def test_the_packaged_table_speaks_of_places_there_are() -> None:
    prefixes = number_prefixes("51")
    assert set(prefixes.values()) <= {d.code for d in divisions("51")}
    assert len({code for code in prefixes.values() if code.startswith("51")}) == 22
    assert all(re.fullmatch(r"\d{2,7}", prefix) for prefix in prefixes)


def test_the_longest_prefix_counts() -> None:
    region = region_by({"138": "44", "13880": "5101", "13880001": "12"}, "")
    assert [region(n) for n in ("13880000000", "13810000000", "13900000000")] == ["5101", "44", ""]


def test_the_table_is_of_the_package_that_is_locked() -> None:
    """After a new release of the package: scripts/regions."""
    root = Path(__file__).resolve().parents[2]
    locked = re.search(
        r"^phonenumbers==(\S+)", (root / "requirements/runtime.lock").read_text(), re.M
    )
    first = (root / "config/divisions/51-numbers.txt").read_text("utf-8").splitlines()[0]
    assert locked is not None
    assert f"phonenumbers {locked[1]} " in first


def test_every_call_has_its_region_from_the_beginning() -> None:
    fold = Fold(region=REGION)
    fold.apply(Fact(1, 0.0, CallOpened("a", "08365550000", "", "12348", "t1", True, "v1")))
    imported = FallbackImported("b", "+8613880000000", 1.0, 9.0, "fallback_abandoned", "", "", 0.0)
    fold.apply(Fact(2, 9.0, imported))
    assert [row["number_region"] for row in fold.harvest().calls] == ["5133", "5101"]
