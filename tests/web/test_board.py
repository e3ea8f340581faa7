"""The live board: a screen that applies the changes shows what a fresh board would show."""

from __future__ import annotations

import os
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import INVARIANT_MARKER, invariant, rule

from config.model import SeatPlace
from router import events as e
from router import facts as f
from router.engine import Engine, Step
from router.state import Snapshot, State
from tests.router.line import LINE
from tests.router.test_engine_machine import SEATS, LineMachine
from tests.web.screen import Screen, seen
from web.board import NOTES, Board
from web.today import OUTCOMES, fresh_day
from web.views import Change

ZONE = ZoneInfo("Asia/Shanghai")
PLACES = tuple(SeatPlace(id=seat, name=f"坐席{seat}") for seat in SEATS)
CALLER = b"13800000001"


def board(snapshot: Snapshot, day: str = "2026-05-29") -> Board:
    return Board(snapshot, PLACES, ZONE, fresh_day(day))


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
    return {key: view[key] for key in ("pbx_up", "seats", "calls", "phones")}


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
    day.tell(e.SignOut("8001"))
    assert day.board.seats()[0].state == "signed_out"
    assert day.board.seats()[0].person_id == ""


def test_a_fact_counts_on_the_day_it_happened() -> None:
    before_midnight = 1_780_070_390.0  # 2026-05-29 23:59:50 in Sichuan
    day = Day(before_midnight)
    day.seat()
    day.caller("a")
    today = day.board.view().today
    assert (today.day, today.offered) == ("2026-05-29", 1)
    day.tell(e.CallerHungUp("a"), later=10.0)
    today = day.board.view().today
    assert (today.day, today.offered) == ("2026-05-30", 0)
    assert today.outcomes["abandoned_ringing"] == 1
    assert sum(today.outcomes.values()) == 1


def test_the_day_turns_without_a_fact() -> None:
    day = Day()
    day.caller("a")
    assert day.board.turn(day.now) == ()
    assert day.board.view().today.offered == 1
    assert len(day.board.turn(day.now + 86400)) == 1
    assert day.board.view().today == fresh_day("2026-05-30")


def test_what_was_before_the_board_began_is_recalled_once() -> None:
    day = Day()
    day.caller("a")
    day.tell(e.CallerHungUp("a"))
    late = Board(day.engine.snapshot(), PLACES, ZONE, fresh_day("2026-05-29", whole=False))
    step = day.engine.handle(e.CallArrived("b", "13800000001"), day.now)
    late.apply(step.facts)
    assert (late.view().today.offered, late.view().today.whole) == (1, False)
    late.recall([*day.facts, *step.facts])
    today = late.view().today
    assert (today.offered, today.whole) == (2, True)
    assert today.queued == day.board.view().today.queued
    assert set(today.outcomes) == set(OUTCOMES)
    assert sum(today.outcomes.values()) == 1


def test_a_call_the_fallback_served_counts_by_its_own_times() -> None:
    day = Day()
    yesterday = day.now - 86400
    served = e.FallbackServed("x", "13800000001", yesterday, yesterday + 9, "answered", "8001")
    day.tell(served)
    assert sum(day.board.view().today.outcomes.values()) == 0
    now = e.FallbackServed("y", "13800000001", day.now, day.now + 9, "voicemail", "", "v.wav", 9.0)
    day.tell(now)
    today = day.board.view().today
    assert (today.offered, today.outcomes["fallback_voicemail"]) == (1, 1)


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
