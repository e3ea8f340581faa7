"""The waiting-time interval: what it says of lines whose truth is known, and what is told of it."""

from __future__ import annotations

import heapq
import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues.course import FRESH, STAGES, WRAPUP, Course, course
from queues.flow import Group, Run
from queues.patience import Patience
from queues.talks import EDGES, Shape, Talks
from queues.wait import Interval, at_most, estimate, told

NOW = {0: 0.0}
NOBODY_LEAVES = Patience(waited_s=(1e12,) * 8)


def log_normal(chance: Random) -> float:
    return min(chance.lognormvariate(math.log(435) - 0.78**2 / 2, 0.78), 3600.0)


def learned(draw: object = log_normal, talks: int = 4096) -> Course:
    chance, known = Random(1), Talks(ring_s=4.0, wrapup_s=24.0)
    for _ in range(talks):
        known = known.after_talk(draw(chance))  # type: ignore[operator]
    return course(known.settle([]).shape(435.0, 24.0))


KNOWN = learned()


def test_nobody_counted_upon_nobody_can_say() -> None:
    nobody = Group((0.0,) * STAGES)
    assert estimate(KNOWN, [nobody], [], NOW, Patience()) is None
    assert estimate(KNOWN, [group(1)], [], {}, Patience()) is None


def group(seats: int, stage: int = 3, idle: int = 0) -> Group:
    return Group([float(seats) if k == stage else 0.0 for k in range(STAGES)], idle)


def one(
    seats: int = 10, ahead: int = 0, *, patience: Patience = NOBODY_LEAVES, stage: int = 3
) -> Interval:
    runs = [Run(ahead, 0.0, NOW)] if ahead else []
    found = estimate(KNOWN, [group(seats, stage)], runs, NOW, patience)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("seats", "ahead"), [(1, 0), (1, 2), (3, 1), (10, 0), (10, 5), (10, 20), (40, 15)]
)
def test_half_wait_less_than_the_median_and_nine_in_ten_less_than_the_upper_end(
    seats: int, ahead: int
) -> None:
    """Seats in the middle of their day: the truth is played on, the estimate sees ages alone."""
    chance, shorter, below, rounds = Random(f"{seats} {ahead}"), 0, 0, 600
    for _ in range(rounds):
        stages, free = [0.0] * STAGES, []
        for _ in range(seats):
            ends, age = _seat(chance)
            stages[WRAPUP if ends <= 24.0 else KNOWN.stage(age)] += 1.0
            free.append(ends)
        heapq.heapify(free)
        wait = 0.0
        for _ in range(ahead + 1):
            wait = free[0]
            heapq.heapreplace(free, wait + log_normal(chance) + 28.0)
        runs = [Run(ahead, 0.0, NOW)] if ahead else []
        found = estimate(KNOWN, [Group(stages)], runs, NOW, NOBODY_LEAVES)
        assert found is not None
        shorter += wait + 4.0 <= found.median_s
        below += wait + 4.0 <= found.p90_s
    assert shorter / rounds == pytest.approx(0.5, abs=0.075)
    assert below / rounds == pytest.approx(0.9, abs=0.045)


def _seat(chance: Random) -> tuple[float, float]:
    """Seconds until it is free again, and the age of its talk."""
    left = 4000.0 + chance.uniform(0.0, 6000.0)
    while (takes := log_normal(chance) + 28.0) < left:
        left -= takes
    return takes - left, max(0.0, left - 4.0)


@given(
    st.integers(2, 60), st.integers(0, 8), st.integers(1, WRAPUP - 1), st.sampled_from([0.5, 20.0])
)
def test_more_seats_are_not_later_and_more_callers_ahead_not_sooner(
    seats: int, ahead: int, stage: int, left: float
) -> None:
    patience = Patience((left,) * 8, (2000.0,) * 8)
    ahead *= min(seats, 10) // 2  # what takes hours is not told at all
    here = one(seats, ahead, patience=patience, stage=stage)
    assert 0.0 < here.median_s <= here.p90_s
    more = one(seats + 1, ahead, patience=patience, stage=stage)
    assert more.median_s <= here.median_s * 1.02 + 1.0
    behind = one(seats, ahead + 1, patience=patience, stage=stage)
    assert behind.median_s >= here.median_s * 0.98 - 1.0


def test_a_narrow_kind_ahead_blocks_its_own_seats_only() -> None:
    groups = [group(2), group(28)]
    narrow = [Run(12, 30.0, {0: 0.0})]
    alone = estimate(KNOWN, groups, [], {0: 0.0, 1: 0.0}, NOBODY_LEAVES)
    behind = estimate(KNOWN, groups, narrow, {0: 0.0, 1: 0.0}, NOBODY_LEAVES)
    same = estimate(KNOWN, groups, [Run(12, 30.0, {0: 0.0, 1: 0.0})], {0: 0.0}, NOBODY_LEAVES)
    assert alone is not None
    assert behind is not None
    assert same is not None
    assert behind.median_s < alone.median_s * 1.25
    assert same.median_s > 5 * alone.median_s


def test_who_gives_up_ahead_is_not_waited_for() -> None:
    left = Patience((10.0,) * 8, (1000.0,) * 8)
    assert one(10, 15, patience=left).median_s < 0.7 * one(10, 15).median_s


