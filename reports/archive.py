"""Reports that were made: kept as they were, version by version, and never changed.

Making a month again adds a version; what was printed from an older one can be printed again from
it. Who may read and make is asked here, and what leaves the house is an audit row.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Row, func, insert, select
from sqlalchemy.exc import IntegrityError

from cases import audit
from cases import tables as t
from cases.errors import NotFound
from cases.records import Viewer
from cases.rights import require
from cases.store import Store
from config.model import Settings
from reports.build import Origins, build
from reports.model import Listed, Report
from reports.origins import origins
from reports.periods import Month, begun, month_of

_TRIES: Final = 5
"""Two who make the same month at once both want the next version: the later one looks again."""
_LISTED: Final = (
    t.reports.c.month,
    t.reports.c.version,
    t.reports.c.made_at,
    t.reports.c.data_until,
    t.reports.c.made_by,
    t.reports.c.demo,
    t.reports.c.complete,
)


class Archive:
    """`regions`: reads where numbers are from; the packaged tables, unless told otherwise."""

    def __init__(self, store: Store, settings: Settings, regions: Origins | None = None) -> None:
        self._store = store
        self._settings = settings
        self._zone = ZoneInfo(settings.line.centre.timezone)
        self._turn = asyncio.Lock()
        """A month of many calls takes a core for seconds: one is built at a time."""
        self._regions = regions or partial(origins, settings.line.centre.divisions)

    # ---- for persons ----

    async def listed(self, viewer: Viewer) -> tuple[Listed, ...]:
        """All versions, the newest month first. Raises Forbidden."""
        require(viewer, "reports.read")
        wanted = select(*_LISTED).order_by(t.reports.c.month.desc(), t.reports.c.version.desc())
        async with self._store.read() as conn:
            return tuple(_listed(row) for row in await conn.execute(wanted))

    async def read(self, viewer: Viewer, month: str, version: int | None = None) -> Report:
        """The newest version, or the one that is named. Raises Forbidden, NotFound("report")."""
        require(viewer, "reports.read")
        return await self.kept(month, version)

    async def make(self, viewer: Viewer, month: str, now: float) -> Report:
        """A new version of the month as at `now` (epoch s).

        Raises Forbidden, BadMonth, and what `build` raises.
        """
        require(viewer, "reports.make")
        return await self.made(begun(month, now, self._zone), now, viewer.person_id)

    async def note_export(self, viewer: Viewer, report: Report, form: str, now: float) -> None:
        """A file leaves the house."""
        async with self._store.write() as conn:
            await audit.note(
                conn,
                at=now,
                person_id=viewer.person_id,
                action="report.exported",
                object=f"{report.month}/v{report.version}/{form}",
            )

    # ---- for the scheduler and the command line ----

    def month(self, text: str, now: float) -> Month:
        """A month that has begun at `now`. Raises BadMonth."""
        return begun(text, now, self._zone)

    async def kept(self, month: str, version: int | None = None) -> Report:
        """Raises NotFound("report")."""
        wanted = select(t.reports.c.model).where(t.reports.c.month == month)
        if version is not None:
            wanted = wanted.where(t.reports.c.version == version)
        wanted = wanted.order_by(t.reports.c.version.desc()).limit(1)
        async with self._store.read() as conn:
            found = (await conn.execute(wanted)).scalar_one_or_none()
        if found is None:
            raise NotFound("report")
        return msgspec.convert(found, Report)

    async def made(self, month: Month, now: float, made_by: str = "") -> Report:
        """Build and keep a new version. Raises what `build` raises."""
        report = await self._built(month, now)
        return await self._keep(msgspec.structs.replace(report, made_by=made_by))

    async def draft(self, now: float) -> Report | None:
        """The past month's first version, when it has none and there was a call; else None."""
        month = month_of(now, self._zone).before
        begins, ends = month.bounds(self._zone)
        calls, of_month = t.calls.c, t.reports.c.month == str(month)
        async with self._store.read() as conn:
            versions = select(t.reports.c.version).where(of_month).limit(1)
            if (await conn.execute(versions)).first() is not None:
                return None
            called = select(calls.call_id).where(calls.opened_at >= begins, calls.opened_at < ends)
            if (await conn.execute(called.limit(1))).first() is None:
                return None
        report = await self._built(month, now)
        try:
            return await self._insert(msgspec.structs.replace(report, version=1))
        except IntegrityError:
            return None  # somebody else made it meanwhile: that one stands

    async def _built(self, month: Month, now: float) -> Report:
        async with self._turn:
            return await build(self._store, self._settings, month, now, self._regions)

    async def _keep(self, report: Report) -> Report:
        newest = select(func.max(t.reports.c.version)).where(t.reports.c.month == report.month)
        for _ in range(_TRIES):
            async with self._store.read() as conn:
                version = (await conn.execute(newest)).scalar_one() or 0
            try:
                return await self._insert(msgspec.structs.replace(report, version=version + 1))
            except IntegrityError:
                continue
        raise RuntimeError(f"the next version of {report.month} was taken {_TRIES} times")

    async def _insert(self, report: Report) -> Report:
        values = {
            **{column.name: getattr(report, column.name) for column in _LISTED},
            "model": msgspec.to_builtins(report),
        }
        async with self._store.write() as conn:
            await conn.execute(insert(t.reports).values(values))
            await audit.note(
                conn,
                at=report.made_at,
                person_id=report.made_by,
                action="report.made",
                object=f"{report.month}/v{report.version}",
            )
        return report


def _listed(row: Row[*tuple[Any, ...]]) -> Listed:
    return msgspec.convert({str(name): value for name, value in row._mapping.items()}, Listed)
