"""`hotline report month`: files, key figures, versions, refusals, and the scheduler's draft."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from cases.errors import NotFound
from cases.journal import FileJournal
from cases.recordings import Recordings
from cases.sessions import Sessions
from cases.store import Store, migrate, store_url
from cases.writer import StoreWriter
from config.loader import load
from config.words import words
from hotline.cli import DONE, FAILED, main
from hotline.clock import SteadyClock
from hotline.house import _draft_report, _sweeps
from hotline.owners import Owners
from reports.archive import Archive
from reports.model import Report
from reports.periods import month_of
from tests.hotline.test_cli import Capture, site
from tests.hotline.test_owners import FakeRouter
from tests.reports import months as m

__all__ = ["site"]
ZONE = ZoneInfo("Asia/Shanghai")
T = TypeVar("T")


def run(work: Coroutine[None, None, T]) -> T:
    return asyncio.run(work)


async def with_calls(data: Path, *told: list[m.Told]) -> None:
    url = store_url("", data)
    data.mkdir(parents=True, exist_ok=True)
    await migrate(url)
    store = await Store.open(url)
    try:
        await m.keep(store, *told)
    finally:
        await store.close()


async def kept(data: Path, month: str, version: int | None = None) -> Report:
    store = await Store.open(store_url("", data))
    try:
        return await Archive(store, load(None, {})).kept(month, version)
    finally:
        await store.close()


def test_a_month_is_printed_and_its_figures_are_said(
    site: Path, capsys: Capture, tmp_path: Path
) -> None:
    data, out = site.parent / "data", tmp_path / "out"
    run(with_calls(data, m.answered("c1", m.at("2026-03-10 10:00:00"))))
    argv = ["report", "month", "2026-03", "--form", "xlsx, html", "--out", str(out)]
    assert main(argv) == DONE
    said = capsys.readouterr().out
    assert "（2026年3月）" in said
    assert "100.00% 1/1" in said
    for form in ("xlsx", "html"):
        assert str(out / f"12348-2026-03-v1-zh-CN.{form}") in said
    assert sorted(path.suffix for path in out.iterdir()) == [".html", ".xlsx"]
    book = load_workbook(out / "12348-2026-03-v1-zh-CN.xlsx")
    assert book["主要指标"]["B4"].value == 1

    # A finished month is printed from what was kept, until it is asked for anew.
    run(with_calls(data, m.answered("c2", m.at("2026-03-11 10:00:00"))))
    assert main([*argv[:3], "--form", "xlsx", "--lang", "en"]) == DONE
    assert "12348-2026-03-v1-en.xlsx" in capsys.readouterr().out
    assert main([*argv[:3], "--form", "xlsx", "--again"]) == DONE
    assert str(data / "reports" / "12348-2026-03-v2-zh-CN.xlsx") in capsys.readouterr().out
    assert run(kept(data, "2026-03", 1)).now.counts.offered == 1
    assert run(kept(data, "2026-03")).now.counts.offered == 2


def test_a_month_that_runs_is_marked_and_made_anew_each_time(site: Path, capsys: Capture) -> None:
    month = str(month_of(datetime.now(ZONE).timestamp(), ZONE))
    for version in (1, 2):
        assert main(["--lang", "en", "report", "month", month, "--form", "xlsx"]) == DONE
        said = capsys.readouterr().out
        assert "本月未结束" in said
        assert f"12348-{month}-v{version}-zh-CN.xlsx" in said


@pytest.mark.parametrize(
    ("argv", "key", "fields"),
    [
        (["2026-13"], "month-format", {"found": "2026-13"}),
        (["march"], "month-format", {"found": "march"}),
        (["2999-01"], "month-future", {"found": "2999-01"}),
        (
            ["2026-03", "--form", "pdf,doc"],
            "bad-form",
            {"found": "doc", "forms": "html, docx, pdf, xlsx"},
        ),
        (
            ["2026-03", "--form", ","],
            "bad-form",
            {"found": ",", "forms": "html, docx, pdf, xlsx"},
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    site: Path, capsys: Capture, argv: list[str], key: str, fields: dict[str, str]
) -> None:
    assert main(["--lang", "en", "report", "month", *argv]) == FAILED
    said = capsys.readouterr()
    assert said.err.splitlines() == [words("en").text(f"cli.report.{key}", **fields)]
    assert said.out == ""


def test_a_folder_that_cannot_be_written_is_said(
    site: Path, capsys: Capture, tmp_path: Path
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    argv = ["--lang", "en", "report", "month", "2026-03", "--form", "xlsx", "--out", str(taken)]
    assert main(argv) == FAILED
    assert capsys.readouterr().err.startswith("The report's files cannot be written")


async def test_a_starting_line_catches_up_the_draft_and_the_first_has_its_hour(
    tmp_path: Path,
) -> None:
    settings, clock = load(None, {}), SteadyClock()
    past = month_of(clock.now(), ZONE).before
    begins, _ = past.bounds(ZONE)
    await with_calls(tmp_path, m.answered("c1", begins + 3600))
    store = await Store.open(store_url("", tmp_path))
    archive = Archive(store, settings)
    journal = FileJournal(tmp_path / "journal")
    writer = StoreWriter(store, journal, zone=ZONE, flush_s=0.1, flush_rows=500)
    scheduler = _sweeps(
        settings,
        Sessions(store, 12.0),
        Recordings(store, tmp_path),
        clock,
        partial(_draft_report, archive, writer, journal, clock),
        owners=Owners(store, FakeRouter(), clock, "028"),
    )
    try:
        (daily,) = [job for job in scheduler.get_jobs() if "cron" in str(job.trigger)]
        first = daily.next_run_time
        again = daily.trigger.get_next_fire_time(first, first + timedelta(seconds=1))
        for due in (first, again):
            assert (due.astimezone(ZONE).hour, due.astimezone(ZONE).minute) == (6, 0)
        assert again - first == timedelta(days=1), "a first that failed is made up for"
        async with asyncio.timeout(30):
            while True:
                try:
                    draft = await archive.kept(str(past))
                    break
                except NotFound:
                    await asyncio.sleep(0.05)
        assert (draft.version, draft.complete, draft.now.counts.offered) == (1, True, 1)
    finally:
        scheduler.shutdown(wait=False)
        journal.close()
        await store.close()