def test_an_idle_seat_that_may_serve_soon_is_expected_then() -> None:
    groups = [group(1), group(10, idle=4)]
    found = estimate(KNOWN, groups, [], {0: 0.0, 1: 25.0}, NOBODY_LEAVES)
    assert found is not None
    assert found.median_s == pytest.approx(25.0 + KNOWN.ring_s, abs=2.0)
    assert found.p90_s < 60.0


def test_a_seat_near_its_end_is_told_from_one_that_has_just_begun() -> None:
    assert one(5, stage=WRAPUP).p90_s < 40.0
    assert one(5, stage=FRESH).median_s > one(5, stage=4).median_s


@pytest.mark.parametrize("mean", [0.3, 2.0, 12.5, 60.0])
def test_counts_are_those_of_the_exact_distributions(mean: float) -> None:
    n = 100
    for most in (0, 1, 5, 14, 55):
        poisson = sum(math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1))
                      for k in range(most + 1))  # fmt: skip
        assert at_most(most, mean, mean) == pytest.approx(poisson, abs=0.012)
        p = mean / n
        binomial = sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(most + 1))
        assert at_most(most, mean, mean * (1 - p)) == pytest.approx(binomial, abs=0.012)


# ---- what is told ----


@pytest.mark.parametrize(
    ("median_s", "p90_s", "promised_s", "minutes"),
    [
        (20.0, 50.0, None, 1),
        (70.0, 130.0, None, 3),
        (110.0, 310.0, None, None),  # too wide to say anything
        (1200.0, 1900.0, None, None),  # nobody can promise that
        (70.0, 130.0, 130.0, 3),
        (70.0, 130.0, 120.0, None),  # it would be later than was told
        (40.0, 55.0, 5.0, 1),
        (40.0, 55.0, -1.0, None),  # outlived
    ],
)
def test_what_is_told(
    median_s: float, p90_s: float, promised_s: float | None, minutes: int | None
) -> None:
    assert told(Interval(median_s, p90_s), promised_s) == minutes


def test_nothing_is_told_when_nobody_can_say() -> None:
    assert told(None, None) is None


@given(st.lists(st.tuples(st.floats(1.0, 3000.0), st.floats(1.0, 3.0)), max_size=20))
def test_the_moment_told_never_moves_on(estimates: list[tuple[float, float]]) -> None:
    now, until, before = 0.0, None, math.inf
    for median_s, wider in estimates:
        minutes = told(Interval(median_s, median_s * wider), None if until is None else until - now)
        if minutes is not None:
            assert minutes <= before
            assert until is None or now + 60 * (minutes - 1) < until
            before = minutes
            until = min(now + 60.0 * minutes, until or math.inf)
        now += 30.0


# ---- what is known of talks and of patience ----


def test_before_the_first_talk_the_setting_is_taken() -> None:
    shape = Talks().shape(300.0, 20.0)
    assert shape.mean_s == pytest.approx(300.0, rel=0.03)
    assert (shape.ring_s, shape.wrapup_s) == (4.0, 20.0)
    assert shape.doubt > 10 * Talks(seen=1, ended=(500.0,) * len(EDGES)).shape(300.0, 0.0).doubt


def test_a_morning_is_not_known_by_its_short_talks_alone() -> None:
    """Four hundred talks begun at once, looked at after five minutes."""
    chance, known = Random(5), Talks()
    lengths = [log_normal(chance) for _ in range(400)]
    for length in lengths:
        if length <= 300.0:
            known = known.after_talk(length)
    short = known.settle([]).shape(435.0, 24.0)
    whole = known.settle(300.0 for length in lengths if length > 300.0).shape(435.0, 24.0)
    truth = sum(length > 300.0 for length in lengths) / len(lengths)
    assert short.share_longer(300.0) < 0.1
    assert whole.share_longer(300.0) == pytest.approx(truth, abs=0.06)


def test_shapes_are_shares_and_are_renewed_now_and_then() -> None:
    known = Talks()
    chance, settled = Random(2), 0
    for _ in range(200):
        known = known.after_talk(log_normal(chance))
        settled += known.unsettled
    shape = known.settle([5.0, 700.0]).shape(435.0, 30.0)
    assert isinstance(shape, Shape)
    assert all(0.0 <= b <= a <= 1.0 for a, b in zip(shape.longer, shape.longer[1:], strict=False))
    assert settled == 11  # 1, 2, 4, 8, 16, 32 and then every 32
    hash(shape)


def test_a_rush_does_not_make_callers_look_less_patient() -> None:
    """Hazard of one in 100 s: who gave up is counted, and who still waits counts as well."""
    chance, left = Random(3), Patience()
    leaves = [chance.expovariate(0.01) for _ in range(600)]
    for seconds in leaves:
        if seconds <= 60.0:
            left = left.after_wait(seconds, left=True)
    here = left.with_waiting(60.0 for seconds in leaves if seconds > 60.0)
    assert here.hazard(0.0, 60.0) == pytest.approx(0.6, rel=0.15)
    assert left.hazard(0.0, 60.0) > 1.0


def test_callers_who_are_served_count_as_having_waited() -> None:
    left = Patience()
    for _ in range(50):
        left = left.after_wait(30.0, left=False)
    assert left.hazard(0.0, 30.0) < 0.1
    assert left.seen(1000.0) == 0.0
