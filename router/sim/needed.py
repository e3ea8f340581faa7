"""How many seats of each kind every half hour needs so that callers are answered in time.

Erlang's formula gives the beginning, group by group as if nobody helped anybody. Then the engine
plays the day with these seats over several seeds: who falls short gets a seat, who has more than
enough gives one up, until neither happens. Where few call, a simulation of some days says nothing,
and Erlang's number stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from config.model import Line
from config.traffic import Traffic
from queues import erlang
from router.sim.roster import Duty
from router.sim.run import Side, play
from router.sim.scenario import Scenario, callers
from router.sim.skillgroups import ORDINARY, SkillGroup, group_of, skill_groups
from router.sim.tally import Taken

HALVES = 48
HALF_S = 1800.0
RING_S = 4.5
"""From the offer to the answer, which counts as waiting."""
ENOUGH = 40
"""Calls, of all seeds, before a share of them is believed."""
AMPLE = 0.04
"""So much above the target a group gives up a seat."""
MOST_MORE = 3
"""Seats above Erlang's number: what is still short then is short by chance, or by something that a
seat more does not mend."""

Counts = dict[str, list[int]]
"""Group → seats by half hour from midnight."""


class Target(msgspec.Struct, frozen=True):
    share: float = 0.8
    within_s: float = 20.0


class Half(msgspec.Struct, frozen=True):
    """What became of one half hour. `began`, `seats`: by group, of Erlang and in the end."""

    calls: float
    load_erl: float
    began: dict[str, int]
    seats: dict[str, int]
    level: float | None
    """Share of all its callers answered in time, over all seeds; None: nobody called."""


class Needed(msgspec.Struct, frozen=True):
    target: Target
    groups: tuple[SkillGroup, ...]
    halves: tuple[Half, ...]
    by_group: dict[str, float]
    """Group → share answered in time over the whole day."""
    rounds: int
    settled: bool
    """False: there were rounds enough, and still something changed."""


class _Seen:
    """Of one round: calls and calls in time by group and half hour."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.calls = {key: [0] * HALVES for key in keys}
        self.timely = {key: [0] * HALVES for key in keys}

    def add(self, taken: Sequence[Taken], line: Line, midnight: float, within_s: float) -> None:
        for call in taken:
            half = int((call.queued_at - midnight) // HALF_S)
            key = group_of(call.language, call.service, line, self.calls)
            if 0 <= half < HALVES and key in self.calls:
                self.calls[key][half] += 1
                self.timely[key][half] += bool(call.seat_id) and call.waited_s <= within_s

    def level(self, key: str, halves: Sequence[int]) -> float | None:
        """None: too few calls to tell."""
        calls = sum(self.calls[key][half] for half in halves)
        timely = sum(self.timely[key][half] for half in halves)
        return timely / calls if calls >= ENOUGH else None


def needed(
    of: Scenario,
    line: Line,
    traffic: Traffic,
    target: Target,
    *,
    seeds: Sequence[int],
    rounds: int,
    tell: Callable[[int], None],
) -> Needed:
    """`of`: one day. `tell`: how many rounds are done."""
    groups = skill_groups(line, traffic)
    calls = [slot.calls / 2.0 for slot in of.usual for _ in (0, 1)]
    counts = _beginning(groups, calls, line, traffic, target)
    began = {key: list(row) for key, row in counts.items()}
    least: Counts = {key: [0] * HALVES for key in counts}
    seen, done, settled = _Seen(list(counts)), 0, False
    for done in range(1, rounds + 1):
        side = Side("", line, duties(groups, counts, of.begins))
        seen = _played(of, side, list(counts), seeds, target)
        tell(done)
        if done == rounds:
            break
        if not _changed(counts, began, least, seen, target, may_shrink=done < rounds - 2):
            settled = True
            break
    handle_s = _handle_s(line, traffic)
    halves = tuple(
        Half(
            calls[half],
            calls[half] / HALF_S * handle_s,
            {key: row[half] for key, row in began.items()},
            {key: row[half] for key, row in counts.items()},
            _share(seen, half),
        )
        for half in range(HALVES)
    )
    day = {
        key: sum(seen.timely[key]) / sum(seen.calls[key]) for key in counts if sum(seen.calls[key])
    }
    return Needed(target, tuple(groups), halves, day, done, settled)


def _beginning(
    groups: Sequence[SkillGroup],
    calls: Sequence[float],
    line: Line,
    traffic: Traffic,
    target: Target,
) -> Counts:
    handle_s, within_s = _handle_s(line, traffic), max(1.0, target.within_s - RING_S)
    stays = erlang.lognormal(traffic.patience_median_s, max(0.05, traffic.patience_sigma))
    found: Counts = {}
    for group in groups:
        row = []
        for here in calls:
            rate = here * group.share / HALF_S
            row.append(
                erlang.seats_for(rate, handle_s, stays, share=target.share, within_s=within_s)
            )
        found[group.key] = row
    return found


def _changed(
    counts: Counts, began: Counts, least: Counts, seen: _Seen, target: Target, *, may_shrink: bool
) -> bool:
    """Give and take one seat where it is due. A seat that proved needed is not taken again."""
    changed = False
    for key, row in counts.items():
        for half in range(HALVES):
            level = seen.level(key, [half])
            if level is None:
                # The half hours beside it have much the same calls and seats.
                level = seen.level(key, range(max(0, half - 1), min(HALVES, half + 2)))
            if level is None:
                continue
            fewest = max(least[key][half], 0 if key == ORDINARY else 1)
            if level < target.share and row[half] < began[key][half] + MOST_MORE:
                row[half] += 1
                least[key][half] = row[half]
                changed = True
            elif may_shrink and level > target.share + AMPLE and row[half] > fewest:
                row[half] -= 1
                changed = True
    return changed


def _played(
    of: Scenario, side: Side, keys: Sequence[str], seeds: Sequence[int], target: Target
) -> _Seen:
    seen = _Seen(keys)
    for seed in seeds:
        tally = play(side, callers(of, side.line, seed, quiet_s=0.0), seed=seed)
        seen.add(tally.taken, side.line, of.begins, target.within_s)
    return seen


def _share(seen: _Seen, half: int) -> float | None:
    calls = sum(row[half] for row in seen.calls.values())
    return sum(row[half] for row in seen.timely.values()) / calls if calls else None


def spells(row: Sequence[int]) -> list[tuple[int, int]]:
    """(first half hour, one after the last) for each seat that a row of counts comes to."""
    found = []
    for seat in range(1, max(row, default=0) + 1):
        begins: int | None = None
        for half, count in enumerate([*row, 0]):
            if count >= seat and begins is None:
                begins = half
            elif count < seat and begins is not None:
                found.append((begins, half))
                begins = None
    return found


def duties(
    groups: Sequence[SkillGroup], counts: Mapping[str, Sequence[int]], midnight: float
) -> list[Duty]:
    """Somebody for each spell, there from its first moment."""
    found = []
    for group in groups:
        for n, (begins, ends) in enumerate(spells(counts[group.key])):
            seat = f"{group.key.replace(':', '-')}-{n:03d}"
            found.append(
                Duty(seat, f"p-{seat}", seat, group.skills, "staff", midnight + begins * HALF_S,
                     midnight + ends * HALF_S, 0.0)
            )  # fmt: skip
    return found


def _handle_s(line: Line, traffic: Traffic) -> float:
    """Talk, wrap-up as it usually is, and ringing."""
    return traffic.talk_mean_s + min(24.0, line.wrapup.seconds) + RING_S
