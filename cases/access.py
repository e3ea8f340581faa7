"""The one guarded door to calls, slips, voicemails and recordings.

Who may see a row is part of the query, so that nothing is fetched and hidden afterwards. What a
viewer may not see does not exist for them (NotFound); what a role never does is Forbidden.
Numbers are masked in every list; one call read by the staff member who served it shows the
number, and that is an audit row. Playback is an audit row too.
"""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cases import audit, readings
from cases import tables as t
from cases.callers import known
from cases.errors import Conflict, NotFound, known_id
from cases.history import stored_up_to
from cases.kept import callbacks_of
from cases.mask import mask_number
from cases.past import Recalled, recall
from cases.records import (
    Brief,
    CallDetail,
    CallFilter,
    CallPage,
    LiveCall,
    MyDay,
    RecordingRecord,
    SlipChange,
    SlipRecord,
    Told,
    Viewer,
    VoicemailRecord,
    VoicemailState,
)
from cases.region import region_of
from cases.rights import Right, may, must_see, open_to, require, served, visible
from cases.search import (
    MOST_ROWS,
    after_cursor,
    check_limit,
    conditions,
    cursor_of,
    ending,
    last_score,
    recorded,
)
from cases.slips import check_change, checked_number
from cases.store import Store
from config.divisions import divisions
from config.model import Centre
from router.numbers import spellings

__all__ = ["Access", "PlayableFile", "Right", "require"]

EVERY_CALL = CallFilter()
SHIPPED = Centre()
PLAYBACK_S = 300.0
"""A player asks for a recording piece by piece: pieces this close together are one playback."""

STORED_S = 0.05
"""How often it is looked whether facts have come to the database."""


class PlayableFile(msgspec.Struct, frozen=True):
    """A recording on disk; the audit row has been written already."""

    recording: RecordingRecord
    path: Path


