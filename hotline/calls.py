"""`hotline calls`: the latest calls, newest first, numbers masked.

Whoever can run this can read the database; it looks as an administrator does, and unmasks nothing.
"""

from __future__ import annotations

import argparse
import asyncio
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from cases.access import Access
from cases.errors import Invalid
from cases.records import CallRecord, Viewer
from config.model import Settings
from config.words import Words, words
from hotline.cli import DONE, Refused
from hotline.opened import opened
from hotline.table import table
from telephony.places import Places

_LOOKER = Viewer(person_id="", role="admin")


def arguments(parser: argparse.ArgumentParser) -> None:
    book = words(parser.get_default("lang"))
    parser.add_argument(
        "--last", type=int, default=20, metavar="N", help=book.text("cli.calls.last")
    )


def main(args: argparse.Namespace, settings: Settings) -> int:
    book = words(args.lang)
    calls = asyncio.run(_calls(args, settings))
    if not calls:
        print(book.text("cli.calls.none"))
        return DONE
    columns = (
        "slip",
        "opened",
        "caller",
        "language",
        "service",
        "outcome",
        "wait",
        "talk",
        "score",
    )
    head = [book.text(f"cli.calls.column.{column}") for column in columns]
    zone = ZoneInfo(settings.line.centre.timezone)
    rows = [head, *(_row(call, zone, book) for call in calls)]
    if any(call.demo for call in calls):
        marks = [book.text("cli.calls.demo") if call.demo else "" for call in calls]
        head.append(book.text("cli.calls.column.demo"))
        rows[1:] = [[*row, mark] for row, mark in zip(rows[1:], marks, strict=True)]
    print("\n".join(table(rows)))
    return DONE


async def _calls(args: argparse.Namespace, settings: Settings) -> tuple[CallRecord, ...]:
    async with opened(settings, args.lang) as store:
        access = Access(store, Path(Places.of(settings).recordings))
        try:
            return (await access.list_calls(_LOOKER, limit=args.last)).calls
        except Invalid as invalid:
            raise Refused(words(args.lang).text("cli.calls.too-many")) from invalid


def _row(call: CallRecord, zone: ZoneInfo, book: Words) -> list[str]:
    outcome = call.outcome or "live"
    return [
        call.slip_number,
        datetime.fromtimestamp(call.opened_at, zone).strftime("%m-%d %H:%M:%S"),
        call.caller_number or "-",
        call.language or "-",
        call.service or "-",
        book.text(f"cli.calls.outcome.{outcome}"),
        "-" if call.wait_s is None else f"{call.wait_s:.0f}",
        f"{call.talk_s:.0f}" if call.answered_at is not None else "-",
        str(call.score or "-"),
    ]
