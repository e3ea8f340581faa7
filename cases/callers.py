"""What is known of a caller from earlier calls of the same number: counted in the query.

Numbers are compared in the database and never leave it; a withheld or public number is nobody's,
and nothing is known of it. Who may ask at all `cases.access` decides.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cases import tables as t
from cases.records import EarlierCall, Flag, Viewer
from cases.rights import visible
from cases.search import last_score

LAST = 5
"""Earlier calls that are told one by one."""

WEEK_S = 7 * 86400.0
FREQUENT = 10
"""Calls of one number in a week that a seat and the report should know of (domain notes 4b)."""

_GAVE_UP = ("abandoned_queue", "abandoned_ringing")


class Known(msgspec.Struct, frozen=True):
    earlier: int = 0
    last: tuple[EarlierCall, ...] = ()
    open_messages: int = 0
    flags: tuple[Flag, ...] = ()


async def known(
    conn: AsyncConnection, viewer: Viewer, numbers: Collection[str], call_id: str, before: float
) -> Known:
    """Of calls from any of `numbers` (one caller's spellings) that came before this one."""
    if not numbers:
        return Known()
    calls = t.calls.c
    same = (
        calls.caller_number.in_(numbers),
        calls.call_id != call_id,
        calls.opened_at <= before,
    )
    in_week = func.count().filter(calls.opened_at > before - WEEK_S)
    count = (await conn.execute(select(func.count().label("all"), in_week).where(*same))).one()
    if not count[0]:
        return Known()
    wanted = (
        select(t.calls, t.slips.c.kind, t.slips.c.matter, t.slips.c.emotion)
        .add_columns(last_score.label("score"), visible(viewer).label("own"))
        .join(t.slips, t.slips.c.call_id == calls.call_id)
        .where(*same)
        .order_by(calls.opened_at.desc(), calls.call_id)
        .limit(LAST)
    )
    last = (await conn.execute(wanted)).all()
    messages = await conn.scalar(
        select(func.count())
        .select_from(t.voicemails.join(t.calls))
        .where(*same, t.voicemails.c.state == "new")
    )
    return Known(count[0], tuple(map(_told, last)), messages or 0, _flags(count[1], messages, last))


def _told(row: Any) -> EarlierCall:
    return EarlierCall(
        call_id=row.call_id if row.own else "",
        opened_at=row.opened_at,
        outcome=row.outcome,
        service=row.service,
        kind=row.kind,
        matter=row.matter,
    )


def _flags(in_week: int, messages: int | None, last: Any) -> tuple[Flag, ...]:
    newest = last[0]
    flags: dict[Flag, bool] = {
        # This call is one of them.
        "frequent": in_week + 1 >= FREQUENT,
        "message_open": bool(messages),
        "dissatisfied": (newest.score or 0) >= 4,
        "agitated": (newest.emotion or 0) >= 3,
        "gave_up": newest.outcome in _GAVE_UP,
    }
    return tuple(flag for flag, true in flags.items() if true)
