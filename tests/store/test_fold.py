"""What rows facts lead to: laws over days of the real engine, and single calls by hand."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.fold import Fold
from cases.rows import COUNTED
from queues.ticket import Ranking
from router import facts as f
from router.state import State
from tests.router.line import LINE
from tests.router.stage import Stage as Told
from tests.router.stage import played
from tests.store.days import Day, a_day
from tests.store.shelf import REGION, Shelf

days = st.builds(a_day, st.integers(0, 10_000), st.integers(0, 250))


def folded(facts: list[f.Fact]) -> Shelf:
    shelf = Shelf()
    shelf.write(facts)
    return shelf


@given(days, st.data())
@settings(deadline=None)
def test_batches_do_not_matter(facts: list[f.Fact], data: st.DataObject) -> None:
    """Cut anywhere, with the fold kept or lost in between: the same rows."""
    cuts = data.draw(st.lists(st.integers(0, len(facts)), max_size=6).map(sorted))
    shelf, kept = Shelf(), Fold(region=REGION)
    for start, stop in pairwise([0, *cuts, len(facts)]):
        if data.draw(st.booleans()):
            kept = Fold(
                [dict(row) for row in shelf.rows("spells") if row["ended_at"] is None], REGION
            )
        shelf.write(facts[start:stop], kept)
    whole = folded(facts)
    assert shelf.tables == whole.tables
    assert shelf.slips == whole.slips


@given(days)
@settings(deadline=None)
def test_seconds_of_the_stages_add_up_to_the_call(facts: list[f.Fact]) -> None:
    for call in folded(facts).rows("calls"):
        assert call["ended_at"] is not None
        if not call["fallback"]:
            total = sum(call[name] for name in COUNTED)
            assert total == pytest.approx(call["ended_at"] - call["opened_at"], abs=1e-4)
            assert min(call[name] for name in COUNTED) >= 0
            talks = sum(
                fact.body.talk_s
                for fact in facts
                if isinstance(fact.body, f.TalkEnded) and fact.body.call_id == call["call_id"]
            )
            assert call["talk_s"] == pytest.approx(talks, abs=1e-4)
            assert 0.0 <= call["hold_s"] <= call["talk_s"] + 1e-4


@given(days)
@settings(deadline=None)
def test_one_call_has_one_slip_one_recording_and_a_leg_of_the_caller(facts: list[f.Fact]) -> None:
    shelf = folded(facts)
    entered = {
        fact.body.call_id
        for fact in facts
        if isinstance(fact.body, f.CallOpened | f.FallbackImported)
    }
    assert set(shelf.tables["calls"]) == entered
    assert Counter(call_id for call_id, _ in shelf.slips) == Counter(entered)
    recorded = {row["call_id"] for row in shelf.rows("recordings") if row["kind"] == "call"}
    assert recorded == entered
    assert {leg["call_id"] for leg in shelf.rows("legs") if leg["kind"] == "caller"} == set(entered)
    assert all(leg["ended_at"] is not None for leg in shelf.rows("legs"))


@given(days)
@settings(deadline=None)
def test_every_service_act_is_rated_once_or_known_not_to_be(facts: list[f.Fact]) -> None:
    shelf = folded(facts)
    acts = {
        leg["leg_id"] for leg in shelf.rows("legs") if leg["kind"] == "seat" and leg["answered_at"]
    }
    for row in shelf.rows("ratings"):
        assert row["leg_id"] in acts
        assert (row["score"] is None) != (row["missed"] is None)
    answered = {call["call_id"] for call in shelf.rows("calls") if call["outcome"] == "answered"}
    assert answered == {leg["call_id"] for leg in shelf.rows("legs") if leg["leg_id"] in acts}


@given(days)
@settings(deadline=None)
def test_spells_of_a_seat_follow_each_other(facts: list[f.Fact]) -> None:
    spells: dict[str, list[dict[str, object]]] = {}
    for row in folded(facts).rows("spells"):
        spells.setdefault(row["seat_id"], []).append(row)
    signed_in = Counter(f_.body.seat_id for f_ in facts if isinstance(f_.body, f.SeatSignedIn))
    for seat_id, rows in spells.items():
        breaks = 0
        for one, following in pairwise(rows):
            assert one["ended_at"] is not None
            breaks += one["ended_at"] != following["began_at"] or following["reason"] == "signed_in"
        assert breaks == signed_in[seat_id] - 1
        assert all(row["ended_at"] is not None for row in rows[:-1])


@given(st.integers(0, 10_000), st.integers(0, 250))
@settings(deadline=None)
def test_live_rows_agree_with_the_state_of_the_line(seed: int, steps: int) -> None:
    facts = Day(seed).live(steps)
    state, shelf = State(), folded(facts)
    for fact in facts:
        state.apply(fact)
    live = {row["call_id"]: row for row in shelf.rows("calls") if row["ended_at"] is None}
    assert set(live) == set(state.calls)
    for call_id, call in state.calls.items():
        row = live[call_id]
        assert (row["stage"], row["language"], row["service"]) == (
            call.stage, call.language, call.service,
        )  # fmt: skip
        assert row["offers"] == call.offers
    now = {row["seat_id"]: row for row in shelf.rows("spells") if row["ended_at"] is None}
    assert {seat_id: (row["state"], row["reason"]) for seat_id, row in now.items()} == {
        seat.id: (seat.state, seat.reason) for seat in state.seats.values()
    }


def told(*bodies: tuple[float, f.Body]) -> Shelf:
    return folded([f.Fact(seq, at, body) for seq, (at, body) in enumerate(bodies, start=1)])


OPENED = f.CallOpened("c1", "13800000001", "张三", "12348", "t1", True, "v1")
CHOSEN = Ranking(0, 0.5, 0, 9.0, "8001")
OFFERED = f.Offered("c1", "c1-O1", "c1-L1", "8001", "p1", "sip1", 0, CHOSEN, 2, "p-1", 3.0)


def test_an_answered_call() -> None:
    shelf = told(
        (100.0, OPENED),
        (105.0, f.MenuEntered("c1", "language", 1)),
        (107.0, f.KeyTaken("c1", "language", "2", "khg", None, "queue")),
        (
            107.0,
            f.Queued(
                "c1", "khg", "general", "general/cmn", "lang:cmn", 107.0, 0.0, (), "p-1", "v1"
            ),
        ),
        (110.0, OFFERED),
        (110.5, f.OfferRang("c1", "c1-O1", "8001")),
        (112.0, f.OfferEnded("c1", "c1-O1", "c1-L1", "8001", "p1", "answered", 0, 1.5)),
        (112.0, f.Connected("c1", "c1-O1", "c1-L1", "c1-B1", "8001", "p1", "staff", 5.0)),
        (172.0, f.TalkEnded("c1", "c1-L1", "8001", "p1", "seat", 60.0)),
        (172.0, f.RatingInvited("c1", "c1-L1", "p1")),
        (176.0, f.Rated("c1", "c1-L1", "p1", 1)),
        (178.0, f.CallClosed("c1", "answered", "rating", "line", 16)),
    )
    [call] = shelf.rows("calls")
    wanted = {
        "language": "khg", "service": "general", "outcome": "answered", "stage": "rating",
        "hangup_by": "line", "talk_ended_by": "seat", "queued_at": 107.0, "ringing_at": 110.0,
        "answered_at": 112.0, "ended_at": 178.0, "ivr_s": 7.0, "queue_s": 3.0, "ring_s": 2.0,
        "talk_s": 60.0, "rating_s": 6.0, "fallback_s": 0.0,
        "voicemail_s": 0.0, "wait_s": 5.0, "offers": 1,
        "seat_id": "8001", "person_id": "p1", "provider": "staff", "counting": None,
    }  # fmt: skip
    assert {name: call[name] for name in wanted} == wanted
    [_, leg] = shelf.rows("legs")
    assert (leg["rang_at"], leg["answered_at"], leg["ended_at"], leg["ended_by"]) == (
        110.5, 112.0, 172.0, "seat",
    )  # fmt: skip
    [offer] = shelf.rows("offers")
    assert (offer["end"], offer["rang_s"], offer["able"]) == ("answered", 1.5, 2)
    assert offer["ranking"] == {"cost": 0, "spare": 0.5, "share": 0, "idle_since": 9.0}


def test_an_interpreted_call_is_one_call_and_one_act_of_the_specialist() -> None:
    shelf = folded(played("pair-interpreter-comes-back", LINE))
    [call] = shelf.rows("calls")
    assert (call["outcome"], call["seat_id"], call["person_id"]) == ("answered", "8001", "zhang")
    assert (call["offers"], round(call["talk_s"], 1), call["wait_s"]) == (1, 32.3, 12.5)
    assert [(row["role"], row["seat_id"], row["end"]) for row in shelf.rows("offers")] == [
        ("specialist", "8001", "answered"),
        ("interpreter", "8002", "answered"),
    ]
    legs = [(row["kind"], row["seat_id"], row["answered_at"]) for row in shelf.rows("legs")]
    answered = [(kind, seat) for kind, seat, at in legs if at is not None]
    assert answered == [
        ("caller", None),
        ("seat", "8001"),
        *[("interpreter", "8002")] * 3,  # came back twice
    ]
    assert all(row["ended_at"] is not None for row in shelf.rows("legs"))
    assert [(row["person_id"], row["missed"]) for row in shelf.rows("ratings")] == [
        ("zhang", "not_asked")
    ]
    spells = [(r["seat_id"], r["state"]) for r in shelf.rows("spells") if r["state"] == "talking"]
    assert sorted(spells) == [("8001", "talking"), ("8002", "talking")]


def test_who_waited_for_the_other_and_was_let_go_has_not_talked_to_the_caller() -> None:
    shelf = folded(played("pair-one-does-not-answer", LINE))
    assert [(row["end"], row["seat_id"]) for row in shelf.rows("offers")] == [
        ("withdrawn", "8001"),
        ("no_answer", "8002"),
    ]
    for leg in shelf.rows("legs")[1:]:
        assert leg["answered_at"] is None and leg["ended_at"] is not None


def test_what_follows_a_talk_is_not_talk_where_nobody_is_asked_to_rate() -> None:
    shelf = told(
        (100.0, OPENED),
        (
            100.0,
            f.Queued(
                "c1", "cmn", "general", "general/cmn", "lang:cmn", 100.0, 0.0, (), "p-1", "v1"
            ),
        ),
        (101.0, OFFERED),
        (105.0, f.Connected("c1", "c1-O1", "c1-L1", "c1-B1", "8001", "p1", "staff", 5.0)),
        (165.0, f.TalkEnded("c1", "c1-L1", "8001", "p1", "seat", 60.0)),
        (165.0, f.RatingMissed("c1", "c1-L1", "p1", "not_asked")),
        (169.0, f.CallClosed("c1", "answered", "talking", "line", 16)),
    )
    [call] = shelf.rows("calls")
    assert (call["ring_s"], call["talk_s"], call["rating_s"]) == (4.0, 60.0, 4.0)


def test_a_message_ends_the_wait_and_is_linked_to_its_recording() -> None:
    shelf = told(
        (100.0, OPENED),
        (
            110.0,
            f.Queued(
                "c1", "cmn", "general", "general/cmn", "lang:cmn", 110.0, 0.0, (), "p-1", "v1"
            ),
        ),
        (170.0, f.VoicemailInvited("c1", "too_long")),
        (180.0, f.VoicemailStarted("c1", "c1-V1")),
        (195.0, f.VoicemailKept("c1", "c1-V1", "c1-V1.wav", 14.5)),
        (197.0, f.CallClosed("c1", "voicemail", "voicemail", "line", 16)),
    )
    [call] = shelf.rows("calls")
    assert (call["wait_s"], call["voicemail_s"], call["voicemail_why"]) == (60.0, 27.0, "too_long")
    [message] = shelf.rows("voicemails")
    assert (message["why"], message["seconds"], message["state"]) == ("too_long", 14.5, "new")
    assert set(shelf.tables["recordings"]) == {"c1", "c1-V1"}


def test_the_first_rating_of_an_act_stands() -> None:
    shelf = told(
        (1.0, OPENED),
        (2.0, f.Rated("c1", "c1-L1", "p1", 5)),
        (3.0, f.Rated("c1", "c1-L1", "p1", 1)),
    )
    [rating] = shelf.rows("ratings")
    assert rating["score"] == 5


def test_a_call_that_is_not_known_changes_no_row() -> None:
    shelf = told((1.0, f.Rated("gone", "gone-L1", "p1", 5)), (2.0, f.MenuSilent("gone", "x")))
    assert not any(shelf.tables.values())


def test_a_talk_over_two_legs_is_one_act_with_its_seconds_of_music() -> None:
    told = Told(LINE)
    for line in (
        "page 8001 zhang lang:cmn=3 law:general=3",
        "+1 call A from 13800000001",
        "+1 key A 0",
        "+1 rings A",
        "+2 answers A",
        "+20 holds 8001",
        "+5 resumes 8001",
        "+10 leg A hung_up",
        "+4 rejoins 8001",
        "+1 answers A",
        "+20 seat-hangs-up 8001",
        "+3 hangs-up A",
    ):
        told.tell(line)
    shelf = folded(told.facts)
    (call,) = shelf.rows("calls")
    assert (call["talk_s"], call["hold_s"], call["outcome"]) == (60.0, 10.0, "answered")
    assert sum(call[name] for name in COUNTED) == call["ended_at"] - call["opened_at"]
    first, second = sorted(
        (leg for leg in shelf.rows("legs") if leg["kind"] == "seat"), key=lambda leg: leg["leg_id"]
    )
    began = told.facts[0].at
    assert (first["answered_at"] - began, first["ended_at"] - began) == (5.0, 40.0)
    assert (second["answered_at"] - began, second["ended_at"] - began) == (45.0, 65.0)
    assert [row["leg_id"] for row in shelf.rows("ratings")] == ["A-L1"]


def test_a_call_that_waits_again_has_two_acts_and_one_wait() -> None:
    told = Told(LINE)
    for line in (
        "page 8001 zhang lang:cmn=3 law:general=3",
        "+1 call A from 13800000001",
        "+1 key A 0",
        "+1 rings A",
        "+2 answers A",
        "+20 leg A hung_up",
        "+30 wait",
        "seat 8002 li lang:cmn=3 law:general=3",
        "+1 answers A",
        "+20 seat-hangs-up 8002",
        "+3 heard A",
        "+1 key A 2",
        "+1 hangs-up A",
    ):
        told.tell(line)
    shelf = folded(told.facts)
    (call,) = shelf.rows("calls")
    assert (call["talk_s"], call["hold_s"], call["queue_s"]) == (60.0, 20.0, 10.0)
    assert sum(call[name] for name in COUNTED) == call["ended_at"] - call["opened_at"]
    assert (call["wait_s"], call["person_id"], call["offers"]) == (3.0, "li", 2)
    ratings = {row["leg_id"]: (row["person_id"], row["score"]) for row in shelf.rows("ratings")}
    assert ratings == {"A-L1": ("zhang", None), "A-L2": ("li", 2)}
