"""Other ways to give callers to seats, each in a few lines, to be compared with on equal terms.

They know the same callers and the same seats, and nobody rings or writes: only the choice differs.
Each is the idea, not the product; what stands against it in the real one is told in the names.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from random import Random

from router.sim.callers import Caller
from scripts.benches._policy_same import Heard

Speaks = Sequence[Mapping[str, int]]
"""Seat → its skills."""


class Rival:
    """Serves in the order of arrival whoever it may; of several seats the longest idle."""

    name = "longest idle"

    def __init__(self, speaks: Speaks, main: str) -> None:
        self.speaks, self.main = speaks, main
        self.chance = Random("rival")

    def may(self, seat: int, language: str) -> bool:
        return f"lang:{language}" in self.speaks[seat]

    def rank(self, seat: int, language: str, idle_since: float) -> tuple[float, float, int]:
        return (0.0, idle_since, seat)

    def next(self, seat: int, waiting: Sequence[Caller]) -> Caller | None:
        return next((caller for caller in waiting if self.may(seat, caller.language)), None)

    def bilingual(self, seat: int) -> bool:
        return sum(skill.startswith("lang:") for skill in self.speaks[seat]) > 1


class Pooled(Rival):
    """The bound: as if every seat spoke every language."""

    name = "everybody speaks everything (bound)"

    def may(self, seat: int, language: str) -> bool:
        return True


class Dedicated(Rival):
    """A queue for each language with seats of its own: who speaks another serves nobody else."""

    name = "dedicated queues"

    def may(self, seat: int, language: str) -> bool:
        own = language != self.main if self.bilingual(seat) else language == self.main
        return own and super().may(seat, language)


class Penalties(Rival):
    """app_queue: a queue for each language, bilingual members of the main one with a penalty, so
    that they are called only when no other is free. Between queues nobody keeps an order: each
    caller's thread tries for itself, and whose turn comes is chance."""

    name = "app_queue-like penalties"

    def rank(self, seat: int, language: str, idle_since: float) -> tuple[float, float, int]:
        penalty = 1.0 if language == self.main and self.bilingual(seat) else 0.0
        return (penalty, idle_since, seat)

    def next(self, seat: int, waiting: Sequence[Caller]) -> Caller | None:
        heads: dict[str, Caller] = {}
        for caller in waiting:
            if self.may(seat, caller.language):
                heads.setdefault(caller.language, caller)
        return self.chance.choice(list(heads.values())) if heads else None


RIVALS: tuple[type[Rival], ...] = (Pooled, Rival, Penalties, Dedicated)


def served(way: Rival, callers: Sequence[Caller]) -> list[Heard]:
    """Everybody's wait, in the order of the callers."""
    agenda: list[tuple[float, int, int, Callable[[], None]]] = []
    free = dict.fromkeys(range(len(way.speaks)), 0.0)
    waiting: dict[int, Caller] = {}
    found: dict[int, Heard] = {}
    now, count = 0.0, 0

    def at(when: float, do: Callable[[], None], order: int = 0) -> None:
        nonlocal count
        count += 1
        heapq.heappush(agenda, (when, order, count, do))

    def talk(number: int, seat: int) -> None:
        caller = callers[number]
        waiting.pop(number, None)
        del free[seat]
        found[number] = Heard(caller.language, now - caller.arrives_at, True)
        at(now + caller.talk_s, lambda: ends(seat))

    def ends(seat: int) -> None:
        free[seat] = now
        caller = way.next(seat, list(waiting.values()))
        if caller is not None:
            talk(int(caller.id), seat)

    def comes(number: int) -> None:
        caller = callers[number]
        able = [seat for seat in free if way.may(seat, caller.language)]
        if able:
            talk(number, min(able, key=lambda s: way.rank(s, caller.language, free[s])))
            return
        waiting[number] = caller
        at(now + caller.patience_s, lambda: leaves(number), 1)

    def leaves(number: int) -> None:
        caller = waiting.pop(number, None)
        if caller is not None:
            found[number] = Heard(caller.language, caller.patience_s, False)

    for number, caller in enumerate(callers):
        at(caller.arrives_at, lambda number=number: comes(number))  # type: ignore[misc]
    while agenda:
        now, _, _, do = heapq.heappop(agenda)
        do()
    return [found[number] for number in range(len(callers))]
