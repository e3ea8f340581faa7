"""The document as a Word file: real headings, real tables, for staff to edit before it is signed.

Types are named as government documents want them; `fontTable.xml` names what to take where one is
missing (`w:altName`). Margins and sizes follow GB/T 9704-2012 (from memory).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from docx import Document as new_document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Cm, Mm, Pt, RGBColor

from config.words import Words
from reports.charts import WIDTH_IN, Drawn
from reports.document import Document, Section, Table
from reports.docxtable import WIDE, table_xml
from reports.fonts import Fonts

RED: Final = RGBColor(0xB3, 0x17, 0x1D)
SOFT: Final = RGBColor(0x5C, 0x6B, 0x7A)
LATIN: Final = "Times New Roman"
_TEXT_WIDTH_CM: Final = 15.8


def docx(document: Document, fonts: Fonts, charts: Mapping[str, Drawn], book: Words) -> bytes:
    return _Writing(document, fonts, charts, book).bytes()


class _Writing:
    def __init__(
        self, document: Document, fonts: Fonts, charts: Mapping[str, Drawn], book: Words
    ) -> None:
        self._document = document
        self._fonts = fonts
        self._charts = charts
        self._book = book
        self._file = new_document()
        self._page()
        self._styles()
        self._alternatives()
        self._properties()

    def bytes(self) -> bytes:
        document = self._document
        self._masthead()
        self._file.add_heading(document.summary_title, 1)
        for sentence in document.summary:
            self._text(sentence)
        for section in document.sections:
            self._section(section)
        self._file.add_heading(document.definitions_title, 1)
        for remark in document.remarks:
            self._text(remark)
        for one in document.definitions:
            paragraph = self._file.add_paragraph(style="Report definition")
            paragraph.add_run(
                f"{one.name}: " if document.tongue == "en" else f"{one.name}："
            ).bold = True
            paragraph.add_run(one.text)
        for line in (*document.foot, document.cut):
            self._file.add_paragraph(line, style="Report foot")
        out = io.BytesIO()
        self._file.save(out)
        return out.getvalue()

    # ---- the page and its styles ----

    def _page(self) -> None:
        section = self._file.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin, section.right_margin = Mm(27), Mm(25)
        section.top_margin, section.bottom_margin = Mm(30), Mm(27)
        footer = section.footer.paragraphs[0]
        footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for part in ("— ", "PAGE", " / ", "NUMPAGES", " —"):
            run = footer.add_run("" if part.isupper() else part)
            if part.isupper():
                _field(run, part)

    def _styles(self) -> None:
        fonts, styles = self._fonts, self._file.styles
        _font(styles["Normal"], fonts.body[0], Pt(14))
        styles["Normal"].paragraph_format.line_spacing = 1.4
        styles["Normal"].paragraph_format.space_after = Pt(0)
        for name, family, size, colour in (
            ("Title", fonts.title[0], Pt(22), RED),
            ("Heading 1", fonts.heading[0], Pt(16), None),
            ("Heading 2", fonts.heading[0], Pt(12), None),
        ):
            _font(styles[name], family, size, colour or RGBColor(0, 0, 0))
            styles[name].font.bold = False
        styles["Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
        styles["Title"].paragraph_format.space_before = Pt(16)
        _rule(styles["Title"].element.get_or_add_pPr(), None)
        styles["Heading 1"].paragraph_format.space_before = Pt(18)
        styles["Heading 1"].paragraph_format.space_after = Pt(6)
        styles["Heading 2"].paragraph_format.space_before = Pt(12)
        styles["Heading 2"].paragraph_format.space_after = Pt(4)
        for name, family, size, colour in (
            ("Report table", fonts.table[0], Pt(9), None),
            ("Report wide table", fonts.table[0], Pt(7.5), None),
            ("Report note", fonts.table[0], Pt(9), SOFT),
            ("Report definition", fonts.body[0], Pt(12), None),
            ("Report foot", fonts.body[0], Pt(12), None),
            ("Report mark", fonts.heading[0], Pt(14), RED),
        ):
            style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            style.base_style = styles["Normal"]
            _font(style, family, size, colour)
            style.paragraph_format.line_spacing = 1.15
        styles["Report note"].paragraph_format.space_before = Pt(2)

    def _alternatives(self) -> None:
        """Which font stands in for which: Word and WPS look here before they guess."""
        part = self._file.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
        entries = "".join(
            f"<w:font w:name={quoteattr(name)}>"
            f"<w:altName w:val={quoteattr(','.join(others))}/></w:font>"
            for name, *others in (
                self._fonts.title, self._fonts.body, self._fonts.heading, self._fonts.table
            )
            if others
        )  # fmt: skip
        part._blob = part.blob.replace(b"</w:fonts>", f"{entries}</w:fonts>".encode())

    def _properties(self) -> None:
        properties = self._file.core_properties
        properties.title = self._document.name
        properties.author = self._document.issuer
        properties.language = self._document.tongue
        properties.comments = self._document.cut

    # ---- the text ----

    def _masthead(self) -> None:
        document, file = self._document, self._file
        file.add_paragraph(document.classified).alignment = WD_ALIGN_PARAGRAPH.RIGHT
        file.add_paragraph(document.title, style="Title")
        file.add_paragraph(document.subtitle).alignment = WD_ALIGN_PARAGRAPH.CENTER
        imprint = file.add_paragraph(f"{document.issue}\t{document.issuer}\t{document.issued}")
        stops = imprint.paragraph_format.tab_stops
        stops.add_tab_stop(Cm(_TEXT_WIDTH_CM / 2), WD_TAB_ALIGNMENT.CENTER)
        stops.add_tab_stop(Cm(_TEXT_WIDTH_CM), WD_TAB_ALIGNMENT.RIGHT)
        for run in imprint.runs:
            run.font.size = Pt(12)
        _rule(imprint._p.get_or_add_pPr(), "B3171D")
        signer = file.add_paragraph(f"{document.signer}{'　' * 5}")
        signer.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        for mark in document.marks:
            file.add_paragraph(mark, style="Report mark")

    def _text(self, sentence: str) -> None:
        paragraph = self._file.add_paragraph(sentence)
        if self._document.tongue == "zh-CN":
            paragraph.paragraph_format.first_line_indent = Pt(28)
        else:
            paragraph.paragraph_format.space_after = Pt(6)

    def _section(self, section: Section) -> None:
        self._file.add_heading(section.title, 1)
        for paragraph in section.paragraphs:
            self._text(paragraph)
        for chart in section.charts:
            drawn = self._charts.get(chart.id)
            unit = f" ({chart.unit})" if chart.unit else ""
            caption = f"{chart.title}{unit}"
            if drawn is None:
                caption += f": {self._document.labels['empty']}"
            else:
                picture = self._file.add_picture(io.BytesIO(drawn.png), width=Cm(WIDTH_IN * 2.5))
                picture._inline.docPr.set("descr", chart.title)
                self._file.paragraphs[-1].paragraph_format.keep_with_next = True
            note = self._file.add_paragraph(caption, style="Report note")
            note.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for table in section.tables:
            self._table(table)

    def _table(self, table: Table) -> None:
        self._file.add_heading(table.title, 2)
        if not table.rows:
            self._file.add_paragraph(self._document.labels["empty"], style="Report note")
            return
        style = "Report wide table" if len(table.columns) >= WIDE else "Report table"
        xml = table_xml(table, self._file.styles[style].style_id, self._book)
        self._file.element.body._insert_tbl(parse_xml(xml))
        for note in table.notes:
            self._file.add_paragraph(note, style="Report note")


def _font(style: Any, family: str, size: Any, colour: RGBColor | None = None) -> None:
    style.font.name, style.font.size = LATIN, size
    if colour is not None:
        style.font.color.rgb = colour
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{script}"), None)
    fonts.set(qn("w:eastAsia"), family)
    fonts.set(qn("w:cs"), "Noto Serif Tibetan")


def _rule(properties: Any, colour: str | None) -> None:
    """A line under a paragraph; None takes away the one that a style brings."""
    for old in properties.findall(qn("w:pBdr")):
        properties.remove(old)
    if colour is None:
        return
    borders, bottom = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "18"), ("space", "4"), ("color", colour)):
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    properties.insert_element_before(
        borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _field(run: Any, code: str) -> None:
    for kind in ("begin", "instr", "end"):
        if kind == "instr":
            element = OxmlElement("w:instrText")
            element.text = code
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)
