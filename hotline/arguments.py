"""Arguments that several commands take, refused in the reader's language."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from typing import Any

from config.words import Words


def day(book: Words) -> Callable[[str], date]:
    """A calendar day, YYYY-MM-DD."""

    def of(text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise argparse.ArgumentTypeError(book.text("cli.bad-day", found=text)) from None

    return of


def upto(most: int, book: Words) -> Callable[[str], int]:
    """A whole number from 1 to `most`."""

    def of(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(book.text("cli.bad-number", most=most))
        return int(text)

    return of


def adder(parser: argparse.ArgumentParser, help_of: Callable[[str], str]) -> Callable[..., None]:
    """`parser.add_argument`, with the help that `help_of` has for the name without its dashes."""

    def add(name: str, **more: Any) -> None:
        parser.add_argument(name, help=help_of(name.lstrip("-")), **more)

    return add
