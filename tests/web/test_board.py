"""The live board: a screen that applies the changes shows what a fresh board would show."""

from __future__ import annotations

import os
from itertools import groupby
from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import INVARIANT_MARKER, invariant, rule

from config.model import SeatPlace, Settings
from reports.indicators import Counts
from router import events as e
from router import facts as f
from router.engine import Engine, Step
from router.state import Snapshot, State
from tests.router.line import LINE
from tests.router.stage import START, played
from tests.router.test_engine_machine import SEATS, LineMachine
from tests.web.screen import Screen, seen
from web.board import NOTES, Board
from web.views import Change, Part

SETTINGS = Settings(line=LINE, seats=tuple(SeatPlace(id=s, name=f"坐席{s}") for s in SEATS))
CALLER = b"13800000001"
NOON = 1_780_027_200.0
"""2026-05-29 12:00 in Sichuan."""


def board(snapshot: Snapshot, now: float = NOON) -> Board:
    return Board(snapshot, SETTINGS, now)


class BoardMachine(LineMachine):
    """The line's random life, watched by a board and by a screen that only gets JSON."""

    def __init__(self) -> None:
        self.board = board(Snapshot(0, 0.0))
        self.screen = Screen(seen(self.board.view()))
        self.unshown: list[f.Fact] = []
        super().__init__()

    def take(self, step: Step) -> None:
        self.unshown += step.facts
        super().take(step)

    @rule()
    def the_board_is_told(self) -> None:
        """After any number of facts: what is gathered must come to the same."""
        changes = self.board.apply(self.unshown)
        self.screen.take(self.board.seq, changes)
        self.unshown = []

    @rule(hours=st.sampled_from((6, 20)))
    def a_night_passes(self, hours: int) -> None:
        self.time_passes(hours * 3600.0)
        self.the_board_is_told()
        self.screen.take(self.board.seq, self.board.turn(self.now))

    @rule(seat=st.sampled_from(SEATS))
    def a_name_becomes_known(self, seat: str) -> None:
        self.screen.take(self.board.seq, self.board.name({f"p{seat}": f"张{seat}"}))

    @rule(name=st.sampled_from(("store", "redis")), state=st.sampled_from(("ok", "degraded")))
    def a_part_is_looked_at(self, name: str, state: Any) -> None:
        self.screen.take(self.board.seq, self.board.health({name: Part(state, behind=3)}))

    @invariant()
    def the_screen_shows_the_board(self) -> None:
        assert self.screen.view == seen(self.board.view())

    @invariant()
    def the_board_is_as_good_as_a_fresh_one(self) -> None:
        if self.unshown:
            return
        fresh = board(self.engine.snapshot())
        fresh.name(self.board.names)
        assert _live(fresh) == _live(self.board)

    @invariant()
    def nobody_can_be_called_back_from_it(self) -> None:
        assert CALLER not in msgspec.json.encode(self.board.view())

    def teardown(self) -> None:
        self.the_board_is_told()
        assert self.screen.view == seen(self.board.view())


# What must hold for the engine is held in tests/router; here only the board is in question.
for name, member in vars(LineMachine).items():
    if hasattr(member, INVARIANT_MARKER):
        setattr(BoardMachine, name, None)


def _live(board: Board) -> dict[str, Any]:
    """Without what only a board that was there can know."""
    view = seen(board.view())
    shown = ("pbx_up", "seats", "calls", "phones", "queues", "seat_states")
    return {key: view[key] for key in shown} | {"pbx": view["parts"]["pbx"]}


