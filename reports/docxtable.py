"""A table as WordprocessingML. PURE.

Written as text and parsed once: python-docx looks a cell's style up among all styles each time,
which took three seconds for the tables of one report.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from docx.oxml.ns import nsdecls

from config.words import Words
from reports.cells import under, written
from reports.document import Cell, Row, Table

WIDE: Final = 9
"""Tables with so many columns or more are set smaller."""
HEAD_FILL: Final = "EEF2F6"
SOFT: Final = "5C6B7A"
COLOURS: Final = {"good": "1C6B35", "bad": "B3171D"}
MARKS: Final = {"good": "▲", "bad": "▼", "": ""}
TEXT_WIDTH: Final = 8957
"""Twentieths of a point between the margins: 158 mm."""
_FIRST: Final = {True: 1300, False: 2600}
"""The first column, in a wide table and in others."""
_RANK: Final = 680
_SMALL: Final = 13
"""Half points of what stands under a figure."""


def table_xml(table: Table, style: str, book: Words) -> str:
    """`w:tbl` with its namespaces; `style`: id of the paragraphs' style."""
    return "".join(_table(table, style, book))


def _table(table: Table, style: str, book: Words) -> Iterator[str]:
    widths = _widths(table)
    yield f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="TableGrid"/>'
    yield f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
    yield '<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>'
    yield from (f'<w:gridCol w:w="{width}"/>' for width in widths)
    # The head is said again on every page, and no row is cut by a page's end.
    yield "</w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>"
    for width, column in zip(widths, table.columns, strict=True):
        run = f'<w:r><w:t xml:space="preserve">{escape(column)}</w:t></w:r>'
        yield _cell(width, HEAD_FILL, style, "center", run)
    yield "</w:tr>"
    for row in table.rows:
        yield "<w:tr><w:trPr><w:cantSplit/></w:trPr>"
        for at, (width, cell) in enumerate(zip(widths, row.cells, strict=True)):
            side = "right" if at and cell.unit != "text" else "left"
            fill = HEAD_FILL if row.kind == "total" else ""
            yield _cell(width, fill, style, side, _runs(cell, row, at, book))
        yield "</w:tr>"
    yield "</w:tbl>"


def _widths(table: Table) -> list[int]:
    first = _FIRST[len(table.columns) >= WIDE]
    lead = [_RANK, first] if table.id == "matters_2" else [first]  # the rank, then the name
    others = len(table.columns) - len(lead)
    return [*lead, *[(TEXT_WIDTH - sum(lead)) // others] * others]


def _cell(width: int, fill: str, style: str, side: str, runs: str) -> str:
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}<w:vAlign w:val="center"/>'
        "</w:tcPr>"
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/><w:jc w:val="{side}"/></w:pPr>{runs}</w:p></w:tc>'
    )


def _runs(cell: Cell, row: Row, at: int, book: Words) -> str:
    text = f"{written(cell, book)}{MARKS[cell.tone]}"
    if at == 0 and row.kind == "part":
        text = f"　{text}"
    looks = "<w:b/>" if row.kind == "total" else ""
    if cell.tone:
        looks += f'<w:color w:val="{COLOURS[cell.tone]}"/>'
    run = f'<w:r><w:rPr>{looks}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    if small := under(cell, book):
        run += (
            f'<w:r><w:rPr><w:color w:val="{SOFT}"/><w:sz w:val="{_SMALL}"/></w:rPr>'
            f'<w:br/><w:t xml:space="preserve">{escape(small)}</w:t></w:r>'
        )
    return run
