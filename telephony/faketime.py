"""Time on the fake exchange: it passes only when somebody says so.

Never reads a clock and never sleeps, so a day of ringing phones takes no time and comes out the
same every time.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable


class FakeTime:
    """Seconds from 0, and what is to happen in them."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()

    def later(self, seconds: float, action: Callable[[], object]) -> None:
        """Do something `seconds` from now; what is due at once is done in the order asked for."""
        heapq.heappush(self._due, (self.now + seconds, next(self._order), action))

    def elapse(self, seconds: float) -> None:
        """Let time pass and do what is due in it."""
        until = self.now + seconds
        while self._due and self._due[0][0] <= until:
            self.now, _, action = heapq.heappop(self._due)
            action()
        self.now = until

    def next_due(self) -> float | None:
        """Seconds until the next thing is due, which may turn out to be nothing any more."""
        return self._due[0][0] - self.now if self._due else None
