"""The pump: order of journal and commands, lanes, requests, restarts, and the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import msgspec
import pytest

from router import commands as c
from router import events as e
from router.facts import CallClosed, Connected, Fact, LineStarted
from router.runner import SNAPSHOT_EVERY, Pump, recover
from router.verdict import Refusal
from telephony.fake import FakePbx
from tests.router.line import LINE

SKILLS = {"lang:cmn": 3, "law:general": 3}


class HandClock:
    def __init__(self) -> None:
        self.at = 1_780_000_000.0

    def now(self) -> float:
        return self.at


class MemoryJournal:
    """Facts in memory; `full` makes it fail as a full disk does."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.kept: tuple[int, bytes] | None = None
        self.full = False

    def append(self, facts: Sequence[Fact]) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.facts += facts

    def read(self, after_seq: int) -> Sequence[Fact]:
        return [fact for fact in self.facts if fact.seq > after_seq]

    def keep_snapshot(self, seq: int, snapshot: bytes) -> None:
        self.kept = (seq, snapshot)

    def snapshot(self) -> tuple[int, bytes] | None:
        return self.kept


class Line:
    """A pump over a fake exchange, with a clock turned by hand."""

    def __init__(self, journal: MemoryJournal | None = None) -> None:
        self.clock = HandClock()
        self.journal = journal or MemoryJournal()
        self.pump = Pump(recover(LINE, self.journal), self.journal, self.clock)
        self.pbx = FakePbx(clock=self.clock, post=self.pump.post)

    async def until(self, what: Callable[[], bool]) -> None:
        """Let the loop work until something is so; it needs no time, only turns."""
        for _ in range(2000):
            if what():
                return
            await asyncio.sleep(0)
        raise AssertionError("it never came to be")

    def saw(self, kind: type) -> bool:
        return any(isinstance(fact.body, kind) for fact in self.journal.facts)


@asynccontextmanager
async def at_work(line: Line) -> AsyncIterator[Line]:
    task = asyncio.create_task(line.pump.run(line.pbx))
    line.pbx.connect()
    try:
        yield line
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_call_goes_through_the_pump_and_the_fake_exchange() -> None:
    async with at_work(Line()) as line:
        line.pbx.phone("zhang")
        assert await line.pump.ask(e.SignIn("8001", "p1", "zhang", SKILLS)) is None
        assert await line.pump.ask(e.Ready("8001")) is None
        caller = line.pbx.dial("13800000001")
        await line.until(lambda: bool(line.pump.snapshot().calls))
        caller.press("0")
        await line.until(lambda: line.saw(Connected))
        caller.hang_up()
        await line.until(lambda: line.saw(CallClosed))
        await line.until(lambda: not line.pbx.leftovers())
        assert [fact.seq for fact in line.journal.facts] == list(
            range(1, len(line.journal.facts) + 1)
        )


async def test_a_request_is_refused_with_code_and_field() -> None:
    async with at_work(Line()) as line:
        assert await line.pump.ask(e.Ready("8001")) == Refusal("seat-not-signed-in", "seat_id")


