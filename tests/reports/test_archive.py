"""Versions that were made stay as they are; drafts are made once; who may, and what is audited."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

import msgspec
import pytest
from sqlalchemy import select

from cases import tables as t
from cases.audit import verify
from cases.errors import Forbidden, NotFound
from cases.records import Viewer
from cases.store import Store
from config.model import Settings
from reports.archive import Archive
from reports.periods import BadMonth, Month
from tests.reports import months as m
from tests.reports.months import at

ANALYST = Viewer(person_id="p9", role="analyst")
SUPERVISOR = Viewer(person_id="p8", role="supervisor")
ADMIN = Viewer(person_id="p0", role="admin")
SEAT = Viewer(person_id="p1", role="seat")
MARCH = Month(2026, 3)
APRIL = at("2026-04-01 06:00:00")


async def nowhere(digits: Collection[str]) -> Mapping[str, str]:
    return {}


@pytest.fixture
async def archive(store: Store) -> Archive:
    await m.keep(store, m.answered("c1", at("2026-03-10 10:00:00")))
    return Archive(store, Settings(), nowhere)


async def audited(store: Store) -> list[tuple[str, str, str]]:
    await verify(store)
    async with store.read() as conn:
        rows = await conn.execute(select(t.audit).order_by(t.audit.c.seq))
        return [(row.person_id, row.action, row.object) for row in rows]


async def test_made_again_it_is_a_new_version_and_the_old_one_stays(
    store: Store, archive: Archive
) -> None:
    first = await archive.make(ANALYST, "2026-03", APRIL)
    assert (first.version, first.made_by, first.now.counts.rated_1) == (1, "p9", 1)
    await m.keep(store, m.answered("c2", at("2026-03-31 23:59:00"), score=5))
    second = await archive.make(SUPERVISOR, "2026-03", APRIL + 60)
    assert (second.version, second.now.counts.offered) == (2, 2)
    assert await archive.read(ADMIN, "2026-03") == second
    assert await archive.read(ADMIN, "2026-03", 1) == first, "bit for bit, from the database"
    listed = await archive.listed(ANALYST)
    assert [(one.month, one.version, one.made_by) for one in listed] == [
        ("2026-03", 2, "p8"), ("2026-03", 1, "p9"),
    ]  # fmt: skip
    assert await audited(store) == [
        ("p9", "report.made", "2026-03/v1"), ("p8", "report.made", "2026-03/v2"),
    ]  # fmt: skip


async def test_the_newest_month_comes_first(archive: Archive) -> None:
    for month in ("2026-02", "2026-03", "2025-12"):
        await archive.make(ADMIN, month, APRIL)
    assert [one.month for one in await archive.listed(ADMIN)] == ["2026-03", "2026-02", "2025-12"]


async def test_a_seat_neither_reads_nor_makes_reports(archive: Archive) -> None:
    for refused in (
        archive.listed(SEAT), archive.read(SEAT, "2026-03"), archive.make(SEAT, "2026-03", APRIL)
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            await refused


async def test_what_was_not_made_is_not_found(archive: Archive) -> None:
    with pytest.raises(NotFound):
        await archive.read(ADMIN, "2026-03")
    await archive.make(ADMIN, "2026-03", APRIL)
    with pytest.raises(NotFound):
        await archive.read(ADMIN, "2026-03", 2)
    with pytest.raises(BadMonth, match="month-future"):
        await archive.make(ADMIN, "2026-05", APRIL)
    with pytest.raises(BadMonth, match="month-format"):
        await archive.make(ADMIN, "2026-3", APRIL)


async def test_two_who_make_it_at_once_get_two_versions(archive: Archive) -> None:
    made = await asyncio.gather(*(archive.made(MARCH, APRIL + n) for n in range(3)))
    assert sorted(report.version for report in made) == [1, 2, 3]


async def test_the_draft_of_the_past_month_is_made_once(store: Store, archive: Archive) -> None:
    assert await archive.draft(at("2026-03-31 23:59:59")) is None, "February had no call"
    draft = await archive.draft(APRIL)
    assert draft is not None
    assert (draft.month, draft.version, draft.made_by, draft.complete) == ("2026-03", 1, "", True)
    assert await archive.draft(APRIL + 3600) is None
    assert await archive.kept("2026-03") == draft
    # Missed by two months: the month before this one is caught up, older ones are not invented.
    assert await archive.draft(at("2026-06-02 08:00:00")) is None
    assert await audited(store) == [("", "report.made", "2026-03/v1")]


async def test_drafts_made_at_once_are_one(archive: Archive) -> None:
    drafts = await asyncio.gather(*(archive.draft(APRIL) for _ in range(3)))
    assert sum(draft is not None for draft in drafts) == 1
    assert [one.version for one in await archive.listed(ADMIN)] == [1]


async def test_an_export_is_an_audit_row(store: Store, archive: Archive) -> None:
    report = await archive.make(ADMIN, "2026-03", APRIL)
    await archive.note_export(ANALYST, report, "pdf", APRIL + 5)
    assert (await audited(store))[-1] == ("p9", "report.exported", "2026-03/v1/pdf")
    again = await archive.make(ADMIN, "2026-03", APRIL + 10)
    assert again.audit[0] == 2, "the seal of the audit chain at the cut goes with the report"


async def test_nobody_who_called_is_in_what_is_kept(store: Store, archive: Archive) -> None:
    await m.write_slip(store, "c1", text="张三的电话是19900000001", kind="help")
    kept = msgspec.json.encode(await archive.make(ADMIN, "2026-03", APRIL)).decode()
    for personal in (m.NUMBER, m.NUMBER[:8], "张三", "c1"):
        assert personal not in kept
