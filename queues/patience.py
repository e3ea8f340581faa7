"""How fast waiting callers give up, by how long they have waited: a fold that forgets.

Rates are events over exposure in each class of waiting, so callers who were served count too, up
to the moment they were (an actuary's table). Never reads a clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from operator import mul

import msgspec

EDGES = (0.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0)
"""Classes of seconds waited; the last has no end."""
REMEMBERED = 1000
_SUPPOSED_S, _SUPPOSED_LEFT = 200.0, 0.5
"""Supposed of every class beside what was seen: half a caller lost in so many seconds of waiting
(mean patience of minutes: Brown et al. 2005, JASA 100)."""


class Patience(msgspec.Struct, frozen=True):
    """`left`: callers who gave up; `waited_s`: seconds waited; both by class, decayed."""

    left: tuple[float, ...] = (0.0,) * len(EDGES)
    waited_s: tuple[float, ...] = (0.0,) * len(EDGES)

    def after_wait(self, waited_s: float, *, left: bool) -> Patience:
        """One caller's wait is over: it gave up, or did not."""
        keep = 1.0 - 1.0 / REMEMBERED
        gone = [count * keep for count in self.left]
        spent = [seconds * keep for seconds in self.waited_s]
        last = 0
        for k, edge in enumerate(EDGES):
            if waited_s >= edge:
                spent[k] += min(waited_s, _end(k)) - edge
                last = k
        gone[last] += left
        return Patience(tuple(gone), tuple(spent))

    def with_waiting(self, waits_s: Iterable[float]) -> Patience:
        """Those who wait now counted in, as far as they have come. Left out, a rush would look far
        less patient than it is: those who give up are counted at once, the others when served."""
        there = [0] * len(EDGES)
        within = [0.0] * len(EDGES)
        for waited_s in waits_s:
            k = bisect_right(EDGES, max(0.0, waited_s)) - 1
            there[k] += 1
            within[k] += waited_s - EDGES[k]
        beyond = sum(there)
        spent = list(self.waited_s)
        for k, here in enumerate(there):
            beyond -= here
            spent[k] += within[k] + (beyond * (_end(k) - EDGES[k]) if beyond else 0.0)
        return Patience(self.left, tuple(spent))

    def seen(self, to_s: float) -> float:
        """How many gave up within `to_s` seconds of waiting, of those remembered."""
        return sum(count for count, edge in zip(self.left, EDGES, strict=True) if edge < to_s)

    def curve(self) -> Curve:
        rates = [(left + _SUPPOSED_LEFT) / (spent + _SUPPOSED_S)
                 for left, spent in zip(self.left, self.waited_s, strict=True)]  # fmt: skip
        return Curve(rates)

    def hazard(self, from_s: float, to_s: float) -> float:
        """-log of the share of those who waited `from_s` that still wait at `to_s`."""
        curve = self.curve()
        return curve.at(to_s) - curve.at(from_s)


class Curve:
    """What `Patience.hazard` says, kept ready to be asked often."""

    def __init__(self, rates: Sequence[float]) -> None:
        self._rates = rates
        widths = (after - before for before, after in pairwise(EDGES))
        self._sums = [0.0, *accumulate(map(mul, rates, widths))]

    def at(self, seconds: float) -> float:
        """-log of the share that still waits after so long."""
        k = bisect_right(EDGES, seconds) - 1
        return self._sums[k] + (seconds - EDGES[k]) * self._rates[k] if k >= 0 else 0.0


def _end(k: int) -> float:
    return EDGES[k + 1] if k + 1 < len(EDGES) else float("inf")
