"""A report as it is read: sections, tables and charts in one language. Only shapes. PURE.

Every rendering (HTML, DOCX, PDF, XLSX, the screen) is made from this and adds no number of its
own. Cells keep their numbers: how they are written is `reports.cells.written`.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Unit = Literal["text", "count", "share", "seconds", "hours", "change", "points", "rank"]
"""`share` is 0-1; `change` relative (0.05: 5 % more); `points` a difference of shares; `rank`
places gained (positive: moved up)."""


Tone = Literal["", "good", "bad"]


class Cell(msgspec.Struct, frozen=True):
    """`value` None: cannot be told (no base). `n` of `d` stand beside a share."""

    value: float | int | str | None
    unit: Unit = "text"
    n: int | None = None
    d: int | None = None
    tone: Tone = ""
    """How it stands to a target; never the only sign of it."""


RowKind = Literal["row", "part", "total"]
"""`part`: lies within the row above."""


class Row(msgspec.Struct, frozen=True):
    cells: tuple[Cell, ...]
    kind: RowKind = "row"


class Table(msgspec.Struct, frozen=True):
    """The first column names the row. `id` is stable, for files and tests."""

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


class Series(msgspec.Struct, frozen=True):
    name: str
    values: tuple[float, ...]


class Chart(msgspec.Struct, frozen=True):
    """`bars` lie, `lines` run over time, `heat`: a row of cells per series."""

    id: str
    title: str
    kind: Literal["bars", "lines", "heat"]
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""


class Section(msgspec.Struct, frozen=True):
    id: str
    title: str
    paragraphs: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()


class Definition(msgspec.Struct, frozen=True):
    name: str
    unit: str
    text: str


class Document(msgspec.Struct, frozen=True, kw_only=True):
    tongue: str
    month: str
    version: int
    demo: bool
    complete: bool
    classified: str
    """内部资料 注意保存."""
    title: str
    subtitle: str
    """The month in words."""
    name: str
    """Title and month in one."""
    issue: str
    issuer: str
    issued: str
    signer: str
    marks: tuple[str, ...]
    """What a reader must not overlook: demonstration data, month not over."""
    cut: str
    summary_title: str
    summary: tuple[str, ...]
    sections: tuple[Section, ...]
    definitions_title: str
    definitions: tuple[Definition, ...]
    remarks: tuple[str, ...]
    """What holds for all figures."""
    foot: tuple[str, ...]
    """主送, 抄送."""
    labels: dict[str, str] = {}
    """Words the renderings need: `n`, `base`, `empty`, `title-sheet`."""
