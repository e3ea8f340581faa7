"""One size of `scripts/bench engine`, in a process of its own: prints what it measured as JSON.

Events are made as the line goes: who is offered answers or declines, seats end their talks. The
same events, with what was decided of each, are then told to the plain scan, which must agree.
"""

from __future__ import annotations

import cProfile
import heapq
import pstats
import resource
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import quantiles
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from queues.dispatch import Dispatch
from queues.ticket import Decision, Ticket
from scripts.benches._engine_work import RULES, Size, Work, rung_at
from tests.queues.scan import Scan

OURS: Final = ("arrival", "seat free", "hang-up", "relaxation")
"""The events of the aim; the others are told beside them."""

STEP_S: Final = 0.02
RING_STEPS: Final = 4
"""A seat answers after so many other events."""

Telling = list[tuple[str, tuple[Any, ...]]]
"""What is called with what, on the index and on the plain scan alike."""


class Told(NamedTuple):
    kind: str
    """Empty: the building of the line."""
    telling: Telling
    now: float


class Ask(msgspec.Struct, frozen=True):
    size: Size
    seed: int
    events: int
    plain_events: int
    profile: str = ""
    """File for what took the time, by function."""


class Cost(msgspec.Struct, frozen=True):
    count: int
    p50_ms: float
    p99_ms: float
    cpu_p99_ms: float
    """Of this thread alone: what others on the machine took is not in it."""
    worst_ms: float


class Result(msgspec.Struct, frozen=True):
    index: dict[str, Cost]
    """By kind of event; `all` of the four."""
    plain: Cost
    plain_agreed: int
    index_mb: float
    process_mb: float
    built_s: float
    offers: int
    waiting: int
    """On an average, over the events."""


class Line:
    """A line that lives: it makes the next event out of what the decisions made of the last."""

    def __init__(self, work: Work) -> None:
        self.work, self.random = work, work.random
        self.now = 1000.0
        self.waiting: list[Ticket] = []
        """Nobody rings for them."""
        self._at: dict[str, int] = {}
        self.rungs: dict[str, int] = {}
        self._places = {place.seat_id: place for place in work.places}
        self._talking = [place.seat_id for place in work.places if not place.free]
        self._rung: deque[tuple[int, Ticket, Decision]] = deque()
        self._climbs: list[tuple[float, str, Ticket]] = []
        self._steps = 0

    def begin(self) -> Telling:
        told: Telling = [("seat_on", (place,)) for place in self.work.places]
        for _ in range(self.work.size.waiting):
            told.append(self._comes(self.random.expovariate(1 / 60)))
        return told

    def next(self) -> tuple[str, Telling]:
        self.now += STEP_S
        self._steps += 1
        if self._rung and self._rung[0][0] <= self._steps:
            return self._rings_no_more()
        climber = self._climber() if self.random.random() < 0.3 else None
        if climber is not None:
            rung = self.rungs[climber.call_id] = self.rungs[climber.call_id] + 1
            self._due(climber)
            return "relaxation", [("raise_to", (climber.call_id, rung))]
        size, what = self.work.size, self.random.random()
        if what < 0.02 and self._talking:
            return self._signs_off_and_on()
        if what < 0.15 and self.waiting:
            ticket = self.random.choice(self.waiting)
            self._stands_back(ticket)
            del self.rungs[ticket.call_id]
            return "hang-up", [("leave", (ticket.call_id,))]
        busy = len(self._talking) > size.seats * (1 - size.free_share)
        full = len(self.waiting) >= size.waiting
        if self._talking and (busy if size.free_share else full or what < 0.5):
            return "seat free", [("seat_free", (self._ends_talk(), self.now))]
        return "arrival", [self._comes(0.0)]

    def decided(self, decisions: Sequence[Decision], tickets: Mapping[str, Ticket]) -> None:
        for one in decisions:
            ticket = tickets[one.call_id]
            self._stands_back(ticket)
            self._rung.append((self._steps + RING_STEPS, ticket, one))

    def _rings_no_more(self) -> tuple[str, Telling]:
        _, ticket, offer = self._rung.popleft()
        seats = [id for id in (offer.seat_id, offer.interpreter) if id]
        if self.random.random() < 0.95:
            self._talking += seats
            del self.rungs[ticket.call_id]
            return "answer", [("leave", (ticket.call_id,))]
        self._stands(ticket)
        declined = ("decline", (ticket.call_id, offer.seat_id, self.now + 30.0))
        again = [("seat_free", (seat, offer.ranking.idle_since)) for seat in seats]
        return "no answer", [declined, ("back", (ticket.call_id,)), *again]

    def _signs_off_and_on(self) -> tuple[str, Telling]:
        """Another person of the same skills takes the seat after a talk."""
        seat = self._ends_talk()
        place = replace(self._places[seat], free=True, idle_since=self.now)
        return "sign off and on", [("seat_off", (seat,)), ("seat_on", (place,))]

    def _ends_talk(self) -> str:
        talking, at = self._talking, self.random.randrange(len(self._talking))
        talking[at], talking[-1] = talking[-1], talking[at]
        return talking.pop()

    def _comes(self, age_s: float) -> tuple[str, tuple[Any, ...]]:
        ticket = self.work.ticket(self.now, age_s)
        self.rungs[ticket.call_id] = rung_at(ticket, self.now)
        self._stands(ticket)
        self._due(ticket)
        return "enter", (ticket, self.rungs[ticket.call_id])

    def _climber(self) -> Ticket | None:
        while self._climbs and self._climbs[0][0] <= self.now:
            ticket = heapq.heappop(self._climbs)[2]
            if ticket.call_id in self.rungs:
                return ticket
        return None

    def _due(self, ticket: Ticket) -> None:
        after = self.rungs[ticket.call_id] + 1
        if after < len(ticket.ladder.rungs):
            at = ticket.waits_from + ticket.ladder.rungs[after].after_s
            heapq.heappush(self._climbs, (at, ticket.call_id, ticket))

    def _stands(self, ticket: Ticket) -> None:
        self._at[ticket.call_id] = len(self.waiting)
        self.waiting.append(ticket)

    def _stands_back(self, ticket: Ticket) -> None:
        at, last = self._at.pop(ticket.call_id), self.waiting.pop()
        if last is not ticket:
            self.waiting[at] = last
            self._at[last.call_id] = at


