"""One ladder, worked out for the profiles there are: who may serve on which rung, at what cost."""

from __future__ import annotations

from typing import NamedTuple

from queues.ladder import Ladder
from queues.needs import All, Any, Has, Need, both
from queues.profiles import Profiles


class Way(NamedTuple):
    """Who meets this rung and none before it."""

    cost: int
    rung: int
    bits: int
    asking: Asking


class Together(NamedTuple):
    """A rung on which two will do."""

    cost: int
    rung: int
    specialists: int
    interpreters: int
    specialist: Asking
    interpreter: Asking


class Asking(NamedTuple):
    """Which skills of somebody who meets a need are made use of (`queues.needs.asked`)."""

    needs: Need
    surely: frozenset[str]
    perhaps: tuple[Has, ...]
    """Those below an `or`: some who meet the need have them, others do not."""


class Ways:
    def __init__(self, ladder: Ladder) -> None:
        self.ladder = ladder
        self._known = -1
        self.floor = 0
        self._upto: list[int] = []
        self._ways: list[list[Way]] = []
        self._together: list[list[Together]] = []

    def upto(self, rung: int) -> int:
        """Who may serve alone a call that stands on `rung`."""
        return self._upto[rung]

    def ways(self, rung: int) -> list[Way]:
        """The cheapest first, of equal cost the lowest rung."""
        return self._ways[rung]

    def together(self, rung: int) -> list[Together]:
        return self._together[rung]

    def renew(self, profiles: Profiles) -> None:
        """Look at profiles that came since."""
        if self._known == len(profiles):
            return
        self._known = len(profiles)
        floor = self.ladder.floor
        self.floor = profiles.who(floor)
        upto = 0
        ways: list[Way] = []
        pairs: list[Together] = []
        self._upto, self._ways, self._together = [], [], []
        for n, step in enumerate(self.ladder.rungs):
            met = profiles.who(step.needs) & self.floor
            if met & ~upto:
                ways.append(Way(step.cost, n, met & ~upto, asking(both(floor, step.needs))))
            if step.pair is not None:
                specialist, interpreter = step.pair.specialist, both(floor, step.pair.interpreter)
                able, speaking = profiles.who(specialist), profiles.who(interpreter)
                if able and speaking:
                    asked = asking(specialist), asking(interpreter)
                    pairs.append(Together(step.cost, n, able, speaking, *asked))
            upto |= met
            self._upto.append(upto)
            self._ways.append(sorted(ways, key=lambda way: way[:2]))
            self._together.append(list(pairs))


def asking(needs: Need) -> Asking:
    surely: list[str] = []
    perhaps: list[Has] = []
    _gather(needs, surely, perhaps, certain=True)
    return Asking(needs, frozenset(surely), tuple(dict.fromkeys(perhaps)))


def _gather(needs: Need, surely: list[str], perhaps: list[Has], *, certain: bool) -> None:
    match needs:
        case Has():
            if certain:
                surely.append(needs.skill)
            else:
                perhaps.append(needs)
        case All() | Any():
            certain = certain and (isinstance(needs, All) or len(needs.of) == 1)
            for one in needs.of:
                _gather(one, surely, perhaps, certain=certain)
        case _:
            pass  # what must not be there is not made use of
