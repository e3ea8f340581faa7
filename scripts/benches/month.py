"""A month's report of many calls in all four forms: seconds, processor seconds and memory.

The calls are those of `hotline demo month`, in a store of their own that is thrown away. Measured
is the whole command `hotline report month`, from its start to the last file: building the numbers,
keeping them, and printing. Memory is that of the process and all it started, together, at the
highest of the moments looked at. A bench, not a test: it asserts nothing.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from hotline.table import table
from reports.printing import FORMS

LOOK_S: Final = 0.05
"""The memory is looked at this often."""

AIM_S: Final = 20.0
AIM_MB: Final = 500.0


class Measured(msgspec.Struct, frozen=True):
    """One run of a command."""

    seconds: float
    cpu_s: float
    peak_mb: float
    """Proportional set size of the whole tree: memory that processes share counts once."""


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="./scripts/bench month", description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=2, help="how often the report is made")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="hotline-bench-month-") as folder:
        settings = Path(folder) / "hotline.toml"
        settings.write_text(f'[paths]\ndata = "{folder}/data"\n', "utf-8")
        month = _month_before()
        print(f"{args.calls} calls in {month} …", flush=True)
        calls = ("--calls", str(args.calls), "--seed", str(args.seed), "--month", month)
        poured = measured(settings, "demo", "month", *calls)
        print(f"poured in {poured.seconds:.1f} s", flush=True)
        runs = []
        for n in range(args.runs):
            print(f"report {n + 1} …", flush=True)
            runs.append(measured(settings, "report", "month", month, "--again"))
        single: dict[str, Measured] = {
            form: measured(settings, "report", "month", month, "--form", form) for form in FORMS
        }
        sizes = {
            path.suffix.removeprefix("."): path.stat().st_size / 1024
            for path in (Path(folder) / "data" / "reports").glob(f"*-v{args.runs}-*")
        }
    print()
    print("\n".join(_told(args.calls, runs, single, sizes)))


def _month_before() -> str:
    now = time.localtime()
    year, month = (now.tm_year, now.tm_mon - 1) if now.tm_mon > 1 else (now.tm_year - 1, 12)
    return f"{year}-{month:02}"


def measured(settings: Path, *words: str) -> Measured:
    """Run `hotline …` and watch it. Raises CalledProcessError."""
    start = "import sys; from hotline.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", start, "--lang", "zh-CN", *words]
    env = {**os.environ, "HOTLINE_SETTINGS": str(settings)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began, peak = time.monotonic(), 0.0
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    while True:
        try:
            process.wait(LOOK_S)
            break
        except subprocess.TimeoutExpired:
            peak = max(peak, tree_mb(process.pid))
    seconds = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(seconds, cpu, peak)


def tree_mb(pid: int) -> float:
    """Memory of a process and of all below it; what ended meanwhile counts nothing."""
    total = 0.0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1024
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return total
    return total + sum(tree_mb(int(child)) for child in children)


def _told(
    calls: int,
    runs: Sequence[Measured],
    single: dict[str, Measured],
    sizes: dict[str, float],
) -> list[str]:
    rows = [["", "seconds", "CPU s", "peak MB", "file kB"]]
    for n, run in enumerate(runs, 1):
        name = f"{calls} calls, all four forms, run {n}"
        rows.append([name, f"{run.seconds:.1f}", f"{run.cpu_s:.1f}", f"{run.peak_mb:.0f}", ""])
    for form, run in single.items():
        size = f"{sizes.get(form, 0):.0f}"
        name = f"{form} alone, from the kept numbers"
        rows.append([name, f"{run.seconds:.1f}", f"{run.cpu_s:.1f}", f"{run.peak_mb:.0f}", size])
    rows.append(["aim", f"{AIM_S:.0f}", "", f"{AIM_MB:.0f}", ""])
    return table(rows)


if __name__ == "__main__":
    main()
