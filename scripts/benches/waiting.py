"""How honest the waiting time is: each estimate on virtual time beside what became true.

Part of `./scripts/bench policy`. Who gives up before a seat answers leaves no wait to compare with,
and those who stay are the lucky ones. So one caller in five, drawn before anything happens, is a
probe: it never gives up, never leaves a message and is never asked to. Only probes are counted;
the estimator cannot tell them from others, and what it learns of patience it learns with them in.
Coverage: how often the wait was no longer than the median, and than the 90th percentile.

Beside it in the same run, on the same callers: what app_queue would announce (its own formula,
with the absolute value, shared/peers.md), and a mean by queue length as this line told before.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from random import Random
from time import process_time
from typing import NamedTuple

import msgspec

from config.loader import load
from config.model import Line
from hotline.table import table
from queues.course import STAGES, course
from queues.flow import Group, Run
from queues.needs import holds
from queues.patience import Patience
from queues.policy import ladder
from queues.talks import Talks
from queues.wait import estimate
from router import facts as f
from router.engine import Engine
from router.sim.callers import Caller, Habits, draw
from router.sim.roster import Duty, Rest
from router.sim.world import World
from router.state import State

PROBES = 0.2
BEGIN = 1_791_000_000.0
HOUR = 3600.0
MEAN_S = 435.0

Talk = Callable[[Random], float]


class Traffic(NamedTuple):
    """`load(hour)`: offered talks at once, as a share of the seats. `tuned`: the estimator was
    looked at on it while it was made; the others were only ever reported."""

    name: str
    tuned: bool
    seats: int
    hours: float
    load: Callable[[float], float]
    talk: Talk
    habits: Habits
    shift: bool = False
    """Seats come and go with shifts and have meals; otherwise all are there all the time."""


class Told(NamedTuple):
    """One estimate, and what came of it."""

    call_id: str
    number: int
    """Of the estimates for this caller, from 0."""
    median_s: float
    p90_s: float
    minutes: int | None
    ahead: int
    able: int
    mean_s: float
    app_queue_s: float
    at: float


class Coverage(NamedTuple):
    """`n` estimates of `callers` probes. Shares; errors in seconds."""

    name: str
    tuned: bool
    callers: int
    n: int
    half: float
    nine: float
    first_half: float
    first_nine: float
    error_s: float
    mean_error_s: float
    app_queue_error_s: float
    app_queue_grew: float
    grew: float
    told: float
    """Share of estimates of which minutes were said."""
    kept: float
    """Share of those in which a seat answered within the minutes said."""


def log_normal(sigma: float) -> Talk:
    mu = math.log(MEAN_S) - sigma**2 / 2
    return lambda chance: min(max(chance.lognormvariate(mu, sigma), 12.0), 3600.0)


def gamma(shape: float) -> Talk:
    return lambda chance: max(12.0, chance.gammavariate(shape, MEAN_S / shape))


def mixed(chance: Random) -> float:
    """A third are put right in a minute, the others told their whole story."""
    if chance.random() < 1 / 3:
        return max(12.0, chance.lognormvariate(math.log(55.0), 0.4))
    return max(12.0, chance.lognormvariate(math.log(560.0), 0.45))


def _steady(share: float) -> Callable[[float], float]:
    return lambda _: share


def _burst(hour: float) -> float:
    return 6.0 if 1.0 <= hour % 3.0 < 1.15 else 0.75


def _rush(hour: float) -> float:
    return 2.6 if 2.0 <= hour < 2.25 else 0.85


def _day(hour: float) -> float:
    shape = (0.5, 1.1, 1.25, 1.05, 0.7, 0.75, 1.1, 1.2, 1.0, 0.7, 0.5, 0.4)
    return shape[int(hour) % len(shape)]


_ALL = Habits()
_MANY_TONGUES = Habits(languages={"cmn": 0.72, "khg": 0.14, "ii": 0.14})

TRAFFICS = (
    Traffic("steady, log-normal", True, 30, 10, _steady(1.03), log_normal(0.78), _ALL),
    Traffic("day, mixed talks", True, 45, 12, _day, mixed, _ALL),
    Traffic("steady, gamma", False, 30, 10, _steady(1.0), gamma(2.0), _ALL),
    Traffic("day, log-normal", True, 60, 12, _day, log_normal(0.9), _ALL),
    Traffic("burst within minutes", True, 40, 12, _burst, log_normal(0.78), _ALL),
    Traffic("many languages", False, 30, 10, _steady(1.0), log_normal(0.78), _MANY_TONGUES),
    Traffic("few seats, mixed", False, 8, 12, _steady(0.95), mixed, _ALL),
    Traffic("rush at ten, gamma", False, 60, 8, _rush, gamma(1.6), _ALL),
    Traffic("shifts and meals", False, 45, 12, _day, gamma(1.3), _ALL, True),
)


def coverages(seeds: Sequence[str], names: Sequence[str] = ()) -> Iterator[Coverage]:
    """One row a traffic; a few seconds each and seed."""
    line = _line()
    for traffic in TRAFFICS:
        if not names or traffic.name in names:
            told: list[tuple[Told, float]] = []
            for seed in seeds:
                told += _played(line, traffic, seed)
            yield _summed(traffic, told)


def _line() -> Line:
    line = load(env={}).line
    # A probe waits to the end; nobody is sent to the voicemail for having waited.
    queue = msgspec.structs.replace(line.queue, max_wait_s=6 * HOUR)
    return msgspec.structs.replace(line, queue=queue)


def _played(line: Line, traffic: Traffic, seed: str) -> list[tuple[Told, float]]:
    callers = _callers(line, traffic, Random(f"{traffic.name} {seed}"))
    probes = {caller.id for caller in callers if caller.patience_s == math.inf}
    state = State()
    state.pbx_up = True
    engine = Engine(line, state)
    listener = _Listener(engine, probes)
    world = World(engine, callers, _duties(traffic, seed), seed=seed, record=listener.hear)
    world.run(BEGIN + (traffic.hours + 3) * HOUR)
    return listener.came_true()


def _callers(line: Line, traffic: Traffic, chance: Random) -> list[Caller]:
    moments, at = [], 0.0
    while at < traffic.hours:
        most = 6.0 * traffic.seats / (MEAN_S + 28.0) * HOUR
        at += chance.expovariate(most)
        if chance.random() * 6.0 < traffic.load(at):
            moments.append(BEGIN + at * HOUR)
    numbers = [f"1990000{n % 10_000:04d}" for n in range(len(moments))]
    drawn = draw(moments, numbers, line, chance, prefix="w-", habits=traffic.habits)
    callers = []
    for caller in drawn:
        probe = chance.random() < PROBES
        callers.append(
            msgspec.structs.replace(
                caller,
                talk_s=traffic.talk(chance),
                patience_s=math.inf if probe else caller.patience_s,
                rather_message=caller.rather_message and not probe,
                leaves_menu_s=math.inf if probe else caller.leaves_menu_s,
            )
        )
    return callers


_LAW = {"law:general": 4, "law:labour": 3, "law:marriage": 3, "law:contract": 3}


def _duties(traffic: Traffic, seed: str) -> list[Duty]:
    """Every third seat speaks another language too, every fourth has another speciality."""
    chance = Random(f"roster {traffic.name} {seed}")
    end = BEGIN + (traffic.hours + 4) * HOUR
    duties = []
    for n in range(traffic.seats):
        skills = {"lang:cmn": 5, **_LAW}
        if n % 3 == 0:
            skills[("lang:khg", "lang:ii", "lang:adx")[n // 3 % 3]] = 4
        if n % 4 == 1:
            skills[("group:migrant", "law:aid", "group:veteran")[n // 4 % 3]] = 4
        begins, ends = BEGIN - 60.0, end
        rests: tuple[Rest, ...] = ()
        if traffic.shift:
            begins += chance.choice((0.0, 1.0, 2.0)) * HOUR
            ends = begins + chance.choice((8.0, 9.5, 11.0)) * HOUR
            meal = begins + chance.uniform(3.0, 5.0) * HOUR
            rests = (Rest(meal, meal + 1800.0, "meal"),)
        seat = f"w{n:03d}"
        duties.append(Duty(seat, seat, seat, skills, "staff", begins, ends, 5.0, rests))
    return duties


class _Listener:
    """Writes down every estimate for a probe, what others would have said, and the answer."""

    def __init__(self, engine: Engine, probes: set[str]) -> None:
        self._engine = engine
        self._probes = probes
        self._told: list[Told] = []
        self._answered: dict[str, float] = {}
        self._hold_s = 0
        self._talks, self._talk_s = 0, MEAN_S
        self._times: dict[str, int] = {}

    def hear(self, facts: Sequence[f.Fact]) -> None:
        for fact in facts:
            body = fact.body
            match body:
                case f.WaitTold() if body.median_s is not None and body.p90_s is not None:
                    if body.call_id in self._probes:
                        self._write(body.call_id, fact.at, body.median_s, body.p90_s, body)
                case f.Connected():
                    self._answered.setdefault(body.call_id, fact.at)
                    self._hold_s = (3 * self._hold_s + int(body.waited_s)) // 4
                case f.TalkEnded():
                    self._talk_s += 0.05 * (body.talk_s - self._talk_s)
                case _:
                    pass

    def _write(
        self, call_id: str, at: float, median_s: float, p90_s: float, body: f.WaitTold
    ) -> None:
        state = self._engine.state
        call = state.calls[call_id]
        needs = ladder(self._engine.line.policy, call.language, call.service).rungs[call.step].needs
        able = sum(holds(needs, seat.skills) for seat in state.seats.values())
        waited = at - (call.waits_from or at)
        number = self._times.get(call_id, 0)
        self._times[call_id] = number + 1
        self._told.append(
            Told(
                call_id, number, median_s, p90_s, body.minutes, body.ahead, able,
                (body.ahead + 1) * (self._talk_s + 30.0) / max(able, 1),
                60.0 * (abs(self._hold_s + 30 - int(waited)) // 60),
                at,
            )
        )  # fmt: skip

    def came_true(self) -> list[tuple[Told, float]]:
        """Each estimate with the seconds it really took; who is never answered is an error."""
        return [(told, self._answered[told.call_id] - told.at) for told in self._told
                if told.call_id in self._answered]  # fmt: skip


def _summed(traffic: Traffic, told: list[tuple[Told, float]]) -> Coverage:
    first = [(one, wait) for one, wait in told if one.number == 0]
    said = [(one, wait) for one, wait in told if one.minutes is not None]
    before: dict[str, Told] = {}
    again = grew = app_grew = 0
    for one, _ in told:
        last = before.get(one.call_id)
        if last is not None and one.number > 0:
            again += 1
            grew += (one.minutes or 0) > (last.minutes or 99)
            app_grew += one.app_queue_s > last.app_queue_s
        before[one.call_id] = one
    return Coverage(
        traffic.name,
        traffic.tuned,
        len(first),
        len(told),
        _share(told, lambda one: one.median_s),
        _share(told, lambda one: one.p90_s),
        _share(first, lambda one: one.median_s),
        _share(first, lambda one: one.p90_s),
        _error(told, lambda one: one.median_s),
        _error(told, lambda one: one.mean_s),
        _error(told, lambda one: one.app_queue_s),
        app_grew / max(again, 1),
        grew / max(again, 1),
        len(said) / max(len(told), 1),
        sum(wait <= 60.0 * (one.minutes or 0) for one, wait in said) / max(len(said), 1),
    )


def _share(told: Sequence[tuple[Told, float]], of: Callable[[Told], float]) -> float:
    return sum(wait <= of(one) for one, wait in told) / max(len(told), 1)


def _error(told: Sequence[tuple[Told, float]], of: Callable[[Told], float]) -> float:
    return sum(abs(wait - of(one)) for one, wait in told) / max(len(told), 1)


def cost_us(seats: int = 500, ahead: int = 40) -> float:
    """Microseconds of one estimate from its own table and groups, all calls of one kind ahead."""
    patience, known = Patience((20.0,) * 8, (4000.0,) * 8), Talks()
    table_ = course(known.shape(MEAN_S, 24.0))
    groups = [Group([seats / 2 / STAGES] * STAGES) for _ in range(2)]
    runs = [Run(ahead // 4, 40.0, {k % 2: 0.0, 1: 0.0}) for k in range(4)]
    began = process_time()
    for _ in range(200):
        estimate(table_, groups, runs, {0: 0.0, 1: 20.0}, patience)
    return (process_time() - began) / 200 * 1e6


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="./scripts/bench waiting", description=__doc__)
    parser.add_argument("--seeds", default="11,12", help="comma between; each all of the traffics")
    parser.add_argument("--only", action="append", default=[], help="name of one traffic")
    asked = parser.parse_args(argv)
    rows = [["traffic", "looked at", "probes", "estimates", "50 %", "90 %", "first 50 %",
             "first 90 %", "off s", "by place s", "app_queue s", "app_queue grew", "grew",
             "told", "kept"]]  # fmt: skip
    off = []
    for one in coverages(asked.seeds.split(","), asked.only):
        shares = (one.half, one.nine, one.first_half, one.first_nine)
        errors = (one.error_s, one.mean_error_s, one.app_queue_error_s)
        lasting = (one.app_queue_grew, one.grew, one.told, one.kept)
        rows.append([one.name, "yes" if one.tuned else "no", str(one.callers), str(one.n),
                     *(f"{share:.1%}" for share in shares), *(f"{s:.0f}" for s in errors),
                     *(f"{share:.0%}" for share in lasting)])  # fmt: skip
        if not one.tuned and max(abs(one.half - 0.5), abs(one.nine - 0.9)) > 0.05:
            off.append(one.name)
    print("\nwaiting time told: share of waits within the median and within the 90th percentile")
    print(*table(rows), sep="\n")
    verdict = "NO: " + ", ".join(off) if off else "yes"
    print(f"  within 5 points on traffic not looked at: {verdict}")
    print(f"  one estimate at 500 seats, 40 ahead: {cost_us():.0f} us")


if __name__ == "__main__":
    main()
