"""What the parts of the policy bench share: callers of a steady hour, and phones without delay.

So that nothing but the choice of whom to serve next differs, seats answer at once, never miss a
call, and need no time afterwards; whatever is compared hears the same callers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from random import Random

import msgspec

from config.model import Line, Queue, Wrapup
from router.sim.callers import Caller
from router.sim.roster import Duty
from router.sim.run import Side, play
from router.sim.tally import Taken
from router.sim.workers import Manners

AT_ONCE = Manners(
    misses=0.0, rejects=0.0, busy=0.0, dead=0.0, answer_least_s=0.0, answer_most_s=0.0, holds=0.0
)
BEGINS = 1_772_400_000.0
WARM = 0.1
"""Share of the callers who come before the line has filled; they are not counted."""


class Heard(msgspec.Struct, frozen=True):
    """What one caller met."""

    language: str
    waited_s: float
    answered: bool


def steady_callers(
    seed: str,
    count: int,
    *,
    calls_s: float,
    languages: Mapping[str, float],
    talk_s: float,
    talk_sigma: float | None,
    patience_s: float,
    patience_sigma: float | None,
    few: float = 1.0,
) -> list[Caller]:
    """Poisson arrivals. `*_sigma` None: memoryless with that mean; else lognormal with the mean
    talk or the median patience. `few`: how many times more patience all but the first language
    have."""
    chance, at, found = Random(seed), BEGINS, []
    main = next(iter(languages))
    for n in range(count):
        at += chance.expovariate(calls_s)
        language = chance.choices(list(languages), list(languages.values()))[0]
        talk = _drawn(chance, talk_s, talk_sigma, mean=True)
        patience = _drawn(chance, patience_s, patience_sigma, mean=False)
        found.append(
            Caller(
                id=f"{n:06d}", number="", arrives_at=at, language=language, service="general",
                hasty=False, presses=(), leaves_menu_s=math.inf,
                patience_s=patience * (1.0 if language == main else few), rather_message=False,
                message_s=0.0, message_hangs_up=True, talk_s=talk, hangs_up_first=True,
                rating="silent", mood=0.0,
            )
        )  # fmt: skip
    return found


def seats(skills: Sequence[Mapping[str, int]], until: float) -> list[Duty]:
    return [
        Duty(f"s{n:03d}", f"p{n:03d}", f"s{n:03d}", have, "staff", BEGINS - 1.0, until, 0.0)
        for n, have in enumerate(skills)
    ]


def plain_line(line: Line) -> Line:
    """Nobody is sent to leave a message, and nobody writes after a talk."""
    replace = msgspec.structs.replace
    queue: Queue = replace(line.queue, max_wait_s=1e9)
    return replace(line, queue=queue, wrapup=Wrapup(seconds=0.0))


def ours(line: Line, skills: Sequence[Mapping[str, int]], callers: Sequence[Caller]) -> list[Heard]:
    """The engine's answer, in the order of the callers."""
    until = callers[-1].arrives_at + 36_000.0
    side = Side("", plain_line(line), seats(skills, until))
    tally = play(side, callers, seed=1, manners=AT_ONCE)
    taken: dict[str, Taken] = {call.id: call for call in tally.taken}
    return [heard(taken[caller.id]) for caller in callers]


def heard(call: Taken) -> Heard:
    return Heard(call.language, call.waited_s, bool(call.seat_id))


def counted(all_of_them: Sequence[Heard]) -> list[Heard]:
    return list(all_of_them[int(len(all_of_them) * WARM) :])


def mean_wait(some: Iterable[Heard]) -> float:
    waits = [one.waited_s for one in some]
    return sum(waits) / max(1, len(waits))


def gave_up(some: Iterable[Heard]) -> float:
    left = [not one.answered for one in some]
    return sum(left) / max(1, len(left))


def _drawn(chance: Random, typical_s: float, sigma: float | None, *, mean: bool) -> float:
    if sigma is None:
        return chance.expovariate(1.0 / typical_s)
    middle = math.log(typical_s) - (sigma**2 / 2 if mean else 0.0)
    return chance.lognormvariate(middle, sigma)
