"""What is to happen when: a heap of moments in virtual time. Never skips, never goes back."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple


class Due(NamedTuple):
    """`number` keeps the order of what was put down for the same moment."""

    at: float
    number: int
    do: Callable[..., None]
    with_: tuple[Any, ...]


class Agenda:
    """Times are epoch seconds."""

    def __init__(self) -> None:
        self._heap: list[Due] = []
        self._numbers = count()

    def at(self, when: float, do: Callable[..., None], *with_: Any) -> None:
        """Put down that `do(*with_)` happens at `when`."""
        heapq.heappush(self._heap, Due(when, next(self._numbers), do, with_))

    def next(self) -> float | None:
        """When the next thing happens; None: nothing is to happen any more."""
        return self._heap[0].at if self._heap else None

    def pop(self) -> Due:
        return heapq.heappop(self._heap)
