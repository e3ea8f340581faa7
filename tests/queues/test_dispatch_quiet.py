"""A quiet line: many seats free, people come and go, and each caller has a choice of seats.

Scarcity changes with everybody who comes or goes, and with it who is best: the order in which the
index keeps free seats must follow.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queues.dispatch import Dispatch
from queues.rules import Rules
from queues.ticket import Place, Ticket
from tests.queues.scan import LADDERS, PROFILES, Scan

SEATS = tuple(str(8001 + n) for n in range(20))
EVENTS = st.one_of(
    st.builds(
        Place,
        seat_id=st.sampled_from(SEATS),
        skills=st.sampled_from(PROFILES),
        provider=st.sampled_from(("staff", "purchased")),
        idle_since=st.integers(0, 3).map(float),
        free=st.just(True),
    ),
    st.sampled_from(SEATS),
    st.tuples(st.sampled_from(LADDERS), st.integers(0, 2)),
)
"""A seat signs on, signs off, or is called, after which it is free again."""


@pytest.mark.machine
@settings(
    max_examples=int(os.environ.get("HOTLINE_EXAMPLES", "300")),
    deadline=None,
    derandomize="HOTLINE_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(
    st.sampled_from((None, 0.5)),
    st.lists(st.sampled_from(PROFILES), max_size=20),
    st.lists(EVENTS, min_size=20, max_size=80),
)
def test_the_best_seat_is_found_while_people_come_and_go(
    share: float | None, skills: list[Any], events: list[Any]
) -> None:
    rules = Rules("v1", share)
    lines: list[Any] = [Scan(rules), Dispatch(rules, {"staff": 1})]
    lines[0].answered = {"staff": 1}
    signed_on = {
        seat: Place(seat, has, idle_since=float(n % 3), free=True)
        for n, (seat, has) in enumerate(zip(SEATS, skills, strict=False))
    }
    for line in lines:
        for place in signed_on.values():
            line.seat_on(place)
    for n, event in enumerate(events):
        match event:
            case Place():
                if event.seat_id not in signed_on:
                    signed_on[event.seat_id] = event
                    for line in lines:
                        line.seat_on(event)
            case str():
                if signed_on.pop(event, None) is not None:
                    for line in lines:
                        line.seat_off(event)
            case (ladder, rung):
                ticket = Ticket(f"c{n}", float(n), float(n), ladder)
                rounds = []
                for line in lines:
                    line.enter(ticket, min(rung, len(ladder.rungs) - 1))
                    rounds.append(line.match(float(n)))
                    line.leave(ticket.call_id)
                assert rounds[0] == rounds[1]
                for decision in rounds[0]:
                    for seat in filter(None, (decision.seat_id, decision.interpreter)):
                        for line in lines:
                            line.seat_busy(seat)
                            line.seat_free(seat, float(n))
