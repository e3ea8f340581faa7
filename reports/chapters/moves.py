"""六 转接: how calls moved between seats, to a message, and to the fallback.

What the product does not do yet (handing calls to 12345, 110 and others, three-way calls) is said
in so many words: a row of zeros would say that it was done and never happened.
"""

from __future__ import annotations

from typing import Final, get_args

from reports import cells
from reports.chapters.telling import Entry, Telling
from reports.document import Section, Table
from reports.model import MOST_TRIES
from router.facts import OfferEnd

FALLBACK: Final = ("fallback_answered", "fallback_voicemail", "fallback_abandoned")


def moves(telling: Telling) -> Section:
    now = telling.now
    shares = {
        name: cells.written(cells.share(n, now.counts.answered), telling.book)
        for name, n in (("widened", now.widened), ("moved", now.moved))
    }
    return Section(
        "moves",
        telling.say("section.moves"),
        (
            telling.say(
                "moves.sentence",
                widened=f"{now.widened:,}",
                widened_share=shares["widened"],
                moved=f"{now.moved:,}",
                moved_share=shares["moved"],
                answered=f"{now.counts.answered:,}",
            ),
            telling.say("moves.not-yet"),
        ),
        (),
        (_offers(telling), _tries(telling), _messages(telling), _fallback(telling)),
    )


def _sum_then(telling: Telling, of: str) -> tuple[int | None, int | None]:
    before, year = (
        None if period is None else sum(getattr(period, of).values())
        for period in (telling.report.before, telling.report.year)
    )
    return before, year


def _offers(telling: Telling) -> Table:
    names = {end: telling.name("offer_end", end) for end in get_args(OfferEnd)}
    names["open"] = telling.say("open")
    rings = sum(telling.now.offers.values())
    return telling.split(
        "offers",
        "offer-end",
        telling.entries("offers", names, all_of=False),
        total=rings,
        totals=_sum_then(telling, "offers"),
        notes=(telling.say("moves.note-offers", n=f"{rings:,}"),),
    )


def _tries(telling: Telling) -> Table:
    many = f"{MOST_TRIES}+"
    names = {str(n): telling.say("moves.tries", n=n) for n in range(1, MOST_TRIES)}
    names[many] = telling.say("moves.tries-many", n=MOST_TRIES)
    return telling.split(
        "tries",
        "tries",
        telling.entries("tries", names),
        total=telling.now.counts.answered,
        totals=telling.counted_then("answered"),
        notes=(telling.say("note-base-answered", n=f"{telling.now.counts.answered:,}"),),
    )


def _messages(telling: Telling) -> Table:
    whys = ("closed", "no_seat", "too_long", "chosen", "fallback")
    names = {why: telling.name("voicemail_why", why) for why in whys}
    return telling.split(
        "messages",
        "voicemail-why",
        telling.entries("messages_why", names),
        total=telling.now.counts.messages,
        totals=telling.counted_then("messages"),
        notes=(telling.say("moves.note-messages", n=f"{telling.now.counts.messages:,}"),),
    )


def _fallback(telling: Telling) -> Table:
    entries = [
        Entry(
            telling.name("outcome", name),
            getattr(telling.now.counts, name),
            *telling.counted_then(name),
        )
        for name in FALLBACK
    ]

    def total(of: str) -> int | None:
        found = [getattr(one, of) for one in entries]
        return None if None in found else sum(found)

    return telling.split(
        "fallback",
        "outcome",
        entries,
        total=sum(one.now for one in entries),
        totals=(total("before"), total("year")),
        notes=(telling.say("moves.note-fallback"),),
    )
