"""`hotline simulate`: the line's engine on virtual time, for one policy or roster or two of each.

Simulated callers or those whom the store remembers call a line that is not there; the running line
is not touched. With two policies or two rosters both are given the same callers, and what differs
is told with its confidence interval. Nothing of the trade is decided here.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from config import policyfile
from config.model import Line, Settings
from config.problems import SettingsError
from config.words import Words, words
from hotline.arguments import adder, day, upto
from hotline.cli import DONE, Refused
from hotline.progress import Progress
from hotline.simulate_recorded import Recorded, recorded
from hotline.simulate_table import told
from router.sim import rosterfile
from router.sim.roster import Duty
from router.sim.run import Side
from router.sim.scenario import A_MONDAY, PRESETS, Scenario, callers, scenario, usual_duties
from router.sim.trial import Course, Span, Trial, trial
from telephony.prompts import load_manifest

SEEDS = 5
MOST_SEEDS, MOST_DAYS, MOST_CALLS = 200, 366, 2_000_000
RUSH_WATCHED_S = 1800.0
"""Those who call from a rush on for so long are a group of their own."""
_DAYS = {"province": 7, "city": 7, "burst": 1}


def arguments(parser: argparse.ArgumentParser) -> None:
    book = words(parser.get_default("lang"))

    add = adder(parser, lambda name: book.text(f"simulate.help.{name}"))
    add("--preset", choices=PRESETS, default="province")
    add("--recorded", action="store_true")
    add("--from", dest="first", type=day(book), metavar="YYYY-MM-DD")
    add("--days", type=upto(MOST_DAYS, book), metavar="N")
    add("--calls", type=upto(MOST_CALLS, book), metavar="N")
    add("--seeds", type=upto(MOST_SEEDS, book), default=SEEDS, metavar="N")
    add("--policy", type=Path, action="append", default=[], metavar="FILE")
    add("--roster", type=Path, action="append", default=[], metavar="FILE")
    add("--whole", action="store_true")
    add("--json", type=Path, metavar="FILE")
    add("--picture", type=Path, metavar="FILE")


def main(args: argparse.Namespace, settings: Settings) -> int:
    book = words(args.lang)
    if len(args.policy) > 2 or len(args.roster) > 2:
        raise Refused(book.text("simulate.too-many"))
    if args.picture and args.picture.suffix.lower() not in (".png", ".html"):
        raise Refused(book.text("simulate.bad-picture", found=args.picture.name))
    zone = ZoneInfo(settings.line.centre.timezone)
    past = recorded(args, settings, zone, book) if args.recorded else None
    made = past.scenario if past else _scenario(args, settings, zone)
    sides = _sides(args, settings, made, zone, book)
    course = _course(args, settings, made, past)
    progress = Progress(sys.stdout, args.seeds * len(sides))
    try:
        found = trial(
            course,
            sides,
            range(1, args.seeds + 1),
            lambda done: progress.at(done, book.text("simulate.played", runs=done)),
        )
    finally:
        progress.done()
    print("\n".join(told(found, book, settings)))
    _keep(args, found, book, settings)
    return DONE


def _scenario(args: argparse.Namespace, settings: Settings, zone: ZoneInfo) -> Scenario:
    return scenario(
        args.preset,
        settings.traffic,
        zone,
        days=args.days or _DAYS[args.preset],
        first=args.first or A_MONDAY,
        calls=args.calls,
    )


def _course(
    args: argparse.Namespace, settings: Settings, made: Scenario, past: Recorded | None
) -> Course:
    spans = tuple(
        Span("burst", burst.begins, burst.begins + RUSH_WATCHED_S) for burst in made.bursts
    )
    prompt_s = {}
    if args.whole:
        manifest = load_manifest()
        prefix = f"{manifest.default}/"
        prompt_s = {
            key.removeprefix(prefix): master.seconds
            for key, master in manifest.audio.items()
            if key.startswith(prefix)
        }
    return Course(
        past.callers if past else lambda seed: callers(made, settings.line, seed),
        made.begins,
        len(made.usual) // 24,
        spans,
        args.whole,
        prompt_s,
    )


def _sides(
    args: argparse.Namespace, settings: Settings, made: Scenario, zone: ZoneInfo, book: Words
) -> list[Side]:
    """One, or two of which only what is given twice differs."""
    rosters = [_roster(path, made, zone, book) for path in args.roster] or [usual_duties(made)]
    lines = [_with_policy(path, args, settings, book) for path in args.policy] or [settings.line]
    n = max(len(rosters), len(lines))
    named = [
        " + ".join(
            path.stem for paths in (args.policy, args.roster) if len(paths) > 1
            for path in (paths[side],)
        )
        for side in range(n)
    ]  # fmt: skip
    return [
        Side(
            name or book.text("simulate.the-line"),
            lines[min(side, len(lines) - 1)],
            rosters[min(side, len(rosters) - 1)],
        )
        for side, name in enumerate(named)
    ]


def _roster(path: Path, made: Scenario, zone: ZoneInfo, book: Words) -> list[Duty]:
    try:
        roster = rosterfile.parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, msgspec.DecodeError, ValueError) as error:
        raise Refused(book.text("simulate.bad-roster", file=path, reason=error)) from error
    days = sorted({slot.day for slot in made.usual})
    return rosterfile.duties(roster, days, zone)


def _with_policy(path: Path, args: argparse.Namespace, settings: Settings, book: Words) -> Line:
    """The line with another policy in place of its own."""
    try:
        policy, _ = policyfile.read(path)
    except SettingsError as error:
        lines = "\n".join(problem.text(args.lang) for problem in error.problems)
        raise Refused(book.text("simulate.bad-policy", file=path, reason=lines)) from error
    return msgspec.structs.replace(settings.line, policy=policy)


def _keep(args: argparse.Namespace, found: Trial, book: Words, settings: Settings) -> None:
    try:
        if args.json:
            args.json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
            print(book.text("simulate.written", file=args.json))
        if args.picture:
            from hotline.simulate_picture import draw  # noqa: PLC0415 - takes a second to load

            draw(args.picture, found, book, settings)
            print(book.text("simulate.written", file=args.picture))
    except OSError as error:
        raise Refused(book.text("simulate.not-written", reason=error)) from error
