"""Order and choice, one rule at a time, in the plain scan that defines them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues.ladder import Pair
from queues.needs import ANYBODY, Any
from queues.rules import Rules, favoured
from queues.ticket import Decision, Place, Ticket
from tests.queues.scan import CMN, FAMILY, GENERAL, KHG, LABOUR, Scan, ladder

MANDARIN = ladder(CMN, ANYBODY)
KHAM = ladder(KHG, LABOUR, Any((LABOUR, FAMILY)), (ANYBODY, Pair(LABOUR, ANYBODY)))
ONE: Mapping[str, int] = {"lang:cmn": 3, "law:general": 2}
PLAIN = Rules("v1")
BOTH: Mapping[str, int] = {"lang:cmn": 3, "law:general": 2, "lang:khg": 3}


def line(*places: Place, rules: Rules = PLAIN, **answered: int) -> Scan:
    one = Scan(rules)
    for place in places:
        one.seat_on(place)
    one.answered = answered
    return one


def seat(id: str, skills: Mapping[str, int] = ONE, since: float = 0.0, **more: object) -> Place:
    return Place(id, skills, idle_since=since, **{"free": True, **more})  # type: ignore[arg-type]


def who(round: list[Decision]) -> list[tuple[str, ...]]:
    return [tuple(id for id in (d.call_id, d.seat_id, d.interpreter) if id) for d in round]


def test_a_head_start_is_worth_its_seconds_and_no_more() -> None:
    one = line(seat("8001"))
    one.enter(Ticket("early", 100.0, 100.0, MANDARIN), 0)
    one.enter(Ticket("wages", 110.0, 110.0, MANDARIN, 9.0), 0)
    assert who(one.match(120.0)) == [("early", "8001")]
    one.enter(Ticket("urgent", 115.0, 115.0, MANDARIN, 16.0), 0)
    assert who(one.match(120.0)) == [("urgent", "8001")]


def test_equal_orders_go_by_arrival_then_by_id() -> None:
    one = line(seat("8001"))
    one.enter(Ticket("b", 100.0, 100.0, MANDARIN), 0)
    one.enter(Ticket("a", 110.0, 110.0, MANDARIN, 10.0), 0)
    assert who(one.match(120.0)) == [("b", "8001")]
    one.enter(Ticket("aa", 100.0, 100.0, MANDARIN), 0)
    assert who(one.match(120.0)) == [("aa", "8001")]


def test_who_speaks_two_languages_is_kept_for_those_who_need_it() -> None:
    one = line(seat("8001", BOTH, 0.0), seat("8002", ONE, 50.0))
    one.enter(Ticket("c", 60.0, 60.0, MANDARIN), 0)
    (decision,) = one.match(60.0)
    assert decision.seat_id == "8002" and decision.able == 2
    assert decision.ranking.spare == 0.5, (
        "two on duty know general matters, and it asks for neither"
    )


def test_a_cheaper_rung_beats_a_better_fit_on_a_dearer_one() -> None:
    rich = {"lang:khg": 3, "law:labour": 3, "lang:cmn": 5, "law:general": 5}
    one = line(seat("8001", {"lang:khg": 2, "law:family": 1}), seat("8002", rich, 99.0))
    one.enter(Ticket("c", 0.0, 0.0, KHAM), 1)
    (decision,) = one.match(100.0)
    assert (decision.seat_id, decision.rung, decision.ranking.cost) == ("8002", 0, 0)


def test_the_longest_idle_goes_first_and_then_the_lowest_id() -> None:
    one = line(seat("8003", since=5.0), seat("8002", since=5.0), seat("8001", since=6.0))
    one.enter(Ticket("c", 0.0, 0.0, MANDARIN), 0)
    assert who(one.match(9.0)) == [("c", "8002")]


def test_a_rung_whose_time_has_not_come_admits_nobody() -> None:
    one = line(seat("8001", {"lang:khg": 2, "law:family": 1}))
    one.enter(Ticket("c", 0.0, 0.0, KHAM), 0)
    assert one.match(50.0) == []
    one.raise_to("c", 1)
    assert who(one.match(50.0)) == [("c", "8001")]


def test_nobody_is_given_a_seat_that_does_not_speak_the_language() -> None:
    one = line(seat("8001", {"lang:cmn": 5, "law:labour": 5}))
    one.enter(Ticket("c", 0.0, 0.0, KHAM, owner="8001", owner_until=1e9), 2)
    assert one.match(9999.0) == []


def test_two_serve_together_only_when_nobody_can_alone() -> None:
    knows, speaks = seat("8001", {"law:labour": 3}), seat("8002", {"lang:khg": 2})
    one = line(knows, speaks)
    one.enter(Ticket("c", 0.0, 0.0, ladder(KHG, LABOUR, (LABOUR, Pair(LABOUR, ANYBODY)))), 1)
    assert who(one.match(9.0)) == [("c", "8001", "8002")]
    one.seat_on(seat("8003", {"lang:khg": 5, "law:labour": 3}))
    assert who(one.match(9.0)) == [("c", "8003")]
    one.seat_busy("8003")
    one.seat_busy("8002")
    assert one.match(9.0) == [], "both or neither"


def test_the_only_interpreter_is_not_spent_as_specialist() -> None:
    able = {"lang:khg": 2, "law:labour": 3}
    one = line(seat("8001", able), seat("8002", {"law:labour": 3, "lang:cmn": 1}))
    call = ladder(KHG, FAMILY, (FAMILY, Pair(LABOUR, ANYBODY)))
    one.enter(Ticket("c", 0.0, 0.0, call), 1)
    assert who(one.match(9.0)) == [("c", "8002", "8001")]
    one.seat_off("8002")
    assert one.match(9.0) == [], "nobody is both halves of a pair"


def test_a_case_is_kept_for_its_owner_for_a_bounded_time() -> None:
    one = line(seat("8001"), seat("8002", free=False))
    one.enter(Ticket("c", 0.0, 0.0, MANDARIN, owner="8002", owner_until=30.0), 0)
    assert one.match(29.0) == []
    assert who(one.match(30.0)) == [("c", "8001")]
    one.seat_free("8002", 30.0)
    (decision,) = one.match(31.0)
    assert (decision.seat_id, decision.rung, decision.ranking.cost) == ("8002", -1, -1)


@pytest.mark.parametrize("why", ["gone", "declined"])
def test_nobody_waits_for_an_owner_who_will_not_come(why: str) -> None:
    one = line(seat("8001"), seat("8002", free=False))
    one.enter(Ticket("c", 0.0, 0.0, MANDARIN, owner="8002", owner_until=30.0), 0)
    if why == "gone":
        one.seat_off("8002")
    else:
        one.decline("c", "8002", 20.0)
    assert who(one.match(5.0)) == [("c", "8001")]


def test_who_declined_is_not_asked_again_for_a_while() -> None:
    one = line(seat("8001"))
    one.enter(Ticket("c", 0.0, 0.0, MANDARIN), 0)
    one.decline("c", "8001", 30.0)
    assert one.match(29.0) == []
    assert who(one.match(30.0)) == [("c", "8001")]


def test_the_next_seat_is_kept_softly_while_a_phone_rings() -> None:
    one = line(seat("8001"), rules=Rules("v1", reserve_after_s=5.0))
    one.enter(Ticket("rung", 0.0, 0.0, MANDARIN), 0)
    one.ringing("rung", 10.0)
    assert one.match(14.0) == []
    (kept,) = one.match(15.0)
    assert (kept.call_id, kept.seat_id, kept.kind) == ("rung", "8001", "reserve")
    one.enter(Ticket("later", 12.0, 12.0, MANDARIN), 0)
    (taken,) = one.match(16.0)
    assert (taken.call_id, taken.seat_id, taken.kind) == ("later", "8001", "offer")


def test_providers_are_steered_only_where_it_costs_no_skill() -> None:
    rules = Rules("v1", purchased_share=0.5)
    bought = seat("8002", since=9.0, provider="purchased")
    one = line(seat("8001"), bought, rules=rules, staff=3, purchased=2)
    one.enter(Ticket("c", 0.0, 0.0, MANDARIN), 0)
    assert who(one.match(9.0)) == [("c", "8002")]
    one.answered["purchased"] = 9
    assert who(one.match(9.0)) == [("c", "8001")]
    one.seat_on(seat("8003", {**ONE, "law:family": 3}))
    one.seat_busy("8001")
    assert who(one.match(9.0)) == [("c", "8002")], "a scarcer skill is not spent on a share"


@given(st.floats(0.0, 1.0), st.integers(1, 200))
def test_a_share_is_met_to_within_one_answer(share: float, answers: int) -> None:
    answered = {"staff": 0, "purchased": 0}
    for _ in range(answers):
        answered[str(favoured(Rules("v1", purchased_share=share), answered))] += 1
    assert abs(answered["purchased"] - share * answers) <= 1.0


@given(seats=st.integers(2, 6), talks=st.lists(st.integers(1, 50), min_size=1, max_size=60))
def test_occupancy_is_even_among_seats_that_are_alike(seats: int, talks: list[int]) -> None:
    """Between two services of a seat, while it is free, nobody like it is called twice; so with
    talks of one length nobody is ever ahead by more than one."""
    for even in (True, False):
        one = line(*(seat(f"80{n:02}") for n in range(seats)))
        served = dict.fromkeys(one.places, 0)
        passed: dict[str, list[str]] = {id: [] for id in one.places}
        ends: list[tuple[float, str]] = []
        now = 0.0
        for n, length in enumerate(talks):
            now += 1.0 if even else length % 7
            for end in sorted(e for e in ends if e[0] <= now):
                ends.remove(end)
                one.seat_free(end[1], end[0])
                passed[end[1]] = []
            one.enter(Ticket(f"c{n:02}", now, now, MANDARIN), 0)
            for decision in one.match(now):
                chosen = decision.seat_id
                one.seat_busy(chosen)
                one.leave(decision.call_id)
                served[chosen] += 1
                ends.append((now + (3.0 if even else length), chosen))
                for place in one.free():
                    assert chosen not in passed[place.seat_id], "called twice past an idle one"
                    passed[place.seat_id].append(chosen)
            if even:
                assert max(served.values()) - min(served.values()) <= 1


def test_a_mandarin_call_leaves_the_labour_lawyer_free() -> None:
    rare = {**ONE, "law:labour": 3}
    one = line(seat("8001", rare), seat("8002", ONE, 5.0), seat("8003", ONE, 6.0))
    for n in range(3):
        one.enter(Ticket(f"c{n}", float(n), float(n), ladder(CMN, GENERAL)), 0)
    assert who(one.match(9.0)) == [("c0", "8002"), ("c1", "8003"), ("c2", "8001")]