BoardMachine.TestCase.settings = settings(
    max_examples=int(os.environ.get("HOTLINE_EXAMPLES", "25")),
    stateful_step_count=40,
    deadline=None,
    derandomize="HOTLINE_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
TestBoard = BoardMachine.TestCase


class Day:
    """A line without surprises, for looking at what one thing does to the board."""

    def __init__(self, now: float = 1_780_000_000.0) -> None:
        self.now = now
        self.engine = Engine(LINE, State())
        self.facts: list[f.Fact] = []
        self.board = board(Snapshot(0, 0.0))
        self.changes = self.take(self.engine.start(now))
        self.tell(e.PbxSeen(now, ()))

    def take(self, step: Step) -> tuple[Change, ...]:
        self.facts += step.facts
        return self.board.apply(step.facts)

    def tell(self, event: e.Event, later: float = 1.0) -> tuple[Change, ...]:
        self.now += later
        self.changes = self.take(self.engine.handle(event, self.now))
        return self.changes

    def caller(self, call_id: str) -> None:
        self.tell(e.CallArrived(call_id, "13800000001"))
        self.tell(e.KeyPressed(call_id, "0"))

    def seat(self, seat: str = "8001") -> None:
        skills = {"lang:cmn": 3, "law:general": 3}
        self.tell(e.SignIn(seat, f"p{seat}", f"phone{seat}", skills))
        self.tell(e.PhoneChanged(f"phone{seat}", reachable=True))
        self.tell(e.Ready(seat))


def test_waiting_callers_stand_in_the_order_they_came() -> None:
    day = Day()
    day.seat()
    for call_id in ("a", "b", "c"):
        day.caller(call_id)
    calls = day.board.view().calls
    # a is being rung for and keeps the first place until the answer
    assert [(c.id, c.stage, c.position) for c in calls.values()] == [
        ("a", "ringing", 1),
        ("b", "queue", 2),
        ("c", "queue", 3),
    ]
    assert calls["a"].seat_id == "8001"
    day.tell(e.LegRinging("a-L1"))
    day.tell(e.LegAnswered("a-L1"))
    calls = day.board.view().calls
    assert [(c.stage, c.position) for c in calls.values()] == [
        ("talking", 0),
        ("queue", 1),
        ("queue", 2),
    ]
    assert calls["a"].since == day.now
    assert calls["b"].since == calls["b"].entered_at


def test_a_seat_is_shown_from_sign_in_to_sign_out() -> None:
    day = Day()
    assert day.board.seat("8001") is not None
    assert [seat.state for seat in day.board.seats()] == ["signed_out"] * 4
    assert day.board.seat("nowhere") is None
    day.seat()
    assert day.board.nameless()
    assert day.board.name({"p8001": "张三"}) != ()
    assert not day.board.nameless()
    seat = day.board.seats()[0]
    assert (seat.state, seat.person_name, seat.phone_reachable) == ("ready", "张三", True)
    day.tell(e.PhoneChanged("phone8001", reachable=False))
    seat = day.board.seats()[0]
    assert (seat.phone_reachable, day.board.view().phones) == (False, {"phone8001": False})
    noted = day.board.view().notes[-1]
    assert (noted.type, noted.seat_id, noted.person_name) == ("PhoneLost", "8001", "张三")
    day.tell(e.PhoneChanged("phone8001", reachable=True))
    day.tell(e.SignOut("8001"))
    day.tell(e.PhoneChanged("phone8001", reachable=False))
    assert day.board.view().notes[-1].type == "SeatSignedOut", "it went home with its person"
    assert day.board.seats()[0].state == "signed_out"
    assert day.board.seats()[0].person_id == ""


def test_an_interpreted_call_shows_both_seats_and_counts_once() -> None:
    live = board(Snapshot(0, 0.0), START)
    seen_so_far: list[tuple[str, str, str, str, str]] = []
    facts = played("pair-interpreter-never-returns", LINE)
    for _, step in groupby(facts, lambda fact: fact.at):
        live.apply(step)
        view = live.view()
        if (call := view.calls.get("A")) is None or not call.interpreter_id:
            continue
        states = (view.seats["8001"].state, view.seats["8002"].state)
        shown = (call.seat_id, call.interpreter, call.picked_up, *states)
        if shown not in seen_so_far:
            seen_so_far.append(shown)
        people = live.live_call("A")
        assert people is not None
        assert ("li" in people.people) == (call.interpreter != "left")
    assert seen_so_far == [
        ("8001", "rung", "", "offered", "offered"),
        ("8001", "rung", "8001", "offered", "offered"),
        ("8001", "talking", "", "talking", "talking"),
        ("8001", "away", "", "talking", "talking"),
        ("8001", "left", "", "talking", "not_ready"),
    ]
    counts = live.view().today.counts
    assert (counts.offered, counts.answered, counts.unrated_not_asked) == (1, 1, 0)


def test_a_call_counts_on_the_day_on_which_it_came() -> None:
    before_midnight = 1_780_070_390.0  # 2026-05-29 23:59:50 in Sichuan
    day = Day(before_midnight)
    day.seat()
    day.caller("a")
    today = day.board.view().today
    assert (today.day, today.counts.offered, today.counts.open) == ("2026-05-29", 1, 1)
    day.tell(e.CallerHungUp("a"), later=10.0)
    today = day.board.view().today
    assert (today.day, today.counts) == ("2026-05-30", Counts())
    day.caller("b")
    day.tell(e.CallerHungUp("b"))
    assert day.board.view().today.counts.abandoned_ringing == 1


def test_the_day_turns_without_a_fact() -> None:
    day = Day()
    day.caller("a")
    assert day.board.turn(day.now) == ()
    assert day.board.view().today.counts.offered == 1
    assert len(day.board.turn(day.now + 86400)) == 1
    today = day.board.view().today
    assert (today.day, today.whole, today.counts) == ("2026-05-30", True, Counts())


def test_what_was_before_the_board_began_is_recalled_once() -> None:
    day = Day()
    day.caller("a")
    day.tell(e.CallerHungUp("a"))
    late = board(day.engine.snapshot(), day.now)
    assert late.wants_since is not None
    step = day.engine.handle(e.CallArrived("b", "13800000001"), day.now)
    late.apply(step.facts)
    today = late.view().today
    assert (today.counts.offered, today.whole) == (1, False)
    late.recall([*day.facts, *step.facts])
    today = late.view().today
    assert (today.counts.offered, today.whole, late.wants_since) == (2, True, None)
    assert today.counts.queued == day.board.view().today.counts.queued
    assert (today.counts.open, today.counts.abandoned_voicemail) == (1, 1)


def test_a_call_the_fallback_served_counts_by_its_own_times() -> None:
    day = Day()
    yesterday = day.now - 86400
    served = e.FallbackServed("x", "13800000001", yesterday, yesterday + 9, "answered", "8001")
    day.tell(served)
    assert day.board.view().today.counts == Counts()
    now = e.FallbackServed("y", "13800000001", day.now, day.now + 9, "voicemail", "", "v.wav", 9.0)
    day.tell(now)
    today = day.board.view().today
    assert (today.counts.offered, today.counts.fallback_voicemail) == (1, 1)


def test_a_missing_fact_is_noticed() -> None:
    day = Day()
    step = day.engine.handle(e.CallArrived("a", "13800000001"), day.now)
    later = day.engine.handle(e.KeyPressed("a", "0"), day.now)
    assert step.facts and later.facts
    try:
        day.board.apply(later.facts)
    except ValueError:
        return
    raise AssertionError("a gap went unnoticed")


def test_facts_told_twice_change_nothing() -> None:
    day = Day()
    day.caller("a")
    before = day.board.view()
    assert day.board.apply(day.facts) == ()
    assert day.board.view() == before


def test_notes_are_few_and_the_newest() -> None:
    day = Day()
    for _ in range(NOTES + 10):
        day.tell(e.PbxLost())
        day.tell(e.PbxSeen(day.now, ()))
    notes = day.board.view().notes
    assert len(notes) == NOTES
    assert notes[-1].type == "PbxUp"
    assert [note.seq for note in notes] == sorted(note.seq for note in notes)


def test_a_page_that_is_closed_is_no_event() -> None:
    day, page = Day(), "web" + "0" * 20
    for seat, phone in (("8001", page), ("8002", "seat1")):
        day.tell(e.SignIn(seat, f"p{seat}", phone, {}))
        day.tell(e.PhoneChanged(phone, reachable=True))
        day.tell(e.PhoneChanged(phone, reachable=False))
    assert [note.what for note in day.board.view().notes if note.type == "PhoneLost"] == ["seat1"]


def test_a_note_has_what_a_sentence_needs() -> None:
    day = Day()
    day.seat()
    day.board.name({"p8001": "张三"})
    day.caller("a")
    day.tell(e.LegRinging("a-L1"))
    day.tell(e.LegEnded("a-L1", "rejected", 21), later=4.0)
    day.tell(e.CallerHungUp("a"), later=5.0)
    declined, closed = day.board.view().notes[-2:]
    assert (declined.type, declined.seat_id, declined.person_name, declined.what) == (
        "OfferEnded",
        "8001",
        "张三",
        "rejected",
    )
    assert declined.seconds == 4.0
    assert (closed.type, closed.what, closed.language, closed.service) == (
        "CallClosed",
        "abandoned_queue",
        "cmn",
        "general",
    )
    assert closed.seconds == 11.0


def test_the_oldest_of_each_queue_is_shown() -> None:
    day = Day()
    day.seat()
    for call_id in ("a", "b", "c"):
        day.caller(call_id)
    first = day.board.view().calls["a"]
    (queue,) = day.board.view().queues.values()
    assert (queue.key, queue.waiting, queue.ringing) == ("cmn/general", 3, 1)
    assert queue.since == first.entered_at
    day.tell(e.LegRinging("a-L1"))
    day.tell(e.LegAnswered("a-L1"))
    (queue,) = day.board.view().queues.values()
    assert (queue.waiting, queue.ringing) == (2, 0)
    assert queue.since == day.board.view().calls["b"].entered_at
    for call_id in ("b", "c"):
        day.tell(e.CallerHungUp(call_id))
    assert day.board.view().queues == {}
    assert day.board.view().seat_states["talking"] == 1


def test_a_part_is_told_when_it_changes() -> None:
    day = Day()
    assert day.board.view().parts == {"pbx": Part("ok")}
    assert len(day.board.health({"store": Part("ok", behind=0)})) == 1
    assert day.board.health({"store": Part("ok", behind=0)}) == ()
    assert [type(c).__name__ for c in day.tell(e.PbxLost())][:2] == ["PbxChanged", "PartChanged"]
    assert day.board.view().parts == {"pbx": Part("down"), "store": Part("ok", behind=0)}
