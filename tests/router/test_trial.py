"""Simulations that compare: the same callers on two lines, intervals, and the past once more."""

from __future__ import annotations

import math
from datetime import date
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest

from config.loader import load
from config.policy import HeadStart, Order, Policy, When
from queues.erlang import memoryless, steady
from router.sim import replay, rosterfile
from router.sim.compare import difference, interval, moved
from router.sim.figures import Figures, figures, quantile
from router.sim.needed import Target, needed, spells
from router.sim.patience import Seen, fitted
from router.sim.replay import Past
from router.sim.run import Side, play
from router.sim.scenario import RUSH_AT_S, callers, scenario, usual_duties
from router.sim.skillgroups import group_of, skill_groups
from router.sim.student import quantile as student
from router.sim.tally import Taken
from router.sim.trial import Course, Span, trial
from scripts.benches._policy_pool import by_ciw
from scripts.benches._policy_rivals import Dedicated, Rival, served
from scripts.benches._policy_rivals import Pooled as Bound
from scripts.benches._policy_same import counted, gave_up, mean_wait, ours, steady_callers

SETTINGS = load(env={})
LINE, TRAFFIC = SETTINGS.line, SETTINGS.traffic
ZONE = ZoneInfo("Asia/Shanghai")


# ---- the engine against formula and another simulator ----


def hour(seed: int, count: int, calls_h: float = 85.0) -> list[replay.Caller]:
    return steady_callers(
        f"test {seed}", count, calls_s=calls_h / 3600, languages={"cmn": 1.0}, talk_s=435.0,
        talk_sigma=None, patience_s=150.0, patience_sigma=None,
    )  # fmt: skip


POOL = msgspec.structs.replace(LINE, policy=Policy(version="pool"))


def test_every_single_caller_waits_as_long_as_in_ciw() -> None:
    some = hour(1, 1500)
    mine, theirs = ours(POOL, [{"lang:cmn": 5}] * 11, some), by_ciw(some, 11)
    assert [one.answered for one in mine] == [one.answered for one in theirs]
    assert [one.waited_s for one in mine] == pytest.approx(
        [one.waited_s for one in theirs], abs=1e-5
    )
    assert sum(not one.answered for one in mine) > 50


def test_waiting_and_giving_up_are_those_of_erlang_a() -> None:
    runs = [counted(ours(POOL, [{"lang:cmn": 5}] * 11, hour(seed, 1500))) for seed in range(6)]
    formula = steady(85 / 3600, 435.0, 11, memoryless(150.0))
    for measure, expected in ((mean_wait, formula.mean_wait_s), (gave_up, formula.abandoned)):
        found = interval([measure(run) for run in runs], 0.999)
        assert found.half is not None
        assert abs(found.mean - expected) <= found.half


def test_rivals_know_only_whom_their_seats_speak_with() -> None:
    some = steady_callers(
        "rivals", 600, calls_s=85 / 3600, languages={"cmn": 0.8, "khg": 0.2}, talk_s=435.0,
        talk_sigma=0.5, patience_s=95.0, patience_sigma=0.5,
    )  # fmt: skip
    speaks = [{"lang:cmn": 5}] * 8 + [{"lang:cmn": 5, "lang:khg": 5}] * 4
    bound, idle, apart = (
        served(way(speaks, "cmn"), some) for way in (Bound, Rival, Dedicated)
    )  # fmt: skip
    assert mean_wait(bound) < mean_wait(idle) < mean_wait(apart)
    head = HeadStart(name="few", seconds=120, when=When(languages=("khg",)))
    policy = Policy(version="t", order=Order(greatest_head_start_s=120, head_starts=(head,)))
    mine = ours(msgspec.structs.replace(LINE, policy=policy), speaks, some)

    def few(run: list[replay.Taken] | list[object]) -> float:
        return mean_wait(one for one in run if one.language == "khg")  # type: ignore[attr-defined]

    assert few(mine) < few(idle)  # type: ignore[arg-type]


# ---- trials ----


def day(preset: str = "city") -> tuple[Course, Side]:
    of = scenario(preset, TRAFFIC, ZONE, days=1, calls=150)  # type: ignore[arg-type]
    course = Course(lambda seed: callers(of, LINE, seed), of.begins, 1)
    return course, Side("line", LINE, usual_duties(of))


def test_a_line_compared_with_itself_differs_in_nothing() -> None:
    course, side = day()
    found = trial(course, [side, side], [1, 2], lambda done: None)
    assert found.moved is not None
    assert found.moved.other_seat == found.moved.gained == found.moved.lost == 0
    assert not found.hands
    for group in found.groups:
        assert all(one.mean == 0.0 and one.half == 0.0 for one in group.difference.values())


