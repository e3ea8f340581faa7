"""How long a waiting caller will go on waiting: an interval, told honestly or not at all.

First come is first served, so what comes later does not matter to a caller: its wait is settled by
the talks in progress, by the calls ahead that want the same seats, and by who of them gives up.

1. Seats that may serve the same calls are one group. Λ_g(t) is how many calls group g will finish
   within t seconds: talks in progress given how old they are, and further calls (queues.course).
2. Calls ahead are gone through in their order. One with the groups G leaves at the t at which those
   have finished one call that nobody before it used up, Σ_g∈G Λ_g(t) - used_g = 1; afterwards all
   that they finish up to t is used. A call that gives up first, as callers lately did
   (queues.patience), needs no seat: it counts for the share that still waits by then (after Ibrahim
   and Whitt 2009, Management Science 55:1729-1742, where the queue drains by service and by
   abandonment). So a narrow kind of call ahead blocks its own few seats and no others.
3. The caller waits longer than t when its groups finish no more than K calls within t, K being what
   was used of them. That number is a sum of many independent ones, of mean Λ(t) and variance V(t);
   its distribution is taken as a binomial of the same mean and variance, or Poisson, or wider
   (exact for one seat and nobody ahead, and near it for many), by the closed forms of Camp-Paulson
   and of Wilson-Hilferty (Johnson, Kemp, Kotz, Univariate Discrete Distributions, 3.6.1 and 4.7).
   Where calls ahead also had other seats to go to, K is the less certain part and is narrowed: the
   time until they are gone is that of a larger, steadier stream.
4. Median and 90th percentile are where that probability is 1/2 and 1/10; the time a seat needs to
   pick up comes on top.
5. A step of relaxation may open seats to it of which one may be idle by then: their number walks at
   random from what it is now, as later callers take idle seats about as fast as others become idle.

Seats that said they will stop after this call are left out, and so are those that are away: nobody
knows when they return. No seat left: nobody can say, and nothing is told. Calls with a head start
that come later are not foreseen, neither are sign-ons. Recalculated from scratch each time it is
asked for, so nothing grows merely because an earlier figure was outlived; and what a caller *hears*
is bounded by what it heard before (`told`), whatever the figures say.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import mul

import msgspec

from queues.course import WRAPUP, Course
from queues.flow import NARROWEST, Ahead, Flow, Group, Run
from queues.patience import Patience

_HOPELESS = 0.9
"""Share that still waits when the tables end (six mean talks from now) of which nothing is said."""


class Interval(msgspec.Struct, frozen=True):
    """Seconds from now until a seat answers: as likely more as less, and with 9 in 10 less."""

    median_s: float
    p90_s: float


MOST_MINUTES = 30
"""More are not told: nobody can promise that."""


def told(expected: Interval | None, promised_s: float | None) -> int | None:
    """Minutes that the caller may be told to expect; None: say nothing of time.

    The upper end of the interval, so that nine in ten wait less; and only when it is narrow: at
    most double the median, in minutes begun, else the number says nothing worth hearing.

    `promised_s`: seconds left of what it was told before, None: nothing. Never more than that, in
    minutes begun: the moment told is not moved on, so the number cannot stand still or grow while
    the caller waits. When talks drag on, seats have left or an urgent call came in between, the
    truth is a later moment; no recording says why, and a number that grows without a reason is
    what callers resent. Then the place alone is told, which is always true.
    """
    if expected is None:
        return None
    usual, most = (max(1, math.ceil(s / 60.0)) for s in (expected.median_s, expected.p90_s))
    if most > min(2 * usual, MOST_MINUTES):
        return None
    return most if promised_s is None or 60 * (most - 1) < promised_s else None


def estimate(
    course: Course,
    groups: Sequence[Group],
    ahead: Sequence[Run],
    opens: Mapping[int, float],
    patience: Patience,
) -> Interval | None:
    """For a caller with the calls `ahead` before it. `opens` as in `Run`. None: nobody can say."""
    flow = Flow(course, [_soon(group) if opens.get(k) == 0.0 else group
                          for k, group in enumerate(groups)])  # fmt: skip
    queue = Ahead(flow, patience)
    for run in ahead:
        queue.serve(run, bool(run.opens.keys() & opens.keys()))
    waits = flow.reach(opens, 1.0)
    soon = min(
        (opens_s for group, opens_s in opens.items() if flow.idle[group] > 0.0), default=waits
    )
    waits = min(waits, soon)
    if waits == math.inf:
        return None
    free = [
        group for group, opens_s in opens.items() if opens_s <= 0.0 and queue.until[group] < waits
    ]
    later = {group: opens_s for group, opens_s in opens.items() if group not in free}
    stays = _Stays(flow, free, later, queue)
    median, p90 = stays.quantile(0.5), stays.quantile(0.1)
    if p90 == math.inf:
        return None
    return Interval(median + course.ring_s, p90 + course.ring_s)


def _soon(group: Group) -> Group:
    """Idle seats that may serve the caller and do not ring: they declined it and are back soon."""
    if not group.idle:
        return group
    return Group([n + group.idle * (k == WRAPUP) for k, n in enumerate(group.busy)])


class _Stays:
    """How probable it is that the caller still waits at a time."""

    def __init__(
        self,
        flow: Flow,
        free: Sequence[int],
        later: Mapping[int, float],
        ahead: Ahead,
    ) -> None:
        self._flow = flow
        self._gone = {group: flow.gone(group, opens_s) for group, opens_s in later.items()}
        self._idle = _idle(flow, later, ahead.until)
        self._used = sum(flow.used[group] for group in free)
        share = min(1.0, self._used / ahead.served) if ahead.served > 0.0 else 1.0
        self._steady = (self._used + 1.0) / (self._used * share + 1.0)
        self._unsure = ahead.unsure() * share
        together = [sum(stage) for stage in zip(*(flow.groups[g] for g in free), strict=True)]
        self._together = together or [0.0] * len(flow.course.mean[0])

    def _count(self, k: int) -> tuple[float, float]:
        """Mean and variance of what the caller's seats have finished at the k-th time."""
        course, flow = self._flow.course, self._flow
        mean = sum(map(mul, self._together, course.mean[k]))
        spread = sum(map(mul, self._together, course.spread[k])) + self._unsure
        for group, gone in self._gone.items():
            more = flow.at(group, k) - gone
            if more > 0.0:
                mean += more
                spread += more
        return mean, spread

    def _share(self, mean: float, spread: float, seconds: float) -> float:
        """Share of such callers who wait longer than that, by when so much is finished."""
        busy = 1.0
        for opens_s, none_idle in self._idle:
            if seconds >= opens_s:
                busy *= none_idle
        scale = self._steady
        most, mean, spread = self._used * scale + scale - 1.0, mean * scale, spread * scale
        return busy * at_most(most, mean, spread + self._flow.course.doubt * mean * mean)

    def quantile(self, share: float) -> float:
        """Until when all but `share` of such callers are answered."""
        times = self._flow.course.times
        low, high = 0, len(times) - 1
        there = self._count(high)
        if (after := self._share(*there, times[high])) > share:
            # Further than the tables go: as fast as at their end.
            return (
                times[high] * math.log(share) / math.log(after) if after < _HOPELESS else math.inf
            )
        before, after_ = (0.0, self._unsure), there
        while high - low > 1:
            middle = (low + high) // 2
            there = self._count(middle)
            if self._share(*there, times[middle]) > share:
                low, before = middle, there
            else:
                high, after_ = middle, there
        # Between two times of the tables the count grows evenly.
        least, most = 0.0, 1.0
        for _ in range(7):
            part = (least + most) / 2
            mean = before[0] + part * (after_[0] - before[0])
            spread = before[1] + part * (after_[1] - before[1])
            seconds = times[low] + part * (times[high] - times[low])
            if self._share(mean, spread, seconds) > share:
                least = part
            else:
                most = part
        return times[low] + most * (times[high] - times[low])


