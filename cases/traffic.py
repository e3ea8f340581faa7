"""The calls of the past as a simulation needs them: moments, languages, waits and talks.

No number and no name is read. Only reads.
"""

from __future__ import annotations

from sqlalchemy import select

from cases import tables as t
from cases.store import Store
from router.sim.replay import Past

_CALLS = t.calls.c
_LEFT = ("abandoned_queue", "abandoned_ringing")


async def newest(store: Store) -> float | None:
    """When (epoch s) a call asked for a human last; None: none ever did."""
    wanted = select(_CALLS.queued_at).where(_CALLS.queued_at.is_not(None))
    async with store.read() as db:
        return (await db.execute(wanted.order_by(_CALLS.queued_at.desc()).limit(1))).scalar()


async def past(store: Store, begins: float, ends: float) -> tuple[Past, ...]:
    """Calls that are over and asked for a human from `begins` to before `ends` (epoch s)."""
    wanted = (
        select(
            _CALLS.queued_at,
            _CALLS.language,
            _CALLS.service,
            _CALLS.wait_s,
            _CALLS.outcome,
            _CALLS.talk_s,
        )
        .where(_CALLS.queued_at >= begins, _CALLS.queued_at < ends, _CALLS.ended_at.is_not(None))
        .order_by(_CALLS.queued_at, _CALLS.call_id)
    )
    async with store.read() as db:
        return tuple(
            Past(
                row.queued_at,
                row.language,
                row.service,
                row.wait_s or 0.0,
                row.outcome in _LEFT,
                row.talk_s,
            )
            for row in await db.execute(wanted)
        )
