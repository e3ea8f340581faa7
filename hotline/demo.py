"""`hotline demo`: a handful of real calls on the running line, and a table of what became of each.

Softphones call the line, press keys and talk; softphones at seats answer, decline or do not. Then
every call is compared with the store. It is a visitor: the line must be running, must be idle and
must have no agents of its own at work, because their phones would ring. `hotline demo month` is
something else, see `hotline.demo_month`.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cases.access import Access
from cases.people import People
from cases.sessions import Sessions
from cases.store import Store
from config.model import Settings
from config.words import Words, words
from hotline import demo_month
from hotline.cast import Cast
from hotline.cli import DONE, FAILED, Refused
from hotline.demo_check import Checked, check
from hotline.demo_plan import Plan, plan
from hotline.demo_play import Play, Played
from hotline.onlooker import LineError, Onlooker, answers
from hotline.opened import opened
from hotline.phones import provision
from hotline.table import table, width
from queues.hours import is_open
from telephony.phonelog import PhoneError
from telephony.places import Places

DEADLINE_S = 150.0
"""For everything together; it takes about 70 s with the settings as shipped."""

Say = Callable[[str], None]


def arguments(parser: argparse.ArgumentParser) -> None:
    book = words(parser.get_default("lang"))
    scenes = parser.add_subparsers(dest="scene", metavar="month")
    about = book.text("demo.month.about")
    demo_month.arguments(scenes.add_parser("month", help=about, description=about), book)


def main(args: argparse.Namespace, settings: Settings) -> int:
    if args.scene == "month":
        return demo_month.main(args, settings)
    return DONE if asyncio.run(_visit(settings, args.lang)) else FAILED


async def _visit(settings: Settings, tag: str) -> bool:
    book = words(tag)
    async with opened(settings, tag) as store:
        return await demo(settings, store, book=book, say=lambda line: print(line, flush=True))


async def demo(settings: Settings, store: Store, *, book: Words, say: Say) -> bool:
    """Give the demonstration; whether everything was as it should be. Raises Refused."""
    script = plan(settings.line)
    if not is_open(settings.line.hours, settings.line.centre.timezone, time.time()):
        raise Refused(book.text("demo.closed"))
    if len(script.seats) > len(settings.seats):
        raise Refused(
            book.text("demo.few_seats", needed=len(script.seats), seats=len(settings.seats))
        )
    try:
        await answers(_address(settings))
    except LineError as error:
        raise Refused(book.text("demo.trouble", error=error)) from error
    people = People(store)

    async def tell_exchange() -> None:
        await provision(settings, people)

    cast = Cast(people, Sessions(store, 1.0), tell_exchange)
    access = Access(store, Places.of(settings).recordings)
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await _given(settings, script, cast, access, book=book, say=say)
    except TimeoutError:
        raise Refused(book.text("demo.too_long", seconds=DEADLINE_S)) from None
    except (LineError, PhoneError) as error:
        raise Refused(book.text("demo.trouble", error=error)) from error
    finally:
        await cast.dismiss()


async def _given(
    settings: Settings, script: Plan, cast: Cast, access: Access, *, book: Words, say: Say
) -> bool:
    say(book.text("demo.begins", calls=len(script.calls), seats=len(script.seats)))
    supervisor = await cast.add("demo-supervisor", book.text("demo.supervisor"), "supervisor")
    ended: list[str] = []

    def tell(played: Played, over: bool) -> None:
        scene = book.text(f"demo.scene.{played.planned.scene}")
        if over:
            ended.append(played.call_id)
            say(book.text("demo.over", n=len(ended), of=len(script.calls), scene=scene))

    async with Onlooker(_address(settings), supervisor.token) as line:
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
    for row in report(checked, book):
        say(row)
    for scene in script.left_out:
        say(book.text("demo.left_out", scene=book.text(f"demo.scene.{scene}")))
    wrong = sum(1 for one in checked if one.findings)
    key = "demo.differs" if wrong else "demo.fine"
    say(book.text(key, wrong=wrong, calls=len(checked)))
    return not wrong


def _address(settings: Settings) -> str:
    return f"http://{settings.web.host}:{settings.web.port}"


def _only_us(line: Onlooker, book: Words) -> None:
    if line.calls:
        raise Refused(book.text("demo.calls", calls=len(line.calls)))
    taken = [seat.name for seat in line.seats.values() if seat.state != "signed_out"]
    if taken:
        raise Refused(book.text("demo.taken", seats="、".join(taken)))


# ---- the table ----

_HEADS = ("scene", "number", "outcome", "offers", "rating", "recording", "verdict")


def report(checked: Sequence[Checked], book: Words) -> list[str]:
    """The table, and below it every difference in a line of its own."""
    head = [book.text(f"demo.head.{name}") for name in _HEADS]
    lines = table([head, *(_row(one, book) for one in checked)])
    lines.insert(1, "─" * max(map(width, lines)))
    return lines + [
        book.text(
            "demo.finding",
            scene=book.text(f"demo.scene.{one.played.planned.scene}"),
            what=book.text(f"demo.what.{finding.what}"),
            found=finding.found,
            expected=finding.expected,
        )
        for one in checked
        for finding in one.findings
    ]


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
