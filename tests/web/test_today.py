"""The wall's counters of a day are those of the store's rows of that day, whichever way one counts.

The same random life of the line is folded twice: fact by fact as the wall does, and into the rows
of the database, which are then counted by the definitions of `reports.indicators.Counts`.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, timedelta, timezone

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.model import Targets
from reports.indicators import INDICATORS, OUTCOMES, Counts, value
from router import facts as f
from router.state import State
from tests.router.line import LINE
from tests.store.days import a_day
from tests.store.shelf import Shelf
from web.today import COUNTED, SHOWN, Day

TARGETS = Targets()


def counted(shelf: Shelf, starts: float, ends: float) -> Counts:
    """The rows of the calls that came in [starts, ends); a call that talks is answered."""
    total: defaultdict[str, float] = defaultdict(float)
    calls = {r["call_id"]: r for r in shelf.rows("calls")}
    came = {
        call_id: row
        for call_id, row in calls.items()
        if starts <= row["opened_at"] < ends and not row["callback_id"]
    }
    for row in shelf.rows("callbacks"):
        if row["call_id"] in came:
            reached = calls.get(row["reached_call_id"], {})
            total["callbacks_answered"] += reached.get("answered_at") is not None
            total["callbacks_given_up"] += row["state"] == "given_up"
    for row in came.values():
        talks = row["outcome"] is None and row["answered_at"] is not None
        standing = "answered" if talks else row["outcome"] or "open"
        queued = row["queued_at"] is not None
        special = (row["language"], row["service"]) != ("cmn", "general")
        answered = standing == "answered"
        total["offered"] += 1
        total[standing] += 1
        total["queued"] += queued
        total["specialist_queued"] += queued and special
        total["talk_s"] += row["talk_s"]
        if answered:
            total["specialist_answered"] += special
            total["answered_purchased"] += row["provider"] == "purchased"
            total["wait_s"] += row["wait_s"]
            total["entry_s"] += row["queued_at"] - row["opened_at"]
            for most in (15, 20, 30):
                total[f"within_{most}"] += row["wait_s"] <= most
        if standing in ("abandoned_queue", "abandoned_ringing"):
            total["left_s"] += row["wait_s"]
    last = {row["call_id"]: row for row in sorted(shelf.rows("ratings"), key=lambda r: r["at"])}
    for row in last.values():
        if row["call_id"] in came:
            name = f"unrated_{row['missed']}" if row["missed"] else f"rated_{row['score']}"
            total[name] += 1
    total["messages"] += sum(r["call_id"] in came for r in shelf.rows("voicemails"))
    return msgspec.convert(total, Counts, strict=False)


def same(one: Counts, other: Counts) -> None:
    left, right = (msgspec.structs.asdict(counts) for counts in (one, other))
    assert left == pytest.approx(right, abs=1e-6)


def midnight_in(facts: list[f.Fact], part: float) -> timezone:
    at = facts[0].at + part * (facts[-1].at - facts[0].at)
    seconds = -int(at) % 86400
    return timezone(timedelta(seconds=seconds if seconds < 43200 else seconds - 86400))


class Line:
    """A recorded life of the line, looked at again and again."""

    def __init__(self, seed: int, part: float) -> None:
        self.facts = a_day(seed, 200)
        self.zone = midnight_in(self.facts, part)

    def day(self, now: float, began: int = 0) -> Day:
        state = State()
        for fact in self.facts[:began]:
            state.apply(fact)
        return Day(LINE, TARGETS, self.zone, now, state.snapshot())


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), part=st.floats(0.05, 0.95))
def test_every_moments_counters_are_those_of_the_rows(seed: int, part: float) -> None:
    line = Line(seed, part)
    day, shelf = line.day(line.facts[0].at), Shelf()
    days = {day.day}
    for place, fact in enumerate(line.facts):
        day.turn(fact.at)
        days.add(day.day)
        day.apply(fact)
        shelf.write([fact])
        if place % 7 == 0 or fact is line.facts[-1]:
            same(day.counts(), counted(shelf, day.starts, day.ends))
            counts = day.counts()
            assert counts.offered == sum(getattr(counts, o) for o in OUTCOMES) + counts.open
    assert len(days) == 2, "no midnight in this life"


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    part=st.floats(0.05, 0.95),
    cuts=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_a_wall_that_began_in_mid_day_recalls_what_was_before(
    seed: int, part: float, cuts: tuple[float, float]
) -> None:
    """Begun after one fact, told the history after another, it counts as if it had been there."""
    line = Line(seed, part)
    facts = line.facts
    began, told = (1 + int(cut * (len(facts) - 1)) for cut in sorted(cuts))
    there = line.day(facts[0].at)
    for fact in facts[:began]:
        there.turn(fact.at)
        there.apply(fact)
    late = line.day(facts[began - 1].at, began)
    assert not late.whole
    for place, fact in enumerate(facts[began:], began + 1):
        for day in (there, late):
            day.turn(fact.at)
            day.apply(fact)
        if place == told and not late.whole:
            late.recall(
                g for g in facts if isinstance(g.body, COUNTED) and g.at >= late.wants_since
            )
        if late.whole:
            same(there.counts(), late.counts())


def test_a_call_that_waited_again_after_a_broken_talk_is_rated_once() -> None:
    at = 1_780_000_000.0
    day = Day(LINE, TARGETS, UTC, at)
    for n, body in enumerate(
        (
            f.CallOpened("c1", "19900000001", "", "12348", "t1", True, "v1"),
            f.Queued("c1", "cmn", "general", "general/cmn", "lang:cmn", at, 0.0, (), "p-1", "v1"),
            f.Connected("c1", "c1-O1", "c1-L1", "c1-B1", "8001", "p1", "staff", 5.0),
            f.TalkEnded("c1", "c1-L1", "8001", "p1", "seat", 40.0),
            f.RatingMissed("c1", "c1-L1", "p1", "not_asked"),
            f.Requeued("c1", "general/cmn", "lang:cmn", "p-1", "v1"),
            f.Connected("c1", "c1-O2", "c1-L2", "c1-B2", "8002", "p2", "staff", 5.0),
            f.TalkEnded("c1", "c1-L2", "8002", "p2", "seat", 60.0),
            f.Rated("c1", "c1-L2", "p2", 2),
        ),
        1,
    ):
        day.apply(f.Fact(n, at + n, body))
    counts = day.counts()
    assert (counts.answered, counts.talk_s) == (1, 100.0)
    assert (counts.rated_2, counts.unrated_not_asked) == (1, 0)


def test_what_is_shown_is_asked_of_the_dictionary() -> None:
    facts = a_day(7, 300)
    day = Line(7, 0.5).day(facts[0].at)
    for fact in facts:
        day.apply(fact)
    today = day.view()
    assert list(today.figures) == [one.id for one in SHOWN]
    for id, figure in today.figures.items():
        found = value(id, today.counts)
        assert (figure.n, figure.d, figure.value) == (found.n, found.d, found.value)
        target = INDICATORS[id].target
        assert figure.target == (getattr(TARGETS, target) if target else None)
    assert today.figures["connect_rate"].target == 0.95
    assert "seat_hours" not in today.figures, "nobody tells the wall about seat hours"
