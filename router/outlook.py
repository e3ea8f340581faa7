"""How long a waiting caller will go on waiting: the line as it stands now, put before queues.wait.

What matters of the skills of seats is only which of the calls in question they may serve: seats
that may serve the same are one group. Two seats together (a pair) and the owner of a case are not
foreseen: a call that they serve sooner than anybody else has waited less than was told. Decides
nothing.
"""

from __future__ import annotations

from itertools import groupby

from queues.choice import Caller
from queues.course import FRESH, STAGES, WRAPUP, Course, course
from queues.flow import Group, Run
from queues.wait import Interval, estimate
from router.call import Call
from router.seat import Seat
from router.standing import may_be_rung
from router.turn import Turn

MOST_RUNS = 24
"""More changes of kind among the calls ahead than this are not followed one by one."""

IDLE = STAGES
"""Place of idle seats behind the stages of work."""

_Kind = tuple[int, int, bool]
"""Ladder and rung by identity, and whether it waits for an owner."""


def interval(turn: Turn, call: Call) -> Interval | None:
    """For a call that waits. None: nobody can say."""
    lately = turn.state.lately
    shape = lately.talks.shape(turn.line.queue.typical_talk_s, turn.line.wrapup.seconds)
    # The tables go by whole seconds; what comes on top of everything need not.
    table = course(shape)._replace(ring_s=lately.talks.ring_s or shape.ring_s)
    first, *ahead = turn.standing.dispatch.queue(call.id)
    parts = _parted([first, *ahead])
    waiting = (turn.now - (one.waits_from or turn.now) for one in turn.state.calls.values()
               if one.waiting)  # fmt: skip
    return estimate(
        table,
        _groups(turn, table, parts),
        [_run(calls, parts, turn.now) for calls in _runs(ahead)],
        _opens(first, parts, turn.now, _waited(first, turn.now)),
        lately.patience.with_waiting(waiting),
    )


def _parted(callers: list[Caller]) -> list[int]:
    """Bits of profiles, parted by which of the callers' rungs they meet."""
    parts = [-1]
    for one in {_kind(caller): caller for caller in callers}.values():
        for rung in range(one.rung, len(one.ticket.ladder.rungs)):
            bits = one.ways.upto(rung)
            parts = [new for part in parts for new in (part & bits, part & ~bits) if new]
    return parts


def _groups(turn: Turn, table: Course, parts: list[int]) -> list[Group]:
    counts = [[0.0] * (STAGES + 1) for _ in parts]
    group_of: dict[int, int] = {}
    for seat in turn.state.seats.values():
        stage = _stage(turn, table, seat)
        if stage is None:
            continue
        bit = turn.standing.dispatch.bit(seat.id)
        group = group_of.get(bit)
        if group is None:
            group = group_of[bit] = next(k for k, part in enumerate(parts) if part & bit)
        counts[group][stage] += 1.0
    return [Group(stages[:STAGES], int(stages[IDLE])) for stages in counts]


def _stage(turn: Turn, table: Course, seat: Seat) -> int | None:
    """Stage of work; None: not counted upon."""
    if seat.wants_not_ready or not turn.state.reachable(seat.phone):
        return None
    match seat.state:
        case "talking":
            return table.stage(turn.now - seat.since)
        case "offered" | "reserved":
            return FRESH
        case "ready" if may_be_rung(turn.state, seat, turn.now):
            return IDLE
        case "wrapup" | "ready":  # ready and not to be rung: it pauses for a moment
            return WRAPUP
        case _:
            return None


def _opens(caller: Caller, parts: list[int], now: float, waited: float) -> dict[int, float]:
    """By group: seconds from now until it may serve the caller."""
    ladder, ways = caller.ticket.ladder, caller.ways
    least = max(0.0, caller.ticket.owner_until - now) if caller.ticket.owner else 0.0
    opens: dict[int, float] = {}
    for rung in range(caller.rung, len(ladder.rungs)):
        bits = ways.upto(rung)
        after_s = 0.0 if rung == caller.rung else ladder.rungs[rung].after_s - waited
        for group, part in enumerate(parts):
            if part & bits and part > 0 and group not in opens:
                opens[group] = max(least, after_s)
    return opens


def _run(calls: list[Caller], parts: list[int], now: float) -> Run:
    waited = sum(_waited(one, now) for one in calls) / len(calls)
    return Run(len(calls), waited, _opens(calls[0], parts, now, waited))


def _waited(caller: Caller, now: float) -> float:
    return now - caller.ticket.waits_from


def _kind(caller: Caller) -> _Kind:
    return (id(caller.ways), caller.rung, bool(caller.ticket.owner))


def _runs(ahead: list[Caller]) -> list[list[Caller]]:
    """Neighbours that want the same; of too many, the order within a quarter is let go."""
    runs = [list(calls) for _, calls in groupby(ahead, key=_kind)]
    if len(runs) <= MOST_RUNS:
        return runs
    quarter = -(-len(ahead) // 4)
    together: list[list[Caller]] = []
    for begin in range(0, len(ahead), quarter):
        kinds: dict[_Kind, list[Caller]] = {}
        for call in ahead[begin : begin + quarter]:
            kinds.setdefault(_kind(call), []).append(call)
        together += kinds.values()
    return together
