"""`hotline pbx up|down|status`: the hotline's own Asterisk, apart from the hotline."""

from __future__ import annotations

import argparse
import asyncio

from cases.people import People
from config.model import Settings
from config.words import words
from hotline.cli import DONE, FAILED, Refused
from hotline.opened import opened
from hotline.phones import accounts
from hotline.prompts import install_sounds
from telephony.pbx import PrivatePbx
from telephony.places import Places
from telephony.problem import PbxProblem
from telephony.program import find_program
from telephony.provision import PhoneAccount
from telephony.secrets import kept_secrets


def arguments(parser: argparse.ArgumentParser) -> None:
    book = words(parser.get_default("lang"))
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="up|down|status")
    for verb in ("up", "down", "status"):
        about = book.text(f"cli.pbx.{verb}")
        verbs.add_parser(verb, help=about, description=about)


def main(args: argparse.Namespace, settings: Settings) -> int:
    book = words(args.lang)
    if not settings.pbx.manage:
        raise Refused(book.text("cli.pbx.not-ours"))
    try:
        pbx = private_pbx(settings)
        if args.verb == "up":
            install_sounds(settings, args.lang)
            phones = asyncio.run(_phones(settings, args.lang))
            print(book.text(f"cli.pbx.{pbx.start(phones)}"))
        elif args.verb == "down":
            print(book.text("cli.pbx.stopped" if pbx.stop() else "cli.pbx.was-not-running"))
        else:
            status = pbx.status()
            state = "ready" if status.ready else "not-ready" if status.pid else "not-running"
            fields = {"pid": status.pid or "-", "watchdog": status.watchdog or "-"}
            print(book.text(f"cli.pbx.{state}", **fields))
            return DONE if status.ready else FAILED
    except PbxProblem as problem:
        raise Refused(problem.text(args.lang)) from problem
    return DONE


def private_pbx(settings: Settings) -> PrivatePbx:
    """The Asterisk of these settings, running or not. Raises PbxProblem when there is none."""
    places = Places.of(settings)
    return PrivatePbx(
        settings, kept_secrets(places.secrets), places, find_program(settings, places)
    )


async def _phones(settings: Settings, tag: str) -> list[PhoneAccount]:
    async with opened(settings, tag) as store:
        return await accounts(People(store))
