"""The past played again: every recorded decision comes out the same of the state before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cases.past import Line as Past
from config.loader import load
from config.model import Line
from hotline.demo_facts import month
from queues.explain import Passed
from queues.waited import Idle
from router import events as e
from router import facts as f
from router.recount import account
from router.replay import Round, rounds
from router.state import State
from tests.router.line import LINE
from tests.router.stage import Stage, played
from tests.store.days import a_day

STORIES = sorted((Path(__file__).parent.parent / "stories").glob("*.txt"))
FORCED = "pair"
"""Stories in which somebody else than the queue says which two seats are rung."""


def judged(facts: Iterable[f.Fact], line: Line = LINE) -> list[Round]:
    state = State()
    return list(rounds(state, state.apply, facts, line.policy))


def disagreeing(found: Sequence[Round]) -> list[Round]:
    return [one for one in found if not one.agrees]


@pytest.mark.parametrize("path", [p for p in STORIES if FORCED not in p.stem], ids=lambda p: p.stem)
def test_the_decisions_of_every_story_come_out_the_same(path: Path) -> None:
    assert disagreeing(judged(played(path.stem, LINE))) == []


@pytest.mark.parametrize("seed", range(30))
def test_the_decisions_of_wild_days_come_out_the_same(seed: int) -> None:
    found = judged(a_day(seed, 600))
    assert len(found) > 5
    assert disagreeing(found) == []


class Crowded:
    """Two weeks of the demonstration with a third of its seats, so that callers wait."""

    def __init__(self) -> None:
        self.line = load(None).line
        zone = ZoneInfo(self.line.centre.timezone)
        whole = month(self.line, date(2026, 10, 1), calls=20_000, seed=3, zone=zone, prompt_s={})
        few = msgspec.structs.replace(whole, duties=whole.duties[::3])
        self.facts: list[f.Fact] = []
        few.world(0, self.facts.extend).run(few.ends[13])
        past = Past(demo=True)
        self.rounds = list(rounds(past.state, past.apply, self.facts, self.line.policy))


@pytest.fixture(scope="module")
def crowded() -> Crowded:
    return Crowded()


def test_thousands_of_decisions_come_out_the_same(crowded: Crowded) -> None:
    found = [decision for one in crowded.rounds for decision in one.recorded]
    assert len(found) > 3000
    assert {decision.kind for decision in found} == {"offer", "reserve"}
    assert any(decision.rung for decision in found)
    assert disagreeing(crowded.rounds) == []


def test_every_wait_is_told_to_the_second_and_no_fault_is_found(crowded: Crowded) -> None:
    """Each wait of two days: its stretches fill it, and nothing says that the program erred."""
    until = crowded.facts[0].at + 2 * 86_400
    facts = [fact for fact in crowded.facts if fact.at < until]
    ends = f.Connected | f.VoicemailInvited | f.CallClosed
    last = {fact.body.call_id: n for n, fact in reversed(list(enumerate(facts)))
            if isinstance(fact.body, ends)}  # fmt: skip
    past, waits = Past(demo=True), []
    for place, fact in enumerate(facts):
        if isinstance(fact.body, f.Queued) and fact.body.call_id in last:
            end = last[fact.body.call_id]
            then = Past(True, past.state.snapshot(), past._run)
            told = account(
                fact.body.call_id, then.state, then.apply, facts[place : end + 1],
                crowded.line.policy,
            )  # fmt: skip
            waits += told.waits
        past.apply(fact)
    assert len(waits) > 300
    assert {wait.end for wait in waits} >= {"answered", "left"}
    for wait in waits:
        told_s = sum(stretch.lasted_s for stretch in wait.stretches)
        assert told_s == pytest.approx(wait.ends - wait.begins)
        assert not any(isinstance(stretch.cause, Idle) for stretch in wait.stretches)
        assert all(ahead.first for ahead in wait.ahead)
        for chosen in wait.chosen:
            assert chosen.agrees
            assert not any(isinstance(o.reason, Passed) for o in chosen.choice.others)
    causes = {type(one.cause).__name__ for wait in waits for one in wait.stretches}
    assert causes >= {"AllBusy", "Rings"}
    assert any(wait.ahead for wait in waits)
    assert any(wait.loosened for wait in waits)


def offered(facts: Sequence[f.Fact]) -> int:
    return next(n for n, fact in enumerate(facts) if isinstance(fact.body, f.Offered))


@pytest.mark.parametrize(
    "change",
    [
        {"seat_id": "8001", "ranking": None},
        {"able": 7},
        {"rung": 1},
    ],
)
def test_a_decision_that_was_tampered_with_is_found(change: dict[str, object]) -> None:
    facts = played("bilingual-seat-is-kept", LINE)
    place = offered(facts)
    body = facts[place].body
    assert isinstance(body, f.Offered)
    if "ranking" in change:
        other = "8001" if body.seat_id != "8001" else "8002"
        change = {"seat_id": other, "ranking": body.ranking._replace(seat_id=other)}
    facts[place] = msgspec.structs.replace(
        facts[place], body=msgspec.structs.replace(body, **change)
    )
    found = judged(facts[: place + 1])
    assert [one.seq for one in disagreeing(found)] == [facts[place].seq]


def test_a_policy_that_is_gone_is_said_to_be(crowded: Crowded) -> None:
    """The demonstration's facts name a policy and do not carry it; the settings' may be another."""
    other = msgspec.structs.replace(crowded.line.policy, version="other")
    past = Past(demo=True)
    found = list(rounds(past.state, past.apply, crowded.facts[:2000], other))
    assert found
    assert all(one.derived is None and not one.agrees for one in found)


def test_a_call_that_still_waits_is_told_up_to_now() -> None:
    stage = Stage(LINE)
    for line in ("seat 8001 zhang lang:cmn=3 law:general=3", "+1 not-ready 8001 meal",
                 "+1 call A from 13800000001", "+3 heard A", "+1 key A 0", "+20 wait"):  # fmt: skip
        stage.tell(line)
    state = State()
    queued = next(n for n, fact in enumerate(stage.facts) if isinstance(fact.body, f.Queued))
    for fact in stage.facts[:queued]:
        state.apply(fact)
    told = account("A", state, state.apply, stage.facts[queued:], LINE.policy)
    (wait,) = told.waits
    assert wait.end == "waiting"


def test_an_event_that_comes_before_the_end_of_a_pause_was_noticed() -> None:
    """The pump hears events before it looks at the clock: a pause that is over is over."""
    stage = Stage(LINE)
    for line in ("seat 8001 zhang lang:cmn=3 law:general=3", "+1 call A from 13800000001",
                 "+3 heard A", "+1 key A 0", "+1 leg A busy"):  # fmt: skip
        stage.tell(line)
    seat = stage.engine.state.seats["8001"]
    late = seat.paused_until + 0.5
    step = stage.engine.handle(e.SignIn("8002", "wang", "wang", {"lang:ii": 1}), late)
    assert any(isinstance(fact.body, f.Offered) for fact in step.facts)
    assert disagreeing(judged([*stage.facts, *step.facts])) == []
