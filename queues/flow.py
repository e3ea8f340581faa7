"""What groups of seats finish by when, and what of that the calls ahead of a caller use up.

Step 1 and 2 of queues.wait: means only, as a flow that is used up from its beginning; how far the
truth strays from them is reckoned there. Made anew for every estimate. Pure.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from operator import mul
from typing import NamedTuple

from queues.course import Course
from queues.patience import Patience

NARROWEST = 1e-9
_PORTION, _PORTIONS = 5, 6
"""A long run of calls ahead is gone through in at most 6 portions, of at least 5 calls."""


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


class Flow:
    """What groups finish by when, less what is used up."""

    def __init__(self, course: Course, groups: Sequence[Group]) -> None:
        self.course = course
        self.groups = [group.busy for group in groups]
        self.there = [any(stages) for stages in self.groups]
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
                if self.there[group]]  # fmt: skip
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
        return (calls - low) / max(sum(above for _, above in ends) - low, NARROWEST)
    least, most = 0.0, 1.0
    for _ in range(7):
        part = (least + most) / 2
        there = 0.0
        for below, above in ends:
            there += max(0.0, below + part * (above - below))
        if there < calls:
            least = part
        else:
            most = part
    return most


class Ahead:
    """Goes through the calls ahead."""

    def __init__(self, flow: Flow, patience: Patience) -> None:
        self._flow, self._patience, self._curve = flow, patience, patience.curve()
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
        left, half, waited = run.calls, 0.0, self._curve.at(run.waited_s)
        portion = max(_PORTION, -(-run.calls // _PORTIONS))
        while left > 0:
            calls = min(portion, left)
            left -= calls
            hazard = self._curve.at(run.waited_s + begins + half) - waited
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
