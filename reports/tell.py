"""The numbers of a month → the document that is read, in one language. PURE."""

from __future__ import annotations

from config.words import Words
from reports import cells
from reports.chapters.demand import all_matters, demand, moods
from reports.chapters.languages import languages
from reports.chapters.moves import moves
from reports.chapters.overview import overview
from reports.chapters.places import counties, places
from reports.chapters.ratings import ratings
from reports.chapters.staff import seats, staff
from reports.chapters.summary import summary
from reports.chapters.telling import Telling
from reports.chapters.times import times
from reports.document import Definition, Document, Section
from reports.indicators import INDICATORS
from reports.model import Report

CHAPTERS = (overview, demand, places, times, ratings, moves, languages, moods, staff)
LABELS = ("n", "base", "empty", "title-sheet")


def tell(report: Report, book: Words) -> Document:
    """Raises ties.Broken when a table does not add up to its total."""
    telling = Telling(report, book)
    say = telling.say
    sections = [chapter(telling) for chapter in CHAPTERS]
    sections.append(
        Section(
            "appendix",
            say("section.appendix"),
            (),
            (),
            (all_matters(telling), counties(telling), seats(telling)),
        )
    )
    number = say("issue", year=telling.month.year, n=report.issue)
    if report.issue_in_all:
        number += say("issue-in-all", n=report.issue_in_all)
    marks = []
    if report.demo:
        marks.append(say("mark.demo"))
    if not report.complete:
        marks.append(say("mark.unfinished", cut=telling.moment(report.data_until)))
    title = say("title", number=report.number)
    subtitle = say("subtitle", month=telling.month_name(telling.month))
    return Document(
        tongue=book.tongue,
        month=report.month,
        version=report.version,
        demo=report.demo,
        complete=report.complete,
        classified=say("classified"),
        title=title,
        subtitle=subtitle,
        name=say("name", title=title, subtitle=subtitle),
        issue=number,
        issuer=say("issuer", name=report.issuer),
        issued=telling.date(report.made_at),
        signer=say("signer"),
        marks=tuple(marks),
        cut=say(
            "cut",
            cut=telling.moment(report.data_until),
            version=report.version or say("draft"),
        ),
        summary_title=say("section.summary"),
        summary=summary(telling),
        sections=tuple(sections),
        definitions_title=say("section.definitions"),
        definitions=tuple(
            Definition(
                book.text(f"indicators.name.{one}"),
                book.text(f"indicators.unit.{INDICATORS[one].unit}"),
                book.text(f"indicators.definition.{one}"),
            )
            for one in INDICATORS
        ),
        remarks=(
            say("remark.month", zone=report.zone),
            say("remark.changes"),
            say("remark.frozen"),
            say("remark.private"),
            say("remark.audit", rows=f"{report.audit[0]:,}", head=report.audit[1][:16]),
        ),
        foot=tuple(
            say(key, names=say("join").join(names))
            for key, names in (("send-to", report.send_to), ("copy-to", report.copy_to))
            if names
        ),
        labels={label: say(f"label.{label}") for label in LABELS},
    )


def key_figures(document: Document, book: Words) -> list[tuple[str, str]]:
    """Names and figures of the first table, for a terminal."""
    table = document.sections[0].tables[0]
    return [
        (
            cells.written(row.cells[0], book),
            " ".join(filter(None, (cells.written(row.cells[1], book), cells.beside(row.cells[1])))),
        )
        for row in table.rows
    ]