async def test_facts_are_in_the_journal_and_followed_before_any_command_goes_out() -> None:
    line = Line()
    seen: list[int] = []
    at_command: list[tuple[int, int]] = []

    class Watching:
        async def run(self) -> None: ...

        async def perform(self, command: c.Command) -> None:
            at_command.append((len(line.journal.facts), len(seen)))

    stop = line.pump.follow(lambda facts: seen.extend(fact.seq for fact in facts))
    task = asyncio.create_task(line.pump.run(Watching()))
    line.pump.post(e.PbxSeen(line.clock.now(), ()))
    await line.pump.ask(e.SignIn("8001", "p1", "zhang", SKILLS))
    await line.until(lambda: bool(at_command))
    assert at_command[0] == (len(line.journal.facts), len(line.journal.facts))
    stop()
    await line.pump.ask(e.Ready("8001"))
    assert len(seen) < len(line.journal.facts)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_lanes_keep_their_order_and_do_not_wait_for_each_other() -> None:
    line = Line()
    done: list[str] = []
    slow = asyncio.Event()

    class Slow:
        async def run(self) -> None: ...

        async def perform(self, command: c.Command) -> None:
            if isinstance(command, c.Play) and command.call_id == "A":
                await slow.wait()
            done.append(f"{type(command).__name__} {getattr(command, 'call_id', '')}")

    task = asyncio.create_task(line.pump.run(Slow()))
    for event in (
        e.PbxSeen(line.clock.now(), ()),
        e.CallArrived("A", ""),
        e.KeyPressed("A", "0"),
        e.CallArrived("B", ""),
    ):
        line.pump.post(event)
    await line.until(lambda: "Play B" in done)
    assert not any(said.endswith(" A") for said in done)
    slow.set()
    await line.until(lambda: len([said for said in done if said.endswith(" A")]) >= 3)
    assert [said for said in done if said.endswith(" A")][:2] == ["Play A", "StopPlay A"]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_fault_of_ours_comes_back_as_a_refusal_and_the_line_goes_on() -> None:
    line = Line()

    class Broken:
        async def run(self) -> None: ...

        async def perform(self, command: c.Command) -> None:
            raise RuntimeError("a defect")

    task = asyncio.create_task(line.pump.run(Broken()))
    line.pump.post(e.PbxSeen(line.clock.now(), ()))
    line.pump.post(e.CallArrived("A", ""))
    await line.until(lambda: any("fault" in str(fact.body) for fact in line.journal.facts))
    assert line.pump.snapshot().calls
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_full_disk_stops_the_pump_instead_of_losing_facts() -> None:
    line = Line()
    line.journal.full = True
    with pytest.raises(ExceptionGroup) as raised:
        await line.pump.run(line.pbx)
    assert raised.group_contains(OSError, match="No space left")
    assert line.journal.kept is None, "a state that was never recorded must not come back"


async def test_the_state_is_back_after_a_restart_from_snapshot_and_log() -> None:
    first = Line()
    async with at_work(first):
        await first.pump.ask(e.SignIn("8001", "p1", "zhang", SKILLS))
        first.pbx.dial("13800000001")
        await first.until(lambda: bool(first.pump.snapshot().calls))
    assert first.journal.kept is not None
    before = first.pump.snapshot()
    for journal in (first.journal, MemoryJournal()):
        journal.facts = first.journal.facts
        assert msgspec.json.encode(recover(LINE, journal).snapshot()) == msgspec.json.encode(before)


async def test_a_snapshot_of_another_version_is_passed_over() -> None:
    first = Line()
    async with at_work(first):
        await first.pump.ask(e.SignIn("8001", "p1", "zhang", SKILLS))
    first.journal.kept = (99, msgspec.msgpack.encode(["something", "else"]))
    assert recover(LINE, first.journal).snapshot().seats[0].person_id == "p1"


async def test_snapshots_are_kept_while_running() -> None:
    line = Line()
    async with at_work(line):
        await line.pump.ask(e.SignIn("8001", "p1", "zhang", SKILLS))
        for _ in range(SNAPSHOT_EVERY // 2):
            line.pump.post(e.Ready("8001"))
            line.pump.post(e.NotReady("8001", "break"))
        await line.pump.ask(e.Ready("8001"))
        assert line.journal.kept is not None
        assert line.journal.kept[0] >= SNAPSHOT_EVERY


async def test_the_first_fact_of_a_run_says_so() -> None:
    line = Line()
    async with at_work(line):
        await line.until(lambda: line.saw(LineStarted))
    assert isinstance(line.journal.facts[0].body, LineStarted)


async def test_a_planned_stop_gives_those_who_wait_to_the_fallback() -> None:
    line = Line()
    task = asyncio.create_task(line.pump.run(line.pbx))
    line.pbx.connect()
    line.pbx.phone("zhang").manner = "ring"
    await line.pump.ask(e.SignIn("8001", "p1", "zhang", SKILLS))
    await line.pump.ask(e.Ready("8001"))
    callers = [line.pbx.dial(f"1380000000{n}") for n in (1, 2)]
    await line.until(lambda: len(line.pump.snapshot().calls) == 2)
    for caller in callers:
        caller.press("0")
    await line.until(lambda: all(call.entered_at for call in line.pump.snapshot().calls))
    await line.pump.hand_over(5.0)
    await task
    assert [caller.where for caller in callers] == ["fallback", "fallback"]
    assert line.journal.kept is not None, "the next router knows what this one knew"
