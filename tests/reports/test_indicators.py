"""The dictionary: every figure is of counters that exist, has words, and is of what it says."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.words import TONGUES, words
from reports.indicators import (
    INDICATORS,
    OUTCOMES,
    RATED,
    UNRATED,
    WITHIN_S,
    Counts,
    Value,
    value,
)
from router.facts import Outcome, RatingMissedWhy

COUNTS = st.builds(Counts, **{name: st.integers(0, 10_000) for name in Counts.__struct_fields__})


def test_counters_follow_the_words_of_the_facts() -> None:
    assert set(get_args(Outcome)) == set(OUTCOMES)
    assert tuple(f"unrated_{why}" for why in get_args(RatingMissedWhy)) == UNRATED
    assert set(OUTCOMES) | set(RATED) | set(UNRATED) <= set(Counts.__struct_fields__)
    assert {f"within_{s}" for s in WITHIN_S} <= set(Counts.__struct_fields__)


@pytest.mark.parametrize("one", INDICATORS.values(), ids=list(INDICATORS))
def test_an_indicator_is_made_of_counters_and_has_words(one: object) -> None:
    indicator = INDICATORS[one.id]  # type: ignore[attr-defined]
    used = (*indicator.numerator, *indicator.denominator)
    assert set(used) <= set(Counts.__struct_fields__)
    assert len(set(indicator.numerator)) == len(indicator.numerator)
    assert bool(indicator.denominator) == (indicator.unit in ("share", "seconds"))
    for tongue in TONGUES:
        for kind in ("name", "definition"):
            assert f"indicators.{kind}.{indicator.id}" in words(tongue)
        assert f"indicators.unit.{indicator.unit}" in words(tongue)


def test_the_catalogue_names_nothing_that_is_not_in_the_dictionary() -> None:
    for kind in ("name", "definition"):
        prefix = f"indicators.{kind}."
        named = {key.removeprefix(prefix) for key in words().entries if key.startswith(prefix)}
        assert named == set(INDICATORS)


@given(COUNTS, COUNTS)
def test_counts_add_up_field_by_field(one: Counts, other: Counts) -> None:
    added = one + other
    for name in Counts.__struct_fields__:
        assert getattr(added, name) == getattr(one, name) + getattr(other, name)
    assert one + Counts() == one


@pytest.mark.parametrize(
    ("published", "n", "d", "share"),
    [
        ("connect_rate_all", 110_441, 114_939, "96.09"),  # Guizhou 2019-20
        ("connect_rate_all", 15_395, 15_875, "96.98"),  # Lianyungang
    ],
)
def test_published_connect_rates_come_out(published: str, n: int, d: int, share: str) -> None:
    """Shared domain notes 2d: formulas checked against figures that were published."""
    got = value(published, Counts(offered=d, answered=n)).value
    assert got is not None
    assert f"{got * 100:.2f}" == share


def test_the_share_rated_and_satisfaction_of_anhui() -> None:
    """16.17 of 28.29 ten thousand rated: 57.16 %; satisfaction is of the rated ones."""
    counts = Counts(answered=282_900, rated_1=161_296, rated_3=404, unrated_timeout=121_200)
    rated, satisfied = value("rating_share", counts), value("satisfaction", counts)
    assert (f"{rated.value:.4f}", rated.n, rated.d) == ("0.5716", 161_700, 282_900)
    assert (f"{satisfied.value:.4f}", satisfied.d) == ("0.9975", 161_700)


def test_connect_rate_is_of_those_who_asked_for_a_human() -> None:
    counts = Counts(offered=200, queued=150, answered=120, within_15=60, wait_s=1200, entry_s=600)
    assert value("connect_rate", counts) == Value(120, 150, 0.8)
    assert value("service_level_15", counts) == Value(60, 150, 0.4)
    assert value("wait_mean", counts) == Value(1200, 120, 10)
    assert value("wait_mean_entry", counts) == Value(1800, 120, 15)


def test_an_empty_base_is_no_value_and_hours_are_hours() -> None:
    for one in INDICATORS.values():
        empty = value(one, Counts())
        assert empty == (Value(0, 0, None) if one.denominator else Value(0, None, 0))
    assert value("seat_hours", Counts(seat_s=5400)) == Value(5400, None, 1.5)


@given(COUNTS)
def test_abandonment_by_stage_adds_up(counts: Counts) -> None:
    stages = ("abandoned_entry", "abandoned_queue", "abandoned_ringing", "abandoned_voicemail")
    assert value("abandoned", counts).n == sum(value(stage, counts).n for stage in stages)


def test_counts_survive_json() -> None:
    counts = Counts(offered=3, wait_s=1.5)
    assert msgspec.json.decode(msgspec.json.encode(counts), type=Counts) == counts
