"""`hotline pbx up|down|run|status`: the hotline's own Asterisk, apart from the hotline.

`run` is `up` for a container or a service manager: it stays until it is told to end, and ends
when Asterisk does, so that whoever started it can start it again.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from contextlib import suppress

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

_LOOK_S = 1.0


def arguments(parser: argparse.ArgumentParser) -> None:
    book = words(parser.get_default("lang"))
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="up|down|run|status")
    for verb in ("up", "down", "run", "status"):
        about = book.text(f"cli.pbx.{verb}")
        verbs.add_parser(verb, help=about, description=about)


def main(args: argparse.Namespace, settings: Settings) -> int:
    book = words(args.lang)
    if not settings.pbx.manage:
        raise Refused(book.text("cli.pbx.not-ours"))
    try:
        pbx = private_pbx(settings)
        if args.verb == "up":
            print(book.text(f"cli.pbx.{_up(pbx, settings, args.lang)}"))
        elif args.verb == "run":
            asyncio.run(_run(pbx, settings, args.lang))
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


def _up(pbx: PrivatePbx, settings: Settings, tag: str) -> str:
    install_sounds(settings, tag)
    return pbx.start(asyncio.run(_phones(settings, tag)), language=spoken(settings))


def spoken(settings: Settings) -> str:
    """The prompts that the dialplan plays when it serves a caller alone."""
    line = settings.line
    prompts = {language.id: language.prompts for language in line.languages}
    return prompts.get(line.default_language, "zh-CN")


async def _run(pbx: PrivatePbx, settings: Settings, tag: str) -> None:
    """Run Asterisk and its watchdog until SIGINT or SIGTERM. Raises Refused when Asterisk ends."""
    book = words(tag)
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    print(book.text(f"cli.pbx.{await asyncio.to_thread(_up, pbx, settings, tag)}"), flush=True)
    try:
        while not over.is_set():
            if pbx.pid() is None:
                raise Refused(book.text("cli.pbx.ended", log=pbx.places.log))
            pbx.start_watchdog()  # again, when it has ended
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), _LOOK_S)
    finally:
        await asyncio.to_thread(pbx.stop)
    print(book.text("cli.pbx.stopped"), flush=True)


async def _phones(settings: Settings, tag: str) -> list[PhoneAccount]:
    async with opened(settings, tag) as store:
        return await accounts(People(store))
