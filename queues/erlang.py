"""Erlang's formulas with impatient callers: what a queue of equal seats comes to in the long run.

Callers come at random (Poisson), talks are memoryless, patience has any distribution (M/M/n+G after
Mandelbaum and Zeltyn, Service Engineering in Action: The Palm/Erlang-A Queue, 2007, section 9).
With memoryless patience it is Erlang-A, with endless patience Erlang-C. A starting point for
rosters and the yardstick of the simulator; the line itself decides nothing by it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import msgspec

Stays = Callable[[float], float]
"""Share of callers who are willing to wait longer than so many seconds; falls from 1."""

_POINTS = 4000
_NOTHING = -45.0
"""e to this is nothing beside 1."""
_MOST_SEATS = 100_000


class Overloaded(ValueError):
    """Everybody waits for ever: fewer seats than the load, and nobody gives up."""


class Steady(msgspec.Struct, frozen=True):
    """In the long run. Shares are of all callers, waits are everybody's, in seconds."""

    delayed: float
    """Share that does not find a free seat."""
    abandoned: float
    mean_wait_s: float
    """Until the answer or the hang-up."""
    within: float
    """Share answered within the asked-for seconds."""
    busy: float
    """Share of their time that seats talk."""


def forever(_waited_s: float) -> float:
    """Nobody gives up: Erlang-C."""
    return 1.0


def memoryless(mean_s: float) -> Stays:
    """Erlang-A. `mean_s`: mean patience, more than 0."""
    return lambda waited_s: math.exp(-waited_s / mean_s)


def lognormal(median_s: float, sigma: float) -> Stays:
    """`sigma`: more than 0, of the logarithm."""

    def stays(waited_s: float) -> float:
        if waited_s <= 0:
            return 1.0
        return 0.5 * math.erfc(math.log(waited_s / median_s) / (sigma * math.sqrt(2)))

    return stays


def steady(
    calls_s: float, talk_s: float, seats: int, stays: Stays, within_s: float = 20.0
) -> Steady:
    """`calls_s`: calls a second; `talk_s`: how long one keeps a seat; `seats`: 1 or more.

    Raises Overloaded.
    """
    if stays(1e9) > 0.5 and calls_s * talk_s >= seats:
        raise Overloaded(f"{calls_s * talk_s:.2f} Erl on {seats} seats")
    grid = _grid(calls_s, seats / talk_s, stays, within_s)
    # Without a waiting room: 1 / Erlang-B of one seat less, by its recursion.
    free = 1.0
    for n in range(1, seats):
        free = 1.0 + n * free / (calls_s * talk_s)
    weight, waits, served, within = grid
    whole = free + calls_s * weight
    delayed = calls_s * weight / whole
    # Of those who wait, the share whose patience lasts: the rest give up.
    abandoned = delayed - calls_s * served / whole
    return Steady(
        delayed,
        max(0.0, abandoned),
        calls_s * waits / whole,
        1.0 - delayed + calls_s * within / whole,
        calls_s * talk_s * (1.0 - abandoned) / seats,
    )


def seats_for(
    calls_s: float,
    talk_s: float,
    stays: Stays,
    *,
    share: float,
    within_s: float,
) -> int:
    """The fewest seats that answer at least `share` (below 1) of callers within `within_s`."""
    if calls_s <= 0:
        return 0
    seats = 1
    while seats < _MOST_SEATS:
        try:
            if steady(calls_s, talk_s, seats, stays, within_s).within >= share:
                return seats
        except Overloaded:
            pass
        seats += 1
    raise Overloaded(f"{calls_s * talk_s:.0f} Erl")


def _grid(
    calls_s: float, serves_s: float, stays: Stays, within_s: float
) -> tuple[float, float, float, float]:
    """Integrals over the offered wait x of e^(λH(x) - nμx), H(x) = ∫ stays: that itself, times
    H(x) (waits), times stays(x) (served), and the last up to `within_s`."""
    step = min(1.0 / (serves_s + calls_s), within_s / 40.0)
    while True:
        found = _summed(calls_s, serves_s, stays, within_s, step)
        if found is not None:
            return found
        step *= 2.0


def _summed(
    calls_s: float, serves_s: float, stays: Stays, within_s: float, step: float
) -> tuple[float, float, float, float] | None:
    """By Simpson's rule, and the part up to `within_s` by a grid of its own; None: steps so small
    do not reach the end."""
    marks: list[tuple[float, float, float]] = []
    patient, x = 0.0, 0.0
    here = stays(0.0)
    for _ in range(_POINTS * 4):
        exponent = calls_s * patient - serves_s * x
        marks.append((math.exp(min(exponent, 600.0)), patient, here))
        if exponent < _NOTHING and len(marks) % 2:
            break
        middle, there = stays(x + step / 2), stays(x + step)
        patient += step * (here + 4 * middle + there) / 6
        x, here = x + step, there
    else:
        return None

    def integral(values: list[float]) -> float:
        return (
            step / 3 * (values[0] + values[-1] + 4 * sum(values[1:-1:2]) + 2 * sum(values[2:-1:2]))
        )

    weight = integral([e for e, _, _ in marks])
    waits = integral([e * h for e, h, _ in marks])
    served = integral([e * g for e, _, g in marks])
    within, x = 0.0, 0.0
    for (e, _, g), (e2, _, g2) in pairwise(marks):
        part = min(step, within_s - x)
        if part <= 0:
            break
        end = e * g + (e2 * g2 - e * g) * part / step
        within += part * (e * g + end) / 2
        x += step
    return weight, waits, served, within
