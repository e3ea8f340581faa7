"""`hotline serve`: serve the line in the foreground until Ctrl-C, and say what to do next."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import time
from collections.abc import Iterator, Sequence
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
    uvloop.run(serve(settings, book, args.lang))
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
    except Exception as error:
        # Not `except*`: what is raised from there is wrapped in a group by Python 3.11.0 to 3.11.3.
        refused = next(
            filter(None, (_refused(e, settings, book, tag) for e in _leaves(error))), None
        )
        if refused is None:
            raise
        raise refused from error
    print(book.text("serve.stopped"), flush=True)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The exceptions in a group of groups, or the exception itself."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


def _refused(error: BaseException, settings: Settings, book: Words, tag: str) -> Refused | None:
    """The sentence for what a person can mend; None for a defect of ours."""
    match error:
        case Refused():
            return error
        case PbxProblem() | PromptProblem():
            return Refused(error.text(tag))
        case JournalHeld():
            return Refused(book.text("serve.held", data=settings.paths.data))
        case LogBehindDatabase():
            return Refused(book.text("serve.log-behind", reason=error))
        case AriReplaced():
            return Refused(book.text("serve.replaced"))
        case StoreUnready():
            return Refused(book.text("serve.store", reason=error))
        case PbxFault():
            return Refused(book.text("serve.pbx-fault", reason=error))
        case OSError() | SQLAlchemyError():
            return Refused(book.text("serve.failed", reason=error))
        case _:
            return None


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
