"""How patient callers were, told from those who gave up and those who were answered before.

Whoever was answered would have waited at least so long: such a wait is censored, and leaving it
out would make callers look far less patient than they are. Kaplan and Meier's estimate serves up to
the longest wait at which somebody gave up; beyond it the hazard of all of them together goes on.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from random import Random

import msgspec

_UNKNOWN_MEAN_S = 180.0
"""Where nobody ever gave up and nobody waited: nothing can be said."""


class Seen(msgspec.Struct, frozen=True):
    """A caller waited `waited_s`, and then gave up (`left`) or was served."""

    waited_s: float
    left: bool


class Patience(msgspec.Struct, frozen=True):
    """`at`: waits at which callers gave up, ascending; `stays`: share still there after each."""

    at: tuple[float, ...]
    stays: tuple[float, ...]
    tail_mean_s: float
    """How much longer somebody stays who has outlived all of `at`, on the average."""

    def survival(self, waited_s: float) -> float:
        """Share of callers who are willing to wait longer than `waited_s`."""
        place = bisect_right(self.at, waited_s)
        share = self.stays[place - 1] if place else 1.0
        last = self.at[-1] if self.at else 0.0
        return share if waited_s <= last else share * math.exp((last - waited_s) / self.tail_mean_s)

    def beyond(self, waited_s: float, chance: Random) -> float:
        """Seconds somebody would have waited of whom only is known that it was more than this."""
        left = self.survival(waited_s) * (1.0 - chance.random())
        for at, stays in zip(self.at, self.stays, strict=True):
            if at > waited_s and stays < left:
                return at
        last, stays = (self.at[-1], self.stays[-1]) if self.at else (0.0, 1.0)
        return max(waited_s, last + self.tail_mean_s * math.log(stays / left))


def fitted(seen: Iterable[Seen]) -> Patience:
    waits = sorted(seen, key=lambda one: (one.waited_s, not one.left))
    there, share = len(waits), 1.0
    at: list[float] = []
    stays: list[float] = []
    for one in waits:
        if one.left:
            # The very last to be seen does not prove that nobody ever stays longer.
            share *= 1.0 - 1.0 / max(2, there)
            if at and at[-1] == one.waited_s:
                stays[-1] = share
            else:
                at.append(one.waited_s)
                stays.append(share)
        there -= 1
    total = sum(one.waited_s for one in waits)
    gave_up = sum(one.left for one in waits)
    mean = total / gave_up if gave_up and total else max(total, _UNKNOWN_MEAN_S)
    return Patience(tuple(at), tuple(stays), mean)
