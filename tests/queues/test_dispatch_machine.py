"""Random lives of a line: the index says what the plain scan says, and what must hold does hold.

Ids are drawn from what exists (and from what once existed), never invented.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from queues.dispatch import Dispatch
from queues.ladder import Ladder
from queues.rules import Rules
from queues.ticket import Decision, Place, Ticket
from tests.queues import claims
from tests.queues.scan import LADDERS, PROFILES, Scan

HEAD_START_S = 30.0
PROVIDERS = ("staff", "purchased")
SEATS = tuple(str(8001 + n) for n in range(8))

RULES = st.builds(
    Rules,
    version=st.just("2026-1"),
    purchased_share=st.sampled_from((None, 0.0, 0.5, 1.0)),
    reserve_after_s=st.sampled_from((None, 0.0, 4.0)),
    greatest_head_start_s=st.just(HEAD_START_S),
)
PLACES = st.builds(
    Place,
    seat_id=st.sampled_from(SEATS),
    skills=st.sampled_from(PROFILES),
    provider=st.sampled_from(PROVIDERS),
    idle_since=st.integers(900, 1000).map(float),
    free=st.booleans(),
)
ARRIVALS = st.builds(
    dict,
    kind=st.integers(0, 5),
    rung=st.integers(0, 2),
    head_start_s=st.sampled_from((0.0, 0.0, 10.0, HEAD_START_S)),
    came_s=st.sampled_from((0.0, 0.0, 5.0, 60.0)),
    owner=st.sampled_from(("", "", *SEATS[:3])),
    owner_s=st.sampled_from((5.0, 40.0)),
    declined_s=st.dictionaries(st.sampled_from(SEATS), st.sampled_from((0.0, 12.0)), max_size=2),
)
"""`came_s` ago: its talk broke off, or the router was away."""


class DispatchMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.rung: dict[str, Decision] = {}
        """Call → who is rung for it: a seat, or the two of a pair."""
        self.talking: dict[str, str] = {}
        """Seat → call it speaks with."""
        self.count = 0

    @initialize(
        rules=RULES,
        kinds=st.lists(st.sampled_from(LADDERS), min_size=1, max_size=3),
        places=st.lists(PLACES, max_size=6, unique_by=lambda place: place.seat_id),
        calls=st.lists(ARRIVALS, max_size=5),
    )
    def a_day_is_under_way(
        self,
        rules: Rules,
        kinds: list[Ladder],
        places: list[Place],
        calls: list[dict[str, Any]],
    ) -> None:
        """`kinds`: few in one life, so that callers of the same kind stand beside each other."""
        self.kinds = kinds
        self.line = Scan(rules)
        self.lines: list[Any] = [self.line, Dispatch(rules, self.line.answered)]
        self.tell("seat_on", *[(place,) for place in places])
        for call in calls:
            self.enter(**call)
        self.settle()

    def tell(self, what: str, *each: tuple[Any, ...]) -> None:
        for one in each:
            for line in self.lines:
                getattr(line, what)(*one)

    def settle(self) -> None:
        """Both say the same; it is carried out, and then nothing more is to be decided."""
        rounds = [line.match(self.now) for line in self.lines]
        assert all(round == rounds[0] for round in rounds[1:]), rounds
        claims.check(self.line, rounds[0], self.now)
        for one in rounds[0]:
            if one.kind == "offer":
                self.rung[one.call_id] = one
                self.tell("ringing", (one.call_id, self.now))
                self.tell("seat_busy", *[(seat,) for seat in seats_of(one)])
        for line in self.lines:
            assert all(one.kind == "reserve" for one in line.match(self.now))
        for line in self.lines[1:]:
            for call_id in self.line.tickets:
                assert line.ahead(call_id) == self.line.ahead(call_id)
            for needs in (LADDERS[2].rungs[1].needs, LADDERS[4].floor, LADDERS[1].rungs[0].needs):
                assert line.able(needs) == self.line.able(needs)

    # ---- callers ----

    def enter(
        self,
        *,
        kind: int,
        rung: int,
        head_start_s: float,
        came_s: float,
        owner: str,
        owner_s: float,
        declined_s: dict[str, float],
    ) -> None:
        self.count += 1
        ladder = self.kinds[kind % len(self.kinds)]
        ticket = Ticket(
            f"c{self.count:03}",
            self.now - came_s,
            self.now,
            ladder,
            head_start_s,
            declined={seat: self.now + seconds for seat, seconds in declined_s.items()},
            owner=owner,
            owner_until=self.now + owner_s if owner else 0.0,
        )
        self.tell("enter", (ticket, min(rung, len(ladder.rungs) - 1)))

    @precondition(lambda self: len(self.line.tickets) < 10)
    @rule(call=ARRIVALS)
    def a_caller_comes(self, call: dict[str, Any]) -> None:
        self.enter(**call)
        self.settle()

    @precondition(lambda self: self.line.tickets)
    @rule(data=st.data())
    def a_caller_hangs_up(self, data: st.DataObject) -> None:
        call_id = data.draw(st.sampled_from(sorted(self.line.tickets)))
        offer = self.rung.pop(call_id, None)
        self.tell("leave", (call_id,))
        for seat in seats_of(offer):
            self.is_free(seat, self.line.places[seat].idle_since)
        self.settle()

    @precondition(lambda self: self.climbers())
    @rule(data=st.data())
    def a_caller_is_content_with_less(self, data: st.DataObject) -> None:
        """Also while a phone rings for it."""
        call_id = data.draw(st.sampled_from(self.climbers()))
        self.tell("raise_to", (call_id, self.line.rungs[call_id] + 1))
        self.settle()

    @precondition(lambda self: self.line.tickets)
    @rule(data=st.data(), seat=st.sampled_from(SEATS), seconds=st.sampled_from((1.0, 20.0)))
    def a_caller_is_not_for_a_seat(self, data: st.DataObject, seat: str, seconds: float) -> None:
        call_id = data.draw(st.sampled_from(sorted(self.line.tickets)))
        self.tell("decline", (call_id, seat, self.now + seconds))
        self.settle()

    def climbers(self) -> list[str]:
        return [
            id
            for id, ticket in self.line.tickets.items()
            if self.line.rungs[id] + 1 < len(ticket.ladder.rungs)
        ]

    # ---- rings ----

    @precondition(lambda self: self.rung)
    @rule(data=st.data())
    def a_seat_answers(self, data: st.DataObject) -> None:
        call_id = data.draw(st.sampled_from(sorted(self.rung)))
        for seat in seats_of(self.rung.pop(call_id)):
            self.talking[seat] = call_id
            provider = self.line.places[seat].provider
            self.line.answered[provider] = self.line.answered.get(provider, 0) + 1
        self.tell("leave", (call_id,))
        self.settle()

    @precondition(lambda self: self.rung)
    @rule(data=st.data(), seconds=st.sampled_from((0.0, 1.0, 20.0)), stays=st.booleans())
    def a_seat_does_not_answer(self, data: st.DataObject, seconds: float, stays: bool) -> None:
        """Nor does the other of a pair then speak; it is not the one that declined."""
        call_id = data.draw(st.sampled_from(sorted(self.rung)))
        both = seats_of(self.rung.pop(call_id))
        silent = data.draw(st.sampled_from(both))
        self.tell("decline", (call_id, silent, self.now + seconds))
        self.tell("back", (call_id,))
        for seat in both:
            if seat != silent or stays:
                self.is_free(seat, self.line.places[seat].idle_since)
        self.settle()

    # ---- seats ----

    def is_free(self, seat: str, since: float) -> None:
        if seat in self.line.places:
            self.tell("seat_free", (seat, since))

    @precondition(lambda self: self.talking)
    @rule(data=st.data())
    def a_talk_ends(self, data: st.DataObject) -> None:
        seat = data.draw(st.sampled_from(sorted(self.talking)))
        del self.talking[seat]
        self.is_free(seat, self.now)
        self.settle()

    def apart(self) -> list[str]:
        """On duty and neither rung nor speaking."""
        rung = {seat for offer in self.rung.values() for seat in seats_of(offer)}
        return sorted(self.line.places.keys() - rung - self.talking.keys())

    @precondition(lambda self: self.apart())
    @rule(data=st.data())
    def a_seat_pauses_or_is_ready(self, data: st.DataObject) -> None:
        seat = data.draw(st.sampled_from(self.apart()))
        if self.line.places[seat].free:
            self.tell("seat_busy", (seat,))
        else:
            self.is_free(seat, self.now)
        self.settle()

    @rule(place=PLACES)
    def a_seat_signs_on(self, place: Place) -> None:
        if place.seat_id not in self.line.places and place.seat_id not in self.talking:
            self.tell("seat_on", (place,))
            self.settle()

    @precondition(lambda self: self.apart())
    @rule(data=st.data())
    def a_seat_signs_off(self, data: st.DataObject) -> None:
        self.tell("seat_off", (data.draw(st.sampled_from(self.apart())),))
        self.settle()

    # ---- time ----

    @rule(seconds=st.sampled_from((0.5, 3.0, 12.0, 40.0)))
    def time_passes(self, seconds: float) -> None:
        """Declines lapse, and nobody waits for an owner for ever."""
        self.now += seconds
        self.settle()

    def teardown(self) -> None:
        """Nobody starves: one seat alone serves all whom it can serve, in their order, while others
        keep coming who enjoy the greatest head start."""
        if not hasattr(self, "line") or not self.line.places:
            return
        for call_id in list(self.rung):
            self.tell("leave", (call_id,))
        for place in self.line.free():
            self.tell("seat_busy", (place.seat_id,))
        self.now += 1000.0
        seat = min(self.line.places.values(), key=lambda place: place.seat_id)
        able = [t for t in self.line.waiting() if claims.could_use(self.line, t, seat, self.now)]
        for n, ticket in enumerate(able):
            late = Ticket(f"late{n}", self.now, self.now, ticket.ladder, HEAD_START_S)
            self.tell("enter", (late, len(ticket.ladder.rungs) - 1))
            self.tell("seat_free", (seat.seat_id, self.now))
            rounds = [line.match(self.now) for line in self.lines]
            assert all(round == rounds[0] for round in rounds[1:]), rounds
            assert [(one.call_id, one.seat_id) for one in rounds[0]] == [
                (ticket.call_id, seat.seat_id)
            ]
            self.tell("seat_busy", (seat.seat_id,))
            self.tell("leave", (ticket.call_id,))


def seats_of(offer: Decision | None) -> list[str]:
    return [id for id in (offer.seat_id, offer.interpreter) if id] if offer else []


DispatchMachine.TestCase.settings = settings(
    max_examples=int(os.environ.get("HOTLINE_EXAMPLES", "300")),
    stateful_step_count=40,
    deadline=None,
    derandomize="HOTLINE_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
TestDispatch = pytest.mark.machine(DispatchMachine.TestCase)
