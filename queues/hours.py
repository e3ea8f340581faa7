"""Whether the line is open at a moment. Windows are local wall time, half-open [open, close)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from config.model import Hours


def minutes(clock: str) -> int:
    """`HH:MM` → minutes since midnight, 0 to 1440 (24:00). Raises ValueError when malformed."""
    hours, _, rest = clock.partition(":")
    value = int(hours) * 60 + int(rest)
    if not (0 <= int(rest) < 60 and 0 <= value <= 1440):
        raise ValueError(f"not a time of day: {clock!r}")
    return value


def is_open(windows: Iterable[Hours], timezone: str, at: float) -> bool:
    """Whether any window contains `at` (epoch s). A window that ends before it begins passes
    midnight and belongs to the day on which it begins."""
    local = datetime.fromtimestamp(at, ZoneInfo(timezone))
    today, yesterday = local.isoweekday(), (local.isoweekday() - 2) % 7 + 1
    now = local.hour * 60 + local.minute
    for window in windows:
        begin, end = minutes(window.open), minutes(window.close)
        if begin < end:
            if today in window.days and begin <= now < end:
                return True
        elif (today in window.days and now >= begin) or (yesterday in window.days and now < end):
            return True
    return False