def _idle(
    flow: Flow, later: Mapping[int, float], until: Sequence[float]
) -> list[tuple[float, float]]:
    """When more seats may serve the caller, and how probable it is that none of them is idle then.

    Callers who come later take idle seats at about the pace at which others become idle: from now,
    or from when nobody ahead waits for them any more, their number walks at random.
    """
    moments: dict[float, tuple[float, float]] = {}
    for group, opens_s in later.items():
        if opens_s > until[group]:
            idle, steps = moments.get(opens_s, (0.0, 0.0))
            moments[opens_s] = (
                idle + flow.idle[group],
                steps + 2.0 * flow.finished(group, opens_s - until[group]),
            )
    return [
        (opens_s, 0.5 * math.erfc((idle - 0.5) / math.sqrt(2.0 * steps + NARROWEST)))
        for opens_s, (idle, steps) in moments.items()
    ]


def at_most(most: float, mean: float, spread: float) -> float:
    """P(N ≤ most) for a count N of this mean and variance; `most` ≥ 0 need not be whole."""
    if mean <= 0.0:
        return 1.0
    if spread < 0.98 * mean:
        p = 1.0 - spread / mean
        n = mean / p
        if most >= n - 1e-6:
            return 1.0
        if p > 1.0 - 1e-9:
            return 0.0
        a, b = 1.0 / (9.0 * (n - most)), 1.0 / (9.0 * (most + 1.0))
        root = ((most + 1.0) * (1.0 - p) / (p * (n - most))) ** (1.0 / 3.0)
        z = ((1.0 - b) * root - (1.0 - a)) / math.sqrt(a + b * root * root)
        return 0.5 * math.erfc(-z / math.sqrt(2.0))
    wider = max(1.0, spread / mean)
    size, there = (most + 1.0) / wider, mean / wider
    z = ((there / size) ** (1.0 / 3.0) - (1.0 - 1.0 / (9.0 * size))) * 3.0 * math.sqrt(size)
    return 0.5 * math.erfc(z / math.sqrt(2.0))
