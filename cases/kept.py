"""What the line keeps for a caller: a place to be rung back for, and a person who has its case.

Reads only. Numbers leave here for the router alone, which needs them to know a caller again.
"""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cases import readings
from cases import tables as t
from cases.records import CallbackRecord
from cases.store import Store
from router.numbers import plain

MOST_OPEN = 50_000
"""Open cases that the router is told of: the newest."""


async def callbacks_of(conn: AsyncConnection, call_id: str) -> tuple[CallbackRecord, ...]:
    """The callback that a call came of, and the one it asked for, with every time it was tried."""
    one = t.callbacks.c
    rows = (
        await conn.execute(
            select(t.callbacks)
            .where(or_(one.call_id == call_id, one.reached_call_id == call_id))
            .order_by(one.asked_at)
        )
    ).all()
    tried = t.callback_dials.c
    dials = (
        await conn.execute(
            select(t.callback_dials)
            .where(tried.callback_id.in_([row.callback_id for row in rows]))
            .order_by(tried.attempt)
        )
    ).all()
    return tuple(
        readings.callback_of(row, [one for one in dials if one.callback_id == row.callback_id])
        for row in rows
    )


async def open_cases(store: Store, now: float, area_code: str) -> dict[str, tuple[str, float]]:
    """Number (`router.numbers.plain`) → who keeps its open case, until when (epoch s).

    Of several the one that was written on last.
    """
    slip = t.slips.c
    wanted = (
        select(t.calls.c.caller_number, slip.kept_by, slip.open_until)
        .join(t.slips, slip.call_id == t.calls.c.call_id)
        .where(slip.open_until > now, slip.kept_by.is_not(None), ~t.calls.c.demo)
        .order_by(slip.updated_at.desc())
        .limit(MOST_OPEN)
    )
    async with store.read() as conn:
        rows = (await conn.execute(wanted)).all()
    owners: dict[str, tuple[str, float]] = {}
    for number, person_id, until in rows:
        if one := plain(number, area_code):
            owners.setdefault(one, (person_id, until))
    return owners
