"""How the line stood at any fact of the past: states kept now and then, and the facts from there.

A state is a fold over facts (router.state), so the past can be gone back to; a state every some
thousand facts keeps that short. Two lines are told apart: the one there is, and the one of the
demonstration, which its facts begin as if nothing had ever happened (hotline.demo_facts). Never
decides, and never shows anything to anybody: who may ask is the business of cases.access.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from contextlib import suppress

import msgspec
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cases import tables as t
from cases.history import fact_of
from cases.rows import DEMO
from router.facts import Body, CallOpened, Fact, LineStarted
from router.lately import Lately
from router.state import Snapshot, State

EVERY = 5_000
"""Facts of a line between two states that are kept: at most so many are folded to go back."""

_BATCH = 5_000
_PIECE = 250
"""Facts read at a time where a line is at work in the same process: a hundredth of a second."""

_BEGINS = ("Queued", "Requeued")
_ENDS = ("Connected", "VoicemailInvited", "WentToFallback", "CallClosed", "FallbackImported")
"""Types of facts with which a wait begins, and is over."""


def is_demo(body: Body) -> bool:
    """Whether a fact is one of the demonstration. Facts of the house are the line's."""
    id: str = getattr(body, "call_id", "") or getattr(body, "seat_id", "")
    return id.startswith(DEMO)


class Line:
    """One line's state while its facts go by; those of the other line lie between.

    `whole`: it is known from its beginning or from a kept state on; otherwise who was on duty may
    be missing, because facts have been let go.
    """

    def __init__(self, demo: bool, snapshot: Snapshot | None = None, run: str = "") -> None:
        self.demo = demo
        self._run = run
        """Which of several demonstrations; each begins as if nothing had ever happened."""
        # The demonstration is connected from its beginning and never says so.
        self.state = State.restore(snapshot or Snapshot(0, 0.0, pbx_up=demo))
        self.whole = demo or snapshot is not None
        self.since = 0
        """Facts folded since the state was kept."""

    def apply(self, fact: Fact) -> None:
        """Fold a fact of this line; what lies between is not missing, it is the other line's."""
        if not self.state.seq:
            self.whole = self.whole or isinstance(fact.body, LineStarted)
        if self.demo and isinstance(fact.body, CallOpened):
            run, _, _ = fact.body.call_id.rpartition("-")
            if run != self._run:
                self._run, self.state.lately = run, Lately()
                self.state.answers.clear()
                self.state.answered.clear()
        self.state.seq = fact.seq - 1
        self.state.apply(fact)
        self.since += 1

    def packed(self) -> bytes:
        # Which calls were closed long ago bears on no decision, and is most of a state.
        kept = msgspec.structs.replace(self.state.snapshot(), closed=())
        return zlib.compress(msgspec.msgpack.encode((self._run, kept)))


class Keeper:
    """Keeps states while facts are written: part of the ledger's hand (cases.ledger).

    Facts of another version that no longer decode must not stop the writing of new ones: then
    nothing is kept, and the past is told as far as it can be read.
    """

    def __init__(self, conn: Connection, position: int) -> None:
        self._lines: dict[bool, Line] = {}
        with suppress(msgspec.ValidationError):
            self._lines = {demo: line_at(conn, demo, position) for demo in (False, True)}

    def keep(self, conn: Connection, facts: Sequence[Fact]) -> None:
        """Fold facts that follow, and write down the states that are due."""
        rows = []
        for fact in facts if self._lines else ():
            line = self._lines[is_demo(fact.body)]
            line.apply(fact)
            if line.since >= EVERY:
                rows.append({"seq": fact.seq, "demo": line.demo, "state": line.packed()})
                line.since = 0
        if rows:
            conn.execute(insert(t.states), rows)


def line_at(conn: Connection, demo: bool, seq: int) -> Line:
    """The line as of fact `seq`, as far as there are facts of it."""
    line = kept_line(conn, demo, seq)
    while facts := batch_of(conn, demo, line.state.seq, seq, _BATCH):
        for fact in facts:
            line.apply(fact)
    return line


