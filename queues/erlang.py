"""Erlang's formulas with impatient callers: what a queue of equal seats comes to in the long run.

Callers come at random (Poisson), talks are memoryless, patience has any distribution (M/M/n+G after
Mandelbaum and Zeltyn, Service Engineering in Action: The Palm/Erlang-A Queue, 2007, section 9).
With memoryless patience it is Erlang-A, with endless patience Erlang-C. A starting point for
rosters and the yardstick of the simulator; the line itself decides nothing by it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

Stays = Callable[[float], float]
"""Share of callers who are willing to wait longer than so many seconds; falls from 1."""

_WITHIN_STEPS = 40
_MOST_STEPS = 200_000
_MOST_EXPONENT = 600.0
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
    # Without a waiting room: 1 / Erlang-B of one seat less, by its recursion.
    free = 1.0
    for n in range(1, seats):
        free = 1.0 + n * free / (calls_s * talk_s)
    found = _integrals(calls_s, seats / talk_s, stays, within_s)
    weight, waits, served, within = found
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


def _integrals(
    calls_s: float, serves_s: float, stays: Stays, within_s: float
) -> tuple[float, float, float, float]:
    """Integrals over the offered wait x of e^(λH(x) - nμx), H(x) = ∫ stays: that itself, times
    H(x) (waits), times stays(x) (served), and the last up to `within_s`.

    By Simpson's rule over steps that are small beside x and beside how fast the exponent changes.
    """
    weight = waits = served = within = 0.0
    x, patient, here = 0.0, 0.0, stays(0.0)
    fine, steep = within_s / _WITHIN_STEPS, 0.25 / (calls_s + serves_s)
    e = 1.0
    for n in range(_MOST_STEPS):
        step = min(steep, max(fine, x * 0.1))
        if n < _WITHIN_STEPS:
            step = fine
        middle, there = stays(x + step / 2), stays(x + step)
        h_middle = patient + step / 24 * (5 * here + 8 * middle - there)
        h_there = patient + step / 6 * (here + 4 * middle + there)
        e_middle = _e(calls_s * h_middle - serves_s * (x + step / 2))
        exponent = calls_s * h_there - serves_s * (x + step)
        e_there = _e(exponent)
        weight += step / 6 * (e + 4 * e_middle + e_there)
        waits += step / 6 * (e * patient + 4 * e_middle * h_middle + e_there * h_there)
        part = step / 6 * (e * here + 4 * e_middle * middle + e_there * there)
        served += part
        within += part if n < _WITHIN_STEPS else 0.0
        x, patient, here, e = x + step, h_there, there, e_there
        if n >= _WITHIN_STEPS and exponent < _NOTHING:
            break
    return weight, waits, served, within


def _e(exponent: float) -> float:
    return math.exp(min(exponent, _MOST_EXPONENT))
