"""Monthly reports: the versions there are, one of them, a new one, and one as a file.

The archive decides who may and keeps the audit; words are put to the numbers in the language that
is asked for. Files are printed when they are fetched, from the numbers that were frozen then.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import msgspec
from aiohttp import hdrs, web

from config.words import Tongue, words
from reports.document import Document
from reports.model import Listed, Report
from reports.periods import BadMonth, parsed
from reports.press import PressFailed
from reports.printing import FORMS, Form
from reports.tell import tell
from web.problems import Problem, tongue
from web.route import Asked, Route

_Version = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class ReportQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`version`: the newest unless said."""

    version: _Version | None = None


class FileQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`language`: that of Accept-Language unless said, for a link has no header of its own."""

    version: _Version | None = None
    language: Tongue | None = None


class ReportList(msgspec.Struct, frozen=True):
    """The newest month first, and of each month the newest version."""

    reports: tuple[Listed, ...]
    makers: dict[str, str]
    """Person → name, of those who made them."""


class ReportView(msgspec.Struct, frozen=True):
    """`report`: the numbers as they were frozen; `document`: told in words, tables and charts."""

    report: Report
    document: Document


async def listed(asked: Asked) -> ReportList:
    found = await asked.deps.reports.listed(asked.viewer)
    made_by = {one.made_by for one in found}
    people = await asked.deps.people.list()
    return ReportList(found, {one.id: one.name for one in people if one.id in made_by})


async def read(asked: Asked) -> ReportView:
    query: ReportQuery = asked.query
    report = await asked.deps.reports.read(asked.viewer, _month(asked), query.version)
    return await _view(asked, report)


async def make(asked: Asked) -> ReportView:
    try:
        report = await asked.deps.reports.make(asked.viewer, asked.path["month"], asked.now)
    except BadMonth as bad:
        raise Problem(bad.code, "month") from None
    return await _view(asked, report)


async def file(asked: Asked) -> web.Response:
    form = _form(asked)
    query: FileQuery = asked.query
    archive = asked.deps.reports
    report = await archive.read(asked.viewer, _month(asked), query.version)
    document = await asyncio.to_thread(tell, report, words(query.language or _tongue(asked)))
    with tempfile.TemporaryDirectory(prefix="hotline-report-") as folder:
        try:
            paths = await asked.deps.press.print(document, [form], Path(folder))
        except (PressFailed, OSError) as failed:
            raise Problem("report-not-printed") from failed
        content = await asyncio.to_thread(paths[form].read_bytes)
    # Written down before it leaves: a file nobody knows of must not be out.
    await archive.note_export(asked.viewer, report, form, asked.now)
    return web.Response(
        body=content,
        content_type="application/octet-stream",
        headers={hdrs.CONTENT_DISPOSITION: f'attachment; filename="{paths[form].name}"'},
    )


def _tongue(asked: Asked) -> str:
    return tongue(asked.request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))


async def _view(asked: Asked, report: Report) -> ReportView:
    return ReportView(report, await asyncio.to_thread(tell, report, words(_tongue(asked))))


def _month(asked: Asked) -> str:
    try:
        return str(parsed(asked.path["month"]))
    except BadMonth as bad:
        raise Problem(bad.code, "month") from None


def _form(asked: Asked) -> Form:
    for form in FORMS:
        if form == asked.path["form"]:
            return form
    raise Problem("report-form-unknown", "form")


_MONTH = ("month-format", "report-unknown")

ROUTES = (
    Route(
        method="GET",
        path="/reports",
        handler=listed,
        summary="Monthly reports, every version that was made",
        reply=ReportList,
        needs="reports.read",
    ),
    Route(
        method="GET",
        path="/reports/{month}",
        handler=read,
        summary="A month's report (YYYY-MM): its frozen numbers, and the document told from them",
        query=ReportQuery,
        reply=ReportView,
        needs="reports.read",
        by_language=True,
        errors=_MONTH,
    ),
    Route(
        method="POST",
        path="/reports/{month}",
        handler=make,
        summary="Make the month's report as of now, as a new version",
        reply=ReportView,
        needs="reports.make",
        by_language=True,
        errors=("month-format", "month-future"),
    ),
    Route(
        method="GET",
        path="/reports/{month}/file/{form}",
        handler=file,
        summary="The report as a file (html, docx, pdf, xlsx); each download is an audit row",
        query=FileQuery,
        needs="reports.read",
        media="application/octet-stream",
        by_language=True,
        errors=(*_MONTH, "report-form-unknown", "report-not-printed"),
    ),
)
