"""The counters of one local day, as a pure fold of facts. Never keeps calls, never shows them.

Each fact counts on the day it happened: a call that came before midnight and ended after it is
offered on one day and answered on the next, so that a day never changes afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import msgspec

from router import facts as f
from web.views import Today

OUTCOMES: tuple[f.Outcome, ...] = get_args(f.Outcome)


def fresh_day(day: str, *, whole: bool = True) -> Today:
    """`day` is ISO; every outcome is there from the start, so that a screen need not guess."""
    return Today(day, outcomes=dict.fromkeys(OUTCOMES, 0), whole=whole)


def counted(today: Today, body: f.Body, day_of: Callable[[float], str]) -> Today:
    """`today` with one fact that was recorded on that day.

    A call that the fallback served is entered later, so its own times say whether it counts.
    """
    match body:
        case f.CallOpened():
            return msgspec.structs.replace(today, offered=today.offered + 1)
        case f.Queued():
            return msgspec.structs.replace(today, queued=today.queued + 1)
        case f.CallClosed(outcome=outcome):
            return _ended(today, outcome)
        case f.FallbackImported(started_at=started_at, ended_at=ended_at, outcome=outcome):
            if day_of(started_at) == today.day:
                today = msgspec.structs.replace(today, offered=today.offered + 1)
            return _ended(today, outcome) if day_of(ended_at) == today.day else today
        case _:
            return today


def _ended(today: Today, outcome: f.Outcome) -> Today:
    outcomes = {**today.outcomes, outcome: today.outcomes.get(outcome, 0) + 1}
    return msgspec.structs.replace(today, outcomes=outcomes)
