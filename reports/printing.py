"""Prints a document in the forms that are asked for. Runs in a process of its own.

`python -m reports.printing` reads one `Job` from standard input and writes files; what matplotlib
and weasyprint took of memory goes back with the process. `reports.press` is who starts it.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path
from typing import Final, Literal

import msgspec

from config.words import words
from reports.document import Document
from reports.fonts import Fonts

Form = Literal["html", "docx", "pdf", "xlsx"]
FORMS: Final[tuple[Form, ...]] = ("html", "docx", "pdf", "xlsx")


class Job(msgspec.Struct, frozen=True):
    """`files`: form → where to write it."""

    document: Document
    fonts: Fonts
    files: dict[Form, str]


def main() -> None:
    run(msgspec.json.decode(sys.stdin.buffer.read(), type=Job))


def run(job: Job) -> None:
    """Write all files, each whole or not at all."""
    document, fonts, book = job.document, job.fonts, words(job.document.tongue)
    if "xlsx" in job.files:
        from reports.xlsx import xlsx  # noqa: PLC0415 - each form loads what it needs

        _write(job.files["xlsx"], xlsx(document, book))
    if not job.files.keys() & {"html", "docx", "pdf"}:
        return
    from reports.charts import draw_all  # noqa: PLC0415 - matplotlib is slow to load
    from reports.html import html  # noqa: PLC0415 - idem

    with tempfile.TemporaryDirectory(prefix="hotline-report-") as folder:
        charts = [chart for section in document.sections for chart in section.charts]
        drawn = draw_all(charts, Path(folder), png="docx" in job.files)
    if "docx" in job.files:
        from reports.docx import docx  # noqa: PLC0415

        _write(job.files["docx"], docx(document, fonts, drawn, book))
    page = html(document, fonts, drawn, book)
    if "html" in job.files:
        _write(job.files["html"], page.encode())
    if "pdf" in job.files:
        _write(job.files["pdf"], _pdf(page))


def _pdf(page: str) -> bytes:
    from weasyprint import HTML  # noqa: PLC0415

    # Its advice on the style of a page is not for whoever prints a report.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)

    def nothing(url: str, *args: object, **kwargs: object) -> object:
        """The page holds all it needs; whatever else it named would be a mistake."""
        raise ValueError(f"a report fetches nothing: {url}")

    made: bytes = HTML(string=page, url_fetcher=nothing).write_pdf()
    return made


def _write(path: str, content: bytes) -> None:
    target = Path(path)
    aside = target.with_name(f"{target.name}.unfinished")
    aside.write_bytes(content)
    aside.replace(target)


if __name__ == "__main__":
    main()
