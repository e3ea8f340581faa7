"""How often something may be tried: PURE counting, `now` is an argument. Never sleeps or logs."""

from __future__ import annotations

import math
from collections import OrderedDict, deque


class Tries:
    """At most `most` tries per key within `window_s`; keys are a user name or an address.

    A try counts when it begins, so that tries side by side cannot slip through, and is given back
    when it succeeds. At most `keys` keys are remembered (the longest untouched are forgotten), so
    that somebody who invents user names cannot fill the memory.
    """

    def __init__(self, most: int, window_s: float, keys: int = 10_000) -> None:
        self._most = most
        self._window_s = window_s
        self._keys = keys
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, key: str, now: float) -> int:
        """Whole seconds until `key` may try again; 0: now."""
        times = self._times.get(key, deque())
        while times and times[0] <= now - self._window_s:
            times.popleft()
        if len(times) < self._most:
            return 0
        return max(1, math.ceil(times[0] + self._window_s - now))

    def begin(self, key: str, now: float) -> None:
        self._times.setdefault(key, deque()).append(now)
        self._times.move_to_end(key)
        while len(self._times) > self._keys:
            self._times.popitem(last=False)

    def give_back(self, key: str) -> None:
        times = self._times.get(key)
        if times:
            times.pop()
