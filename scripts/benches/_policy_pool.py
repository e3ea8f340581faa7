"""One pooled skill: the engine against Erlang-A's formula, and against Ciw caller by caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ciw
import msgspec

from config.model import Line
from config.policy import Policy
from queues.erlang import Steady, memoryless, steady
from router.sim.callers import Caller
from router.sim.compare import Interval, interval
from scripts.benches._policy_same import (
    BEGINS,
    Heard,
    counted,
    gave_up,
    mean_wait,
    ours,
    steady_callers,
)

TALK_S, PATIENCE_S, WITHIN_S = 435.0, 150.0, 20.0


class Case(msgspec.Struct, frozen=True):
    calls_h: float
    seats: int


CASES = (Case(85.0, 11), Case(85.0, 14), Case(186.0, 24))
"""The busiest hour of Sichuan 2020 (shared domain notes 3f) with few seats and with enough, and
that of a line of Guangdong's size."""


class Pooled(msgspec.Struct, frozen=True):
    case: Case
    formula: Steady
    wait_s: Interval
    abandoned: Interval
    within: Interval
    ciw_wait_s: Interval
    ciw_abandoned: Interval
    apart_s: float
    """The most by which a caller waited otherwise than in Ciw, over all callers of all seeds."""

    @property
    def agrees(self) -> bool:
        pairs = (
            (self.wait_s, self.formula.mean_wait_s),
            (self.abandoned, self.formula.abandoned),
            (self.within, self.formula.within),
        )
        return all(abs(of.mean - value) <= (of.half or 0.0) for of, value in pairs)


def pooled(line: Line, case: Case, seeds: int, calls: int, confidence: float) -> Pooled:
    """`confidence` of the intervals over seeds."""
    alone = msgspec.structs.replace(line, policy=Policy(version="pool"))
    mine: list[list[Heard]] = []
    theirs: list[list[Heard]] = []
    for seed in range(seeds):
        callers = steady_callers(
            f"pool {case} {seed}", calls, calls_s=case.calls_h / 3600, languages={"cmn": 1.0},
            talk_s=TALK_S, talk_sigma=None, patience_s=PATIENCE_S, patience_sigma=None,
        )  # fmt: skip
        mine.append(ours(alone, [{"lang:cmn": 5}] * case.seats, callers))
        theirs.append(by_ciw(callers, case.seats))
    apart = max(
        abs(a.waited_s - b.waited_s)
        for ours_, theirs_ in zip(mine, theirs, strict=True)
        for a, b in zip(ours_, theirs_, strict=True)
    )

    def over(runs: Sequence[Sequence[Heard]], measure: Any) -> Interval:
        return interval([measure(counted(run)) for run in runs], confidence)

    return Pooled(
        case,
        steady(case.calls_h / 3600, TALK_S, case.seats, memoryless(PATIENCE_S), WITHIN_S),
        over(mine, mean_wait),
        over(mine, gave_up),
        over(mine, _timely),
        over(theirs, mean_wait),
        over(theirs, gave_up),
        apart,
    )


def by_ciw(callers: Sequence[Caller], seats: int) -> list[Heard]:
    """The same callers through Ciw's single queue."""

    class OfCaller(ciw.dists.Distribution):  # type: ignore[misc]
        """What this very caller brings, whenever it is asked for."""

        def __init__(self, what: str) -> None:
            self._what = what

        def sample(self, t: float | None = None, ind: Any = None) -> float:
            return float(getattr(callers[ind.id_number - 1], self._what))

    times = [caller.arrives_at - BEGINS for caller in callers]
    gaps = [b - a for a, b in zip([0.0, *times], times, strict=False)]
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*gaps, float("inf")])],
        service_distributions=[OfCaller("talk_s")],
        reneging_time_distributions=[OfCaller("patience_s")],
        number_of_servers=[seats],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(times[-1] + 36_000.0)
    found: dict[int, Heard] = {}
    for record in simulation.get_all_records():
        left = record.record_type == "renege"
        waited = callers[record.id_number - 1].patience_s if left else record.waiting_time
        found[record.id_number] = Heard("cmn", waited, not left)
    return [found[n + 1] for n in range(len(callers))]


def _timely(some: Sequence[Heard]) -> float:
    return sum(one.answered and one.waited_s <= WITHIN_S for one in some) / max(1, len(some))
