"""The command `hotline`: reads the settings, then hands over to the module of the subcommand.

A subcommand is a module `hotline.<name>` (see `Command`), imported only when it is asked for. Exit
codes: 0 done, 1 failed, 2 wrong usage or settings. Nothing of the trade is decided here.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol, cast

from config.loader import SettingsError, load
from config.model import Settings
from config.words import TONGUES, words
from queues.policycheck import problems

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
_INTERRUPTED: Final = 130

COMMANDS: Final = (
    "serve", "status", "check", "pbx", "prompts", "user", "calls", "why", "report", "simulate",
    "staff", "policy", "demo",
)  # fmt: skip
"""In the order in which a newcomer needs them."""


class Refused(Exception):
    """The command cannot be carried out. The message is the sentence for the person who asked."""


class Command(Protocol):
    """What `hotline.<name>` offers."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the subcommand's own arguments. `parser.get_default("lang")`: for their help."""
        ...

    def main(self, args: argparse.Namespace, settings: Settings) -> int:
        """Do it and return the exit code. `args.lang` is the language to speak. Raises Refused."""
        ...


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of `hotline`. Returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    tag = _tag(argv, os.environ)
    chosen = next((word for word in argv if word in COMMANDS), None)
    command = _command(chosen) if chosen else None
    args = _parser(tag, chosen, command).parse_args(argv)
    args.lang = tag
    assert command is not None, "the parser demands a command"
    try:
        settings = load(args.settings, check=problems)
    except SettingsError as error:
        for problem in error.problems:
            print(problem.text(tag), file=sys.stderr)
        print(words(tag).text("cli.settings-bad", n=len(error.problems)), file=sys.stderr)
        return USAGE
    try:
        return command.main(args, settings)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED


def _command(name: str) -> Command:
    return cast(Command, importlib.import_module(f"hotline.{name}"))


def _parser(tag: str, chosen: str | None, command: Command | None) -> argparse.ArgumentParser:
    book = words(tag)
    parser = argparse.ArgumentParser(prog="hotline", description=book.text("cli.about"))
    parser.add_argument("--lang", choices=TONGUES, help=book.text("cli.lang"))
    parser.add_argument("--settings", type=Path, metavar="FILE", help=book.text("cli.settings"))
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        about = book.text(f"cli.command.{name}")
        below = commands.add_parser(name, help=about, description=about)
        if name == chosen and command is not None:
            below.set_defaults(lang=tag)
            command.arguments(below)
    return parser


def _tag(argv: Sequence[str], env: Mapping[str, str]) -> str:
    """`--lang`, else the locale. Needed before the arguments are parsed: the help is words too."""
    for position, word in enumerate(argv):
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
        if word == "--lang" and position + 1 < len(argv):
            return argv[position + 1]
    return env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
