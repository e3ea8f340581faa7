"""Demonstration data in the database: told from real data by its ids, and removed without a trace.

The facts of a demonstration come through the log like any other (`cases.writer`). What people
would have added (slips, handled messages, who they are) is entered here, in bulk and without the
guarded door: it concerns nobody. Never touches a row whose id does not begin with `rows.DEMO`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from cases import tables as t
from cases.records import Provider
from cases.rows import DEMO
from cases.store import Store

_NO_PASSWORD = "-"  # noqa: S105 - no hash of anything: nobody ever signs in with it


class Writing(msgspec.Struct, frozen=True):
    """A slip as a seat would have filled it in (`cases.slips` has the vocabulary)."""

    call_id: str
    kind: str
    matter: str
    place: str
    place_detail: str
    text: str
    groups: tuple[str, ...]
    emotion: int | None
    updated_at: float
    updated_by: str


class Handled(msgspec.Struct, frozen=True):
    """A message that somebody dealt with, at `handled_at` (epoch s)."""

    recording_id: str
    handled_by: str
    handled_at: float


class Audible(msgspec.Struct, frozen=True):
    """A recording of a demonstration call that has a file. `seconds`: its length."""

    recording_id: str
    seconds: float
    sha256: str
    bytes: int


class Figure(msgspec.Struct, frozen=True):
    """Somebody of the demonstration: inactive, without phone, and unable to sign in."""

    person_id: str
    name: str
    username: str
    provider: Provider
    skills: dict[str, int]


class Dressing(msgspec.Struct, frozen=True):
    """What is added to the facts of a month."""

    slips: Sequence[Writing]
    handled: Sequence[Handled]
    audible: Sequence[Audible]


async def months_calls(store: Store, since: float, until: float) -> int:
    """Demonstration calls that came from `since` until before `until` (epoch s)."""
    calls = t.calls.c
    wanted = select(func.count()).where(
        calls.demo, calls.opened_at >= since, calls.opened_at < until
    )
    async with store.read() as conn:
        return int(await conn.scalar(wanted) or 0)


async def enter_people(store: Store, figures: Iterable[Figure], now: float) -> None:
    """Those who are there already stay as they are."""

    def entered(conn: Connection) -> None:
        known = set(conn.scalars(select(t.people.c.person_id).where(_marked(t.people.c.person_id))))
        new = [_person(figure, now) for figure in figures if figure.person_id not in known]
        if new:
            conn.execute(insert(t.people), new)

    await store.transact(entered)


async def dress(store: Store, dressing: Dressing) -> None:
    """Fill in slips, handle messages and settle recordings, all or nothing.

    A recording without a file is `missing`, so that nobody goes on looking for it.
    """

    def dressed(conn: Connection) -> None:
        _set(conn, t.slips.c.call_id, dressing.slips, version=2)
        _set(conn, t.voicemails.c.recording_id, dressing.handled, state="handled")
        _set(conn, t.recordings.c.recording_id, dressing.audible, status="ready")
        conn.execute(
            update(t.recordings)
            .where(_marked(t.recordings.c.recording_id), t.recordings.c.status == "pending")
            .values(status="missing")
        )

    await store.transact(dressed)


async def remove(store: Store) -> dict[str, int]:
    """Remove every demonstration row; table → rows that went.

    The log's position, numbers of facts and the audit stay: they never run backwards.
    """
    return await store.transact(_removed)


def _removed(conn: Connection) -> dict[str, int]:
    days = list(
        conn.scalars(
            select(func.substr(t.slips.c.number, 1, 6)).where(_marked(t.slips.c.call_id)).distinct()
        )
    )
    gone: dict[str, int] = {}
    for table, ours in (
        (t.slips, _marked(t.slips.c.call_id)),
        (t.callback_dials, _marked(t.callback_dials.c.call_id)),
        (t.callbacks, _marked(t.callbacks.c.call_id)),
        (t.voicemails, _marked(t.voicemails.c.call_id)),
        (t.recordings, _marked(t.recordings.c.call_id)),
        (t.ratings, _marked(t.ratings.c.call_id)),
        (t.offers, _marked(t.offers.c.call_id)),
        (t.legs, _marked(t.legs.c.call_id)),
        (t.calls, _marked(t.calls.c.call_id)),
        (t.seat_spells, _marked(t.seat_spells.c.seat_id)),
        (t.facts, or_(_marked(t.facts.c.call_id), _marked(t.facts.c.seat_id))),
        (t.states, t.states.c.demo),
        (t.people, _marked(t.people.c.person_id)),
        (t.reports, t.reports.c.demo),  # also of a month with real calls: its numbers were mixed
    ):
        gone[table.name] = conn.execute(delete(table).where(ours)).rowcount
    if days:
        # The day's running number goes only where no slip of the day is left.
        left = exists().where(func.substr(t.slips.c.number, 1, 6) == t.slip_days.c.day)
        conn.execute(delete(t.slip_days).where(and_(t.slip_days.c.day.in_(days), ~left)))
    return gone


def _set(
    conn: Connection, key: Column[str], rows: Sequence[msgspec.Struct], **also: object
) -> None:
    """Set the fields of `rows`, and what is the same in all of them, where `key` is theirs."""
    if not rows:
        return
    fields = [name for name in rows[0].__struct_fields__ if name != key.name]
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in fields} | also
    conn.execute(
        update(key.table).where(key == bindparam("one")).values(values),
        [_bound(row, key.name) for row in rows],
    )


def _marked(column: Any) -> ColumnElement[bool]:
    # Not LIKE: SQLite's takes capitals for small letters.
    marked: ColumnElement[bool] = func.substr(column, 1, len(DEMO)) == DEMO
    return marked


def _bound(row: msgspec.Struct, key: str) -> dict[str, Any]:
    values = msgspec.structs.asdict(row)
    return {"one": values.pop(key)} | {f"new_{name}": value for name, value in values.items()}


def _person(figure: Figure, now: float) -> dict[str, Any]:
    return {
        "person_id": figure.person_id,
        "name": figure.name,
        "username": figure.username,
        "password_hash": _NO_PASSWORD,
        "must_change_password": False,
        "failures": 0,
        "locked_until": None,
        "role": "seat",
        "provider": figure.provider,
        "skills": figure.skills,
        "phone": None,
        "sip_ha1": None,
        "active": False,
        "added_at": now,
    }
