"""The simulated line: the same engine, callers and seats of a seed, in virtual time."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import date
from random import Random
from typing import get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest

from config.loader import load
from config.model import Hours, Line, Menu, Rating
from queues.needs import Has, holds
from router import facts as f
from router.engine import Engine
from router.sim.callers import Caller, Habits, RatingWay, draw, score
from router.sim.roster import Duty, Rest, Staffing, heads, roster, staff
from router.sim.traffic import Profile, arrivals, days_of, fixed_holidays, slots
from router.sim.ways import keys_to, ways
from router.sim.workers import Manners
from router.sim.world import World
from router.state import Snapshot, State

SHIPPED = load(env={}).line
ZONE = ZoneInfo("Asia/Shanghai")
OCTOBER = days_of(date(2026, 10, 1))
WEEK = OCTOBER[11:18]
"""Monday to Sunday, without holidays."""
BEGIN = 1_791_000_000.0


def drawn(calls: int, line: Line = SHIPPED, seed: str = "1", **like: float) -> list[Caller]:
    usual = slots(WEEK, calls, ZONE)
    moments = arrivals(usual, calls, usual[-1].begins, Random(seed), uneven=0.05)
    numbers = [f"1990000{n % 10_000:04d}" for n in range(calls)]
    return draw(moments, numbers, line, Random(seed), prefix="t-", habits=Habits(**like))


def rostered(calls: int, slack: float = 0.45) -> list[Duty]:
    usual, staffing = slots(WEEK, calls, ZONE), Staffing(slack=slack)
    wanted = heads(usual, staffing)
    people = staff(wanted, staffing, prefix="t-")
    return roster(usual, people, wanted, usual[-1].begins + 3600, Random("roster"))


def played(
    callers: list[Caller],
    duties: list[Duty],
    line: Line = SHIPPED,
    manners: Manners | None = None,
) -> tuple[list[f.Fact], Engine]:
    state = State()
    state.pbx_up = True
    engine, facts = Engine(line, state), list[f.Fact]()
    World(engine, callers, duties, seed="1", record=facts.extend, manners=manners).run()
    return facts, engine


@pytest.fixture(scope="module")
def week() -> tuple[list[f.Fact], Engine]:
    return played(drawn(3000), rostered(3000))


def of(facts: list[f.Fact], kind: type[f.Body]) -> list[f.Body]:
    return [fact.body for fact in facts if isinstance(fact.body, kind)]


# ---- the run ----


def test_the_same_seed_gives_the_same_facts() -> None:
    first, _ = played(drawn(150), rostered(150))
    again, _ = played(drawn(150), rostered(150))
    other, _ = played(drawn(150, seed="2"), rostered(150))
    assert msgspec.json.encode(first) == msgspec.json.encode(again)
    assert msgspec.json.encode(first) != msgspec.json.encode(other)


def test_every_call_is_opened_and_closed_once_and_everybody_goes_home(
    week: tuple[list[f.Fact], Engine],
) -> None:
    facts, engine = week
    opened = Counter(body.call_id for body in of(facts, f.CallOpened))
    closed = Counter(body.call_id for body in of(facts, f.CallClosed))
    assert opened == closed == Counter({f"t-{n:06d}": 1 for n in range(1, 3001)})
    assert not engine.state.calls
    assert not engine.state.seats
    assert engine.deadline() is None
    assert [fact.seq for fact in facts] == list(range(1, len(facts) + 1))
    assert all(a.at <= b.at for a, b in itertools.pairwise(facts))


def test_the_state_is_a_fold_over_the_facts(week: tuple[list[f.Fact], Engine]) -> None:
    facts, engine = week
    folded = Engine.restore(SHIPPED, Snapshot(0, 0.0, pbx_up=True), tuple(facts))
    assert folded.snapshot() == engine.snapshot()


def test_nothing_is_said_about_the_house_itself(week: tuple[list[f.Fact], Engine]) -> None:
    facts, _ = week
    ids = [getattr(x.body, "call_id", "") or getattr(x.body, "seat_id", "") for x in facts]
    assert all(id.startswith("t-") for id in ids)
    assert not of(facts, f.CommandFailed)


def test_whatever_happens_on_a_line_happens(week: tuple[list[f.Fact], Engine]) -> None:
    facts, _ = week
    outcomes = {body.outcome for body in of(facts, f.CallClosed)}
    assert outcomes == set(get_args(f.Outcome)) - {
        "fallback_answered", "fallback_voicemail", "fallback_abandoned", "failed", "callback",
    }  # fmt: skip
    assert {body.why for body in of(facts, f.RatingMissed)} == set(get_args(f.RatingMissedWhy))
    ends = {body.end for body in of(facts, f.OfferEnded)}
    assert {"answered", "no_answer", "rejected", "busy", "caller_left"} <= ends
    assert {body.score for body in of(facts, f.Rated)} == {1, 2, 3, 4, 5}
    assert {"meal", "break", "missed"} <= {body.reason for body in of(facts, f.SeatNotReady)}
    assert len(of(facts, f.CallHeld)) == len(of(facts, f.CallResumed)) > 20
    for kind in (f.KeyWrong, f.MenuSilent, f.Relaxed, f.WaitTold, f.VoicemailKept, f.SeatPaused):
        assert of(facts, kind), kind.__name__


def test_the_figures_are_those_of_a_line(week: tuple[list[f.Fact], Engine]) -> None:
    facts, _ = week
    connected, queued = of(facts, f.Connected), of(facts, f.Queued)
    talks = [body.talk_s for body in of(facts, f.TalkEnded)]
    purchased = sum(body.provider == "purchased" for body in connected)
    assert 0.85 <= len(connected) / len(queued) <= 0.96
    assert 0.52 <= len(of(facts, f.Rated)) / len(connected) <= 0.62
    assert 0.42 <= purchased / len(connected) <= 0.58
    assert 400 <= sum(talks) / len(talks) <= 470
    content = sum(body.score <= 2 for body in of(facts, f.Rated))
    assert content / len(of(facts, f.Rated)) >= 0.9


def test_nobody_is_served_in_a_language_the_seat_does_not_speak(
    week: tuple[list[f.Fact], Engine],
) -> None:
    facts, _ = week
    skill = {language.id: language.skill for language in SHIPPED.languages}
    needs = {body.call_id: Has(skill[body.language]) for body in of(facts, f.Queued)}
    skills = {body.seat_id: body.skills for body in of(facts, f.SeatSignedIn)}
    minority = 0
    for body in of(facts, f.Connected):
        assert holds(needs[body.call_id], skills[body.seat_id])
        minority += needs[body.call_id] != Has("lang:cmn")
    assert minority > 50


def test_the_same_callers_on_two_rosters_differ_only_in_what_the_line_did() -> None:
    callers = drawn(600)
    few, _ = played(callers, rostered(600, slack=-0.5)[::2])
    many, _ = played(callers, rostered(600, slack=3.0))
    numbers = [
        {body.call_id: body.caller_number for body in of(facts, f.CallOpened)}
        for facts in (few, many)
    ]
    assert numbers[0] == numbers[1]
    talks = [
        {body.call_id: body.talk_s for body in of(facts, f.TalkEnded)} for facts in (few, many)
    ]
    both = talks[0].keys() & talks[1].keys()
    assert all(talks[0][id] == pytest.approx(talks[1][id]) for id in both)
    assert len(both) > 200
    assert len(of(few, f.Connected)) < len(of(many, f.Connected))


def test_it_can_be_played_a_piece_at_a_time() -> None:
    whole, _ = played(drawn(100), rostered(100))
    state, pieces = State(), list[f.Fact]()
    state.pbx_up = True
    world = World(Engine(SHIPPED, state), drawn(100), rostered(100), seed="1", record=pieces.extend)
    for hour in range(24 * 8):
        until = slots(WEEK, 1, ZONE)[0].begins + hour * 3600
        world.run(until)
        assert not pieces or pieces[-1].at <= until
    world.run()
    assert pieces == whole


# ---- one caller, one seat ----


def caller(**of_it: object) -> Caller:
    plain = Caller(
        id="t-1", number="19900000001", arrives_at=BEGIN, language="cmn", service="general",
        hasty=False, presses=(), leaves_menu_s=1e9, patience_s=600, rather_message=False,
        message_s=20.0, message_hangs_up=False, talk_s=100.0, hangs_up_first=False,
        rating="rates", mood=0.0,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **of_it)


def duty(**of_it: object) -> Duty:
    skills = {"lang:cmn": 5, "law:general": 5}
    plain = Duty("s1", "p1", "s1", skills, "staff", BEGIN - 60, BEGIN + 3600, 5.0)
    return msgspec.structs.replace(plain, **of_it)


ALWAYS = Manners(misses=0.0, rejects=0.0, busy=0.0, dead=0.0)


def test_each_way_through_the_menu_leads_where_it_should() -> None:
    known = ways(SHIPPED)
    assert {language for language, _ in known} == {"cmn", "khg", "adx", "jya", "ii", "en"}
    for (language, service), _keys in known.items():
        (one,) = draw([BEGIN], ["1"], SHIPPED, Random(1), prefix="t-",
                      habits=Habits(languages={language: 1.0}, services={service: 1.0}, zero=0.0,
                                    says_nothing=0.0, wrong_key=0.0, once_more=0.0,
                                    leave_menu=0.0))  # fmt: skip
        facts, _ = played([one], [])
        (queued,) = of(facts, f.Queued)
        assert (queued.language, queued.service) == (language, service)


def test_who_wants_what_the_menu_does_not_have_asks_for_its_language_alone() -> None:
    known = ways(SHIPPED)
    assert keys_to(known, "khg", "veteran") == "21"
    assert keys_to(known, "xx", "veteran") == ""


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ("rates", "Rated"),
        ("mistypes_once", "KeyWrong Rated"),
        ("mistypes", "KeyWrong KeyWrong RatingMissed"),
        ("silent", "RatingMissed"),
        ("hangs_up", "RatingMissed"),
    ],
)
def test_ways_of_rating(way: RatingWay, expected: str) -> None:
    facts, _ = played([caller(rating=way)], [duty()], manners=ALWAYS)
    after = [type(fact.body).__name__ for fact in facts]
    rating = after[after.index("RatingInvited") :]
    assert [name for name in rating if "Rat" in name or "Wrong" in name][1:] == expected.split()


def test_impatience_is_a_hang_up_in_the_queue() -> None:
    facts, _ = played([caller(patience_s=40.0)], [duty(rests=(Rest(BEGIN, BEGIN + 900, "meal"),))])
    (closed,) = (fact for fact in facts if isinstance(fact.body, f.CallClosed))
    (queued,) = (fact for fact in facts if isinstance(fact.body, f.Queued))
    assert closed.body.outcome == "abandoned_queue"
    assert closed.at - queued.at == pytest.approx(40.0)


def test_a_seat_finishes_its_talk_before_it_goes_home() -> None:
    facts, _ = played([caller(talk_s=900.0)], [duty(ends=BEGIN + 200)], manners=ALWAYS)
    names = [type(fact.body).__name__ for fact in facts]
    assert names.index("TalkEnded") < names.index("SeatSignedOut")
    assert of(facts, f.TalkEnded)[0].talk_s == pytest.approx(900.0)
    assert len(of(facts, f.SeatWantsNotReady)) == 1


@pytest.mark.parametrize(
    ("manners", "end"),
    [
        (Manners(misses=1.0), "no_answer"),
        (Manners(misses=0.0, rejects=1.0), "rejected"),
        (Manners(misses=0.0, rejects=0.0, busy=1.0), "busy"),
        (Manners(misses=0.0, rejects=0.0, busy=0.0, dead=1.0), "unreachable"),
    ],
)
def test_ways_of_not_answering(manners: Manners, end: str) -> None:
    facts, _ = played([caller(patience_s=60.0)], [duty()], manners=manners)
    assert of(facts, f.OfferEnded)[0].end == end


@pytest.mark.parametrize("hangs_up", [True, False])
def test_a_message_when_nobody_is_on_duty(hangs_up: bool) -> None:
    facts, _ = played([caller(message_hangs_up=hangs_up)], [])
    (kept,) = of(facts, f.VoicemailKept)
    assert kept.seconds == 20.0
    assert of(facts, f.CallClosed)[0].outcome == "voicemail"


def test_a_closed_line_without_menu_and_rating_can_be_played() -> None:
    bare = msgspec.structs.replace(
        SHIPPED, menu=Menu(start="", nodes={}), rating=Rating(enabled=False),
        hours=(Hours(open="09:00", close="17:00"),),
    )  # fmt: skip
    facts, engine = played(drawn(200, bare), rostered(200), bare)
    assert not engine.state.calls
    assert {body.why for body in of(facts, f.RatingMissed)} == {"not_asked"}
    assert "closed" in {body.why for body in of(facts, f.VoicemailInvited)}


# ---- traffic and rosters ----


def test_a_month_has_exactly_as_many_calls_as_asked_for_in_order() -> None:
    usual = slots(OCTOBER, 500, ZONE)
    until = usual[-1].begins
    moments = arrivals(usual, 500, until, Random(1), uneven=0.1)
    assert len(moments) == 500
    assert moments == sorted(moments)
    assert usual[0].begins <= moments[0] < moments[-1] < until
    assert sum(slot.calls for slot in usual) == pytest.approx(500)


def test_holidays_and_nights_are_quiet_and_mondays_full() -> None:
    usual = slots(OCTOBER, 20_000, ZONE, holidays=fixed_holidays(2026))
    by_day = Counter[date]()
    for slot in usual:
        by_day[slot.day] += slot.calls
    assert max(by_day, key=by_day.__getitem__).weekday() == 0
    assert by_day[OCTOBER[0]] < by_day[OCTOBER[14]] / 2  # National Day, a Thursday
    monday = {slot.hour: slot.calls for slot in usual if slot.day == OCTOBER[11]}
    assert sorted(monday, key=monday.__getitem__)[-2:] == [9, 10]
    assert 0.10 <= monday[10] / sum(monday.values()) <= 0.13
    assert Profile().hours[3] < 0.05 * Profile().hours[10]


def test_months_have_their_days_and_fixed_holidays() -> None:
    assert len(days_of(date(2026, 2, 14))) == 28
    assert len(days_of(date(2028, 2, 1))) == 29
    assert days_of(date(2026, 12, 5))[-1] == date(2026, 12, 31)
    assert date(2027, 10, 7) in fixed_holidays(2027)
    assert date(2027, 10, 8) not in fixed_holidays(2027)


def test_no_person_has_two_shifts_a_day_or_one_right_after_a_night() -> None:
    duties = sorted(rostered(5000), key=lambda duty: (duty.person_id, duty.begins))
    assert len(duties) > 100
    for before, after in itertools.pairwise(duties):
        if before.person_id == after.person_id:
            assert after.begins - before.ends > 8 * 3600
        for rest in before.rests:
            assert before.begins < rest.begins < rest.ends < before.ends


def test_somebody_is_on_duty_at_every_moment_of_the_week() -> None:
    duties, begin = rostered(1000), slots(WEEK, 1, ZONE)[0].begins
    for quarter in range(1, 7 * 96):
        at = begin + quarter * 900
        assert any(duty.begins <= at < duty.ends for duty in duties), quarter


def test_waiting_long_makes_nobody_more_content() -> None:
    scores = [[score(caller(mood=n / 100), wait) for wait in (0.0, 120.0, 900.0)]
              for n in range(100)]  # fmt: skip
    assert all(row == sorted(row) for row in scores)
    assert any(row[0] < row[2] for row in scores)
