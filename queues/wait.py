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

Seats that said they will stop after this call are left out, and so are those that are away: nobody
knows when they return. No seat left: nobody can say, and nothing is told. Calls with a head start
that come later are not foreseen, neither are sign-ons. Recalculated from scratch each time it is
asked for, so nothing grows merely because an earlier figure was outlived; and what a caller *hears*
is bounded by what it heard before (`told`), whatever the figures say.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from operator import mul
from typing import NamedTuple

import msgspec

from queues.course import WRAPUP, Course
from queues.patience import Patience

_NARROWEST = 1e-9
_HOPELESS = 0.9
"""Share that still waits when the tables end (six mean talks from now) of which nothing is said."""
_PORTION, _PORTIONS = 4, 8
"""A long run of calls ahead is gone through in at most 8 portions, of at least 4 calls."""


class Interval(msgspec.Struct, frozen=True):
    """Seconds from now until a seat answers: as likely more as less, and with 9 in 10 less."""

    median_s: float
    p90_s: float


MOST_MINUTES = 30
"""More are not told: nobody can promise that."""


def told(expected: Interval | None, before: int | None) -> int | None:
    """Minutes that the caller may be told to expect; None: say nothing of time.

    The upper end of the interval, so that nine in ten wait less; and only when it is narrow: at
    most double the median, in minutes begun, else the number says nothing worth hearing. Never more
    than was told `before`: when seats have left or an urgent call came in between, the truth is a
    larger number, no recording says why, and a number that grows without a reason is what callers
    resent. Then the place alone is told, which is always true.
    """
    if expected is None:
        return None
    usual, most = (max(1, math.ceil(s / 60.0)) for s in (expected.median_s, expected.p90_s))
    if most > min(2 * usual, MOST_MINUTES) or (before is not None and most > before):
        return None
    return most


class Run(NamedTuple):
    """Calls ahead, one after the other, that want the same. `opens`: group → seconds from now until
    it may serve them (relaxation may be still to come; 0: it may already)."""

    calls: int
    waited_s: float
    opens: Mapping[int, float]


class Group(NamedTuple):
    """`busy`: seats by stage of work (queues.course.STAGES). `idle`: seats that wait for a call;
    while a caller waits these are such as may not serve it yet."""

    busy: Sequence[float]
    idle: int = 0


def estimate(
    course: Course,
    groups: Sequence[Group],
    ahead: Sequence[Run],
    opens: Mapping[int, float],
    patience: Patience,
) -> Interval | None:
    """For a caller with the calls `ahead` before it. `opens` as in `Run`. None: nobody can say."""
    flow = _Flow(course, [_soon(group) if opens.get(k) == 0.0 else group
                          for k, group in enumerate(groups)])  # fmt: skip
    queue = _Ahead(flow, patience)
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
    stays = _Stays(flow, free, later, queue.until, queue.served, queue.unsure())
    median, p90 = stays.quantile(0.5), stays.quantile(0.1)
    if p90 == math.inf:
        return None
    return Interval(median + course.ring_s, p90 + course.ring_s)


def _soon(group: Group) -> Group:
    """Idle seats that may serve the caller and do not ring: it declined them, they are back soon."""
    if not group.idle:
        return group
    return Group([n + group.idle * (k == WRAPUP) for k, n in enumerate(group.busy)])


class _Flow:
    """What groups finish by when, less what is used up."""

    def __init__(self, course: Course, groups: Sequence[Group]) -> None:
        self.course = course
        self.groups = [group.busy for group in groups]
        self.idle = [float(group.idle) for group in groups]
        self.used = [0.0] * len(groups)
        self._known: list[dict[int, float]] = [{} for _ in groups]

    def at(self, group: int, k: int) -> float:
        known = self._known[group]
        found = known.get(k)
        if found is None:
            found = known[k] = sum(map(mul, self.groups[group], self.course.mean[k]))
        return found

    def finished(self, group: int, seconds: float) -> float:
        """Λ of the group."""
        times = self.course.times
        if seconds >= times[-1]:
            more = (seconds - times[-1]) * self.course.per_s * sum(self.groups[group])
            return self.at(group, len(times) - 1) + more
        if seconds <= 0.0:
            return 0.0
        k = bisect_left(times, seconds)
        low, high = self.at(group, k - 1), self.at(group, k)
        return low + (seconds - times[k - 1]) / (times[k] - times[k - 1]) * (high - low)

    def use(self, group: int, until_s: float) -> None:
        self.used[group] = max(self.used[group], self.finished(group, until_s))

    def gone(self, group: int, opens_s: float) -> float:
        """What the group finishes and a call to which it opens then cannot have."""
        used = self.used[group]
        return used if opens_s <= 0.0 else max(used, self.finished(group, opens_s))

    def reach(self, opens: Mapping[int, float], calls: float) -> float:
        """When these groups have finished so many calls that nobody used up; inf: never."""
        gone = [(group, self.gone(group, opens_s)) for group, opens_s in opens.items()
                if any(self.groups[group])]  # fmt: skip
        if not gone:
            return math.inf
        times = self.course.times
        low, high = 0, len(times) - 1
        most = sum(max(0.0, self.at(group, high) - used) for group, used in gone)
        if most < calls:
            per_s = self.course.per_s * sum(sum(self.groups[group]) for group, _ in gone)
            return times[-1] + (calls - most) / per_s
        while high - low > 1:
            middle = (low + high) // 2
            there = 0.0
            for group, used in gone:
                more = self.at(group, middle) - used
                if more > 0.0:
                    there += more
            if there < calls:
                low = middle
            else:
                high = middle
        ends = [(self.at(group, low) - used, self.at(group, high) - used) for group, used in gone]
        return times[low] + _where(ends, calls) * (times[high] - times[low])