def measure(ask: Ask) -> Result:
    line = Line(Work(ask.size, ask.seed))
    tickets: dict[str, Ticket] = {}
    """Those that ever waited."""
    before_mb, began = _resident_mb(), time.monotonic()
    index = Dispatch(RULES)
    told: list[Told] = [_told("", line, line.begin(), tickets)]
    first = _tell(index, told[0])
    line.decided(first, tickets)
    built_s, index_mb = time.monotonic() - began, _resident_mb() - before_mb
    said = [first]
    profile = cProfile.Profile() if ask.profile else None
    wall: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    waiting = offers = 0
    for n in range(ask.events):
        one = _told(*_turned(line), tickets)
        if profile is not None:
            profile.enable()
        wall_ns, cpu_ns = time.perf_counter_ns(), time.thread_time_ns()
        decisions = _tell(index, one)
        for decision in decisions:
            msgspec.json.encode(decision)
        cpu_ns, wall_ns = time.thread_time_ns() - cpu_ns, time.perf_counter_ns() - wall_ns
        if profile is not None:
            profile.disable()
        for group in (one.kind, "all") if one.kind in OURS else (one.kind,):
            wall.setdefault(group, []).append(wall_ns / 1e6)
            cpu.setdefault(group, []).append(cpu_ns / 1e6)
        line.decided(decisions, tickets)
        waiting, offers = waiting + len(line.waiting), offers + len(decisions)
        if n < ask.plain_events:
            told.append(one)
            said.append(decisions)
    if profile is not None:
        with Path(ask.profile).open("w") as file:
            pstats.Stats(profile, stream=file).sort_stats("tottime").print_stats(30)
    process_mb = _resident_mb()
    plain, agreed = _plain(told, said)
    return Result(
        {group: _cost(wall[group], cpu[group]) for group in wall},
        plain,
        agreed,
        index_mb,
        process_mb,
        built_s,
        offers,
        waiting // max(ask.events, 1),
    )


def _turned(line: Line) -> tuple[str, Line, Telling]:
    kind, telling = line.next()
    return kind, line, telling


def _told(kind: str, line: Line, telling: Telling, tickets: dict[str, Ticket]) -> Told:
    for what, args in telling:
        if what == "enter":
            tickets[args[0].call_id] = args[0]
    return Told(kind, telling, line.now)


def _tell(line: Dispatch | Scan, told: Told) -> list[Decision]:
    for what, args in told.telling:
        getattr(line, what)(*args)
    return line.match(told.now)


def _plain(told: Sequence[Told], said: Sequence[list[Decision]]) -> tuple[Cost, int]:
    """The same events told to the plain scan; of how many it says the same. The building is not
    counted."""
    scan, agreed = Scan(RULES), 0
    wall: list[float] = []
    cpu: list[float] = []
    for one, expected in zip(told, said, strict=True):
        wall_ns, cpu_ns = time.perf_counter_ns(), time.thread_time_ns()
        decisions = _tell(scan, one)
        cpu_ns, wall_ns = time.thread_time_ns() - cpu_ns, time.perf_counter_ns() - wall_ns
        for decision in decisions:
            scan.ringing(decision.call_id, one.now)
            for seat in (decision.seat_id, decision.interpreter):
                if seat:
                    scan.seat_busy(seat)
        if one.kind:
            agreed += decisions == expected
            if one.kind in OURS:
                wall.append(wall_ns / 1e6)
                cpu.append(cpu_ns / 1e6)
        elif decisions != expected:
            raise AssertionError("the index and the plain scan disagree at the beginning")
    return _cost(wall, cpu), agreed


def _cost(wall: list[float], cpu: list[float]) -> Cost:
    p50, p99 = _percentile(wall, 50), _percentile(wall, 99)
    return Cost(len(wall), p50, p99, _percentile(cpu, 99), max(wall, default=0.0))


def _percentile(values: list[float], percent: int) -> float:
    if len(values) < 2:
        return max(values, default=0.0)
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1024 / 1024


if __name__ == "__main__":
    result = measure(msgspec.json.decode(sys.argv[1], type=Ask))
    sys.stdout.write(msgspec.json.encode(result).decode())
