"""`hotline serve`: serve the line in the foreground until Ctrl-C, and say what to do next."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import orjson
import structlog
import uvloop
from sqlalchemy.exc import SQLAlchemyError

from cases.journal import JournalHeld
from cases.people import People
from cases.records import NewPerson
from cases.store import StoreUnready
from cases.writer import LogBehindDatabase
from config.model import Settings
from config.words import Words, words
from hotline.cli import DONE, Refused
from hotline.firsts import add_firsts
from hotline.house import House, open_store, running
from hotline.table import table
from telephony.faults import AriReplaced, PbxFault
from telephony.places import Places
from telephony.problem import PbxProblem
from telephony.prompts import PromptProblem


def arguments(parser: argparse.ArgumentParser) -> None:
    del parser  # the settings say everything


def main(args: argparse.Namespace, settings: Settings) -> int:
    book = words(args.lang)
    places = Places.of(settings)
    places.data.mkdir(parents=True, exist_ok=True)
    log_to(places.data / "log" / "hotline.log")
    try:
        uvloop.run(serve(settings, book, args.lang))
    except* Refused as refused:
        raise refused.exceptions[0] from None
    return DONE


def log_to(path: Path) -> None:
    """One JSON object a line; the terminal is for people."""
    path.parent.mkdir(parents=True, exist_ok=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=lambda obj, **_: orjson.dumps(obj)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(path.open("ab", buffering=0)),
        cache_logger_on_first_use=True,
    )


async def serve(settings: Settings, book: Words, tag: str) -> None:
    """Serve until SIGINT or SIGTERM. Raises Refused with the reason when a part fails."""
    began = time.monotonic()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def say(step: str) -> None:
        print(book.text(f"serve.step.{step}"), flush=True)

    try:
        say("store")
        store = await open_store(settings)
        try:
            # Said at once: a part that fails later must not take the only passwords with it.
            _introduce(await add_firsts(People(store), time.time()), book)
            async with running(settings, store, say) as house:
                _welcome(house, book, time.monotonic() - began)
                await stop.wait()
                print(book.text("serve.stopping"), flush=True)
        finally:
            await store.close()
    except* (PbxProblem, PromptProblem) as problems:
        first = problems.exceptions[0]
        assert isinstance(first, PbxProblem | PromptProblem)
        raise Refused(first.text(tag)) from None
    except* JournalHeld as held:
        raise Refused(book.text("serve.held", data=settings.paths.data)) from held
    except* LogBehindDatabase as behind:
        raise Refused(book.text("serve.log-behind", reason=behind.exceptions[0])) from None
    except* AriReplaced:
        raise Refused(book.text("serve.replaced")) from None
    except* StoreUnready as unready:
        first_unready = unready.exceptions[0]
        raise Refused(book.text("serve.store", reason=first_unready)) from None
    except* PbxFault as fault:
        raise Refused(book.text("serve.pbx-fault", reason=fault.exceptions[0])) from None
    except* (OSError, SQLAlchemyError) as errors:
        raise Refused(book.text("serve.failed", reason=errors.exceptions[0])) from errors
    print(book.text("serve.stopped"), flush=True)


def _introduce(new: Sequence[NewPerson], book: Words) -> None:
    if not new:
        return
    print(f"\n{book.text('serve.first-people')}")
    head = [book.text(f"serve.column.{c}") for c in ("username", "password", "phone", "sip")]
    rows = [
        [one.person.username, one.password, one.person.phone, one.sip_password or ""] for one in new
    ]
    print("\n".join(table([head, *rows])) + "\n", flush=True)


def _welcome(house: House, book: Words, seconds: float) -> None:
    settings = house.settings
    print()
    print(
        book.text(
            "serve.ready",
            seconds=f"{seconds:.1f}",
            number=settings.line.centre.number,
            web=f"http://{settings.web.host}:{house.port}",
            sip=f"{settings.sip.host}:{settings.sip.port}",
        ),
        flush=True,
    )
