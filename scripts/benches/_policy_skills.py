"""With languages: the engine beside four other ways, on the same callers and the same seats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from config.model import Line
from config.policy import HeadStart, Order, Policy, When
from router.sim.compare import Interval, interval
from scripts.benches._policy_rivals import RIVALS, Pooled, served
from scripts.benches._policy_same import Heard, counted, gave_up, mean_wait, ours, steady_callers

ENGINE = "this engine"
HEAD_START_S = 120.0
MAIN = "cmn"


class Case(msgspec.Struct, frozen=True):
    """`seats`: how many speak Mandarin and which other languages besides."""

    name: str
    calls_h: float
    languages: Mapping[str, float]
    seats: tuple[tuple[int, tuple[str, ...]], ...]

    def skills(self) -> list[dict[str, int]]:
        return [
            {f"lang:{language}": 5 for language in (MAIN, *others)}
            for count, others in self.seats
            for _ in range(count)
        ]


CASES = (
    Case("prefecture: half of 26 seats speak Kham, 10 % of callers", 210.0,
         {MAIN: 0.9, "khg": 0.1}, ((13, ()), (13, ("khg",)))),
    Case("province: 4 Kham, 3 Amdo, 4 Yi of 26 seats, 6.5 % of callers", 186.0,
         {MAIN: 0.935, "khg": 0.022, "adx": 0.016, "ii": 0.027},
         ((15, ()), (4, ("khg",)), (3, ("adx",)), (4, ("ii",)))),
)  # fmt: skip


class Way(msgspec.Struct, frozen=True):
    name: str
    main_wait_s: Interval
    few_wait_s: Interval
    main_left: Interval
    few_left: Interval
    above_bound: Interval
    """Main language's mean wait over the pooled bound's, less 1, seed by seed."""
    few_less_main_s: Interval


def compared(line: Line, case: Case, seeds: int, calls: int) -> list[Way]:
    few = tuple(language for language in case.languages if language != MAIN)
    head = HeadStart(name="few", seconds=HEAD_START_S, when=When(languages=few))
    order = Order(greatest_head_start_s=HEAD_START_S, head_starts=(head,))
    own = msgspec.structs.replace(line, policy=Policy(version="bench", order=order))
    skills = case.skills()
    runs: dict[str, list[list[Heard]]] = {}
    for seed in range(seeds):
        callers = steady_callers(
            f"skills {seed}", calls, calls_s=case.calls_h / 3600, languages=case.languages,
            talk_s=435.0, talk_sigma=0.78, patience_s=95.0, patience_sigma=0.95, few=1.8,
        )  # fmt: skip
        runs.setdefault(ENGINE, []).append(counted(ours(own, skills, callers)))
        for rival in RIVALS:
            heard = served(rival(skills, MAIN), callers)
            runs.setdefault(rival.name, []).append(counted(heard))
    bound = [mean_wait(_main(run)) for run in runs[Pooled.name]]
    return [_way(name, runs[name], bound) for name in runs]


def _way(name: str, runs: Sequence[Sequence[Heard]], bound: Sequence[float]) -> Way:
    def over(
        of: Callable[[Sequence[Heard]], Sequence[Heard]],
        measure: Callable[[Sequence[Heard]], float],
    ) -> list[float]:
        return [measure(of(run)) for run in runs]

    main, few = over(_main, mean_wait), over(_few, mean_wait)
    return Way(
        name,
        interval(main),
        interval(few),
        interval(over(_main, gave_up)),
        interval(over(_few, gave_up)),
        interval([m / b - 1.0 for m, b in zip(main, bound, strict=True)]),
        interval([f - m for f, m in zip(few, main, strict=True)]),
    )


def _main(run: Sequence[Heard]) -> list[Heard]:
    return [one for one in run if one.language == MAIN]


def _few(run: Sequence[Heard]) -> list[Heard]:
    return [one for one in run if one.language != MAIN]
