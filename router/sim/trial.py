"""One or two lines over several seeds: every figure with its interval, and what moved.

Plain data that can be printed, drawn and written as JSON; nothing here knows a screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from router.sim.callers import Caller
from router.sim.compare import Hands, Interval, Moved, added, difference, moved, over_seeds
from router.sim.figures import ALL, MEASURES, Figures, figures, groups
from router.sim.run import Side, play
from router.sim.tally import Taken, Tally

HANDS_KEPT = 200
"""Calls that changed hands are listed for the first seed, no more than these."""


class Span(NamedTuple):
    """Calls that asked for a human from `begins` to before `ends` (epoch s) are a group too."""

    name: str
    begins: float
    ends: float


class Group(msgspec.Struct, frozen=True):
    """`key`: `all`, `language:khg`, `service:labour`, `span:burst`. Measure → interval."""

    key: str
    queued: float
    """Mean over seeds."""
    sides: tuple[dict[str, Interval], ...]
    difference: dict[str, Interval] = {}
    """Second side less the first; empty where there is only one."""


class Hour(msgspec.Struct, frozen=True):
    """One hour of the day, all days and seeds together, for each side."""

    queued: float
    within_20: tuple[float, ...]


class Trial(msgspec.Struct, frozen=True):
    names: tuple[str, ...]
    seeds: tuple[int, ...]
    days: int
    calls: int
    """Simulated, over all seeds and sides."""
    facts: int
    groups: tuple[Group, ...]
    hours: tuple[Hour, ...]
    moved: Moved | None = None
    hands: tuple[Hands, ...] = ()


class Course(msgspec.Struct, frozen=True):
    """What all runs have in common. `whole`: with menu, announcements and rating."""

    callers: Callable[[int], Iterable[Caller]]
    """Seed → everybody who calls; asked once for each side and must give the same."""
    midnight: float
    days: int
    spans: tuple[Span, ...] = ()
    whole: bool = False
    prompt_s: Mapping[str, float] = {}


def trial(
    course: Course, sides: Sequence[Side], seeds: Sequence[int], tell: Callable[[int], None]
) -> Trial:
    """Play every side with every seed. `tell`: how many runs are done."""
    by_side: list[list[Mapping[str, Figures]]] = [[] for _ in sides]
    by_hour = [[[0, 0] for _ in range(24)] for _ in sides]
    changes: list[Moved] = []
    hands: list[Hands] = []
    calls = facts = done = 0
    for seed in seeds:
        tallies: list[Tally] = []
        for n, side in enumerate(sides):
            tally = play(
                side, course.callers(seed), seed=seed, whole=course.whole, prompt_s=course.prompt_s
            )
            tallies.append(tally)
            calls, facts, done = calls + tally.calls, facts + tally.facts, done + 1
            by_side[n].append(_figures(tally.taken, course.spans))
            _count_hours(tally.taken, course.midnight, by_hour[n])
            tell(done)
        if len(tallies) > 1:
            change, moves = moved(tallies[0].taken, tallies[1].taken)
            changes.append(change)
            hands = hands or moves
    return Trial(
        tuple(side.name for side in sides),
        tuple(seeds),
        course.days,
        calls,
        facts,
        _groups(by_side),
        _hours(by_hour, len(seeds)),
        added(changes) if changes else None,
        tuple(hands[:HANDS_KEPT]),
    )


def _figures(taken: Sequence[Taken], spans: Sequence[Span]) -> dict[str, Figures]:
    found = {key: figures(calls) for key, calls in groups(taken).items()}
    for span in spans:
        within = [call for call in taken if span.begins <= call.queued_at < span.ends]
        found[f"span:{span.name}"] = figures(within)
    return found


def _groups(by_side: Sequence[Sequence[Mapping[str, Figures]]]) -> tuple[Group, ...]:
    found = []
    # A group that some seed does not have has nothing to compare there.
    keys = [key for key in by_side[0][0] if all(key in run for runs in by_side for run in runs)]
    for key in keys:
        sides = [[run[key] for run in runs] for runs in by_side]
        queued = sum(figure.queued for figure in sides[0]) / len(sides[0])
        measures = tuple({m: over_seeds(runs, m) for m in MEASURES} for runs in sides)
        apart = {m: difference(sides[0], sides[1], m) for m in MEASURES} if sides[1:] else {}
        found.append(Group(key, queued, measures, apart))
    rank = {"language": 1, "service": 2, "span": 3}
    found.sort(key=lambda g: (0 if g.key == ALL else rank[g.key.split(":")[0]], -g.queued, g.key))
    return tuple(found)


def _count_hours(taken: Iterable[Taken], midnight: float, into: list[list[int]]) -> None:
    for call in taken:
        hour = into[int((call.queued_at - midnight) // 3600) % 24]
        hour[0] += 1
        hour[1] += bool(call.seat_id) and call.waited_s <= 20.0


def _hours(by_hour: Sequence[Sequence[Sequence[int]]], seeds: int) -> tuple[Hour, ...]:
    return tuple(
        Hour(
            by_hour[0][hour][0] / seeds,
            tuple(side[hour][1] / max(1, side[hour][0]) for side in by_hour),
        )
        for hour in range(24)
    )