def _where(ends: list[tuple[float, float]], calls: float) -> float:
    """At which part of the way from the first to the second of each pair, evenly gone, what is
    above nothing adds up to `calls`."""
    if all(below >= 0.0 for below, _ in ends):
        low = sum(below for below, _ in ends)
        return (calls - low) / max(sum(above for _, above in ends) - low, _NARROWEST)
    least, most = 0.0, 1.0
    for _ in range(10):
        part = (least + most) / 2
        there = 0.0
        for below, above in ends:
            there += max(0.0, below + part * (above - below))
        if there < calls:
            least = part
        else:
            most = part
    return most


class _Ahead:
    """Goes through the calls ahead."""

    def __init__(self, flow: _Flow, patience: Patience) -> None:
        self._flow, self._patience = flow, patience
        self.until = [0.0] * len(flow.groups)
        """By group: when the last of what it finishes for calls ahead is finished."""
        self.served = 0.0
        """Calls ahead, still there when their turn comes, that could take the caller's seats."""
        self._chance = 0.0
        self._leaving = 0.0
        self._known = 0.0

    def serve(self, run: Run, rival: bool) -> None:
        """In portions: who stands at the end of a long run has more time to give up."""
        flow, until = self._flow, self.until
        begins = min((until[group] for group in run.opens), default=0.0)
        left, half = run.calls, 0.0
        portion = max(_PORTION, -(-run.calls // _PORTIONS))
        while left > 0:
            calls = min(portion, left)
            left -= calls
            hazard = self._patience.hazard(run.waited_s, run.waited_s + begins + half)
            stay = math.exp(-hazard)
            waits = flow.reach(run.opens, calls * stay)
            for group, opens_s in run.opens.items():
                # An idle seat that may soon serve them does, and nobody's turn comes later for it.
                if 0.0 < opens_s < waits and flow.idle[group] > 0.0:
                    taken = min(calls, math.ceil(flow.idle[group]))
                    flow.idle[group] = max(0.0, flow.idle[group] - taken)
                    calls -= taken
                    if not calls:
                        break
                    waits = flow.reach(run.opens, calls * stay)
            if not calls:
                continue
            if waits == math.inf:
                return  # nobody is there for them: they take nothing from anybody
            for group, opens_s in run.opens.items():
                if opens_s < waits:
                    flow.use(group, waits)
                    until[group] = max(until[group], waits)
            begins, half = waits, (waits - begins) / 2
            if rival:
                self.served += calls * stay
                self._chance += calls * stay * (1.0 - stay)
                self._leaving += calls * stay * hazard
                self._known = max(self._known, self._patience.seen(run.waited_s + waits))

    def unsure(self) -> float:
        """Variance of how many of them give up: by chance, and for how little is known of it."""
        return self._chance + self._leaving**2 / (1.0 + self._known)


class _Stays:
    """How probable it is that the caller still waits at a time."""

    def __init__(
        self,
        flow: _Flow,
        free: Sequence[int],
        later: Mapping[int, float],
        until: Sequence[float],
        served: float,
        unsure: float,
    ) -> None:
        self._flow = flow
        self._free = free
        self._gone = {group: flow.gone(group, opens_s) for group, opens_s in later.items()}
        self._idle = _idle(flow, later, until)
        self._used = sum(flow.used[group] for group in free)
        share = min(1.0, self._used / served) if served > 0.0 else 1.0
        self._steady = (self._used + 1.0) / (self._used * share + 1.0)
        self._unsure = unsure * share
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
        for _ in range(10):
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
    flow: _Flow, later: Mapping[int, float], until: Sequence[float]
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
        (opens_s, 0.5 * math.erfc((idle - 0.5) / math.sqrt(2.0 * steps + _NARROWEST)))
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
