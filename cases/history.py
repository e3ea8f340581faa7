"""Facts read back from the database, for views that begin in the middle of a day."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import select

from cases import tables as t
from cases.store import Store
from router.facts import Fact


async def facts_since(store: Store, since: float, kinds: Collection[str]) -> list[Fact]:
    """Facts of these types (`CallOpened` …) recorded at or after `since` (epoch s), in order."""
    facts = t.facts.c
    wanted = (
        select(facts.seq, facts.at, facts.type, facts.body)
        .where(facts.at >= since, facts.type.in_(kinds))
        .order_by(facts.seq)
    )
    async with store.read() as conn:
        rows = (await conn.execute(wanted)).all()
    # The body is kept without what has a column of its own.
    return [
        msgspec.convert(
            {"seq": row.seq, "at": row.at, "body": {"type": row.type, **row.body}}, Fact
        )
        for row in rows
    ]
