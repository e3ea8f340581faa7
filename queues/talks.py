"""How long one call takes a seat, as talks that ended have shown: no form is assumed.

A fold that forgets: talks are counted in classes of length and older ones weigh less and less. What
may be asked of it is a `Shape`, renewed only now and then, because tables are made from it
(queues.course). Two talks in the same class are the same to us. Never reads a clock.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise
from operator import mul

import msgspec

REMEMBERED = 1000
"""About so many of the last talks count."""

EDGES = (0.0, *(4.0 * 1.22**k for k in range(39)))
"""Classes of talk seconds; the last begins at two hours."""

_SUPPOSED = 6.0
"""So many talks are supposed beside those seen, log-normal around the same mean: they stand in
before the first, and afterwards say that longer talks than any seen are possible."""
_SUPPOSED_SIGMA = 0.8
"""Spread of call centre talks as far as published (Brown et al. 2005, JASA 100: log-normal)."""
_OFTEN = 32
"""A new shape every so many talks (and at first more often)."""


class Shape(msgspec.Struct, frozen=True):
    """Shares of talks by class, and seconds that a seat needs around a talk."""

    longer: tuple[float, ...]
    """Share of talks longer than each of EDGES."""
    mean_s: float
    ring_s: float
    wrapup_s: float
    doubt: float = 0.0
    """Relative variance of `mean_s`: little is known at first."""

    def share_longer(self, seconds: float) -> float:
        """Share of talks longer than that; linear within a class."""
        at = bisect_right(EDGES, seconds)
        if at >= len(EDGES):
            return self.longer[-1] * math.exp(-(seconds - EDGES[-1]) / self.mean_s)
        if at == 0:
            return 1.0
        low, high = EDGES[at - 1], EDGES[at]
        share = (seconds - low) / (high - low)
        return self.longer[at - 1] + share * (self.longer[at] - self.longer[at - 1])


class Talks(msgspec.Struct, frozen=True):
    """What is remembered. `counts`: talks ended, by class, decayed. What a shape is made of:
    `ended`, the counts as they were when they last `settle`d, and `going`, the talks that went on
    then, by how long they had lasted."""

    seen: int = 0
    counts: tuple[float, ...] = (0.0,) * len(EDGES)
    ring_s: float | None = None
    wrapup_s: float | None = None
    ended: tuple[float, ...] = (0.0,) * len(EDGES)
    going: tuple[float, ...] = (0.0,) * len(EDGES)
    fading: float = 0.0
    """How much older talks are forgotten, per second."""

    def after_talk(self, talk_s: float) -> Talks:
        keep = 1.0 - 1.0 / REMEMBERED
        counts = [count * keep for count in self.counts]
        counts[_class(talk_s)] += self._weight(talk_s)
        return msgspec.structs.replace(self, seen=self.seen + 1, counts=tuple(counts))

    @property
    def unsettled(self) -> bool:
        """There is to be a new shape: every so many talks, and at first more often."""
        return self.seen % _OFTEN == 0 or self.seen & (self.seen - 1) == 0

    def settle(self, ages_s: Iterable[float]) -> Talks:
        """`ages_s`: how long the talks that go on have lasted. Left out, a morning would be known
        by its short talks alone: of those begun together the long ones end last."""
        going, talks = [0.0] * len(EDGES), 0
        for age in ages_s:
            going[_class(age)] += self._weight(age)
            talks += 1
        middles = [
            (low + high) / 2 for low, high in zip(EDGES, [*EDGES[1:], EDGES[-1]], strict=True)
        ]
        mean_s = sum(map(mul, self.counts, middles)) / max(sum(self.counts), 1e-9)
        fading = talks / mean_s / REMEMBERED if mean_s > 0.0 else 0.0
        return msgspec.structs.replace(self, ended=self.counts, going=tuple(going), fading=fading)

    def _weight(self, seconds: float) -> float:
        """A talk is as old as its beginning: with those that go on counted in, long ones would
        otherwise be counted twice."""
        return math.exp(-self.fading * seconds)

    def after_ring(self, seconds: float) -> Talks:
        """A seat picked up after so long."""
        return msgspec.structs.replace(self, ring_s=_mixed(self.ring_s, seconds))

    def after_wrapup(self, seconds: float) -> Talks:
        return msgspec.structs.replace(self, wrapup_s=_mixed(self.wrapup_s, seconds))

    def shape(self, typical_talk_s: float, wrapup_s: float) -> Shape:
        """`typical_talk_s`, `wrapup_s`: from the settings, as long as nothing was seen.

        Shares are those of a life table (Kaplan and Meier 1958, JASA 53): a talk that goes on
        counts among the longer ones as far as it has come.
        """
        mu = math.log(typical_talk_s) - _SUPPOSED_SIGMA**2 / 2
        below = [
            0.0,
            *(_normal((math.log(edge) - mu) / _SUPPOSED_SIGMA) for edge in EDGES[1:]),
            1.0,
        ]
        supposed = [after - before for before, after in pairwise(below)]
        ended = [n + _SUPPOSED * share for n, share in zip(self.ended, supposed, strict=True)]
        weight = there = sum(ended) + sum(self.going)
        longer = [1.0]
        for gone, going in zip(ended, self.going, strict=True):
            risk = there - going / 2.0
            longer.append(longer[-1] * (1.0 - min(1.0, gone / risk)) if risk > 0.0 else 0.0)
            there -= gone + going
        longer.pop()  # after the last class nobody is left, and it has no end
        mean_s = sum(
            (EDGES[k + 1] - EDGES[k]) * (longer[k] + longer[k + 1]) / 2
            for k in range(len(EDGES) - 1)
        )
        # Whole seconds: the tables made from a shape are kept, and these two creep all the time.
        return Shape(
            tuple(longer),
            mean_s,
            float(round(4.0 if self.ring_s is None else self.ring_s)),
            float(round(wrapup_s if self.wrapup_s is None else self.wrapup_s)),
            # Of a decayed sum twice as many talks count as its weight says when it is full.
            _SUPPOSED_SIGMA**2 / (weight * (1.0 + min(1.0, weight / REMEMBERED))),
        )


def _class(seconds: float) -> int:
    return bisect_right(EDGES, max(0.0, seconds)) - 1


def _mixed(before: float | None, seconds: float) -> float:
    return seconds if before is None else before + (seconds - before) / 50.0


def _normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))
