"""九 队伍: hours on duty from the duty ledger, and the share of purchased services."""

from __future__ import annotations

from typing import get_args

from reports import cells
from reports.chapters.telling import Telling
from reports.document import Cell, Row, Section, Table
from reports.indicators import Counts
from router.facts import SeatState

PROVIDERS = ("staff", "purchased")
STATES = tuple(state for state in get_args(SeatState) if state != "signed_out")


def staff(telling: Telling) -> Section:
    counts = telling.now.counts
    target = telling.report.targets.get("purchased_share")
    share = cells.figure("purchased_share", counts, target)
    sentence = telling.say(
        "staff.purchased",
        share=cells.written(share, telling.book),
        n=cells.beside(share),
        target=cells.written(Cell(target, "share"), telling.book),
    )
    if share.tone:
        sentence += telling.say(f"staff.{share.tone}")
    return Section(
        "staff",
        telling.say("section.staff"),
        (sentence,),
        (),
        (_providers(telling), _states(telling)),
    )


def _hours(seconds: float) -> Cell:
    return Cell(seconds / 3600, "hours")


def _part(seconds: float, whole: float) -> Cell:
    return Cell(seconds / whole if whole else None, "share")


def _providers(telling: Telling) -> Table:
    """Hours and answered calls of our own staff and of purchased services."""
    counts = telling.now.counts
    by = {
        "staff": (
            counts.seat_s - counts.seat_purchased_s,
            counts.answered - counts.answered_purchased,
        ),
        "purchased": (counts.seat_purchased_s, counts.answered_purchased),
    }
    rows = []
    for provider in PROVIDERS:
        seconds, answered = by[provider]
        cut = telling.name("provider", provider)
        rows.append(Row(_provider_cells(cut, seconds, answered, counts)))
    total = telling.say("total")
    rows.append(Row(_provider_cells(total, counts.seat_s, counts.answered, counts), "total"))
    columns = ("provider", "seat-hours", "hours-share", "answered", "share-answered")
    return Table(
        "providers",
        telling.say("table.providers"),
        tuple(telling.say(f"column.{name}") for name in columns),
        tuple(rows),
        (telling.say("staff.note-hours"),),
    )


def _provider_cells(name: str, seconds: float, answered: int, counts: Counts) -> tuple[Cell, ...]:
    return (
        cells.text(name),
        _hours(seconds),
        _part(seconds, counts.seat_s),
        cells.count(answered),
        cells.share(answered, counts.answered),
    )


def _states(telling: Telling) -> Table:
    """Where the hours went; being not ready by its reasons."""
    spells, whole = telling.now.spells, telling.now.counts.seat_s
    rows = []
    for state in STATES:
        of = [spell for spell in spells if spell.state == state]
        seconds = sum(spell.seconds for spell in of)
        name = telling.name("seat", state)
        rows.append(Row((cells.text(name), _hours(seconds), _part(seconds, whole))))
        reasons: dict[str, float] = {}
        for spell in of:
            if spell.reason:
                reasons[spell.reason] = reasons.get(spell.reason, 0.0) + spell.seconds
        for reason, part in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
            name = telling.name("reason", reason)
            rows.append(Row((cells.text(name), _hours(part), _part(part, whole)), "part"))
    shown = sum(spell.seconds for spell in spells if spell.state in STATES)
    telling.tie("states", round(whole), round(shown))
    rows.append(
        Row((cells.text(telling.say("total")), _hours(whole), _part(whole, whole)), "total")
    )
    columns = ("state", "seat-hours", "hours-share")
    return Table(
        "states",
        telling.say("table.states"),
        tuple(telling.say(f"column.{name}") for name in columns),
        tuple(rows),
    )


def seats(telling: Telling) -> Table:
    """What each seat did, by its number: for the appendix."""
    rows = [
        Row(_seat_cells(telling, telling.report.names.seats.get(seat, seat), counts))
        for seat, counts in sorted(telling.now.seats.items())
        if counts.seat_s or counts.answered
    ]
    total = _seat_cells(telling, telling.say("total"), telling.now.counts)
    rows.append(Row(total, "total"))
    columns = ("seat", "seat-hours", "answered", "talk-hours", "talk-mean", "rating-share",
               "satisfaction")  # fmt: skip
    return Table(
        "seats",
        telling.say("table.seats"),
        tuple(telling.say(f"column.{name}") for name in columns),
        tuple(rows),
    )


def _seat_cells(telling: Telling, name: str, counts: Counts) -> tuple[Cell, ...]:
    return (
        cells.text(name),
        cells.figure("seat_hours", counts),
        cells.count(counts.answered),
        cells.figure("talk_hours", counts),
        cells.figure("talk_mean", counts),
        cells.figure("rating_share", counts),
        cells.figure("satisfaction", counts),
    )
