"""How good the queue is: a year's simulation, Erlang-A and Ciw, other ways to give out callers.

    ./scripts/bench policy                 everything, some minutes
    ./scripts/bench policy --only year     one part: year, pool, skills or waiting

A bench, not a test: it prints what it found beside what is aimed at, and asserts nothing.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from config.loader import load, project_root
from config.model import Line
from hotline.table import table
from router.sim.compare import Interval
from router.sim.figures import figures
from router.sim.run import Side, play
from router.sim.scenario import callers, scenario, usual_duties
from scripts.benches._policy_pool import CASES as POOLS
from scripts.benches._policy_pool import Pooled, pooled
from scripts.benches._policy_skills import CASES as SKILLS
from scripts.benches._policy_skills import ENGINE, Way, compared
from scripts.benches.waiting import coverages

YEAR_CALLS: Final = 258_000
AIM_YEAR_S: Final = 20.0
AIM_ABOVE: Final = 0.05
WAITING_SEEDS: Final = 2
PARTS: Final = ("year", "pool", "skills", "waiting")
CONFIDENCE: Final = 0.99
"""Three cases with three figures each: at 95 % one of two benches would cry wolf."""


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="./scripts/bench policy", description=__doc__)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--calls", type=int, default=YEAR_CALLS, help="of the year")
    parser.add_argument("--seeds", type=int, default=10, help="of pool and skills")
    parser.add_argument("--each", type=int, default=4000, help="calls of each seed")
    parser.add_argument("--picture", type=Path, help="default: docs/policy-bench.png, if whole")
    args = parser.parse_args(argv)
    line = load(env={}).line
    parts = [args.only] if args.only else list(PARTS)
    pool: list[Pooled] = []
    ways: list[list[Way]] = []
    if "year" in parts:
        _show("A simulated year on one core", _year(args.calls))
    if "pool" in parts:
        pool = [pooled(line, case, args.seeds, args.each, CONFIDENCE) for case in POOLS]
        _show(f"One pooled skill ({args.seeds} seeds, {args.each} calls each, "
              f"{CONFIDENCE:.0%} intervals)", _pool(pool))  # fmt: skip
    if "skills" in parts:
        ways = [_skills(line, n, args.seeds, args.each) for n in range(len(SKILLS))]
    if "waiting" in parts:
        _show(f"Waiting time told ({WAITING_SEEDS} seeds)", _waiting(WAITING_SEEDS))
    picture = args.picture or (None if args.only else project_root() / "docs/policy-bench.png")
    if picture and pool and ways:
        from scripts.benches._policy_picture import draw  # noqa: PLC0415 - slow to load

        draw(picture, pool, ways)
        print(f"picture: {picture}")


def _show(title: str, rows: Sequence[Sequence[str]]) -> None:
    print(f"\n{title}\n" + "\n".join(f"  {line}" for line in table(rows)), flush=True)


def _year(calls: int) -> list[list[str]]:
    settings = load(env={})
    of = scenario(
        "province", settings.traffic, ZoneInfo(settings.line.centre.timezone), days=365, calls=calls
    )
    side = Side("", settings.line, usual_duties(of))
    speed = _loop_s()
    wall, cpu = time.perf_counter(), time.process_time()
    tally = play(side, callers(of, settings.line, 1), seed=1)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    found = figures(tally.taken)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        ["calls", f"{tally.calls}", "facts", f"{tally.facts}"],
        ["processor s", f"{cpu:.1f}", "aim", f"{AIM_YEAR_S:.0f}"],
        ["elapsed s", f"{wall:.1f}", "microseconds a call", f"{cpu / tally.calls * 1e6:.0f}"],
        ["peak MB", f"{peak:.0f}", "10 million additions, s", f"{speed:.2f}"],
        ["within 20 s", f"{found.within_20:.1%}", "gave up", f"{found.abandoned:.1%}"],
    ]


def _loop_s() -> float:
    """How fast this machine is just now: others may be using it."""
    began, total = time.process_time(), 0
    for n in range(10_000_000):
        total += n
    return time.process_time() - began


def _pool(pool: Sequence[Pooled]) -> list[list[str]]:
    rows = [["calls/h", "seats", "", "Erlang-A", "engine", "Ciw", "agrees"]]
    for one in pool:
        formula = one.formula
        rows += [
            [f"{one.case.calls_h:.0f}", str(one.case.seats), "mean wait s",
             f"{formula.mean_wait_s:.2f}", _seconds(one.wait_s), _seconds(one.ciw_wait_s),
             "yes" if one.agrees else "NO"],
            ["", "", "gave up", f"{formula.abandoned:.2%}", _share(one.abandoned),
             _share(one.ciw_abandoned), ""],
            ["", "", "within 20 s", f"{formula.within:.2%}", _share(one.within), "", ""],
            ["", "", "most apart s", "", f"{one.apart_s:.1e}", "", ""],
        ]  # fmt: skip
    return rows


def _skills(line: Line, n: int, seeds: int, each: int) -> list[Way]:
    ways = compared(line, SKILLS[n], seeds, each)
    rows = [["", "main wait s", "minority wait s", "gave up %", "minority %", "above bound %",
             "minority less main s"]]  # fmt: skip
    for way in ways:
        rows.append(
            [
                way.name, _seconds(way.main_wait_s), _seconds(way.few_wait_s),
                f"{way.main_left.mean:.1%}", f"{way.few_left.mean:.1%}",
                f"{way.above_bound.mean * 100:+.1f}±{(way.above_bound.half or 0) * 100:.1f}",
                f"{way.few_less_main_s.mean:+.1f}±{way.few_less_main_s.half or 0:.1f}",
            ]
        )  # fmt: skip
    _show(SKILLS[n].name, rows)
    ours = next(way for way in ways if way.name == ENGINE)
    bound = "yes" if ours.above_bound.mean <= AIM_ABOVE else "NO"
    later = _no_later(ours.few_less_main_s)
    print(f"  main at most {AIM_ABOVE:.0%} above the bound: {bound}", flush=True)
    print(f"  minority no later than main: {later}", flush=True)
    return ways


def _no_later(less: Interval) -> str:
    """A difference that may be chance is neither yes nor no."""
    if less.mean <= 0:
        return "yes"
    return "NO" if less.sure else "no difference shown"


def _waiting(seeds: int) -> list[list[str]]:
    """Of how many callers the wait was no longer than the told median, and than the 90th."""
    rows = [["", "tuned on it", "estimates", "median %", "90th %", "error s", "app_queue's s"]]
    for one in coverages([f"bench {n}" for n in range(seeds)]):
        rows.append(
            [one.name, "yes" if one.tuned else "", str(one.n), f"{one.half:.1%}", f"{one.nine:.1%}",
             f"{one.error_s:.0f}", f"{one.app_queue_error_s:.0f}"]
        )  # fmt: skip
    return rows


def _seconds(of: Interval) -> str:
    return f"{of.mean:.2f}±{of.half or 0.0:.2f}"


def _share(of: Interval) -> str:
    return f"{of.mean:.2%}±{(of.half or 0.0) * 100:.2f}"


if __name__ == "__main__":
    main()
