"""What one event costs the queue, from a small line to the largest, beside a plain scan of it all.

Measured is an event told to `queues.dispatch` and what it then decides, with the decision's record
as it goes into the journal: a caller arrives, a seat becomes free, a caller hangs up, a caller is
content with less; the other events of a line are told beside them. In the same run the same events
are told to `queues.plain`, which looks at every call and every seat and must decide the same; of
the largest line only a few, since each takes it a good part of a second. Every size in a process of
its own; the garbage collector is left on, as in production. A bench, not a test: it asserts
nothing but that both agree.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from hotline.table import table
from scripts.benches._engine_run import OURS, Ask, Cost, Result
from scripts.benches._engine_work import Size

AIM_P99_MS: Final = 0.2
AIM_RATIO: Final = 2.0

SMALL: Final = Size("50 seats × 20 kinds × 200 waiting", 50, 20, 200, 20)
MIDDLE: Final = Size("500 × 100 × 2,000", 500, 100, 2_000, 100)
LARGE: Final = Size("7,500 × 5,000 × 10,000", 7_500, 5_000, 10_000, 600)
OWN: Final = Size("same, each seat its own skills", 7_500, 5_000, 10_000, 0)
QUIET: Final = Size("same, 3 seats in 10 free, few wait", 7_500, 5_000, 0, 600, 0.3)
SIZES: Final = {"small": SMALL, "middle": MIDDLE, "large": LARGE, "own": OWN, "quiet": QUIET}
PLAIN_EVENTS: Final = {"small": 4_000, "middle": 400, "large": 40, "own": 20, "quiet": 40}


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="./scripts/bench engine", description=__doc__)
    parser.add_argument("--events", type=int, default=40_000, help="of each size")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", choices=list(SIZES), action="append", help="of these alone")
    parser.add_argument("--profile", type=Path, help="folder for what took the time")
    args = parser.parse_args(argv)
    results: dict[str, Result] = {}
    for name in args.size or SIZES:
        print(f"{SIZES[name].name} …", file=sys.stderr, flush=True)
        profile = str(args.profile / f"{name}.txt") if args.profile else ""
        ask = Ask(SIZES[name], args.seed, args.events, PLAIN_EVENTS[name], profile)
        results[name] = _run(ask)
    print("\n".join(_costs(results)))
    print()
    print("\n".join(_kinds(results)))
    if "small" in results and "large" in results:
        print()
        print("\n".join(_ratios(results)))


def _run(ask: Ask) -> Result:
    """Raises CalledProcessError."""
    command = [
        sys.executable,
        "-m",
        "scripts.benches._engine_run",
        msgspec.json.encode(ask).decode(),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=Result)


def _costs(results: dict[str, Result]) -> list[str]:
    head = ["one event", "events", "p50 ms", "p99 ms", "CPU p99", "worst", "MB", "all MB", "offers"]
    rows = [head]
    for name, result in results.items():
        memory = [f"{result.index_mb:.0f}", f"{result.process_mb:.0f}", f"{result.offers}"]
        rows.append([SIZES[name].name, *_cells(result.index["all"]), *memory])
        agreed = f"agreed {result.plain_agreed} of {PLAIN_EVENTS[name]}"
        rows.append(["    plain scan", *_cells(result.plain), "", "", agreed])
    rows.append(["aim, at the largest", "", "", f"{AIM_P99_MS}", "", "", "", "", ""])
    return table(rows)


def _kinds(results: dict[str, Result]) -> list[str]:
    """p50 / p99 of every kind of event; those below the line are not in the sum above."""
    kinds = [*OURS, *sorted({k for one in results.values() for k in one.index} - {*OURS, "all"})]
    rows = [["p50 / p99 ms", *results]]
    for kind in kinds:
        cells = []
        for result in results.values():
            cost = result.index.get(kind)
            cells.append(f"{cost.p50_ms:.3f} / {cost.p99_ms:.3f}" if cost else "")
        rows.append([kind if kind in OURS else f"({kind})", *cells])
    return table(rows)


def _ratios(results: dict[str, Result]) -> list[str]:
    small, large = results["small"], results["large"]
    rows = [["largest : smallest", "p50", "p99", f"aim {AIM_RATIO:.0f}"]]
    for name, one, other in (
        ("index", small.index["all"], large.index["all"]),
        ("plain scan", small.plain, large.plain),
    ):
        p50, p99 = other.p50_ms / one.p50_ms, other.p99_ms / one.p99_ms
        rows.append([name, f"{p50:.1f}", f"{p99:.1f}", ""])
    return table(rows)


def _cells(cost: Cost) -> list[str]:
    times = (cost.p50_ms, cost.p99_ms, cost.cpu_p99_ms, cost.worst_ms)
    return [f"{cost.count}", *(f"{one:.3f}" for one in times)]


if __name__ == "__main__":
    main()
