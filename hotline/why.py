"""`hotline why`: why a call waited and why its seats were chosen; `--check`: whether every decision
that was recorded comes out the same when it is derived again.

Whoever can run this can read the database; it looks as an administrator does, and unmasks nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from cases import past
from cases.access import Access
from cases.errors import Invalid, NotFound
from cases.records import Viewer
from cases.store import Store
from config.model import Settings
from config.policy import Policy
from config.words import TONGUES, Words, words
from hotline.arguments import day
from hotline.cli import DONE, FAILED, Refused
from hotline.opened import opened
from hotline.progress import Progress
from queues.ticket import Decision
from router.account import Account
from router.facts import Fact
from router.recount import account
from router.replay import Round, decides, rounds
from telephony.places import Places
from web.names import speech
from web.why import Explained, explained

_LOOKER = Viewer(person_id="", role="admin")
_BATCH = 5_000
_SHOWN = 20
"""Disagreements that are printed; the rest are counted."""


def arguments(parser: argparse.ArgumentParser) -> None:
    book = words(parser.get_default("lang"))
    parser.add_argument("call", nargs="?", metavar="CALL", help=book.text("cli.why.call"))
    parser.add_argument("--check", action="store_true", help=book.text("cli.why.check"))
    parser.add_argument(
        "--since", type=day(book), metavar="YYYY-MM-DD", help=book.text("cli.why.since")
    )
    parser.add_argument("--json", action="store_true", help=book.text("cli.why.json"))
    # Of the whole command (hotline.cli); said here so that it may stand behind the call as well.
    parser.add_argument("--lang", dest="said", choices=TONGUES, help=book.text("cli.lang"))


def main(args: argparse.Namespace, settings: Settings) -> int:
    book = words(args.lang)
    if args.check == (args.call is not None) or (args.since and not args.check):
        raise Refused(book.text("cli.why.one-of"))
    if args.check:
        return asyncio.run(_check(args, settings, book))
    return asyncio.run(_explain(args, settings, book))


# ---- one call ----


async def _explain(args: argparse.Namespace, settings: Settings, book: Words) -> int:
    async with opened(settings, args.lang) as store:
        access = Access(store, Path(Places.of(settings).recordings))
        try:
            call_id = await _call_id(access, args.call)
            recalled = await access.recall(_LOOKER, call_id)
        except NotFound as unknown:
            raise Refused(book.text("cli.why.unknown", call=args.call)) from unknown
    line = recalled.line
    found = account(
        call_id, line.state, line.apply, recalled.facts, settings.line.policy, whole=line.whole
    )
    told = explained(found, speech(settings, book.tongue, recalled.people))
    if args.json:
        print(msgspec.json.encode(_Whole(found, told)).decode())
    else:
        _tell(told, ZoneInfo(settings.line.centre.timezone))
    return DONE


class _Whole(msgspec.Struct, frozen=True):
    """What `--json` prints: everything that was found, and the same in words."""

    account: Account
    words: Explained


async def _call_id(access: Access, said: str) -> str:
    """A call by its id or by the number of its slip. Raises NotFound."""
    try:
        return (await access.slip_by_number(_LOOKER, said)).call_id
    except (Invalid, NotFound):
        return said


def _tell(told: Explained, zone: ZoneInfo) -> None:
    for question in told.questions:
        print(f"{datetime.fromtimestamp(question.at, zone):%m-%d %H:%M:%S}  {question.title}")
        for line in question.lines:
            at = "" if line.at is None else f"{datetime.fromtimestamp(line.at, zone):%H:%M:%S}"
            print(f"      {at:8}  {line.text}")
        print()
    for note in told.notes:
        print(note)


# ---- all decisions ----


class _Tally:
    """What came of deriving again."""

    def __init__(self, book: Words) -> None:
        self.book = book
        self.whole = True
        """False: who was on duty at the beginning is not known."""
        self.decisions = 0
        self.agreed = 0
        self.unknown = 0
        """Decided by a policy that is not there any more."""
        self.wrong: list[Round] = []

    def take(self, one: Round) -> None:
        self.decisions += len(one.recorded)
        if one.agrees:
            self.agreed += len(one.recorded)
        elif one.derived is None:
            self.unknown += len(one.recorded)
        else:
            self.wrong.append(one)


async def _check(args: argparse.Namespace, settings: Settings, book: Words) -> int:
    zone = ZoneInfo(settings.line.centre.timezone)
    at = datetime.combine(args.since, time(), zone).timestamp() if args.since else 0.0
    tally = _Tally(book)
    async with opened(settings, args.lang) as store:
        for demo in (False, True):
            await _play(store, demo, at, settings.line.policy, tally)
    for one in tally.wrong[:_SHOWN]:
        _show(one, zone, book)
    if len(tally.wrong) > _SHOWN:
        print(book.text("cli.why.more", count=len(tally.wrong) - _SHOWN))
    if not tally.whole:
        print(book.text("cli.why.gone"))
    if tally.unknown:
        print(book.text("cli.why.no-policy", count=tally.unknown))
    share = f"{tally.agreed / tally.decisions:.2%}" if tally.decisions else "–"
    print(book.text("cli.why.checked", decisions=tally.decisions, agreed=tally.agreed, share=share))
    return DONE if tally.whole and not (tally.wrong or tally.unknown) else FAILED


async def _play(store: Store, demo: bool, at: float, policy: Policy, tally: _Tally) -> None:
    """Play one line's facts from `at` (epoch s) on again."""
    async with store.read() as conn:
        place = await past.since(conn, demo, at)
        if place is None:
            return
        line = await conn.run_sync(past.line_at, demo, place.after)
        progress = Progress(sys.stderr, place.upto - place.after)
        after, held = place.after, list[Fact]()
        while facts := await conn.run_sync(past.batch_of, demo, after, place.upto, _BATCH):
            after = facts[-1].seq
            ready, held = _whole_rounds([*held, *facts])
            for one in rounds(line.state, line.apply, ready, policy):
                tally.take(one)
            text = tally.book.text("cli.why.playing", decisions=tally.decisions)
            progress.at(after - place.after, text)
        for one in rounds(line.state, line.apply, held, policy):
            tally.take(one)
        progress.done()
    tally.whole = tally.whole and line.whole


def _whole_rounds(facts: list[Fact]) -> tuple[list[Fact], list[Fact]]:
    """Facts up to the last round of decisions, which may go on in the next batch, and the rest."""
    end = len(facts)
    while end and decides(facts[end - 1]):
        end -= 1
    return facts[:end], facts[end:]


def _show(one: Round, zone: ZoneInfo, book: Words) -> None:
    at = f"{datetime.fromtimestamp(one.at, zone):%Y-%m-%d %H:%M:%S}"
    print(book.text("cli.why.differs", at=at, seq=one.seq))
    for side, decisions in (("recorded", one.recorded), ("derived", one.derived or ())):
        print(f"  {book.text(f'cli.why.{side}')}")
        for decision in decisions:
            mark = " " if decision in one.recorded and decision in (one.derived or ()) else "!"
            print(f"   {mark} {_short(decision)}")


def _short(decision: Decision) -> str:
    """Ids and numbers only: for whoever looks for the fault."""
    seats = "+".join(filter(None, (decision.seat_id, decision.interpreter)))
    ranking = ", ".join(f"{name}={value}" for name, value in decision.ranking._asdict().items())
    return (
        f"{decision.kind} {decision.call_id} → {seats} rung={decision.rung} ({ranking}) "
        f"able={decision.able} policy={decision.policy}"
    )
