"""`hotline demo`: a handful of real calls on the running line, and a table of what became of each.

Softphones call the line, press keys and talk; softphones at seats answer, decline or do not. Then
every call is compared with the store. It is a visitor: the line must be running, must be idle and
must have no agents of its own at work, because their phones would ring.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from cases.access import Access
from cases.people import People
from cases.sessions import Sessions
from cases.store import Store, StoreUnready, store_url
from config.model import Settings
from config.words import Words, words
from hotline.cast import Cast, Provision
from hotline.cli import DONE, FAILED
from hotline.demo_check import Checked, check
from hotline.demo_plan import Plan, plan
from hotline.demo_play import Play, Played
from hotline.onlooker import LineError, Onlooker
from hotline.phones import phones_teller
from queues.hours import is_open
from telephony.phonelog import PhoneError
from telephony.places import Places

DEADLINE_S = 150.0
"""For everything together; it takes about 70 s with the settings as shipped."""

Say = Callable[[str], None]


class DemoRefused(Exception):
    """The demonstration cannot be given here and now; the text says why, in the user's words."""


def arguments(parser: argparse.ArgumentParser) -> None:
    del parser  # the settings are all it looks at


def main(args: argparse.Namespace, settings: Settings) -> int:
    book = words(args.lang)
    try:
        fine = asyncio.run(_visit(settings, book))
    except DemoRefused as refused:
        print(refused, file=sys.stderr)
        return FAILED
    return DONE if fine else FAILED


async def _visit(settings: Settings, book: Words) -> bool:
    places = Places.of(settings)
    try:
        store = await Store.open(store_url(settings.store.url, places.data))
    except (StoreUnready, OSError, SQLAlchemyError) as error:
        raise DemoRefused(book.text("demo.trouble", error=error)) from error
    try:
        return await demo(
            settings,
            store,
            phones_teller(settings, People(store)),
            recordings=places.recordings,
            book=book,
            say=lambda line: print(line, flush=True),
        )
    finally:
        await store.close()


async def demo(
    settings: Settings,
    store: Store,
    provision: Provision,
    *,
    recordings: Path,
    book: Words,
    say: Say,
) -> bool:
    """Give the demonstration; whether everything was as it should be. Raises DemoRefused.

    `provision` brings the telephone exchange's accounts in step with the store's.
    """
    script = plan(settings.line)
    hours, zone = settings.line.hours, settings.line.centre.timezone
    if not is_open(hours, zone, time.time()):
        raise DemoRefused(book.text("demo.closed"))
    if len(script.seats) > len(settings.seats):
        raise DemoRefused(
            book.text("demo.few_seats", needed=len(script.seats), seats=len(settings.seats))
        )
    cast = Cast(People(store), Sessions(store, 1.0), provision)
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await _given(
                settings, script, cast, Access(store, recordings), book=book, say=say
            )
    except TimeoutError:
        raise DemoRefused(book.text("demo.too_long", seconds=DEADLINE_S)) from None
    except (LineError, PhoneError) as error:
        raise DemoRefused(book.text("demo.trouble", error=error)) from error
    finally:
        await cast.dismiss()


async def _given(
    settings: Settings, script: Plan, cast: Cast, access: Access, *, book: Words, say: Say
) -> bool:
    say(book.text("demo.begins", calls=len(script.calls), seats=len(script.seats)))
    supervisor = await cast.add("demo-supervisor", book.text("demo.supervisor"), "supervisor")
    address = f"http://{settings.web.host}:{settings.web.port}"
    ended: list[str] = []

    def tell(played: Played, over: bool) -> None:
        scene = book.text(f"demo.scene.{played.planned.scene}")
        if over:
            ended.append(played.call_id)
            say(book.text("demo.over", n=len(ended), of=len(script.calls), scene=scene))

    async with Onlooker(address, supervisor.token) as line:
        _only_us(line, book)
        free = [place.id for place in settings.seats]
        players = [
            await cast.add(f"demo-{seat.part}", book.text(f"demo.part.{seat.part}"), "seat",
                           seat.skills)
            for seat in script.seats
        ]  # fmt: skip
        await cast.provision()
        with tempfile.TemporaryDirectory(prefix="hotline-demo-") as directory:
            play = Play(
                line=line,
                server=f"{settings.sip.host}:{settings.sip.port}",
                number=settings.line.centre.number,
                end_key=settings.line.voicemail.end_key,
                directory=Path(directory),
                tell=tell,
            )
            try:
                for seat, seat_id, player in zip(script.seats, free, players, strict=False):
                    await play.seat(seat, seat_id, player)
                say(book.text("demo.seated"))
                played = await play.calls(script.calls)
            finally:
                await play.leave()
    parts = {agent.player.person.id: agent.planned.part for agent in play.agents}
    tones = {agent.seat_id: agent.planned.tone_hz for agent in play.agents}
    checked = [
        await check(one, access, supervisor.person.viewer, parts=parts, tones=tones)
        for one in played
    ]
    say("")
    for line_ in table(checked, book):
        say(line_)
    for scene in script.left_out:
        say(book.text("demo.left_out", scene=book.text(f"demo.scene.{scene}")))
    wrong = sum(1 for one in checked if one.findings)
    key = "demo.differs" if wrong else "demo.fine"
    say(book.text(key, wrong=wrong, calls=len(checked)))
    return not wrong


def _only_us(line: Onlooker, book: Words) -> None:
    if line.calls:
        raise DemoRefused(book.text("demo.calls", calls=len(line.calls)))
    taken = [seat.name for seat in line.seats.values() if seat.state != "signed_out"]
    if taken:
        raise DemoRefused(book.text("demo.taken", seats="、".join(taken)))


# ---- the table ----


def table(checked: Sequence[Checked], book: Words) -> list[str]:
    """Aligned lines: a Chinese character is two columns wide."""
    heads = ("scene", "number", "outcome", "offers", "rating", "recording", "verdict")
    rows = [[book.text(f"demo.head.{head}") for head in heads]]
    rows += [_row(one, book) for one in checked]
    widths = [max(_width(row[n]) for row in rows) for n in range(len(heads))]
    lines = ["  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True))
             for row in rows]  # fmt: skip
    lines.insert(1, "  ".join("─" * width for width in widths))
    for one in checked:
        lines += [_finding(one, finding.what, finding.found, finding.expected, book)
                  for finding in one.findings]  # fmt: skip
    return [line.rstrip() for line in lines]


def _row(one: Checked, book: Words) -> list[str]:
    planned, detail = one.played.planned, one.detail
    scene = book.text(f"demo.scene.{planned.scene}")
    verdict = book.text("demo.wrong" if one.findings else "demo.right")
    if detail is None:
        return [scene, planned.number, "-", "-", "-", "-", verdict]
    offers = [book.text(f"demo.offer.{offer.end}", seat=offer.seat_id) for offer in detail.offers]
    ratings = [
        book.text(f"demo.missed.{rating.missed}") if rating.missed else str(rating.score)
        for rating in detail.ratings
    ]
    return [
        scene,
        planned.number,
        book.text(f"demo.outcome.{detail.call.outcome}"),
        " → ".join(offers) or "-",
        "、".join(ratings) or "-",
        "-" if one.seconds is None else f"{one.seconds:.1f} s",
        verdict,
    ]


def _finding(one: Checked, what: str, found: str, expected: str, book: Words) -> str:
    scene = book.text(f"demo.scene.{one.played.planned.scene}")
    return book.text(
        "demo.finding", scene=scene, what=book.text(f"demo.what.{what}"), found=found,
        expected=expected,
    )  # fmt: skip


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
