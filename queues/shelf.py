"""Things in an order, each with a set of marks: which is the first that bears one of these?

The marks are bits of one integer. The order is kept in short runs, and each run knows the marks of
all its things together, so that a run without the mark is passed over at one glance. Callers wait
on a shelf marked by who may serve them, free seats lie on one marked by what they are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_

Key = tuple[float, float, str]
"""Place in the order; unique."""

RUN = 96
"""Things in a run. Cost of a search: the number of runs, and the length of one."""


class Shelf:
    def __init__(self, things: Iterable[tuple[Key, int]] = ()) -> None:
        """`things`: in their order."""
        all_of_them = list(things)
        runs = [all_of_them[at : at + RUN] for at in range(0, len(all_of_them), RUN)]
        self._keys = [[key for key, _ in run] for run in runs]
        self._marks = [[marks for _, marks in run] for run in runs]
        self._lasts = [keys[-1] for keys in self._keys]
        self._unions = [reduce(or_, marks) for marks in self._marks]
        """Marks of a run; may show one that is gone, never misses one that is there."""
        self._count = len(all_of_them)

    def __len__(self) -> int:
        return self._count

    def add(self, key: Key, marks: int) -> None:
        self._count += 1
        run = bisect_left(self._lasts, key)
        if run == len(self._lasts):
            if not run or len(self._keys[-1]) >= RUN:
                self._keys.append([key])
                self._marks.append([marks])
                self._lasts.append(key)
                self._unions.append(marks)
                return
            run -= 1
            self._lasts[run] = key
        keys = self._keys[run]
        at = bisect_left(keys, key)
        keys.insert(at, key)
        self._marks[run].insert(at, marks)
        self._unions[run] |= marks
        if len(keys) >= 2 * RUN:
            self._split(run)

    def drop(self, key: Key) -> None:
        """Raises KeyError."""
        run, at = self._find(key)
        keys = self._keys[run]
        del keys[at], self._marks[run][at]
        self._count -= 1
        if not keys:
            self._drop_run(run)
            return
        self._lasts[run] = keys[-1]
        if len(keys) < RUN // 4 and run + 1 < len(self._keys):
            self._join(run)

    def put(self, key: Key, marks: int) -> None:
        """Marks for it, there or not; without any it is taken away."""
        there = self._has(key)
        if there and marks:
            self.mark(key, marks)
        elif there:
            self.drop(key)
        elif marks:
            self.add(key, marks)

    def mark(self, key: Key, marks: int) -> None:
        """Other marks for what is there. Raises KeyError."""
        run, at = self._find(key)
        self._marks[run][at] = marks
        self._unions[run] |= marks

    def first(self, marks: int) -> Key | None:
        for run, union in enumerate(self._unions):
            if union & marks:
                for at, borne in enumerate(self._marks[run]):
                    if borne & marks:
                        return self._keys[run][at]
                self._look_again(run)
        return None

    def all(self, marks: int, others: int = -1) -> Iterator[Key]:
        """Every one that bears one of `marks` and one of `others`, in order; nothing may change
        meanwhile."""
        for run, union in enumerate(self._unions):
            if union & marks and union & others:
                for at, borne in enumerate(self._marks[run]):
                    if borne & marks and borne & others:
                        yield self._keys[run][at]

    def before(self, key: Key) -> int:
        """How many come before `key`, which need not be there."""
        run = bisect_left(self._lasts, key)
        count = sum(map(len, self._keys[:run]))
        return count + (bisect_left(self._keys[run], key) if run < len(self._keys) else 0)

    def _has(self, key: Key) -> bool:
        run = bisect_left(self._lasts, key)
        if run == len(self._lasts):
            return False
        return self._keys[run][bisect_left(self._keys[run], key)] == key

    def _find(self, key: Key) -> tuple[int, int]:
        run = bisect_left(self._lasts, key)
        if run < len(self._lasts):
            at = bisect_left(self._keys[run], key)
            if self._keys[run][at] == key:
                return run, at
        raise KeyError(key)

    def _look_again(self, run: int) -> None:
        self._unions[run] = reduce(or_, self._marks[run])

    def _drop_run(self, run: int) -> None:
        del self._keys[run], self._marks[run], self._lasts[run], self._unions[run]

    def _split(self, run: int) -> None:
        keys, marks = self._keys[run], self._marks[run]
        self._keys[run : run + 1] = [keys[:RUN], keys[RUN:]]
        self._marks[run : run + 1] = [marks[:RUN], marks[RUN:]]
        self._lasts.insert(run, self._keys[run][-1])
        self._unions.insert(run, 0)
        self._look_again(run)
        self._look_again(run + 1)

    def _join(self, run: int) -> None:
        """With the one after it, unless that would be long."""
        if len(self._keys[run]) + len(self._keys[run + 1]) > RUN:
            return
        self._keys[run] += self._keys[run + 1]
        self._marks[run] += self._marks[run + 1]
        self._unions[run] |= self._unions[run + 1]
        self._lasts[run] = self._lasts[run + 1]
        self._drop_run(run + 1)