def kept_line(conn: Connection, demo: bool, seq: int) -> Line:
    """The line as it was kept last before fact `seq`, or as it was at the very beginning."""
    kept = conn.execute(
        select(t.states.c.state)
        .where(t.states.c.demo == demo, t.states.c.seq <= seq)
        .order_by(t.states.c.seq.desc())
    )
    for row in kept:
        # One written by another version: an earlier one, or the facts from the beginning.
        with suppress(msgspec.ValidationError):
            run, snapshot = msgspec.msgpack.decode(
                zlib.decompress(row.state), type=tuple[str, Snapshot]
            )
            return Line(demo, snapshot, run)
    return Line(demo)


def batch_of(conn: Connection, demo: bool, after: int, upto: int, most: int = _BATCH) -> list[Fact]:
    """The next facts of one line with `after` < seq <= `upto`; none: there are no more."""
    facts = t.facts.c
    marked = func.substr(func.coalesce(facts.call_id, facts.seat_id, ""), 1, len(DEMO))
    wanted = (
        select(facts.seq, facts.at, facts.type, facts.body)
        .where(facts.seq > after, facts.seq <= upto)
        .where(marked == DEMO if demo else marked != DEMO)
        .order_by(facts.seq)
        .limit(most)
    )
    return [fact_of(row) for row in conn.execute(wanted)]


class Recalled(msgspec.Struct, frozen=True):
    """One call's waiting: the line as it stood before, and the facts of the line until its end.

    `line.apply` may be used once; `people`: id → name of those who may be named.
    """

    call_id: str
    line: Line
    facts: tuple[Fact, ...] = ()
    people: dict[str, str] = {}


async def recall(conn: AsyncConnection, call_id: str, *, everybody: bool = False) -> Recalled:
    """The past around a call's waiting, in small pieces: the caller's loop has a line to run.

    `everybody`: with the names of all who sat at a seat, not of those alone who had this call.
    """
    demo = call_id.startswith(DEMO)
    of_call = (
        select(t.facts.c.seq, t.facts.c.type)
        .where(t.facts.c.call_id == call_id)
        .order_by(t.facts.c.seq)
    )
    rows = (await conn.execute(of_call)).all()
    begins = [row.seq for row in rows if row.type in _BEGINS]
    if not begins:
        return Recalled(call_id, Line(demo))
    ends = [row.seq for row in rows if row.type in _ENDS and row.seq > begins[-1]]
    upto = ends[0] if ends else int(await conn.scalar(select(t.journal_position.c.seq)) or 0)
    line = await conn.run_sync(kept_line, demo, begins[0] - 1)
    while facts := await conn.run_sync(batch_of, demo, line.state.seq, begins[0] - 1, _PIECE):
        for fact in facts:
            line.apply(fact)
    found: list[Fact] = []
    while facts := await conn.run_sync(
        batch_of, demo, found[-1].seq if found else begins[0] - 1, upto, _PIECE
    ):
        found += facts
    ids = {
        getattr(fact.body, "person_id", "")
        for fact in found
        if everybody or getattr(fact.body, "call_id", "") == call_id
    }
    if everybody:
        ids |= {seat.person_id for seat in line.state.seats.values()}
    people = await conn.execute(select(t.people).where(t.people.c.person_id.in_(ids - {""})))
    return Recalled(call_id, line, tuple(found), {row.person_id: row.name for row in people})


class Position(msgspec.Struct, frozen=True):
    """Of one line's facts those with `after` < seq <= `upto`."""

    after: int
    upto: int


async def since(conn: AsyncConnection, demo: bool, at: float) -> Position | None:
    """One line's facts from the first that was recorded at or after `at` (epoch s); None: there
    are none."""
    facts = t.facts.c
    marked = func.substr(func.coalesce(facts.call_id, facts.seat_id, ""), 1, len(DEMO))
    wanted = select(func.min(facts.seq), func.max(facts.seq)).where(
        facts.at >= at, marked == DEMO if demo else marked != DEMO
    )
    first, last = (await conn.execute(wanted)).one()
    return None if first is None else Position(first - 1, last)
