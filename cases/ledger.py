"""Writes one batch of facts and everything that follows from it, in one transaction.

The position in the log is part of the transaction, so each fact is in the database exactly once,
whatever is killed in between. Never decides what a fact means: that is `cases.fold`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

import msgspec
from sqlalchemy import Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from cases import tables as t
from cases.fold import Fold, Harvest
from cases.rows import Row
from cases.slips import slip_day, slip_number
from cases.store import Store
from router.facts import Fact

_THE_ROW = 1


class Gap(Exception):
    """The facts offered do not follow what the database has (`position`)."""

    def __init__(self, position: int) -> None:
        super().__init__(f"the database has the facts up to {position}")
        self.position = position


class Ledger:
    """One writer's hand on the database. Not for two tasks at once."""

    def __init__(self, store: Store, zone: tzinfo) -> None:
        self._store = store
        self._zone = zone
        self._fold: Fold | None = None
        self._folded = 0

    async def position(self) -> int:
        """Facts up to this number are in the database."""
        async with self._store.read() as conn:
            return await _position(conn, lock=False)

    async def write(self, facts: Sequence[Fact]) -> int:
        """Enter those of `facts` that are not there yet; returns the new position.

        Raises Gap, and what the database raises; then nothing was written.
        """
        try:
            async with self._store.write() as conn:
                position = await _position(conn, lock=True)
                fresh = [fact for fact in facts if fact.seq > position]
                if not fresh:
                    return position
                if fresh[0].seq != position + 1:
                    raise Gap(position)
                fold = await self._fold_at(conn, position)
                await self._take_in(conn, fold, fresh)
                for fact in fresh:
                    fold.apply(fact)
                await conn.execute(insert(t.facts), [_fact_row(fact) for fact in fresh])
                await self._enter(conn, fold.harvest())
                position = fresh[-1].seq
                await self._replace(conn, t.journal_position, [{"id": _THE_ROW, "seq": position}])
        except BaseException:
            self._fold = None
            raise
        self._folded = position
        return position

    async def _fold_at(self, conn: AsyncConnection, position: int) -> Fold:
        """The fold as of `position`: the one we hold, unless somebody else wrote meanwhile."""
        if self._fold is None or self._folded != position:
            spells = await conn.execute(
                select(t.seat_spells).where(t.seat_spells.c.ended_at.is_(None))
            )
            self._fold = Fold(_dicts(spells))
        return self._fold

    async def _take_in(self, conn: AsyncConnection, fold: Fold, facts: Sequence[Fact]) -> None:
        strangers = sorted(fold.strangers(facts))
        if not strangers:
            return
        found = [
            _dicts(await conn.execute(select(table).where(table.c.call_id.in_(strangers))))
            for table in (t.calls, t.legs, t.offers)
        ]
        fold.take_in(*found)

    async def _enter(self, conn: AsyncConnection, harvest: Harvest) -> None:
        await self._replace(conn, t.calls, harvest.calls)
        await self._replace(conn, t.legs, harvest.legs)
        await self._replace(conn, t.offers, harvest.offers)
        await self._replace(conn, t.seat_spells, harvest.spells)
        await self._add(conn, t.ratings, harvest.ratings)
        await self._add(conn, t.recordings, harvest.recordings)
        await self._add(conn, t.voicemails, harvest.voicemails)
        await self._add(conn, t.slips, await self._slips(conn, harvest.slips))

    async def _slips(self, conn: AsyncConnection, calls: list[tuple[str, float]]) -> list[Row]:
        """One slip for each new call, numbered in the order in which the calls came."""
        if not calls:
            return []
        days = [slip_day(opened_at, self._zone) for _, opened_at in calls]
        known = await conn.execute(select(t.slip_days).where(t.slip_days.c.day.in_(set(days))))
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
                    "text": "",
                    "groups": [],
                    "emotion": None,
                    "created_at": opened_at,
                    "updated_at": opened_at,
                    "updated_by": None,
                }
            )
        await self._replace(
            conn, t.slip_days, [{"day": day, "last": running} for day, running in last.items()]
        )
        return rows

    async def _replace(self, conn: AsyncConnection, table: Table, rows: list[Row]) -> None:
        if rows:
            statement = self._insert(table)
            keys = [column.name for column in table.primary_key]
            others = {
                column.name: statement.excluded[column.name]
                for column in table.columns
                if not column.primary_key
            }
            await conn.execute(
                statement.on_conflict_do_update(index_elements=keys, set_=others), rows
            )

    async def _add(self, conn: AsyncConnection, table: Table, rows: list[Row]) -> None:
        """Insert; what is there already stays as it is."""
        if rows:
            await conn.execute(self._insert(table).on_conflict_do_nothing(), rows)

    def _insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        if self._store.dialect == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)


async def _position(conn: AsyncConnection, *, lock: bool) -> int:
    wanted = select(t.journal_position.c.seq)
    seq = await conn.scalar(wanted.with_for_update() if lock else wanted)
    return int(seq or 0)


def _dicts(result: Any) -> list[Row]:
    return [dict(row) for row in result.mappings()]


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
