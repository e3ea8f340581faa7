"""Two lines on the same callers: by how much they differ, how sure that is, and whose calls moved.

Each seed is one pair of runs on the same arrivals, so the differences of the pairs are what varies:
a paired t interval over seeds. One seed says how large a difference was, never how sure it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from router.sim.figures import Figures
from router.sim.student import quantile
from router.sim.tally import Taken


class Interval(msgspec.Struct, frozen=True):
    """A mean over seeds, and half the width of its confidence interval; None: one seed only."""

    mean: float
    half: float | None

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out nought."""
        return self.half is not None and abs(self.mean) > self.half


def interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    n = len(values)
    mean = sum(values) / n
    if n < 2:
        return Interval(mean, None)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (n - 1))
    return Interval(mean, quantile(n - 1, (1 + confidence) / 2) * spread / math.sqrt(n))


def over_seeds(runs: Sequence[Figures], measure: str) -> Interval:
    """Mean of one measure. `runs`: one for each seed."""
    return interval([getattr(run, measure) for run in runs])


def difference(before: Sequence[Figures], after: Sequence[Figures], measure: str) -> Interval:
    """After less before, seed by seed."""
    return interval(
        [getattr(b, measure) - getattr(a, measure) for a, b in zip(before, after, strict=True)]
    )


class Moved(msgspec.Struct, frozen=True):
    """How many calls came out otherwise."""

    other_seat: int = 0
    """Answered both times, by different seats."""
    gained: int = 0
    """Answered only afterwards."""
    lost: int = 0
    """Answered only before."""
    sooner: int = 0
    """Waited at least a second less."""
    later: int = 0
    same: int = 0


class Hands(msgspec.Struct, frozen=True):
    """A call that changed hands. Empty seat: nobody answered."""

    call_id: str
    language: str
    service: str
    before: str
    after: str
    waited_before_s: float
    waited_after_s: float


def moved(before: Sequence[Taken], after: Sequence[Taken]) -> tuple[Moved, list[Hands]]:
    """Of one seed: the counts, and every call whose seat is another one, by its id."""
    then: Mapping[str, Taken] = {call.id: call for call in after}
    counts = dict.fromkeys(Moved.__struct_fields__, 0)
    hands = []
    for call in before:
        now = then.get(call.id)
        if now is None:
            continue
        if call.seat_id != now.seat_id:
            way = "gained" if not call.seat_id else "lost" if not now.seat_id else "other_seat"
            counts[way] += 1
            hands.append(
                Hands(
                    call.id, call.language, call.service, call.seat_id, now.seat_id,
                    round(call.waited_s, 2), round(now.waited_s, 2),
                )
            )  # fmt: skip
        else:
            counts["same"] += 1
        counts["sooner"] += now.waited_s <= call.waited_s - 1.0
        counts["later"] += now.waited_s >= call.waited_s + 1.0
    return Moved(**counts), sorted(hands, key=lambda one: one.call_id)


def added(many: Sequence[Moved]) -> Moved:
    names = Moved.__struct_fields__
    return Moved(*(sum(getattr(one, name) for one in many) for name in names))