class Access:
    """`recordings`: the directory that paths of recordings are relative to; `centre`: whose
    divisions a slip may name, and whose area code a local number is without; `open_days`: how long
    a case stays open that nobody closes.
    """

    def __init__(
        self, store: Store, recordings: Path, centre: Centre = SHIPPED, *, open_days: int = 30
    ) -> None:
        self._open_s = open_days * 86400.0
        self._places = divisions(centre.divisions)
        self._area_code = centre.area_code
        self._region = region_of(centre.divisions, centre.area_code)
        self._store = store
        self._recordings = recordings.resolve()
        self._playing: dict[tuple[str, str], float] = {}

    async def list_calls(
        self,
        viewer: Viewer,
        filter: CallFilter = EVERY_CALL,
        *,
        after: str | None = None,
        limit: int = 50,
        now: float = 0.0,
    ) -> CallPage:
        """Newest first. A search by number is an audit row, of `now` (epoch s).

        Raises Invalid for `limit` (1-200), `after` and the filter's fields, and Forbidden.
        """
        check_limit(limit)
        if filter.number is not None:
            require(viewer, "numbers.search")
            digits = len(ending(filter.number))
            await self._note(viewer, "numbers.searched", f"last-{digits}-digits", now)
        wanted = _calls().where(visible(viewer), *conditions(filter))
        if after is not None:
            wanted = wanted.where(after_cursor(after))
        wanted = wanted.order_by(t.calls.c.opened_at.desc(), t.calls.c.call_id.desc())
        async with self._store.read() as conn:
            found = (await conn.execute(wanted.limit(limit + 1))).all()
        calls = tuple(readings.call_of(row, masked=True) for row in found[:limit])
        more = len(found) > limit
        return CallPage(calls=calls, next=cursor_of(calls[-1]) if more else None)

    async def get_call(self, viewer: Viewer, call_id: str, now: float) -> CallDetail:
        """Everything about one call. Raises NotFound."""
        async with self._store.read() as conn:
            wanted = _calls().add_columns(served(viewer).label("served"))
            row = (
                await conn.execute(
                    wanted.where(t.calls.c.call_id == known_id("call", call_id), visible(viewer))
                )
            ).one_or_none()
            if row is None:
                raise NotFound("call")
            masked = not row.served or viewer.provider == "purchased"
            detail = CallDetail(
                call=readings.call_of(row, masked=masked),
                slip=readings.slip_of((await _of_call(conn, t.slips, call_id))[0]),
                legs=_all(readings.leg_of, await _of_call(conn, t.legs, call_id)),
                offers=_all(readings.offer_of, await _of_call(conn, t.offers, call_id)),
                ratings=_all(readings.rating_of, await _of_call(conn, t.ratings, call_id)),
                recordings=_all(readings.recording_of, await _of_call(conn, t.recordings, call_id)),
                callbacks=await callbacks_of(conn, call_id),
                timeline=tuple(
                    readings.fact_of(fact, masked=masked)
                    for fact in await _of_call(conn, t.facts, call_id)
                ),
            )
        if not masked and row.caller_number:
            await self._note(viewer, "number.shown", call_id, now)
        return detail

    async def story(self, viewer: Viewer, call_id: str) -> Told:
        """What is recorded of a call, masked for everybody. Raises NotFound."""
        async with self._store.read() as conn:
            await must_see(conn, viewer, call_id)
            facts = await _of_call(conn, t.facts, call_id)
            ids = {fact.body.get("person_id") for fact in facts}
            people = select(t.people).where(t.people.c.person_id.in_(ids - {None}))
            names = {row.person_id: row.name for row in await conn.execute(people)}
        return Told(
            facts=tuple(readings.fact_of(fact, masked=True) for fact in facts), people=names
        )

    async def recall(self, viewer: Viewer, call_id: str) -> Recalled:
        """The past around a call's waiting; raw, so nothing of it may be shown but what web.why
        says. Names of all who sat at a seat for those who know all calls. Raises NotFound."""
        async with self._store.read() as conn:
            await must_see(conn, viewer, call_id)
            return await recall(conn, call_id, everybody=may(viewer, "calls.all"))

    async def brief(self, viewer: Viewer, call_id: str, live: LiveCall | None) -> Brief:
        """What is known of the caller, for who is offered the call, has it, or had it.

        `live`: the call as the router has it, which may be ahead of the database. Raises NotFound.
        """
        mine = live is not None and (viewer.person_id in live.people or may(viewer, "calls.all"))
        async with self._store.read() as conn:
            row = None
            if not mine:
                wanted = select(t.calls).where(
                    t.calls.c.call_id == known_id("call", call_id), visible(viewer)
                )
                row = (await conn.execute(wanted)).one_or_none()
                if row is None:
                    raise NotFound("call")
            call = readings.live_of(row) if row is not None else live
            assert call is not None
            numbers = spellings(call.caller_number, self._area_code)
            found = await known(conn, viewer, numbers, call_id, call.opened_at)
        return Brief(
            call_id=call_id,
            caller_number=mask_number(call.caller_number),
            number_region=self._region(call.caller_number),
            language=call.language,
            service=call.service,
            stage=call.stage,
            opened_at=call.opened_at,
            wait_since=call.entered_at,
            earlier=found.earlier,
            last=found.last,
            open_messages=found.open_messages,
            flags=found.flags,
        )

    async def my_day(self, viewer: Viewer, since: float) -> MyDay:
        """The calls the viewer answered since `since` (epoch s); the newest are told."""
        mine = (t.calls.c.person_id == viewer.person_id, t.calls.c.answered_at >= since)
        totals = select(
            func.count().label("answered"),
            func.sum(t.calls.c.talk_s).label("talk_s"),
            func.count().filter(t.slips.c.version == 1).label("unfilled"),
        ).select_from(t.calls.join(t.slips))
        newest = _calls().where(*mine).order_by(t.calls.c.answered_at.desc()).limit(MOST_ROWS)
        async with self._store.read() as conn:
            total = (await conn.execute(totals.where(*mine))).one()
            found = (await conn.execute(newest)).all()
        return MyDay(
            since=since,
            answered=total.answered,
            talk_s=total.talk_s or 0.0,
            unfilled=total.unfilled,
            calls=tuple(readings.call_of(row, masked=True) for row in found),
        )

    async def stored(self, seq: int, within_s: float) -> None:
        """Return when the facts up to `seq` are in the database. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while True:
                if await stored_up_to(self._store) >= seq:
                    return
                await asyncio.sleep(STORED_S)

    async def get_slip(self, viewer: Viewer, call_id: str) -> SlipRecord:
        """The slip of a call. Raises NotFound."""
        async with self._store.read() as conn:
            return await _slip(conn, viewer, call_id)

    async def slip_by_number(self, viewer: Viewer, number: str) -> SlipRecord:
        """Raises Invalid("number", "bad-format" | "check-digit"), NotFound."""
        digits = checked_number(number)
        wanted = select(t.slips).join(t.calls).where(t.slips.c.number == digits, visible(viewer))
        async with self._store.read() as conn:
            row = (await conn.execute(wanted)).one_or_none()
        if row is None:
            raise NotFound("slip")
        return readings.slip_of(row)

    async def update_slip(
        self, viewer: Viewer, call_id: str, change: SlipChange, expected_version: int, now: float
    ) -> SlipRecord:
        """Raises Conflict, Invalid(field, code), Forbidden, NotFound."""
        require(viewer, "slips.write")
        values = check_change(change, self._places)
        if (opened := values.pop("open", None)) is not None:
            values["kept_by"] = viewer.person_id if opened else None
            values["open_until"] = now + self._open_s if opened else None
        async with self._store.write() as conn:
            slip = await _slip(conn, viewer, call_id)
            done = await conn.execute(
                update(t.slips)
                .where(t.slips.c.call_id == call_id, t.slips.c.version == expected_version)
                .values(
                    **values,
                    version=expected_version + 1,
                    updated_at=now,
                    updated_by=viewer.person_id,
                )
            )
            if not done.rowcount:
                slip = await _slip(conn, viewer, call_id)
                raise Conflict(slip.version)
            return await _slip(conn, viewer, call_id)

    async def list_voicemails(
        self, viewer: Viewer, state: VoicemailState | None = None, *, limit: int = 50
    ) -> tuple[VoicemailRecord, ...]:
        """Oldest first. Raises Forbidden, Invalid("limit", …)."""
        require(viewer, "voicemails.handle")
        check_limit(limit)
        wanted = _voicemails().where(open_to(viewer))
        if state is not None:
            wanted = wanted.where(t.voicemails.c.state == state)
        wanted = wanted.order_by(t.voicemails.c.left_at, t.voicemails.c.recording_id)
        async with self._store.read() as conn:
            return _all(readings.voicemail_of, await conn.execute(wanted.limit(limit)))

    async def handle_voicemail(
        self, viewer: Viewer, recording_id: str, now: float
    ) -> VoicemailRecord:
        """Mark as handled by the viewer; a second time changes nothing.

        Raises Forbidden, NotFound.
        """
        require(viewer, "voicemails.handle")
        one = and_(
            t.voicemails.c.recording_id == known_id("voicemail", recording_id), open_to(viewer)
        )
        async with self._store.write() as conn:
            await conn.execute(
                update(t.voicemails)
                .where(one, t.voicemails.c.state == "new")
                .values(state="handled", handled_by=viewer.person_id, handled_at=now)
            )
            row = (await conn.execute(_voicemails().where(one))).one_or_none()
        if row is None:
            raise NotFound("voicemail")
        return readings.voicemail_of(row)

    async def recording_file(self, viewer: Viewer, recording_id: str, now: float) -> PlayableFile:
        """A ready recording, audited. `recording_id`: call id, or the voicemail's id.

        Raises Forbidden, NotFound (also while it is pending, or when its file is missing).
        """
        require(viewer, "recordings.hear")
        known = visible(viewer)
        if may(viewer, "voicemails.handle"):
            known = or_(known, and_(t.voicemails.c.recording_id.is_not(None), open_to(viewer)))
        recordings = t.recordings.join(t.calls).outerjoin(
            t.voicemails, t.voicemails.c.recording_id == t.recordings.c.recording_id
        )
        wanted = (
            select(t.recordings)
            .select_from(recordings)
            .where(t.recordings.c.recording_id == known_id("recording", recording_id), known)
            .where(t.recordings.c.status == "ready")
        )
        async with self._store.read() as conn:
            row = (await conn.execute(wanted)).one_or_none()
        if row is None:
            raise NotFound("recording")
        path = (self._recordings / row.path).resolve()
        if not path.is_relative_to(self._recordings) or not path.is_file():
            raise NotFound("recording")
        if self._begins_playback(viewer.person_id, recording_id, now):
            await self._note(viewer, "recording.played", recording_id, now)
        return PlayableFile(readings.recording_of(row), path)

    def _begins_playback(self, person_id: str, recording_id: str, now: float) -> bool:
        key = (person_id, recording_id)
        goes_on = now - self._playing.get(key, -math.inf) < PLAYBACK_S
        self._playing = {
            other: at for other, at in self._playing.items() if now - at < PLAYBACK_S
        } | {key: now}
        return not goes_on

    async def note_policy(self, viewer: Viewer, version: str, now: float) -> None:
        """The viewer let the policy `version` decide from `now` on. Raises Forbidden."""
        require(viewer, "policy.change")
        await self._note(viewer, "policy.changed", version, now)

    async def _note(self, viewer: Viewer, action: audit.Action, object: str, now: float) -> None:
        async with self._store.write() as conn:
            await audit.note(conn, at=now, person_id=viewer.person_id, action=action, object=object)


def _calls() -> Select[Any]:
    slips = t.slips.c
    return (
        select(t.calls, slips.number.label("slip_number"), slips.kind, slips.matter, slips.place)
        .add_columns(
            (slips.version > 1).label("filled"),
            func.coalesce(t.people.c.name, "").label("person_name"),
            last_score.label("score"),
            recorded.label("recorded"),
        )
        .join(t.slips, slips.call_id == t.calls.c.call_id)
        .outerjoin(t.people, t.people.c.person_id == t.calls.c.person_id)
    )


def _voicemails() -> Select[Any]:
    return (
        select(t.voicemails, t.calls.c.caller_number, t.slips.c.number.label("slip_number"))
        .join(t.calls, t.calls.c.call_id == t.voicemails.c.call_id)
        .join(t.slips, t.slips.c.call_id == t.voicemails.c.call_id)
    )


async def _slip(conn: AsyncConnection, viewer: Viewer, call_id: str) -> SlipRecord:
    wanted = (
        select(t.slips)
        .join(t.calls)
        .where(t.slips.c.call_id == known_id("slip", call_id), visible(viewer))
    )
    row = (await conn.execute(wanted)).one_or_none()
    if row is None:
        raise NotFound("slip")
    return readings.slip_of(row)


async def _of_call(conn: AsyncConnection, table: Any, call_id: str) -> list[Any]:
    """All rows of a call, in the order in which they came about."""
    order = {
        "legs": "started_at",
        "offers": "offered_at",
        "ratings": "at",
        "recordings": "ended_at",
        "facts": "seq",
        "slips": "number",
    }[table.name]
    wanted = select(table).where(table.c.call_id == call_id).order_by(table.c[order])
    return list(await conn.execute(wanted))


def _all(reading: Any, found: Any) -> tuple[Any, ...]:
    return tuple(reading(row) for row in found)
