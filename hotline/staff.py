"""`hotline staff`: how many seats of each kind every half hour of a day needs.

Erlang's formula proposes, the line's own engine checks. The seats can be written down as a roster
that `hotline simulate --roster` reads. Nothing of the trade is decided here.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from config.model import Settings
from config.words import Words, words
from hotline.arguments import adder, day, upto
from hotline.cli import DONE, Refused
from hotline.progress import Progress
from hotline.simulate_table import name_of, ruled
from router.sim import rosterfile
from router.sim.needed import HALVES, Needed, Target, needed, spells
from router.sim.scenario import A_MONDAY, PRESETS, scenario
from router.sim.skillgroups import ORDINARY

SEEDS, ROUNDS = 10, 12
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def arguments(parser: argparse.ArgumentParser) -> None:
    book = words(parser.get_default("lang"))

    def share(text: str) -> float:
        try:
            value = float(text.removesuffix("%")) / 100.0
        except ValueError:
            value = 0.0
        if not 0.01 <= value <= 0.99:
            raise argparse.ArgumentTypeError(book.text("simulate.staff.bad-share", found=text))
        return value

    number = upto(1000, book)
    add = adder(parser, lambda name: book.text(f"simulate.staff.help.{name}"))
    add("--answer", type=share, default=0.8, metavar="PERCENT")
    add("--within", type=upto(3600, book), default=20, metavar="SECONDS")
    add("--preset", choices=PRESETS[:2], default="province")
    add("--day", type=day(book), default=A_MONDAY, metavar="YYYY-MM-DD")
    add("--calls", type=number, metavar="N")
    add("--seeds", type=number, default=SEEDS, metavar="N")
    add("--rounds", type=number, default=ROUNDS, metavar="N")
    add("--out", type=Path, metavar="FILE")
    add("--json", type=Path, metavar="FILE")


def main(args: argparse.Namespace, settings: Settings) -> int:
    book = words(args.lang)
    zone = ZoneInfo(settings.line.centre.timezone)
    # The day's own volume, as its weekday has it, and not a seventh of a week.
    week = scenario(args.preset, settings.traffic, zone, days=365, first=args.day.replace(day=1))
    usual = sum(slot.calls for slot in week.usual if slot.day == args.day)
    of = scenario(
        args.preset, settings.traffic, zone, days=1, first=args.day,
        calls=args.calls or max(1, round(usual)),
    )  # fmt: skip
    progress = Progress(sys.stdout, args.rounds)
    try:
        found = needed(
            of,
            settings.line,
            settings.traffic,
            Target(args.answer, float(args.within)),
            seeds=range(1, args.seeds + 1),
            rounds=args.rounds,
            tell=lambda done: progress.at(done, book.text("simulate.staff.round", n=done)),
        )
    finally:
        progress.done()
    print("\n".join(told(found, of.calls, args.seeds, book, settings)))
    try:
        if args.out:
            args.out.write_text(rosterfile.text(posts(found)), "utf-8")
            print(book.text("simulate.written", file=args.out))
        if args.json:
            args.json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
            print(book.text("simulate.written", file=args.json))
    except OSError as error:
        raise Refused(book.text("simulate.not-written", reason=error)) from error
    return DONE


def told(found: Needed, calls: int, seeds: int, book: Words, settings: Settings) -> list[str]:
    """A row for each half hour, a letter for each kind of seat, and what the letters mean."""
    target = found.target
    lines = [
        book.text("simulate.staff.head", share=f"{target.share:.0%}",
                  seconds=f"{target.within_s:.0f}", calls=calls, seeds=seeds),
        "",
    ]  # fmt: skip
    keys = [group.key for group in found.groups]
    letters = dict(zip(keys, _LETTERS, strict=False))
    heads = ("from", "calls", "load", "seats", "erlang", "reached")
    rows = [["", *(book.text(f"simulate.staff.column.{head}") for head in heads[1:]),
             " ".join(f"{letter:>2}" for letter in letters.values())]]  # fmt: skip
    for half, one in enumerate(found.halves):
        rows.append(
            [
                f"{half // 2:02d}:{half % 2 * 30:02d}",
                f"{one.calls:.0f}",
                f"{one.load_erl:.1f}",
                str(sum(one.seats.values())),
                str(sum(one.began.values())),
                "–" if one.level is None else f"{one.level:.0%}",
                " ".join(f"{one.seats[key]:>2}" for key in letters),
            ]
        )
    lines += [*ruled(rows), ""]
    for key, letter in letters.items():
        name = (
            book.text("simulate.staff.ordinary") if key == ORDINARY
            else name_of(key, book, settings)
        )  # fmt: skip
        level = f"{found.by_group[key]:.0%}" if key in found.by_group else "–"
        lines.append(f"{letter}  {name}  {level}")
    hours = sum(sum(one.seats.values()) for one in found.halves) / 2
    lines += ["", book.text("simulate.staff.hours", hours=f"{hours:.0f}", rounds=found.rounds)]
    if not found.settled:
        lines.append(book.text("simulate.staff.unsettled"))
    return lines


def posts(found: Needed) -> list[rosterfile.Post]:
    """Every seat's spell as a post of a roster."""
    made = []
    for group in found.groups:
        row = [one.seats[group.key] for one in found.halves]
        alike: dict[tuple[int, int], int] = {}
        for spell in spells(row):
            alike[spell] = alike.get(spell, 0) + 1
        for n, ((begins, ends), count) in enumerate(sorted(alike.items())):
            made.append(
                rosterfile.Post(
                    id=f"{group.key.replace(':', '-')}-{n + 1}",
                    skills=group.skills,
                    count=count,
                    begins=_clock(begins),
                    ends=_clock(ends),
                )
            )
    return made


def _clock(half: int) -> str:
    return "24:00" if half == HALVES else f"{half // 2:02d}:{half % 2 * 30:02d}"
