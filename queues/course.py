"""How many calls busy seats will finish by when: tables made from the shape of talks.

A seat in a talk `a` seconds old finishes it after the rest of the talk, given that it lasted `a`
(Whitt 1999, Predicting Queueing Delays, Management Science 45:870-888, section 5), writes up, and
then serves the next: a delayed renewal process. `mean` and `spread` are the mean and the variance
of the number of its finishes; those of different seats are independent and add up. Made once per
shape, some milliseconds; read for every estimate. Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from operator import mul
from typing import NamedTuple

from queues.talks import Shape

_PER_MEAN = 16
"""Steps of reckoning in one mean talk."""
_STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40, 50, 64, 80, 96)
"""Those that are kept: up to six mean talks ahead."""
_AGES = (0.0, 0.06, 0.15, 0.3, 0.5, 0.75, 1.0, 1.4, 1.9, 2.6, 3.6)
"""Where classes of the age of a talk begin, in mean talks."""

_PARTS = (0.05, 0.15, 0.35, 0.65)
"""Moments within the first step. So soon nobody finishes twice."""

FRESH = 0
"""Stage of a seat that is being rung: its talk begins now."""
WRAPUP = len(_AGES)
"""Stage of a seat that writes up, or pauses for a moment."""
STAGES = len(_AGES) + 1


class Course(NamedTuple):
    """By time (`times`, seconds from now, from 0 on) and then by stage of work."""

    times: tuple[float, ...]
    mean: tuple[tuple[float, ...], ...]
    spread: tuple[tuple[float, ...], ...]
    ages_s: tuple[float, ...]
    """Where the stages of a talk begin."""
    per_s: float
    """Finishes of one seat in the long run, per second."""
    ring_s: float
    doubt: float
    """Relative variance of all means: how long talks are is known from a sample only."""

    def stage(self, talk_s: float) -> int:
        """Stage of a seat whose talk is so old."""
        return bisect_right(self.ages_s, talk_s) - 1 if talk_s > 0.0 else FRESH


@lru_cache(maxsize=8)
def course(shape: Shape) -> Course:
    step = shape.mean_s / _PER_MEAN
    most = _STEPS[-1]
    around_s = shape.ring_s + shape.wrapup_s
    times = [k * step for k in (*_PARTS, *range(1, most + 1))]
    whole = [1.0 - shape.share_longer(seconds - around_s) for seconds in times]
    again, twice = _renewals(_within(whole))
    ages = [age * shape.mean_s for age in _AGES]
    ends = [whole]
    for low, high in zip(ages[1:], [*ages[2:], ages[-1] * 1.4], strict=True):
        ends.append(_rest(shape, (low + high) / 2, times))
    ends.append([min(1.0, seconds / max(shape.wrapup_s, 1.0)) for seconds in times])
    rows = [_row(by, again, twice) for by in ends]
    nothing = ((0.0,) * STAGES,)
    return Course(
        (0.0, *(k * step for k in (*_PARTS, *_STEPS))),
        nothing + tuple(zip(*(mean for mean, _ in rows), strict=True)),
        nothing + tuple(zip(*(spread for _, spread in rows), strict=True)),
        tuple(ages),
        1.0 / (shape.mean_s + around_s),
        shape.ring_s,
        shape.doubt,
    )


def _rest(shape: Shape, age: float, times: Sequence[float]) -> list[float]:
    """Share of talks `age` old that are ended and written up by each time."""
    lasted = max(shape.share_longer(age), 1e-9)
    return [
        1.0 - shape.share_longer(age + max(0.0, seconds - shape.wrapup_s)) / lasted
        for seconds in times
    ]


def _within(by: Sequence[float]) -> list[float]:
    """From shares ended by each time to shares ended within each whole step."""
    steps = by[len(_PARTS) :]
    return [after - before for before, after in zip([0.0, *steps], steps, strict=False)]


def _renewals(whole: Sequence[float]) -> tuple[list[float], list[float]]:
    """Mean and mean square of the number of finishes of a fresh seat, in the middle of each step.

    What ends within a step ends in its middle on average; the rest of the time is half a step more
    than whole ones.
    """
    at, square_at = 0.0, 0.0
    means: list[float] = []
    squares: list[float] = []
    within = whole[0] / 2
    for k in range(1, len(whole) + 1):
        ended, later = sum(whole[:k]), whole[1:k]
        mean = ended + sum(map(mul, later, reversed(means))) + within * at
        mean /= 1.0 - within
        means.append((at + mean) / 2)
        square = ended + 2.0 * (mean - ended) + within * square_at
        square += sum(map(mul, later, reversed(squares)))
        square /= 1.0 - within
        squares.append((square_at + square) / 2)
        at, square_at = mean, square
    return means, squares


def _row(
    by: Sequence[float], again: list[float], twice: list[float]
) -> tuple[list[float], list[float]]:
    """Mean and variance at each kept time, of a seat whose present work ends as `by` says."""
    means, spreads = list(by[: len(_PARTS)]), [p * (1.0 - p) for p in by[: len(_PARTS)]]
    first = _within(by)
    for k in _STEPS:
        seen = first[:k]
        ended = sum(seen)
        more = sum(map(mul, seen, again[k - 1 :: -1]))
        square = ended + 2.0 * more + sum(map(mul, seen, twice[k - 1 :: -1]))
        mean = ended + more
        means.append(mean)
        spreads.append(max(square - mean * mean, 0.0))
    return means, spreads
