"""Who looked at or listened to what: append-only rows, each sealed with the hash of the one before.

A changed, removed or inserted row breaks the chain, and a cut-off end disagrees with the head.
Whoever can write the whole database can forge the whole chain: the head's hash belongs in the
monthly report or another place outside it. Objects are ids, never numbers or names of callers.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cases import tables as t
from cases.store import Store

Action = Literal[
    "number.shown",
    "numbers.searched",
    "recording.played",
    "report.made",
    "report.exported",
    "policy.changed",
]

_FIRST = "0" * 64
_THE_ROW = 1
_PAGE = 1000


class AuditBroken(Exception):
    """Row `seq` is not what was written, or is missing."""

    def __init__(self, seq: int) -> None:
        super().__init__(f"audit row {seq}")
        self.seq = seq


async def note(
    conn: AsyncConnection, *, at: float, person_id: str, action: Action, object: str
) -> None:
    """Add a row, as part of the transaction of `conn` (from `Store.write`)."""
    head = (await conn.execute(select(t.audit_head).with_for_update())).one()
    seq = head.seq + 1
    sealed = _seal(head.hash, (seq, at, person_id, action, object))
    row = {
        "seq": seq,
        "at": at,
        "person_id": person_id,
        "action": action,
        "object": object,
        "prev_hash": head.hash,
        "hash": sealed,
    }
    await conn.execute(insert(t.audit).values(row))
    await conn.execute(
        update(t.audit_head).where(t.audit_head.c.id == _THE_ROW).values(seq=seq, hash=sealed)
    )


async def verify(store: Store) -> int:
    """How many rows the chain has. Raises AuditBroken for the first that is not right."""
    seq, before = 0, _FIRST
    async with store.read() as conn:
        while True:
            wanted = select(t.audit).where(t.audit.c.seq > seq).order_by(t.audit.c.seq)
            rows = (await conn.execute(wanted.limit(_PAGE))).all()
            for row in rows:
                content = (row.seq, row.at, row.person_id, row.action, row.object)
                sealed = _seal(before, content)
                if (row.seq, row.prev_hash, row.hash) != (seq + 1, before, sealed):
                    raise AuditBroken(seq + 1)
                seq, before = row.seq, row.hash
            if len(rows) < _PAGE:
                break
        head = (await conn.execute(select(t.audit_head))).one()
    if (head.seq, head.hash) != (seq, before):
        raise AuditBroken(seq + 1)
    return seq


def _seal(before: str, content: tuple[int, float, str, str, str]) -> str:
    return hashlib.sha256(msgspec.json.encode((before, *content))).hexdigest()
