"""`hotline report month YYYY-MM`: the month's report as files, and its key figures.

A finished month that has a report is printed from it, so that the same command gives the same
numbers; `--again` makes a new version, and so does a month that is not over yet.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from cases.errors import NotFound
from config.model import Settings
from config.words import TONGUES, Words, words
from hotline.cli import DONE, Refused
from hotline.opened import opened
from hotline.table import table
from reports.archive import Archive
from reports.fonts import Fonts
from reports.model import Report
from reports.periods import BadMonth
from reports.press import Press, PressFailed
from reports.printing import FORMS, Form
from reports.tell import key_figures, tell
from telephony.places import Places


def arguments(parser: argparse.ArgumentParser) -> None:
    book = words(parser.get_default("lang"))
    parser.add_argument("what", choices=("month",), help=book.text("cli.report.what"))
    parser.add_argument("month", metavar="YYYY-MM", help=book.text("cli.report.month"))
    parser.add_argument(
        "--form",
        default=",".join(FORMS),
        metavar="FORM,…",
        help=book.text("cli.report.form", forms=", ".join(FORMS)),
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help=book.text("cli.report.out"))
    parser.add_argument("--again", action="store_true", help=book.text("cli.report.again"))
    parser.add_argument(
        "--lang",
        dest="report_lang",
        choices=TONGUES,
        default=TONGUES[0],
        help=book.text("cli.report.lang"),
    )


def main(args: argparse.Namespace, settings: Settings) -> int:
    book = words(args.lang)
    forms = _forms(args.form, book)
    try:
        asyncio.run(_report(args, settings, forms))
    except BadMonth as bad:
        raise Refused(book.text(f"cli.report.{bad.code}", found=bad.month)) from bad
    except PressFailed as failed:
        raise Refused(book.text("cli.report.press", reason=failed)) from failed
    except OSError as error:
        raise Refused(book.text("cli.report.files", reason=error)) from error
    except SQLAlchemyError as error:
        raise Refused(book.text("cli.store.unreachable", error=error)) from error
    return DONE


async def _report(args: argparse.Namespace, settings: Settings, forms: Sequence[Form]) -> None:
    book, told = words(args.lang), words(args.report_lang)
    now = time.time()
    async with opened(settings, args.lang) as store:
        archive = Archive(store, settings)
        month = archive.month(args.month, now)
        report = None if args.again else await _finished(archive, str(month))
        if report is None:
            report = await archive.made(month, now)
    document = tell(report, told)
    print(f"{document.name}  {document.issue}\n{document.cut}")
    for mark in document.marks:
        print(f"** {mark}")
    print()
    print("\n".join(table([list(row) for row in key_figures(document, told)])))
    print()
    folder = args.out or Places.of(settings).data / "reports"
    paths = await Press(Fonts.of(settings.reports)).print(document, forms, folder)
    for form in forms:
        print(book.text("cli.report.file", form=form.upper(), path=paths[form]))


async def _finished(archive: Archive, month: str) -> Report | None:
    """The newest version, when it was made after the month was over."""
    try:
        report = await archive.kept(month)
    except NotFound:
        return None
    return report if report.complete else None


def _forms(text: str, book: Words) -> list[Form]:
    """What `--form` names, each once. Raises Refused."""
    asked = list(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    unknown = [form for form in asked if form not in FORMS]
    if unknown or not asked:
        found = ", ".join(unknown) or text
        raise Refused(book.text("cli.report.bad-form", found=found, forms=", ".join(FORMS)))
    return [form for form in FORMS if form in asked]
