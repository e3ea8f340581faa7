"""What a run comes to: service level, abandonment and waiting, of all calls and of each group.

Service level and abandonment are of all who asked for a human, as everywhere in the house
(reports.indicators). Waiting is everybody's, from asking to the answer, the hang-up or the message:
of the answered alone it would look shorter the more callers give up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from router.sim.tally import Taken

WITHIN_S: Final = (15.0, 20.0, 30.0)
ALL: Final = "all"

MEASURES: Final = (
    "answered", "within_15", "within_20", "within_30", "abandoned", "mean_wait_s", "p90_wait_s",
)  # fmt: skip


class Figures(msgspec.Struct, frozen=True):
    """Shares are of 1, of `queued`; waits are seconds."""

    queued: int = 0
    answered: float = 0.0
    within_15: float = 0.0
    within_20: float = 0.0
    within_30: float = 0.0
    abandoned: float = 0.0
    mean_wait_s: float = 0.0
    p90_wait_s: float = 0.0


def groups(taken: Iterable[Taken]) -> dict[str, list[Taken]]:
    """`all`, `language:…` and `service:…` → their calls, the largest first."""
    found: dict[str, list[Taken]] = {ALL: []}
    for call in taken:
        found[ALL].append(call)
        found.setdefault(f"language:{call.language}", []).append(call)
        found.setdefault(f"service:{call.service}", []).append(call)
    return dict(sorted(found.items(), key=lambda item: (item[0] != ALL, -len(item[1]), item[0])))


def figures(calls: Sequence[Taken]) -> Figures:
    n = len(calls)
    if not n:
        return Figures()
    answered = [call.waited_s for call in calls if call.seat_id]
    within_15, within_20, within_30 = (
        sum(wait <= most for wait in answered) / n for most in WITHIN_S
    )
    waits = sorted(call.waited_s for call in calls)
    return Figures(
        n,
        len(answered) / n,
        within_15,
        within_20,
        within_30,
        sum(call.left for call in calls) / n,
        sum(waits) / n,
        quantile(waits, 0.9),
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """The least value that at least `share` (0-1) of them do not exceed."""
    return ordered[max(0, min(len(ordered) - 1, -int(-share * len(ordered) // 1) - 1))]
