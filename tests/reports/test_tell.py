"""The document: every table adds up, every share has its base, both languages, nothing personal."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import msgspec
import pytest

from cases.store import Store
from config.model import Settings
from config.words import TONGUES, words
from reports import cells
from reports.build import build
from reports.document import Cell, Document, Table
from reports.indicators import INDICATORS
from reports.model import Report
from reports.periods import Month
from reports.tell import key_figures, tell
from reports.ties import Broken
from tests.reports import months as m
from tests.reports.months import at

BOOK = words("zh-CN")
SPLIT = 5
"""Columns of a table that cuts the month in parts, where a year before nothing was counted."""


async def regions(digits: Collection[str]) -> Mapping[str, str]:
    return {start: "5101" for start in digits if start.startswith("138")}


@pytest.fixture
async def report(store: Store) -> Report:
    day = at("2026-03-10 10:00:00")
    await m.keep(
        store,
        *(m.answered(f"a{n}", day + 900 * n, wait_s=5.0 * n, score=n % 5 + 1) for n in range(8)),
        m.answered("demo-k", day + 60, language="khg", score=None, provider="purchased"),
        m.answered("f", day + 120, service="labour", number="13880000001"),
        m.gave_up("g", day + 180),
        m.left_in_menu("h", day + 240),
        m.message("i", day + 300),
        m.fallback("j", day + 360),
        *(m.answered(f"b{n}", at("2026-02-10 10:00:00") + n) for n in range(10)),
        m.on_duty("8001", day, day + 36_000),
        m.on_duty("8004", day, day + 3_600, "purchased"),
    )
    for n, (matter, place) in enumerate((("A0301", "510104"), ("A03", "5101"), ("Z", "unknown"))):
        await m.write_slip(
            store, f"a{n}", kind="help", matter=matter, place=place, emotion=n + 1,
            groups=["women", "elderly"],
        )  # fmt: skip
    for n in range(4):
        await m.write_slip(store, f"b{n}", matter="A01" if n < 3 else "A03", place="11")
    return await build(store, Settings(), Month(2026, 3), at("2026-04-02 08:00:00"), regions)


def tables(document: Document) -> dict[str, Table]:
    return {table.id: table for section in document.sections for table in section.tables}


@pytest.mark.parametrize("tongue", TONGUES)
async def test_every_table_adds_up_to_its_total(report: Report, tongue: str) -> None:
    for table in tables(tell(report, words(tongue))).values():
        totals = [row for row in table.rows if row.kind == "total"]
        if not totals:
            assert table.id in ("indicators", "groups")
            continue
        (total,) = totals
        assert table.rows[-1] == total
        for at_, cell in enumerate(total.cells):
            if cell.unit == "count" and cell.value is not None:
                parts = [row.cells[at_].value for row in table.rows if row.kind == "row"]
                counted = [value for value in parts if isinstance(value, int)]
                if table.columns[at_] not in ("位次", "Place"):
                    assert sum(counted) == cell.value, (table.id, table.columns[at_])


async def test_every_share_says_of_what_it_is(report: Report) -> None:
    for table in tables(tell(report, BOOK)).values():
        for row in table.rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                if cell.unit == "share" and cell.value is not None and column != "目标":
                    told = cell.d is not None
                    counted = any(other.unit in ("count", "hours") for other in row.cells)
                    assert told or counted, (table.id, column)
                    if cell.d:
                        assert cell.value == pytest.approx((cell.n or 0) / cell.d)


async def test_shares_of_a_split_add_up_to_one(report: Report) -> None:
    for table in tables(tell(report, BOOK)).values():
        if len(table.columns) != SPLIT or table.columns[2] != "占比" or table.id == "groups":
            continue
        if table.rows[-1].cells[1].value:
            shares = [row.cells[2].value or 0 for row in table.rows if row.kind == "row"]
            assert sum(map(float, shares)) == pytest.approx(1.0), table.id


async def test_all_indicators_are_in_the_first_table_with_their_changes(report: Report) -> None:
    rows = tables(tell(report, BOOK))["indicators"].rows
    assert len(rows) == len(INDICATORS)
    by_name = {str(row.cells[0].value): row for row in rows}
    offered = by_name["呼入量（次）"]
    assert [cells.written(cell, BOOK) for cell in offered.cells] == [
        "呼入量（次）", "14", "10", "+40.00%", "—", "—", "",
    ]  # fmt: skip
    rate = by_name["接通率（%）"].cells
    assert (rate[1].n, rate[1].d, rate[1].tone) == (10, 12, "bad")
    assert cells.written(rate[1], BOOK) == "83.33%"
    assert (cells.written(rate[3], BOOK), cells.under(rate[3], BOOK)) == ("−16.67", "个百分点")
    assert cells.written(rate[5], BOOK) == "—"


async def test_matters_are_ranked_against_the_month_before(report: Report) -> None:
    top = tables(tell(report, BOOK))["matters_2"]
    first = [cells.written(cell, BOOK) for cell in top.rows[0].cells]
    assert first == ["1", "劳动争议", "2", "14.29%", "1", "+100.00%", "↑1"]
    assert [str(row.cells[1].value) for row in top.rows[1:]] == [
        "其余事项", BOOK.text("catalogue.matter.Z"), "未填写", "合计",
    ]  # fmt: skip


async def test_a_county_counts_in_its_prefecture_and_unknown_is_a_row(report: Report) -> None:
    told = tables(tell(report, BOOK))
    places = {str(row.cells[0].value): row.cells[1].value for row in told["places"].rows}
    assert places == {"成都市": 2, "北京市": 0, "不详": 1, "未填写": 11, "合计": 14}
    counties = {str(row.cells[0].value): row.kind for row in told["counties"].rows}
    assert counties["锦江区"] == "part"
    origins = {str(row.cells[0].value): row.cells[1].value for row in told["origins"].rows}
    assert origins == {"成都市": 1, "无号码或无法推算": 13, "合计": 14}


async def test_several_groups_of_one_call_are_said_and_have_no_total(report: Report) -> None:
    groups = tables(tell(report, BOOK))["groups"]
    assert {str(row.cells[0].value): row.cells[1].value for row in groups.rows} == {
        BOOK.text("catalogue.group.elderly"): 3, BOOK.text("catalogue.group.women"): 3,
    }  # fmt: skip
    assert "可以勾选多个群体" in groups.notes[0]
    assert "3通来电" in groups.notes[0]


async def test_languages_stand_side_by_side(report: Report) -> None:
    rows = tables(tell(report, BOOK))["languages"].rows
    told = {
        str(row.cells[0].value): [cells.written(c, BOOK) for c in row.cells[1:5]] for row in rows
    }
    assert told == {
        "普通话": ["11", "11", "9", "81.82%"],
        "藏语（康方言）": ["1", "1", "1", "100.00%"],
        "未选语种": ["2", "0", "0", "—"],
        "合计": ["14", "12", "10", "83.33%"],
    }


async def test_not_rated_is_told_by_reason_and_never_satisfied(report: Report) -> None:
    told = tables(tell(report, BOOK))
    unrated = {str(row.cells[0].value): row.cells[1].value for row in told["unrated"].rows}
    assert unrated["已评价"] == 9
    assert unrated[BOOK.text("catalogue.rating_missed.hung_up")] == 1
    assert unrated["合计"] == 10
    satisfied = told["satisfaction"].rows[-1].cells[3]
    assert (satisfied.n, satisfied.d) == (5, 9)


async def test_hours_of_the_day_and_the_week(report: Report) -> None:
    document = tell(report, BOOK)
    hours = tables(document)["hours"]
    assert len(hours.rows) == 24 + 1
    tuesday = 2
    assert hours.rows[10].cells[tuesday].value == 10
    (section,) = [section for section in document.sections if section.id == "times"]
    assert section.paragraphs[0].startswith("来电最集中的时段是周二10时至11时，共10通")


async def test_the_masthead_the_marks_and_the_summary(report: Report) -> None:
    document = tell(report, BOOK)
    assert document.classified == "内部资料 注意保存"
    assert document.title == "“12348”公共法律服务热线舆情分析月报"
    assert (document.subtitle, document.issue) == ("（2026年3月）", "2026年第3期")
    assert document.signer == "签发人："
    assert document.cut.startswith("数据截止：2026年4月2日08:00")
    assert len(document.marks) == 1
    assert "演示数据" in document.marks[0]
    assert 3 <= len(document.summary) <= 5
    assert document.summary[0].startswith("2026年3月呼入14通，环比增长40.00%，同比无可比数据")
    assert "未达到95.00%的目标" in document.summary[1]


async def test_a_month_that_runs_says_so(store: Store) -> None:
    await m.keep(store, m.answered("c1", at("2026-03-10 10:00:00")))
    now = at("2026-03-12 09:30:00")
    document = tell(await build(store, Settings(), Month(2026, 3), now, regions), BOOK)
    assert document.marks == ("本月未结束：数据统计至2026年3月12日09:30。",)


@pytest.mark.parametrize("tongue", TONGUES)
async def test_an_empty_month_can_be_told(store: Store, tongue: str) -> None:
    now = at("2026-04-02 08:00:00")
    document = tell(await build(store, Settings(), Month(2026, 3), now, regions), words(tongue))
    assert len(document.summary) == 1
    assert tables(document)["outcomes"].rows[-1].cells[1].value == 0
    assert dict(key_figures(document, words(tongue)))


@pytest.mark.parametrize("tongue", TONGUES)
async def test_nobody_who_called_is_in_the_document(report: Report, tongue: str) -> None:
    told = msgspec.json.encode(tell(report, words(tongue))).decode()
    assert "张三" not in told
    assert not re.search(r"(?<![\d.])1[3-9]\d{9}(?!\d)", told)


async def test_english_has_no_chinese_but_names_of_the_sites_own(report: Report) -> None:
    document = tell(report, words("en"))
    told = msgspec.json.encode(
        (document.summary, document.sections, document.definitions, document.remarks)
    ).decode()
    for seat in report.names.seats.values():
        told = told.replace(seat, "")
    assert not re.search(r"[\u4e00-\u9fff]", told)


async def test_a_table_that_does_not_add_up_is_not_printed(report: Report) -> None:
    spoilt = msgspec.structs.replace(
        report, now=msgspec.structs.replace(report.now, kinds={"help": 3})
    )
    with pytest.raises(Broken, match="kinds adds up to 3, not to 14"):
        tell(spoilt, BOOK)


@pytest.mark.parametrize(
    ("cell", "text", "small"),
    [
        (cells.share(1, 3, beside=True), "33.33%", "1/3"),
        (cells.share(0, 0, beside=True), "—", ""),
        (cells.change(110, 100), "+10.00%", ""),
        (cells.change(100, 100), "0.00%", ""),
        (cells.change(1, 0), "—", ""),
        (cells.change(1, None), "—", ""),
        (cells.points(0.5, 0.523), "−2.30", "个百分点"),
        (cells.points(0.500001, 0.5), "0.00", "个百分点"),
        (cells.points(0.5, None), "—", ""),
        (cells.rank(1, 4), "↑3", ""),
        (cells.rank(4, 1), "↓3", ""),
        (cells.rank(2, 2), "持平", ""),
        (cells.count(1234567), "1,234,567", ""),
        (Cell(12.25, "seconds"), "12.2", ""),
        (Cell(None, "hours"), "—", ""),
    ],
)
def test_how_figures_are_written(cell: Cell, text: str, small: str) -> None:
    assert (cells.written(cell, BOOK), cells.under(cell, BOOK)) == (text, small)
