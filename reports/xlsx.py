"""The document as a workbook: one sheet per table, numbers as numbers, n and base in columns.

What looks like a formula is written as text: nothing in a report is calculated by whoever opens it.
"""

from __future__ import annotations

import io
import re
from typing import Any, Final

import xlsxwriter

from config.words import Words
from reports.cells import written
from reports.document import Cell, Document, Row, Table, Unit

FORMATS: Final[dict[Unit, str]] = {
    "text": "General",
    "count": "#,##0",
    "share": "0.00%",
    "seconds": "#,##0.0",
    "hours": "#,##0.0",
    "change": "+0.00%;-0.00%;0.00%",
    "points": "+0.00;-0.00;0.00",  # and its name, see `_format`
    "rank": "+0;-0;0",
}
MOST_NAME: Final = 31
"""Characters of a sheet's name that Excel allows."""
_FIRST_WIDTH: Final = 30
_WIDTH: Final = 14


def xlsx(document: Document, book: Words) -> bytes:
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(out, options) as workbook:
        workbook.set_properties({"title": document.name, "author": document.issuer})
        _Writing(workbook, document, book).all()
    return out.getvalue()


class _Writing:
    def __init__(self, workbook: Any, document: Document, book: Words) -> None:
        self._workbook = workbook
        self._document = document
        self._book = book
        self._formats: dict[tuple[str, str], Any] = {}
        self._names: set[str] = set()
        self._head = workbook.add_format(
            {"bold": True, "bg_color": "#EEF2F6", "bottom": 1, "text_wrap": True, "align": "center",
             "valign": "vcenter"}
        )  # fmt: skip
        self._title = workbook.add_format({"bold": True, "font_size": 14})
        self._note = workbook.add_format({"font_color": "#5C6B7A", "font_size": 9})
        self._wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})

    def all(self) -> None:
        self._cover()
        for section in self._document.sections:
            for table in section.tables:
                self._table(table)
        self._definitions()

    def _cover(self) -> None:
        document = self._document
        sheet = self._sheet(document.labels["title-sheet"])
        sheet.set_column(0, 0, 100)
        lines = (
            document.classified,
            document.issue,
            document.issuer,
            document.issued,
            document.cut,
            *document.marks,
            "",
            document.summary_title,
            *document.summary,
            "",
            *document.remarks,
            *document.foot,
        )
        sheet.write_string(0, 0, document.name, self._title)
        for at, line in enumerate(lines, 1):
            sheet.write_string(at, 0, line, self._wrapped)

    def _table(self, table: Table) -> None:
        sheet = self._sheet(table.title)
        sheet.write_string(0, 0, table.title, self._title)
        based = [
            any(row.cells[at].d is not None for row in table.rows)
            for at in range(len(table.columns))
        ]
        at = 0
        for column, beside in zip(table.columns, based, strict=True):
            sheet.write_string(2, at, column, self._head)
            sheet.set_column(at, at, _FIRST_WIDTH if at == 0 else _WIDTH)
            at += 1
            if beside:
                for label in ("n", "base"):
                    name = f"{column} {self._document.labels[label]}"
                    sheet.write_string(2, at, name, self._head)
                    sheet.set_column(at, at, _WIDTH)
                    at += 1
        for line, row in enumerate(table.rows, 3):
            self._row(sheet, line, row, based)
        sheet.freeze_panes(3, 1)
        for line, note in enumerate(table.notes, len(table.rows) + 4):
            sheet.write_string(line, 0, note, self._note)

    def _row(self, sheet: Any, line: int, row: Row, based: list[bool]) -> None:
        at = 0
        for cell, beside in zip(row.cells, based, strict=True):
            style = self._format(cell.unit, row, first=at == 0)
            self._write(sheet, line, at, cell, style)
            at += 1
            if beside:
                for number in (cell.n, cell.d):
                    if number is not None:
                        sheet.write_number(line, at, number, self._format("count", row))
                    at += 1

    def _write(self, sheet: Any, line: int, at: int, cell: Cell, style: Any) -> None:
        value = cell.value
        if value is None or isinstance(value, str):
            sheet.write_string(line, at, written(cell, self._book), style)
        elif cell.unit == "points":
            sheet.write_number(line, at, value * 100, style)
        else:
            sheet.write_number(line, at, value, style)

    def _format(self, unit: Unit, row: Row, *, first: bool = False) -> Any:
        key = (unit, f"{row.kind}{first}")
        if key not in self._formats:
            looks: dict[str, Any] = {"num_format": FORMATS[unit]}
            if unit == "points":
                name = self._book.text("report.cell.points")
                looks["num_format"] = f'+0.00" {name}";-0.00" {name}";0.00" {name}"'
            if row.kind == "total":
                looks |= {"bold": True, "top": 1, "bg_color": "#EEF2F6"}
            if row.kind == "part" and first:
                looks["indent"] = 1
            if not first:
                looks["align"] = "right"
            self._formats[key] = self._workbook.add_format(looks)
        return self._formats[key]

    def _definitions(self) -> None:
        sheet = self._sheet(self._document.definitions_title)
        sheet.set_column(0, 0, _FIRST_WIDTH)
        sheet.set_column(2, 2, 90)
        for at, one in enumerate(self._document.definitions):
            sheet.write_string(at, 0, one.name)
            sheet.write_string(at, 1, one.unit)
            sheet.write_string(at, 2, one.text, self._wrapped)

    def _sheet(self, title: str) -> Any:
        """A sheet whose name Excel takes, and that no other has."""
        plain = re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:MOST_NAME]
        name, n = plain, 1
        while name.casefold() in self._names:
            n += 1
            name = f"{plain[: MOST_NAME - 3]} {n}"
        self._names.add(name.casefold())
        return self._workbook.add_worksheet(name)
