"""`hotline demo month`: a believable month in the store, so that screens and reports are full.

The same engine plays it on virtual time against simulated callers and seats, and its facts go
through the same log and writer as real ones. The line must not be running. Everything it leaves
carries the mark of demonstration data and is taken away again by `--remove`.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from cases.demonstration import dress, enter_people, months_calls, remove
from cases.journal import FileJournal, JournalHeld
from cases.writer import LogBehindDatabase
from config.model import Settings
from config.words import Words, words
from hotline.cli import DONE, Refused
from hotline.demo_dress import dressing, figures, record, recordings_of
from hotline.demo_facts import Month, is_over, last_complete, month
from hotline.demo_memory import Memory
from hotline.demo_pour import Pouring
from hotline.demo_sounds import Voices
from hotline.opened import opened
from hotline.progress import Progress
from telephony.places import PROJECT, Places
from telephony.prompts import Manifest, PromptProblem, load_manifest
from telephony.sounds import install

CALLS = 20_000
MOST_CALLS = 1_000_000
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


def arguments(parser: argparse.ArgumentParser, book: Words) -> None:
    def count(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= MOST_CALLS:
            raise argparse.ArgumentTypeError(book.text("demo.month.bad-calls", most=MOST_CALLS))
        return int(text)

    def of_month(text: str) -> date:
        found = _MONTH.fullmatch(text)
        if found is None:
            raise argparse.ArgumentTypeError(book.text("demo.month.bad-month", found=text))
        return date(int(found[1]), int(found[2]), 1)

    def number(text: str) -> int:
        if not text.isdecimal():
            raise argparse.ArgumentTypeError(book.text("demo.month.bad-seed", found=text))
        return int(text)

    parser.add_argument(
        "--calls", type=count, default=CALLS, metavar="N", help=book.text("demo.month.calls")
    )
    parser.add_argument(
        "--seed", type=number, default=1, metavar="S", help=book.text("demo.month.seed")
    )
    parser.add_argument(
        "--month", type=of_month, metavar="YYYY-MM", help=book.text("demo.month.which")
    )
    parser.add_argument("--remove", action="store_true", help=book.text("demo.month.remove"))


def main(args: argparse.Namespace, settings: Settings) -> int:
    book = words(args.lang)
    zone = ZoneInfo(settings.line.centre.timezone)
    if args.remove:
        asyncio.run(_take_away(settings, args.lang, zone))
        return DONE
    now = time.time()
    first = args.month or last_complete(now, zone)
    if not is_over(first, now, zone):
        raise Refused(book.text("demo.month.not-over", month=f"{first:%Y-%m}"))
    asyncio.run(_give(settings, args.lang, zone, first, calls=args.calls, seed=args.seed))
    return DONE


async def _give(
    settings: Settings, tag: str, zone: ZoneInfo, first: date, *, calls: int, seed: int
) -> None:
    began, book = time.monotonic(), words(tag)
    manifest, places = load_manifest(), Places.of(settings)
    played = month(
        settings.line, first, calls=calls, seed=seed, zone=zone, prompt_s=spoken_s(manifest)
    )
    async with opened(settings, tag) as store:
        with _held(settings, book) as journal:
            async with Pouring(store, journal, settings.line, zone) as pouring:
                if await months_calls(store, played.begins, played.end):
                    raise Refused(book.text("demo.month.twice", month=f"{first:%Y-%m}"))
                print(
                    book.text("demo.month.begins", month=f"{first:%Y-%m}", calls=calls, seed=seed),
                    flush=True,
                )
                await asyncio.to_thread(_install, settings, manifest, tag)
                await enter_people(store, figures(played), played.begins)
                memory = await _poured(pouring, played, zone, book)
            print(book.text("demo.month.dressing"), flush=True)
            chance = played.chance("voices")
            voices = Voices(places.sounds / manifest.default, places.moh, chance)
            audible = await asyncio.to_thread(record, played, memory, voices, places.recordings)
            await dress(store, dressing(played, memory, zone, audible))
    _tell(memory, len(audible), time.monotonic() - began, book)


async def _poured(pouring: Pouring, played: Month, zone: ZoneInfo, book: Words) -> Memory:
    progress = Progress(sys.stdout, len(played.callers))

    def tell(ended: int, until: float) -> None:
        day = datetime.fromtimestamp(until - 1, zone)
        progress.at(ended, book.text("demo.month.played", calls=ended, day=f"{day:%m-%d}"))

    try:
        return await pouring.pour(played, tell)
    finally:
        progress.done()


async def _take_away(settings: Settings, tag: str, zone: ZoneInfo) -> None:
    book = words(tag)
    async with opened(settings, tag) as store:
        with _held(settings, book) as journal:
            async with Pouring(store, journal, settings.line, zone) as pouring:
                # What waited in the log is in the database now, and does not come after this.
                gone = await remove(store)
                pouring.keep_line()
            journal.sync()
            journal.let_go(journal.last_seq)
    files = recordings_of(Places.of(settings).recordings)
    for file in files:
        file.unlink()
    if not any(gone.values()) and not files:
        print(book.text("demo.month.none"))
    else:
        print(book.text("demo.month.removed", calls=gone["calls"], rows=sum(gone.values())))


@contextmanager
def _held(settings: Settings, book: Words) -> Iterator[FileJournal]:
    """The line's log, for us alone. Raises Refused with the reason when that cannot be."""
    try:
        journal = FileJournal(Places.of(settings).data / "journal")
    except JournalHeld as held:
        raise Refused(book.text("demo.month.held")) from held
    try:
        yield journal
    except LogBehindDatabase as behind:
        raise Refused(book.text("serve.log-behind", reason=behind)) from behind
    except (TimeoutError, OSError, SQLAlchemyError) as error:
        raise Refused(book.text("demo.month.failed", reason=str(error) or "timeout")) from error
    finally:
        journal.close()


def _install(settings: Settings, manifest: Manifest, tag: str) -> None:
    places = Places.of(settings)
    site = PROJECT / settings.paths.prompts if settings.paths.prompts else None
    try:
        install(manifest, site, places.sounds, places.moh)
    except PromptProblem as problem:
        raise Refused(problem.text(tag)) from problem


def spoken_s(manifest: Manifest) -> dict[str, float]:
    """Prompt → seconds, in the language that every caller may hear."""
    spoken = f"{manifest.default}/"
    return {
        key.removeprefix(spoken): master.seconds
        for key, master in manifest.audio.items()
        if key.startswith(spoken)
    }


def _tell(memory: Memory, audible: int, seconds: float, book: Words) -> None:
    outcomes = Counter(call.outcome for call in memory.calls.values())
    queued = sum(1 for call in memory.calls.values() if call.queued_at)
    print(
        book.text(
            "demo.month.done",
            calls=len(memory.calls),
            queued=queued,
            answered=outcomes["answered"],
            share=f"{outcomes['answered'] / max(1, queued):.1%}",
            messages=outcomes["voicemail"],
            audible=audible,
        )
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(book.text("demo.month.took", seconds=f"{seconds:.1f}", memory=f"{peak:.0f}"))
    print(book.text("demo.month.marked"))
