"""Monthly reports over HTTP: who may, what is refused, versions, files and their audit rows."""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

from cases import tables as t
from cases.audit import verify
from config.model import Reports
from reports.document import Document
from reports.fonts import Fonts
from reports.press import Press, PressFailed
from reports.printing import Form
from tests.web.house import House, house_in

MONTH = "2026-05"
"""The month in which the house's clock stands."""


async def with_a_call(house: House) -> None:
    await house.seated("li")
    await house.over(await house.talking("li"))
    house.clock.at += 60.0


async def exports(house: House) -> list[tuple[str, str]]:
    await verify(house.store)
    async with house.store.read() as conn:
        rows = await conn.execute(select(t.audit).order_by(t.audit.c.seq))
        return [(row.action, row.object) for row in rows if row.action.startswith("report.")]


async def test_an_analyst_makes_reads_and_lists_versions(house: House) -> None:
    await with_a_call(house)
    analyst = await house.client("wang", "analyst")
    assert (await analyst.get("/reports")).json == {"reports": [], "makers": {}}
    made = await analyst.post(f"/reports/{MONTH}")
    assert made.status == 200, made.body
    report = made.json["report"]
    assert (report["month"], report["version"], report["complete"]) == (MONTH, 1, False)
    assert report["now"]["counts"]["offered"] == 1
    assert made.json["document"]["title"] == "“12348”公共法律服务热线舆情分析月报"
    assert (await analyst.post(f"/reports/{MONTH}")).json["report"]["version"] == 2
    listed = (await analyst.get("/reports")).json
    assert list(listed["makers"].values()) == [(await analyst.get("/me")).json["person"]["name"]]
    assert [(one["month"], one["version"]) for one in listed["reports"]] == [(MONTH, 2), (MONTH, 1)]
    assert (await analyst.get(f"/reports/{MONTH}")).json["report"]["version"] == 2
    assert (await analyst.get(f"/reports/{MONTH}?version=1")).json["report"] == report
    assert await exports(house) == [
        ("report.made", f"{MONTH}/v1"),
        ("report.made", f"{MONTH}/v2"),
    ]


async def test_the_document_is_told_in_the_language_asked_for(house: House) -> None:
    chief = await house.client("chief", "supervisor")
    await chief.post(f"/reports/{MONTH}")
    english = (await chief.get(f"/reports/{MONTH}", Accept_Language="en")).json
    assert english["document"]["tongue"] == "en"
    assert english["document"]["sections"][0]["title"] == "1. Overview"
    chinese = (await chief.get(f"/reports/{MONTH}")).json
    assert chinese["document"]["sections"][0]["title"] == "一、总体情况"
    assert english["report"] == chinese["report"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/reports"),
        ("GET", f"/reports/{MONTH}"),
        ("POST", f"/reports/{MONTH}"),
        ("GET", f"/reports/{MONTH}/file/pdf"),
    ],
)
async def test_a_seat_may_nothing_of_it_and_a_stranger_less(
    house: House, method: str, path: str
) -> None:
    seat = await house.client("zhao")
    assert (await seat.ask(method, path)).problem == (403, "forbidden", None)
    assert (await house.stranger().ask(method, path)).problem == (401, "not-signed-in", None)
    assert await exports(house) == []


@pytest.mark.parametrize(
    ("method", "path", "problem"),
    [
        ("GET", "/reports/2026-13", (422, "month-format", "month")),
        ("POST", "/reports/26-05", (422, "month-format", "month")),
        ("GET", "/reports/2026-5/file/pdf", (422, "month-format", "month")),
        ("POST", "/reports/2026-06", (422, "month-future", "month")),
        ("GET", "/reports/2026-04", (404, "report-unknown", None)),
        ("GET", "/reports/2026-05?version=1", (404, "report-unknown", None)),
        ("GET", "/reports/2026-05?version=0", (422, "value-invalid", "version")),
        ("GET", "/reports/2026-05/file/doc", (404, "report-form-unknown", "form")),
        ("GET", "/reports/2026-05/file/pdf", (404, "report-unknown", None)),
        ("GET", "/reports/2026-05/file/pdf?language=bo", (422, "value-invalid", "language")),
    ],
)
async def test_what_cannot_be_is_refused_by_its_code(
    house: House, method: str, path: str, problem: tuple[int, str, str | None]
) -> None:
    analyst = await house.client("wang", "analyst")
    assert (await analyst.ask(method, path)).problem == problem


async def test_a_file_is_fetched_as_what_it_is_and_leaves_an_audit_row(house: House) -> None:
    await with_a_call(house)
    analyst = await house.client("wang", "analyst")
    await analyst.post(f"/reports/{MONTH}")
    reply = await analyst.get(f"/reports/{MONTH}/file/xlsx?language=en")
    assert reply.status == 200, reply.body
    assert reply.headers["Content-Type"] == "application/octet-stream"
    assert reply.headers["Content-Disposition"] == (
        f'attachment; filename="12348-{MONTH}-v1-en.xlsx"'
    )
    assert zipfile.is_zipfile(BytesIO(reply.body))
    assert (await exports(house))[-1] == ("report.exported", f"{MONTH}/v1/xlsx")
    page = await analyst.get(f"/reports/{MONTH}/file/html?version=1")
    assert page.body.startswith(b"<!doctype html>")


class Jammed(Press):
    async def print(
        self, document: Document, forms: Collection[Form], folder: Path
    ) -> dict[Form, Path]:
        raise PressFailed("NoChartFont: NotoSansCJK-Regular.ttc")


async def test_a_file_that_cannot_be_printed_is_said_and_not_audited(tmp_path: Path) -> None:
    async with house_in(tmp_path, press=Jammed(Fonts.of(Reports()))) as house:
        analyst = await house.client("wang", "analyst")
        await analyst.post(f"/reports/{MONTH}")
        refused = await analyst.get(f"/reports/{MONTH}/file/pdf")
        assert refused.problem == (500, "report-not-printed", None)
        assert "NoChartFont" not in refused.body.decode()
        assert [action for action, _ in await exports(house)] == ["report.made"]
