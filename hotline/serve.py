"""`hotline serve`: serve the line in the foreground until Ctrl-C, and say what to do next.

`--role router` serves callers only, `--role web` screens only; without it one process does both.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
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
from config.loader import policy_file
from config.model import Settings
from config.policyfile import PACKAGED
from config.words import Words, words
from hotline import screens
from hotline.cli import DONE, Refused
from hotline.firsts import add_firsts
from hotline.house import Say, open_store, running
from hotline.table import table
from router.apart.lease import LeaseHeld
from telephony.faults import AriReplaced, PbxFault
from telephony.places import Places
from telephony.problem import PbxProblem
from telephony.prompts import PromptProblem

ROLES = ("all", "router", "web")


def arguments(parser: argparse.ArgumentParser) -> None:
    book = words(parser.get_default("lang"))
    parser.add_argument("--role", choices=ROLES, default="all", help=book.text("cli.serve.role"))


def main(args: argparse.Namespace, settings: Settings) -> int:
    book = words(args.lang)
    if args.role != "all" and not settings.redis.url:
        raise Refused(book.text("serve.needs-redis", role=args.role))
    places = Places.of(settings)
    places.data.mkdir(parents=True, exist_ok=True)
    log_to(places.data / "log" / ("web.log" if args.role == "web" else "hotline.log"))
    file = policy_file(args.settings)
    if args.role == "web":
        work: Work = partial(show, policy=file)
    else:
        work = partial(serve, also_screens=args.role == "all", policy=file)
    uvloop.run(_until_told(work, settings, book, args.lang))
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


Work = Callable[[Settings, Words, Say], AbstractAsyncContextManager[str]]
"""Serves until the block is left; the value is what to tell people then."""


async def _until_told(work: Work, settings: Settings, book: Words, tag: str) -> None:
    """Serve until SIGINT or SIGTERM. Raises Refused with the reason when a part fails."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def say(step: str) -> None:
        print(book.text(f"serve.step.{step}"), flush=True)

    try:
        async with work(settings, book, say) as ready:
            print(f"\n{ready}", flush=True)
            await stop.wait()
            print(book.text("serve.stopping"), flush=True)
    except Exception as error:
        # Not `except*`: what is raised from there is wrapped in a group by Python 3.11.0 to 3.11.3.
        refused = next(
            filter(None, (_refused(e, settings, book, tag) for e in _leaves(error))), None
        )
        if refused is None:
            raise
        raise refused from error
    print(book.text("serve.stopped"), flush=True)


@asynccontextmanager
async def serve(
    settings: Settings,
    book: Words,
    say: Say,
    *,
    also_screens: bool = True,
    policy: Path = PACKAGED,
) -> AsyncIterator[str]:
    """The line, with screens or without."""
    began = time.monotonic()
    say("store")
    store = await open_store(settings)
    try:
        # Said at once: a part that fails later must not take the only passwords with it.
        _introduce(await add_firsts(People(store), time.time()), book)
        async with running(settings, store, say, screens=also_screens, policy=policy) as port:
            word = "ready" if also_screens else "ready-router"
            yield _welcome(word, settings, port, book, time.monotonic() - began)
    finally:
        await store.close()


@asynccontextmanager
async def show(
    settings: Settings, book: Words, say: Say, *, policy: Path = PACKAGED
) -> AsyncIterator[str]:
    """Screens alone, for a router elsewhere."""
    began = time.monotonic()
    say("store")
    store = await screens.open_store(settings)
    try:
        async with screens.showing(settings, store, say, policy=policy) as port:
            yield _welcome("ready-web", settings, port, book, time.monotonic() - began)
    finally:
        await store.close()


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
        case LeaseHeld():
            return Refused(book.text("serve.lease-held", centre=settings.line.centre.id))
        case StoreUnready(code="schema-missing"):
            return Refused(book.text("serve.no-store"))
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


def _welcome(word: str, settings: Settings, port: int | None, book: Words, seconds: float) -> str:
    return book.text(
        f"serve.{word}",
        seconds=f"{seconds:.1f}",
        number=settings.line.centre.number,
        web=f"http://{settings.web.host}:{port}",
        sip=f"{settings.sip.host}:{settings.sip.port}",
    )