def test_more_seats_answer_more_of_the_very_same_calls() -> None:
    course, side = day()
    few = Side("few", LINE, [duty for n, duty in enumerate(side.duties) if n % 2])
    done: list[int] = []
    found = trial(course, [few, side], [1, 2, 3], done.append)
    assert done == [1, 2, 3, 4, 5, 6]
    assert found.calls == 6 * 150
    whole = found.groups[0]
    assert whole.key == "all"
    assert whole.difference["within_20"].mean > 0.05
    assert whole.difference["abandoned"].sure
    assert found.moved is not None
    assert found.moved.gained > found.moved.lost
    assert all(one.before != one.after for one in found.hands)
    assert sum(hour.queued for hour in found.hours) == pytest.approx(whole.queued)
    assert {group.key.split(":")[0] for group in found.groups} == {"all", "language", "service"}


def test_a_burst_brings_twenty_times_the_calls_within_a_minute() -> None:
    of = scenario("burst", TRAFFIC, ZONE, days=1)
    plain = scenario("province", TRAFFIC, ZONE, days=1)
    begins = of.begins + RUSH_AT_S

    def minute(what: object) -> int:
        some = callers(what, LINE, 1)  # type: ignore[arg-type]
        return sum(begins <= one.arrives_at < begins + 60 for one in some)

    usual = next(slot.calls for slot in of.usual if slot.begins == begins) / 60
    assert minute(of) - minute(plain) == round(usual * 19)
    course = Course(
        lambda seed: callers(of, LINE, seed), of.begins, 1, (Span("burst", begins, begins + 900),)
    )
    found = trial(course, [Side("a", LINE, usual_duties(of))], [1], lambda done: None)
    assert found.groups[-1].key == "span:burst"
    assert found.groups[-1].sides[0]["within_20"].mean < found.groups[0].sides[0]["within_20"].mean


def test_a_whole_line_and_a_bare_one_serve_nearly_alike() -> None:
    """What a bare line leaves out decides little; it is not the same, and that is known."""
    of = scenario("province", TRAFFIC, ZONE, days=1)
    side = Side("a", LINE, usual_duties(of))
    bare, whole = (
        figures(play(side, callers(of, LINE, 1), seed=1, whole=w).taken) for w in (False, True)
    )
    assert bare.queued > 600
    assert abs(bare.answered - whole.answered) < 0.06


# ---- figures and intervals ----


def taken(wait: float, seat: str = "s1", left: bool = False, id: str = "c") -> Taken:
    return Taken(id, "cmn", "general", 0.0, wait, "" if left else seat, left=left)


def test_figures_are_of_all_who_asked() -> None:
    found = figures([taken(10.0), taken(18.0), taken(25.0), taken(100.0, left=True)])
    assert found == Figures(4, 0.75, 0.25, 0.5, 0.75, 0.25, 38.25, 100.0)
    assert figures([]) == Figures()
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.0


def test_student_s_quantiles() -> None:
    """Any table of t: 0.975 with 1, 4, 9 and 0.995 with 30 degrees."""
    found = [student(1, 0.975), student(4, 0.975), student(9, 0.975), student(30, 0.995)]
    assert [round(t, 3) for t in found] == [12.706, 2.776, 2.262, 2.750]
    with pytest.raises(ValueError, match="quantile"):
        student(0, 0.975)


def test_a_difference_is_paired_seed_by_seed() -> None:
    before = [Figures(within_20=x) for x in (0.5, 0.7, 0.9)]
    after = [Figures(within_20=x + 0.1 + e) for x, e in ((0.5, 0.0), (0.7, 0.01), (0.9, -0.01))]
    found = difference(before, after, "within_20")
    assert found.mean == pytest.approx(0.1)
    assert found.sure
    assert found.half is not None
    assert found.half < 0.03
    assert interval([1.0]).half is None
    assert not interval([1.0]).sure


def test_whose_calls_moved() -> None:
    before = [taken(5.0, "a", id="1"), taken(9.0, left=True, id="2"), taken(3.0, "b", id="3")]
    after = [taken(5.0, "b", id="1"), taken(4.0, "a", id="2"), taken(9.0, left=True, id="3")]
    counts, hands = moved(before, after)
    assert (counts.other_seat, counts.gained, counts.lost) == (1, 1, 1)
    assert (counts.sooner, counts.later, counts.same) == (1, 1, 0)
    assert [(one.before, one.after) for one in hands] == [("a", "b"), ("", "a"), ("b", "")]


# ---- the past ----


