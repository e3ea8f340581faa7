"""The document as one HTML file that needs nothing else: style and charts stand in it, no script.

The PDF is printed from it too (`reports.printing`); what differs on paper is in the style sheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from config.words import Words
from reports.cells import under, written
from reports.charts import Drawn
from reports.document import Cell, Chart, Document, Section, Table
from reports.fonts import Fonts

_STYLE = Path(__file__).with_name("report.css")
_MARK = {"good": "▲", "bad": "▼", "": ""}
WIDE = 9
"""Tables with so many columns or more are set smaller."""
SHORT = 16
"""Tables with so many rows or fewer are not cut by the end of a page."""


def html(document: Document, fonts: Fonts, charts: Mapping[str, Drawn], book: Words) -> str:
    return "\n".join(_page(document, fonts, charts, book))


def style(fonts: Fonts, document: Document) -> str:
    """The style sheet with the site's fonts and the words of the margins."""
    text = _STYLE.read_text("utf-8")
    families = {
        "title": _families(fonts.title, "serif"),
        "body": _families(fonts.body, "serif"),
        "heading": _families(fonts.heading, "sans-serif"),
        "table": _families(fonts.table, "serif"),
        "classified": _string(document.classified),
        "running": _string(document.name),
    }
    for name, value in families.items():
        text = text.replace(f"/*{name}*/", value)
    return text


def _families(names: Sequence[str], last: str) -> str:
    # Tibetan and Yi names are in none of the Chinese types.
    every = (*names, "Noto Serif Tibetan", "Noto Sans Yi")
    return ", ".join([*(_string(name) for name in every), last])


def _string(text: str) -> str:
    """A string of CSS, which is safe inside a style element too."""
    clean = "".join(c for c in text if c.isprintable() and c not in '"\\<>')
    return f'"{clean}"'


def _page(
    document: Document, fonts: Fonts, charts: Mapping[str, Drawn], book: Words
) -> Iterator[str]:
    yield f'<!doctype html>\n<html lang="{document.tongue}">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(document.name)}</title>"
    yield f"<style>\n{style(fonts, document)}</style>\n</head>\n<body>\n<main>"
    yield "<header>"
    yield f'<p class="classified">{escape(document.classified)}</p>'
    yield f"<h1>{escape(document.title)}</h1>"
    yield f'<p class="subtitle">{escape(document.subtitle)}</p>'
    yield '<div class="imprint">'
    for part in (document.issue, document.issuer, document.issued):
        yield f"<span>{escape(part)}</span>"
    yield "</div><hr>"
    yield f'<p class="signer">{escape(document.signer)}<span></span></p>'
    for mark in document.marks:
        yield f'<p class="mark">{escape(mark)}</p>'
    yield "</header>"
    yield f'<section class="summary"><h2>{escape(document.summary_title)}</h2>'
    yield from (f"<p>{escape(sentence)}</p>" for sentence in document.summary)
    yield "</section>"
    for section in document.sections:
        yield from _section(section, document, charts, book)
    yield f'<section id="definitions"><h2>{escape(document.definitions_title)}</h2>'
    yield from (f"<p>{escape(remark)}</p>" for remark in document.remarks)
    yield "<dl>"
    for one in document.definitions:
        yield f"<dt>{escape(one.name)}</dt><dd>{escape(one.text)}</dd>"
    yield "</dl></section>"
    yield "<footer>"
    yield from (f"<p>{escape(line)}</p>" for line in document.foot)
    yield f"<p>{escape(document.cut)}</p></footer>\n</main>\n</body>\n</html>\n"


def _section(
    section: Section, document: Document, charts: Mapping[str, Drawn], book: Words
) -> Iterator[str]:
    yield f'<section id="{section.id}"><h2>{escape(section.title)}</h2>'
    yield from (f"<p>{escape(paragraph)}</p>" for paragraph in section.paragraphs)
    for chart in section.charts:
        yield _figure(chart, document, charts)
    for table in section.tables:
        yield from _table(table, document, book)
    yield "</section>"


def _figure(chart: Chart, document: Document, charts: Mapping[str, Drawn]) -> str:
    if chart.id not in charts:
        return f'<p class="empty">{escape(chart.title)}: {escape(document.labels["empty"])}</p>'
    unit = f" ({escape(chart.unit)})" if chart.unit else ""
    return (
        f"<figure>{charts[chart.id].svg}"
        f"<figcaption>{escape(chart.title)}{unit}</figcaption></figure>"
    )


def _table(table: Table, document: Document, book: Words) -> Iterator[str]:
    is_wide = len(table.columns) >= WIDE
    short = " short" if is_wide or len(table.rows) <= SHORT else ""
    wide = ' class="wide"' if is_wide else ""
    yield f'<div class="table{short}"><table id="{table.id}"{wide}>'
    yield f"<caption>{escape(table.title)}</caption>\n<thead><tr>"
    yield "".join(f'<th scope="col">{escape(column)}</th>' for column in table.columns)
    yield "</tr></thead>\n<tbody>"
    if not table.rows:
        empty = escape(document.labels["empty"])
        yield f'<tr><td colspan="{len(table.columns)}">{empty}</td></tr>'
    for row in table.rows:
        first, *others = row.cells
        yield f'<tr class="{row.kind}"><th scope="row">{escape(written(first, book))}</th>'
        yield "".join(_cell(cell, book) for cell in others) + "</tr>"
    yield "</tbody></table>"
    yield from (f'<p class="note">{escape(note)}</p>' for note in table.notes)
    yield "</div>"


def _cell(cell: Cell, book: Words) -> str:
    text = f"{escape(written(cell, book))}{_MARK[cell.tone]}"
    if small := under(cell, book):
        text += f"<small>{escape(small)}</small>"
    kind = "text" if cell.unit == "text" else cell.tone
    return f'<td class="{kind}">{text}</td>' if kind else f"<td>{text}</td>"
