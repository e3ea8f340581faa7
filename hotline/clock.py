"""The clock of a running hotline: wall time that never runs backwards and has no jumps back.

Durations taken from wall clocks come out negative when somebody sets the clock; so the wall time
is read once and then carried on by the monotonic clock, which is slowly led back to the wall.
"""

from __future__ import annotations

import time
from collections.abc import Callable

SLEW = 0.0005
"""Seconds per second by which the wall is followed, as adjtime does."""

LEAP_S = 60.0
"""The wall is so far ahead that the machine slept, or had no time at boot: it is believed."""


class SteadyClock:
    """Implements `router.ports.Clock`."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._at, self._mark = wall(), monotonic()

    def now(self) -> float:
        """Epoch seconds."""
        mark = self._monotonic()
        passed, self._mark = mark - self._mark, mark
        behind = self._wall() - (self._at + passed)
        if behind > LEAP_S:
            passed += behind
        else:
            most = passed * SLEW
            passed += max(-most, min(most, behind))
        self._at += passed
        return self._at
