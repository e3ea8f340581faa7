"""The four forms of one document: whole files that say the same, read back by other programs."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from zipfile import ZipFile

import msgspec
import pytest
from docx import Document as open_docx
from openpyxl import load_workbook
from pypdf import PdfReader

from cases.store import Store
from config.model import Reports, Settings
from config.words import words
from reports import cells
from reports.build import build
from reports.document import Cell, Document, Row, Section, Table
from reports.fonts import Fonts
from reports.html import style
from reports.periods import Month
from reports.press import Press, PressFailed
from reports.printing import FORMS, Form
from reports.tell import tell
from reports.xlsx import xlsx
from tests.reports import months as m
from tests.reports.months import at
from tests.store.conftest import apart

FONTS = Fonts.of(Reports())
BOOK = words("zh-CN")
HOSTILE = "=1+1<script>alert('x')</script>&\"བོད་ཡིག ꆈꌠꁱꂷ"
"""A name that a site may give a seat: nothing in it may become a formula, an element or boxes."""


async def nowhere(digits: Collection[str]) -> Mapping[str, str]:
    return {}


async def document(store: Store, tongue: str = "zh-CN") -> Document:
    day = at("2026-03-10 10:00:00")
    await m.keep(
        store,
        *(m.answered(f"demo-{n}", day + 900 * n, score=n % 5 + 1) for n in range(12)),
        m.gave_up("demo-x", day + 30),
        m.on_duty("8001", day, day + 7200),
    )
    report = await build(store, Settings(), Month(2026, 3), at("2026-04-01 06:00:00"), nowhere)
    names = msgspec.structs.replace(report.names, seats={"8001": HOSTILE})
    return tell(msgspec.structs.replace(report, names=names, version=3), words(tongue))


@pytest.fixture(scope="module")
def printed_once(
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Document, dict[Form, Path]]:
    """Printed by the real press, once for all tests of this file."""
    folder = tmp_path_factory.mktemp("printed")
    base = folder / "hotline.sqlite"
    base.write_bytes(migrated_file.read_bytes())
    made: list[tuple[Document, dict[Form, Path]]] = []

    async def print_all() -> None:
        store = await Store.open(f"sqlite:///{base}")
        try:
            told = await document(store)
        finally:
            await store.close()
        made.append((told, await Press(FONTS).print(told, FORMS, folder / "out")))

    apart(print_all())
    return made[0]


Printed = tuple[Document, dict[Form, Path]]


def drawn(told: Document) -> int:
    """Charts with something to show: no slip names a matter or a place here."""
    charts = [chart for section in told.sections for chart in section.charts]
    assert [chart.id for chart in charts] == ["days", "matters", "places", "hours", "languages"]
    return len(charts) - 2


def test_files_say_what_they_are(printed_once: Printed) -> None:
    _, paths = printed_once
    assert [path.name for path in paths.values()] == [
        f"12348-2026-03-v3-zh-CN.{form}" for form in FORMS
    ]
    assert sorted(p.name for p in paths["pdf"].parent.iterdir()) == sorted(
        path.name for path in paths.values()
    ), "no unfinished file is left"


def test_html_needs_nothing_from_elsewhere_and_has_no_script(printed_once: Printed) -> None:
    told, paths = printed_once
    page = paths["html"].read_text("utf-8")
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert not re.search(r"url\((?!#)", page)
    assert not re.search(r"\son\w+=", page)
    assert page.count("<svg ") == drawn(told)
    assert "&lt;script&gt;" in page
    for table in (table for section in told.sections for table in section.tables):
        assert f'<table id="{table.id}"' in page


def test_the_pdf_has_the_text_page_numbers_and_every_font_in_it(printed_once: Printed) -> None:
    told, paths = printed_once
    reader = PdfReader(paths["pdf"])
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert told.title in text.replace("\n", "")
    assert f"— 1 / {len(reader.pages)} —" in text
    assert "演示数据" in text
    for section in told.sections:
        assert section.title in text
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(descriptor.get_object())


def test_word_has_headings_tables_that_can_be_edited_and_the_house_types(
    printed_once: Printed,
) -> None:
    told, paths = printed_once
    file = open_docx(str(paths["docx"]))
    headings = [p.text for p in file.paragraphs if p.style.name == "Heading 1"]
    assert headings == [
        told.summary_title, *(section.title for section in told.sections), told.definitions_title,
    ]  # fmt: skip
    tables = [table for section in told.sections for table in section.tables if table.rows]
    assert len(file.tables) == len(tables)
    for made, table in zip(file.tables, tables, strict=True):
        assert [cell.text for cell in made.rows[0].cells] == list(table.columns)
        assert len(made.rows) == len(table.rows) + 1
    first = file.tables[0].rows[4].cells[1].text
    assert first.startswith("92.31%")
    assert first.endswith("12/13")
    assert len(file.inline_shapes) == drawn(told)
    with ZipFile(paths["docx"]) as archive:
        styles = archive.read("word/styles.xml").decode()
        fonts = archive.read("word/fontTable.xml").decode()
        body = archive.read("word/document.xml").decode()
    assert 'w:eastAsia="仿宋_GB2312"' in styles
    assert '<w:altName w:val="仿宋,FangSong,Noto Serif CJK SC"/>' in fonts
    assert "<w:tblHeader/>" in body
    assert "<script>" not in body


def test_the_workbook_has_a_sheet_for_each_table_and_numbers_are_numbers(
    printed_once: Printed,
) -> None:
    told, paths = printed_once
    book = load_workbook(paths["xlsx"])
    tables = [table for section in told.sections for table in section.tables]
    assert len(book.sheetnames) == len(tables) + 2
    sheet = book["主要指标"]
    head = [cell.value for cell in sheet[3]]
    assert head[:4] == ["指标", "本月", "本月 分子", "本月 分母"]
    rate = {row[0].value: row for row in sheet.iter_rows(min_row=4)}["接通率（%）"]
    assert rate[1].value == pytest.approx(12 / 13)
    assert (rate[1].number_format, rate[2].value, rate[3].value) == ("0.00%", 12, 13)
    seats = book["附表3　各坐席情况"]
    name = next(c for row in seats.iter_rows(min_row=4) for c in row if c.value == HOSTILE)
    assert name.data_type == "s", "not a formula"
    for one in book:
        assert all(cell.data_type != "f" for row in one.iter_rows() for cell in row)


async def test_printed_again_the_page_is_the_same(printed_once: Printed, tmp_path: Path) -> None:
    told, paths = printed_once
    again = await Press(FONTS).print(told, ["html"], tmp_path)
    assert again["html"].read_bytes() == paths["html"].read_bytes()


def test_english_and_an_empty_table_make_a_workbook() -> None:
    told = msgspec.convert(
        {
            **dict.fromkeys(
                ("classified", "title", "subtitle", "name", "issue", "issuer", "issued", "signer",
                 "cut", "summary_title", "definitions_title"), "x"
            ),
            "tongue": "en", "month": "2026-03", "version": 1, "demo": False, "complete": True,
            "marks": [], "summary": [], "definitions": [], "remarks": [], "foot": [],
            "sections": [],
            "labels": {"title-sheet": "Title", "n": "n", "base": "base"},
        },
        Document,
    )  # fmt: skip
    same = [
        Table(str(n), "A [very] long: title / of a sheet that Excel cuts", ("a",), ()) for n in "12"
    ]
    rows = (Row((Cell("=HYPERLINK(1)"),)), Row((cells.share(1, 3, beside=True),), "total"))
    full = Table("f", "Full", ("a",), rows)
    section = Section("s", "S", (), (), (*same, full))
    book = load_workbook(
        io.BytesIO(xlsx(msgspec.structs.replace(told, sections=(section,)), words("en")))
    )
    assert len(book.sheetnames) == 5
    assert all(len(name) <= 31 for name in book.sheetnames)
    assert book["Full"]["A4"].data_type == "s"
    assert [cell.value for cell in book["Full"][5]] == [pytest.approx(1 / 3), 1, 3]


def test_fonts_of_the_settings_cannot_break_out_of_the_style(printed_once: Printed) -> None:
    told, _ = printed_once
    fonts = msgspec.structs.replace(FONTS, body=('</style><b>"; } @import "x', "宋体"))
    made = style(fonts, told)
    assert "</style" not in made
    assert '"@import' not in made.replace(" ", "")
    assert '"宋体"' in made


async def test_a_printing_that_fails_is_told(printed_once: Printed, tmp_path: Path) -> None:
    told, _ = printed_once
    (tmp_path / "12348-2026-03-v3-zh-CN.xlsx.unfinished").mkdir()
    with pytest.raises(PressFailed, match="IsADirectoryError"):
        await Press(FONTS).print(told, ["xlsx"], tmp_path)
