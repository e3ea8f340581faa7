"""What a database holds, in the shape of `tests.store.shelf`, and whether it is as it must be."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from cases import tables as t
from cases.slips import checked_number, slip_day
from cases.store import Store
from router.facts import Fact
from tests.store.shelf import KEYS, Shelf

ZONE = ZoneInfo("Asia/Shanghai")
TABLES = {
    "calls": t.calls, "legs": t.legs, "offers": t.offers, "spells": t.seat_spells,
    "ratings": t.ratings, "recordings": t.recordings, "voicemails": t.voicemails,
    "callbacks": t.callbacks, "callback_dials": t.callback_dials,
}  # fmt: skip
EVERY_KEY = {**KEYS, "callbacks": "callback_id", "callback_dials": "call_id"}


async def assert_exactly(store: Store, facts: Sequence[Fact]) -> None:
    """Each fact is in the database once, and the rows are those of one undisturbed fold."""
    shelf = Shelf()
    shelf.write(facts)
    async with store.read() as conn:
        found = (await conn.execute(select(t.facts).order_by(t.facts.c.seq))).all()
        position = await conn.scalar(select(t.journal_position.c.seq))
        rows = {
            name: {
                row[key]: dict(row) for row in (await conn.execute(select(TABLES[name]))).mappings()
            }
            for name, key in EVERY_KEY.items()
        }
        slips = (await conn.execute(select(t.slips).order_by(t.slips.c.number))).all()
    assert [(row.seq, row.at) for row in found] == [(fact.seq, fact.at) for fact in facts]
    bodies = [msgspec.convert({"type": row.type, **row.body}, type(fact.body))
              for row, fact in zip(found, facts, strict=True)]  # fmt: skip
    assert bodies == [fact.body for fact in facts]
    assert (position or 0) == len(facts)
    assert rows == shelf.tables
    assert {row.call_id: row.created_at for row in slips} == dict(shelf.slips)
    numbers: dict[str, list[int]] = {}
    for row in slips:
        assert checked_number(row.number) == row.number
        day = slip_day(row.created_at, ZONE)
        assert row.number.startswith(day)
        numbers.setdefault(day, []).append(int(row.number[len(day) : -1]))
    for running in numbers.values():
        assert sorted(running) == list(range(1, len(running) + 1)), "a number is missing"
