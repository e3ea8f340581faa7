"""How things are called for a reader: the catalogue's names, and the site's own where it has them.

Only names: decides nothing, and knows nobody's telephone number.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from config.model import Settings
from config.words import Tongue, Words, words
from web import story


def name(book: Words, section: str, code: str) -> str:
    """What the catalogue calls a code; a site's own reasons and skills are called by their code."""
    return book.entries.get(f"catalogue.{section}.{code}", code)


def own_name(book: Words, section: str, code: str, chosen: str) -> str:
    """The name a site chose for a thing of its own; in English ours, where we know the thing."""
    key = f"catalogue.{section}.{code}"
    return book.entries[key] if book.tongue == "en" and key in book else chosen


def speech(settings: Settings, tag: Tongue, people: Mapping[str, str]) -> story.Tongue:
    """What a story needs to speak of this site. `people`: id → name."""
    book, zone = words(tag), ZoneInfo(settings.line.centre.timezone)
    chosen = {("language", one.id): one.name for one in settings.line.languages}
    chosen |= {("service", one.id): one.name for one in settings.line.services}

    def called(section: str, code: str) -> str:
        if (section, code) in chosen:
            return own_name(book, section, code, chosen[section, code])
        return name(book, section, code)

    def clock(at: float) -> str:
        return datetime.fromtimestamp(at, zone).strftime("%H:%M:%S")

    seats = {seat.id: seat.name for seat in settings.seats}
    return story.Tongue(book.text, called, clock, seats, people)
