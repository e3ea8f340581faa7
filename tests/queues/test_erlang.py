"""Erlang's formulas against published values and against what they must come to."""

from __future__ import annotations

import pytest

from queues.erlang import Overloaded, forever, lognormal, memoryless, seats_for, steady


def test_published_values_of_erlang_c_and_erlang_a() -> None:
    """Gans, Koole and Mandelbaum, Telephone Call Centers, 2003, table 1: 48 calls a minute, one
    minute each, 50 agents; patience two minutes."""
    c = steady(48 / 60, 60.0, 50, forever)
    assert c.abandoned == 0.0
    assert round(c.mean_wait_s, 1) == 20.8
    assert round(c.busy, 2) == 0.96
    a = steady(48 / 60, 60.0, 50, memoryless(120.0))
    assert round(a.abandoned, 3) == 0.031
    assert round(a.mean_wait_s, 1) == 3.7
    assert round(a.busy, 2) == 0.93


def test_the_house_s_own_sizing() -> None:
    """Shared domain notes 3f: 85 calls an hour of 435 s are 10.2 Erl and want 14 seats, twice as
    many 26."""
    assert seats_for(85 / 3600, 435.0, forever, share=0.8, within_s=20.0) == 14
    assert seats_for(170 / 3600, 435.0, forever, share=0.8, within_s=20.0) == 26


@pytest.mark.parametrize("seats", [1, 3, 11, 40])
def test_memoryless_patience_gives_up_as_fast_as_it_waits(seats: int) -> None:
    """In Erlang-A the share that gives up is the mean wait over the mean patience."""
    a = steady(85 / 3600, 435.0, seats, memoryless(150.0))
    assert a.abandoned == pytest.approx(a.mean_wait_s / 150.0, rel=1e-5)
    assert a.within <= 1.0 - a.abandoned + 1e-9


def test_endless_patience_is_the_limit_of_long_patience() -> None:
    c = steady(85 / 3600, 435.0, 14, forever)
    a = steady(85 / 3600, 435.0, 14, memoryless(1e7))
    assert a.mean_wait_s == pytest.approx(c.mean_wait_s, rel=1e-3)
    assert a.within == pytest.approx(c.within, rel=1e-3)


def test_patience_of_another_shape_counts() -> None:
    stays = lognormal(95.0, 0.95)
    assert stays(0.0) == 1.0
    assert stays(95.0) == pytest.approx(0.5)
    found = steady(85 / 3600, 435.0, 12, stays)
    assert 0.0 < found.abandoned < found.delayed < 1.0


def test_fewer_seats_than_load_wait_for_ever_unless_callers_give_up() -> None:
    with pytest.raises(Overloaded):
        steady(85 / 3600, 435.0, 10, forever)
    assert steady(85 / 3600, 435.0, 5, memoryless(150.0)).abandoned > 0.5


def test_seats_are_the_fewest_that_do() -> None:
    stays = memoryless(150.0)
    seats = seats_for(60 / 3600, 300.0, stays, share=0.9, within_s=15.0)
    assert steady(60 / 3600, 300.0, seats, stays, 15.0).within >= 0.9
    assert steady(60 / 3600, 300.0, seats - 1, stays, 15.0).within < 0.9
    assert seats_for(0.0, 300.0, stays, share=0.9, within_s=15.0) == 0
