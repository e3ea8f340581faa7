"""The month as numbers: what is frozen at the data cut and kept for ever. Only shapes. PURE.

Codes and counts, no sentences: words are put to them when a report is read (`reports.chapters`).
Names that a site may change later (languages, services, seats) are frozen with the numbers.
Never holds a telephone number, a caller's name or a text of a slip.
"""

from __future__ import annotations

from typing import Final

import msgspec

from reports.indicators import Counts

UNKNOWN = ""
"""Key of what was not chosen, not filled in or cannot be told: a row of its own, never left out."""


MOST_TRIES: Final = 4
"""Answered calls that took so many rings or more are counted together."""


class Spell(msgspec.Struct, frozen=True):
    """Seconds that seats of one provider spent in one state during the month."""

    provider: str
    state: str
    reason: str
    seconds: float


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """One month of calls, cut in every way the report shows. All counts are of calls, but
    `offers` (of rings) and `groups` (several may be true of one call)."""

    month: str
    counts: Counts = Counts()
    languages: dict[str, Counts] = {}
    services: dict[str, Counts] = {}
    seats: dict[str, Counts] = {}
    """Only answered calls have a seat: talks, ratings and hours by seat."""
    after_queue: dict[str, int] = {}
    """Outcome → calls, of those that asked for a human; `open`: not ended at the cut."""
    callers: int = 0
    """Different numbers that called."""
    unnumbered: int = 0
    """Calls that showed no number."""

    kinds: dict[str, int] = {}
    matters: dict[str, int] = {}
    emotions: dict[str, int] = {}
    groups: dict[str, int] = {}
    grouped: int = 0
    """Calls with at least one caller group."""
    places: dict[str, int] = {}
    origins: dict[str, int] = {}

    hours: tuple[tuple[int, ...], ...] = ((0,) * 24,) * 7
    """Weekday (Monday first) × local hour → calls offered."""
    hours_answered: tuple[tuple[int, ...], ...] = ((0,) * 24,) * 7
    days: tuple[int, ...] = ()
    """Calls offered on each day of the month."""
    days_answered: tuple[int, ...] = ()

    offers: dict[str, int] = {}
    """How rings of seats ended → how many; `open`: at the cut."""
    tries: dict[str, int] = {}
    """Rings until the answer (`1`, `2`, `3`, `4+`) → answered calls."""
    widened: int = 0
    """Answered by a seat that was asked only after waiting widened the skills."""
    moved: int = 0
    """Calls that talked to more than one seat."""
    messages_why: dict[str, int] = {}
    spells: tuple[Spell, ...] = ()


class Names(msgspec.Struct, frozen=True):
    """What things were called when the report was made, by id."""

    languages: dict[str, str] = {}
    services: dict[str, str] = {}
    seats: dict[str, str] = {}


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a month's report. Times are epoch seconds."""

    month: str
    version: int = 0
    """Counts from 1 within the month; 0: not kept."""
    made_at: float
    data_until: float
    """Nothing that became true after this is in the numbers."""
    made_by: str = ""
    """Person's id; empty: the scheduler or the command line."""
    demo: bool = False
    """Calls of a demonstration are among the month's."""
    complete: bool = True
    """The month was over at the data cut."""
    zone: str = "Asia/Shanghai"
    centre: str = ""
    number: str = "12348"
    issuer: str = ""
    issue: int = 0
    issue_in_all: int = 0
    """0: not known when the first one was issued."""
    send_to: tuple[str, ...] = ()
    copy_to: tuple[str, ...] = ()
    names: Names = Names()
    default_language: str = ""
    divisions: str = ""
    """Name of the file of divisions that places are codes of (`config.divisions`)."""
    targets: dict[str, float] = {}
    """Key of `indicators.Indicator.target` → what was aimed at."""
    audit: tuple[int, str] = (0, "")
    """Rows of the audit chain at the cut and its seal: printed, so that it is known elsewhere."""

    now: Period
    before: Period | None = None
    """The month before; None: nothing was counted yet."""
    year: Period | None = None
    """The same month a year before."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a report, without its numbers."""

    month: str
    version: int
    made_at: float
    data_until: float
    made_by: str
    demo: bool
    complete: bool
