"""Facts read back from the database, for views that begin in the middle of a day."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Row, select

from cases import tables as t
from cases.store import Store
from router.facts import Fact


async def facts_after(store: Store, after_seq: int, most: int) -> list[Fact]:
    """At most `most` facts with a greater `seq`, in order, as far as the store has them."""
    facts = t.facts.c
    wanted = (
        select(facts.seq, facts.at, facts.type, facts.body)
        .where(facts.seq > after_seq)
        .order_by(facts.seq)
        .limit(most)
    )
    async with store.read() as conn:
        return [fact_of(row) for row in (await conn.execute(wanted)).all()]


async def stored_up_to(store: Store) -> int:
    """The number of the last fact that is in the store; 0: none."""
    async with store.read() as conn:
        return int(await conn.scalar(select(t.journal_position.c.seq)) or 0)


async def facts_since(store: Store, since: float, kinds: Collection[str]) -> list[Fact]:
    """Facts of these types (`CallOpened` …) recorded at or after `since` (epoch s), in order."""
    facts = t.facts.c
    wanted = (
        select(facts.seq, facts.at, facts.type, facts.body)
        .where(facts.at >= since, facts.type.in_(kinds))
        .order_by(facts.seq)
    )
    async with store.read() as conn:
        return [fact_of(row) for row in (await conn.execute(wanted)).all()]


def fact_of(row: Row[*tuple[Any, ...]]) -> Fact:
    # The body is kept without what has a column of its own.
    return msgspec.convert(
        {"seq": row.seq, "at": row.at, "body": {"type": row.type, **row.body}}, Fact
    )