def test_patience_is_found_again_behind_those_who_were_served() -> None:
    chance = Random(1)
    seen = []
    for _ in range(6000):
        patience, wait = chance.expovariate(1 / 120), chance.expovariate(1 / 60)
        seen.append(Seen(min(patience, wait), patience < wait))
    found = fitted(seen)
    for at in (30.0, 60.0, 120.0):
        assert found.survival(at) == pytest.approx(math.exp(-at / 120), abs=0.03)
    beyond = [found.beyond(60.0, chance) for _ in range(3000)]
    assert min(beyond) >= 60.0
    assert sum(beyond) / len(beyond) == pytest.approx(180.0, rel=0.08)
    assert fitted([]).beyond(5.0, chance) >= 5.0


def test_who_gave_up_gives_up_again_and_who_talked_talks_as_long() -> None:
    past = [Past(100.0 + n, "cmn", "general", 20.0 + n % 40, n % 3 == 0, 0.0 if n % 3 == 0 else 300)
            for n in range(120)]  # fmt: skip
    known = replay.learned(past)
    again = list(replay.callers(past, known, 1))
    assert [one.arrives_at for one in again] == [one.queued_at for one in past]
    for one, then in zip(again, past, strict=True):
        assert one.patience_s == then.waited_s if then.left else one.patience_s >= then.waited_s
        assert one.talk_s == 300
    assert again == list(replay.callers(past, known, 1))
    assert again != list(replay.callers(past, known, 2))


# ---- rosters ----

ROSTER = """
[[posts]]
id = "day"
count = 2
skills = { "lang:cmn" = 5, "law:general" = 4 }
days = [1, 2]
begins = "08:00"
ends = "16:00"

[[posts]]
id = "always"
skills = { "lang:khg" = 5 }

[[posts]]
id = "night"
skills = { "lang:cmn" = 5 }
begins = "22:00"
ends = "06:00"
"""


def test_a_roster_as_it_is_written_down() -> None:
    roster = rosterfile.parse(ROSTER)
    assert rosterfile.parse(rosterfile.text(roster.posts)) == roster
    week = [date(2026, 3, n) for n in range(2, 9)]
    found = rosterfile.duties(roster, week, ZONE)
    by_day = [duty for duty in found if duty.seat_id.startswith("day")]
    assert len(by_day) == 4
    assert all(duty.ends - duty.begins == 8 * 3600 for duty in by_day)
    (always,) = (duty for duty in found if duty.seat_id == "always")
    assert always.ends - always.begins == 7 * 86_400
    nights = [duty for duty in found if duty.seat_id == "night"]
    assert len(nights) == 8
    assert nights[0].ends - nights[0].begins == 6 * 3600


@pytest.mark.parametrize(
    "text",
    ["", "[[posts]]\nid = 'a'\nskills = { x = 9 }", "[[posts]]\nid = 'a'\nskills = {}\nshift = 1",
     ROSTER + ROSTER, "[[posts]", "posts = []"],
)  # fmt: skip
def test_a_roster_that_is_none(text: str) -> None:
    with pytest.raises((msgspec.DecodeError, ValueError)):
        rosterfile.parse(text)


def test_kinds_of_seats_are_read_off_the_policy() -> None:
    groups = {group.key: group for group in skill_groups(LINE, TRAFFIC)}
    assert sum(group.share for group in groups.values()) == pytest.approx(1.0)
    assert groups["language:khg"].skills["lang:khg"] >= 1
    assert groups["service:labour"].skills["law:labour"] >= 1
    assert all("lang:cmn" in group.skills for group in groups.values())
    assert group_of("khg", "labour", LINE, groups) == "language:khg"
    assert group_of("cmn", "labour", LINE, groups) == "service:labour"
    assert group_of("cmn", "general", LINE, groups) == "ordinary"


def test_seats_by_half_hour_meet_the_target_when_played() -> None:
    of = scenario("province", TRAFFIC, ZONE, days=1, calls=400)
    rounds: list[int] = []
    found = needed(of, LINE, TRAFFIC, Target(0.8, 20.0), seeds=[1, 2], rounds=4, tell=rounds.append)
    assert rounds == list(range(1, found.rounds + 1))
    assert len(found.halves) == 48
    busy, quiet = found.halves[20], found.halves[6]
    assert sum(busy.seats.values()) > sum(quiet.seats.values())
    timely = sum((half.level or 0.0) * half.calls for half in found.halves)
    assert timely / sum(half.calls for half in found.halves) >= 0.8


def test_spells_cover_exactly_the_counts() -> None:
    row = [1, 2, 2, 0, 3, 1]
    for half, count in enumerate(row):
        assert sum(begins <= half < ends for begins, ends in spells(row)) == count
