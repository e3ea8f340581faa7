"""Writes one batch of facts and everything that follows from it, in one transaction.

The position in the log is part of the transaction, so each fact is in the database exactly once,
whatever is killed in between. Never decides what a fact means: that is `cases.fold`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import tzinfo
from functools import cache, partial

import msgspec
from sqlalchemy import Connection, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from cases import tables as t
from cases.fold import Fold, Harvest
from cases.past import Keeper
from cases.region import Region, region_of
from cases.rows import Row
from cases.slips import slip_day, slip_number
from cases.store import Store
from router.facts import Fact

_THE_ROW = 1

# Made once: to make a statement takes longer than to carry it out.
_POSITION = select(t.journal_position.c.seq)
_OPEN_SPELLS = select(t.seat_spells).where(t.seat_spells.c.ended_at.is_(None))
_OF_CALLS = {
    table: select(table).where(table.c.call_id.in_(bindparam("calls", expanding=True)))
    for table in (t.calls, t.legs, t.offers)
}
_OF_DAYS = select(t.slip_days).where(t.slip_days.c.day.in_(bindparam("days", expanding=True)))


class Gap(Exception):
    """The facts offered do not follow what the database has (`position`)."""

    def __init__(self, position: int) -> None:
        super().__init__(f"the database has the facts up to {position}")
        self.position = position


class Ledger:
    """One writer's hand on the database. Not for two tasks at once.

    `region`: where a number was given out; None: by the table that is shipped.
    """

    def __init__(self, store: Store, zone: tzinfo, region: Region | None = None) -> None:
        self._region = region or region_of()
        self._store = store
        self._zone = zone
        self._fold: Fold | None = None
        self._keeper: Keeper | None = None
        self._folded = 0

    async def position(self) -> int:
        """Facts up to this number are in the database."""
        async with self._store.read() as conn:
            return int(await conn.scalar(_POSITION) or 0)

    async def write(self, facts: Sequence[Fact]) -> int:
        """Enter those of `facts` that are not there yet; returns the new position.

        Raises Gap, and what the database raises; then nothing was written.
        """
        try:
            position = await self._store.transact(partial(self._write, facts))
        except BaseException:
            self._fold = self._keeper = None
            raise
        self._folded = position
        return position

    def _write(self, facts: Sequence[Fact], conn: Connection) -> int:
        position = int(conn.scalar(_POSITION.with_for_update()) or 0)
        if position != self._folded:
            self._fold = self._keeper = None  # somebody else wrote meanwhile
        fresh = [fact for fact in facts if fact.seq > position]
        if not fresh:
            return position
        if fresh[0].seq != position + 1:
            raise Gap(position)
        if self._fold is None:
            self._fold = Fold(
                [dict(row) for row in conn.execute(_OPEN_SPELLS).mappings()], self._region
            )
        if self._keeper is None:
            self._keeper = Keeper(conn, position)
        fold = self._fold
        _take_in(conn, fold, fresh)
        for fact in fresh:
            fold.apply(fact)
        conn.execute(insert(t.facts), [_fact_row(fact) for fact in fresh])
        self._keeper.keep(conn, fresh)
        self._enter(conn, fold.harvest())
        _replace(conn, t.journal_position, [{"id": _THE_ROW, "seq": fresh[-1].seq}])
        return fresh[-1].seq

    def _enter(self, conn: Connection, harvest: Harvest) -> None:
        _replace(conn, t.calls, harvest.calls)
        _replace(conn, t.legs, harvest.legs)
        _replace(conn, t.offers, harvest.offers)
        _replace(conn, t.seat_spells, harvest.spells)
        _add(conn, t.ratings, harvest.ratings)
        _add(conn, t.recordings, harvest.recordings)
        _add(conn, t.voicemails, harvest.voicemails)
        _add(conn, t.slips, self._slips(conn, harvest.slips))
        _add(conn, t.callbacks, harvest.callbacks.asked)
        _add(conn, t.callback_dials, harvest.callbacks.dialled)
        _set(conn, t.callback_dials, harvest.callbacks.tried)
        _set(conn, t.callbacks, harvest.callbacks.ended)

    def _slips(self, conn: Connection, calls: list[tuple[str, float]]) -> list[Row]:
        """One slip for each new call, numbered in the order in which the calls came."""
        if not calls:
            return []
        days = [slip_day(opened_at, self._zone) for _, opened_at in calls]
        known = conn.execute(_OF_DAYS, {"days": sorted(set(days))})
        last = Counter({row.day: row.last for row in known})
        rows = []
        for (call_id, opened_at), day in zip(calls, days, strict=True):
            last[day] += 1
            rows.append(
                {
                    "number": slip_number(day, last[day]),
                    "call_id": call_id,
                    "version": 1,
                    "kind": "",
                    "matter": "",
                    "place": "",
                    "place_detail": "",
                    "text": "",
                    "groups": [],
                    "emotion": None,
                    "kept_by": None,
                    "open_until": None,
                    "created_at": opened_at,
                    "updated_at": opened_at,
                    "updated_by": None,
                }
            )
        _replace(
            conn, t.slip_days, [{"day": day, "last": running} for day, running in last.items()]
        )
        return rows


def _take_in(conn: Connection, fold: Fold, facts: Sequence[Fact]) -> None:
    strangers = sorted(fold.strangers(facts))
    if strangers:
        found = [
            [dict(row) for row in conn.execute(_OF_CALLS[table], {"calls": strangers}).mappings()]
            for table in (t.calls, t.legs, t.offers)
        ]
        fold.take_in(*found)


def _replace(conn: Connection, table: Table, rows: list[Row]) -> None:
    if rows:
        conn.execute(_replacing(table, conn.dialect.name), rows)


def _add(conn: Connection, table: Table, rows: list[Row]) -> None:
    """Insert; what is there already stays as it is."""
    if rows:
        conn.execute(_adding(table, conn.dialect.name), rows)


def _set(conn: Connection, table: Table, rows: list[Row]) -> None:
    """Set columns of the rows that have this key; one that is not there is let go."""
    (key,) = table.primary_key
    for row in rows:
        values = {name: value for name, value in row.items() if name != key.name}
        conn.execute(update(table).where(key == row[key.name]).values(values))


Insert = postgresql.Insert | sqlite.Insert


@cache
def _replacing(table: Table, dialect: str) -> Insert:
    statement = _insert(table, dialect)
    keys = [column.name for column in table.primary_key]
    others = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if not column.primary_key
    }
    return statement.on_conflict_do_update(index_elements=keys, set_=others)


@cache
def _adding(table: Table, dialect: str) -> Insert:
    return _insert(table, dialect).on_conflict_do_nothing()


def _insert(table: Table, dialect: str) -> Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def _fact_row(fact: Fact) -> Row:
    body = msgspec.to_builtins(fact.body)
    return {
        "seq": fact.seq,
        "at": fact.at,
        "type": body.pop("type"),
        "call_id": body.get("call_id"),
        "seat_id": body.get("seat_id"),
        "body": body,
    }
