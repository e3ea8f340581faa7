"""How people at seats behave: when they pick up, how long they write, when they come back."""

from __future__ import annotations

import math
from random import Random
from typing import Literal

import msgspec

Reaction = Literal["answers", "misses", "rejects", "busy", "dead"]


class Manners(msgspec.Struct, frozen=True):
    """Shares are of all offers; the rest in seconds. Assumptions of a model, not measured."""

    misses: float = 0.011
    rejects: float = 0.005
    busy: float = 0.0015
    dead: float = 0.0008
    answer_median_s: float = 4.2
    answer_sigma: float = 0.45
    answer_least_s: float = 1.2
    answer_most_s: float = 18.0
    holds: float = 0.045
    """Of all talks: the caller waits to music while something is looked up."""
    wrapup_median_s: float = 24.0
    wrapup_sigma: float = 0.5
    """Who takes longer than the line allows is ready when the line says so."""


class Worker:
    """One seat's person. `chance` is its own."""

    def __init__(self, seat_id: str, manners: Manners, chance: Random) -> None:
        self.seat_id = seat_id
        self._like = manners
        self._chance = chance

    def reacts(self) -> tuple[Reaction, float]:
        """To a ringing phone, and after how many seconds."""
        like, chance = self._like, self._chance
        way = chance.random()
        after_s = chance.lognormvariate(math.log(like.answer_median_s), like.answer_sigma)
        after_s = min(max(after_s, like.answer_least_s), like.answer_most_s)
        shares: tuple[tuple[Reaction, float], ...] = (
            ("misses", like.misses),
            ("rejects", like.rejects),
            ("busy", like.busy),
            ("dead", like.dead),
        )
        for reaction, share in shares:
            if way < share:
                return reaction, after_s
            way -= share
        return "answers", after_s

    def wrapup_s(self) -> float:
        like = self._like
        return self._chance.lognormvariate(math.log(like.wrapup_median_s), like.wrapup_sigma)

    def holds(self, talk_s: float) -> tuple[float, float] | None:
        """From when to when in a talk of `talk_s` the caller is put on hold; None: not at all."""
        if self._chance.random() >= self._like.holds or talk_s < 90.0:
            return None
        begins = talk_s * self._chance.uniform(0.2, 0.6)
        return begins, begins + min(self._chance.lognormvariate(3.5, 0.5), talk_s * 0.3)

    def away_s(self) -> float:
        """From being found away to being back."""
        return self._chance.uniform(35.0, 400.0)
