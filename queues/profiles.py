"""Seats that are alike are one profile, and a profile is one bit: who meets a need is one number.

Few kinds of seat meet many kinds of call. A need is looked at once for all seats, by and, or and
not of whole numbers, and not seat by seat.
"""

from __future__ import annotations

from queues.needs import All, Any, Has, Need, Not
from queues.skills import Skills


class Profiles:
    """Every profile ever seen on duty. Its bit stays its own for good."""

    def __init__(self) -> None:
        self.skills: list[Skills] = []
        self._known: dict[tuple[frozenset[tuple[str, int]], str], int] = {}
        self._levels: dict[tuple[str, int], int] = {}
        """(skill, level) → who has it at that level or better."""
        self._all = 0

    def __len__(self) -> int:
        return len(self.skills)

    def of(self, skills: Skills, provider: str) -> int:
        """Index of the profile; its bit is `1 << index`."""
        key = (frozenset(skills.items()), provider)
        known = self._known.get(key)
        if known is not None:
            return known
        index = self._known[key] = len(self.skills)
        self.skills.append(dict(skills))
        bit = 1 << index
        self._all |= bit
        for skill, most in skills.items():
            for level in range(1, most + 1):
                self._levels[skill, level] = self._levels.get((skill, level), 0) | bit
        return index

    def who(self, need: Need) -> int:
        """Bits of the profiles that meet it."""
        match need:
            case Has():
                return self._levels.get((need.skill, need.level), 0)
            case Not():
                return self._all & ~self.who(need.of)
            case All():
                bits = self._all
                for one in need.of:
                    bits &= self.who(one)
                return bits
            case Any():
                bits = 0
                for one in need.of:
                    bits |= self.who(one)
                return bits


class Tally:
    """How many there are of each profile, counted for many profiles at once.

    One integer for the ones, one for the twos, one for the fours: a sum over a thousand profiles
    is a handful of operations.
    """

    def __init__(self) -> None:
        self.there = 0
        """Bits of the profiles of which there is at least one."""
        self._counts: dict[int, int] = {}
        self._planes: list[int] = []

    def add(self, index: int) -> None:
        bit = 1 << index
        self._counts[index] = self._counts.get(index, 0) + 1
        self.there |= bit
        for n, plane in enumerate(self._planes):
            self._planes[n] = plane ^ bit
            if not plane & bit:
                return
        self._planes.append(bit)

    def sub(self, index: int) -> None:
        """One that is there."""
        bit = 1 << index
        self._counts[index] -= 1
        if not self._counts[index]:
            self.there ^= bit
        for n, plane in enumerate(self._planes):
            self._planes[n] = plane ^ bit
            if plane & bit:
                return

    def count(self, bits: int) -> int:
        """How many of these profiles."""
        return sum((plane & bits).bit_count() << n for n, plane in enumerate(self._planes))
