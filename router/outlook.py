"""How long a waiting caller will go on waiting, as the line stands now: State put before
queues.wait.

Seats with the same skills are looked at once, and those that may serve the same of the calls in
question are one group. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import NamedTuple

from queues.course import FRESH, STAGES, WRAPUP, Course, course
from queues.skills import Skills, covers
from queues.wait import Group, Interval, Run, estimate
from router import seats
from router.call import Call
from router.seat import Seat
from router.turn import Turn

MOST_RUNS = 24
"""More kinds of calls ahead than this are not told apart one by one."""


IDLE = STAGES
"""Place of idle seats behind the stages of work."""


class _Step(NamedTuple):
    after_s: float
    needs: Skills


_Kind = tuple[str, str]


def interval(turn: Turn, call: Call) -> Interval | None:
    """For a call that waits. None: nobody can say."""
    line = turn.line
    lately = turn.state.lately
    shape = lately.talks.shape(line.queue.typical_talk_s, line.wrapup.seconds)
    return _Outlook(turn, course(shape)).of(call)


class _Outlook:
    def __init__(self, turn: Turn, course_: Course) -> None:
        self._turn = turn
        self._course = course_
        self._now = turn.now
        self._patience = turn.state.lately.patience.with_waiting(
            self._waited(call) for call in turn.state.calls.values() if call.waiting
        )
        self._steps: dict[_Kind, tuple[_Step, ...]] = {}
        self._profiles: dict[frozenset[tuple[str, int]], list[float]] = {}
        self._skills: list[Skills] = []
        for seat in turn.state.seats.values():
            stage = self._stage(seat)
            if stage is not None:
                key = frozenset(seat.skills.items())
                stages = self._profiles.get(key)
                if stages is None:
                    stages = self._profiles[key] = [0.0] * (STAGES + 1)
                    self._skills.append(seat.skills)
                stages[stage] += 1.0

    def of(self, call: Call) -> Interval | None:
        ahead = self._ahead(call)
        kinds = list(dict.fromkeys([_kind(call), *(_kind(other) for other in ahead)]))
        admits = {kind: self._first_steps(kind) for kind in kinds}
        signs = list(zip(*admits.values(), strict=True))
        groups: dict[tuple[int, ...], list[float]] = {}
        for sign, stages in zip(signs, self._profiles.values(), strict=True):
            known = groups.get(sign)
            groups[sign] = stages if known is None else [a + b for a, b in zip(known, stages, strict=True)]
        opens_at = {
            kind: {
                group: self._steps[kind][sign[k]].after_s
                for group, sign in enumerate(groups)
                if sign[k] >= 0
            }
            for k, kind in enumerate(kinds)
        }

        def opens(kind: _Kind, waited: float) -> dict[int, float]:
            return {group: max(0.0, after_s - waited) for group, after_s in opens_at[kind].items()}

        runs = []
        for kind, calls in _runs(ahead):
            waited = sum(self._waited(one) for one in calls) / len(calls)
            runs.append(Run(len(calls), waited, opens(kind, waited)))
        return estimate(
            self._course,
            [Group(stages[:STAGES], int(stages[STAGES])) for stages in groups.values()],
            runs,
            opens(_kind(call), self._waited(call)),
            self._patience,
        )

    def _ahead(self, call: Call) -> list[Call]:
        """Who chooses a seat earlier, in order. Whose seat rings has chosen already."""
        mine = (call.entered_at or 0.0, call.id)
        found = [
            (other.entered_at, other.id, other)
            for other in self._turn.state.calls.values()
            if other.stage == "queue" and other.entered_at is not None
            and (other.entered_at, other.id) < mine
        ]  # fmt: skip
        found.sort(key=lambda item: item[:2])
        return [other for _, _, other in found]

    def _waited(self, call: Call) -> float:
        return self._now - (call.waits_from or self._now)

    def _first_steps(self, kind: _Kind) -> list[int]:
        """By profile: the first step of the kind that admits it; -1: none does."""
        steps = self._steps[kind] = self._steps_of(kind)
        return [
            next((k for k, step in enumerate(steps) if covers(skills, step.needs)), -1)
            for skills in self._skills
        ]

    def _steps_of(self, kind: _Kind) -> tuple[_Step, ...]:
        turn = self._turn
        language, service = turn.languages.get(kind[0]), turn.services.get(kind[1])
        spoken = {language.skill: 1} if language else {}
        if service is None:
            return (_Step(0.0, spoken),)
        return (
            _Step(0.0, {**service.needs, **spoken}),
            *(_Step(step.after_s, {**step.needs, **spoken}) for step in service.relax),
        )

    def _stage(self, seat: Seat) -> int | None:
        """Stage of work; None: not counted upon."""
        if seat.wants_not_ready or not self._turn.state.reachable(seat.phone):
            return None
        match seat.state:
            case "talking":
                return self._course.stage(self._now - seat.since)
            case "offered":
                return FRESH
            case "ready" if seats.may_be_rung(self._turn, seat):
                return IDLE
            case "wrapup" | "ready":  # not to be rung: it pauses for a moment
                return WRAPUP
            case _:
                return None


def _kind(call: Call) -> _Kind:
    return (call.language, call.service)


def _runs(ahead: list[Call]) -> list[tuple[_Kind, list[Call]]]:
    """Neighbours that want the same; when that are too many, the order within a quarter is let go."""
    runs = [(kind, list(calls)) for kind, calls in groupby(ahead, key=_kind)]
    if len(runs) <= MOST_RUNS:
        return runs
    quarter = -(-len(ahead) // 4)
    together: list[tuple[_Kind, list[Call]]] = []
    for begin in range(0, len(ahead), quarter):
        kinds: dict[_Kind, list[Call]] = {}
        for call in ahead[begin : begin + quarter]:
            kinds.setdefault(_kind(call), []).append(call)
        together += kinds.items()
    return together
