"""How the line stood at any fact of the past: states kept now and then, and the facts from there.

A state is a fold over facts (router.state), so the past can be gone back to; a state every some
thousand facts keeps that short. Two lines are told apart: the one there is, and the one of the
demonstration, which its facts begin as if nothing had ever happened (hotline.demo_facts). Never
decides, and never shows anything to anybody: who may ask is the business of cases.access.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress

import msgspec
from sqlalchemy import Connection, func, insert, select

from cases import tables as t
from cases.history import fact_of
from cases.rows import DEMO
from router.facts import Body, Fact
from router.state import Snapshot, State

EVERY = 10_000
"""Facts of a line between two states that are kept: at most so many are folded to go back."""

_BATCH = 5_000


def is_demo(body: Body) -> bool:
    """Whether a fact is one of the demonstration. Facts of the house are the line's."""
    id: str = getattr(body, "call_id", "") or getattr(body, "seat_id", "")
    return id.startswith(DEMO)


class Line:
    """One line's state while its facts go by, some of which are another line's."""

    def __init__(self, demo: bool, snapshot: Snapshot | None = None) -> None:
        self.demo = demo
        # The demonstration is connected from its beginning and never says so.
        self.state = State.restore(snapshot or Snapshot(0, 0.0, pbx_up=demo))
        self.since = 0
        """Facts folded since the state was kept."""

    def apply(self, fact: Fact) -> None:
        """Fold a fact of this line; what lies between is not missing, it is the other line's."""
        self.state.seq = fact.seq - 1
        self.state.apply(fact)
        self.since += 1

    def packed(self) -> bytes:
        # Which calls were closed long ago bears on no decision, and is most of a state.
        kept = msgspec.structs.replace(self.state.snapshot(), closed=())
        return zlib.compress(msgspec.msgpack.encode(kept))


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
    kept = conn.execute(
        select(t.states.c.seq, t.states.c.state)
        .where(t.states.c.demo == demo, t.states.c.seq <= seq)
        .order_by(t.states.c.seq.desc())
    )
    line, after = Line(demo), 0
    for row in kept:
        try:
            snapshot = msgspec.msgpack.decode(zlib.decompress(row.state), type=Snapshot)
        except msgspec.ValidationError:
            continue  # written by another version: an earlier one, or the facts from the beginning
        line, after = Line(demo, snapshot), row.seq
        break
    for fact in facts_of(conn, demo, after, seq):
        line.apply(fact)
    return line


def facts_of(conn: Connection, demo: bool, after: int, upto: int) -> Iterator[Fact]:
    """One line's facts with `after` < seq <= `upto`, in order, a few thousand at a time."""
    facts = t.facts.c
    marked = func.substr(func.coalesce(facts.call_id, facts.seat_id, ""), 1, len(DEMO))
    ours = marked == DEMO if demo else marked != DEMO
    while True:
        wanted = (
            select(facts.seq, facts.at, facts.type, facts.body)
            .where(facts.seq > after, facts.seq <= upto, ours)
            .order_by(facts.seq)
            .limit(_BATCH)
        )
        rows = conn.execute(wanted).all()
        for row in rows:
            yield fact_of(row)
        if len(rows) < _BATCH:
            return
        after = rows[-1].seq
