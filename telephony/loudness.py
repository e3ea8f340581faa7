"""How long, how loud and how clean a recording is, from its samples alone. Pure.

It never judges what is said.
"""

from __future__ import annotations

import array
import math
from operator import mul

import msgspec

FLOOR_DBFS = -96.0
"""What is told of digital silence: below the least step of 16 bits."""

_FULL = 32768.0
_FRAME_S = 0.02
_PAUSE_DB = 30.0
"""A frame this much below the loudest one is a pause and does not count for the level."""
_CLIPPED_RUN = 3
"""So many neighbouring samples at the limit were cut off; a single one may be just a peak."""


class Loudness(msgspec.Struct, frozen=True):
    """`level` is that of the active frames, pauses left out; both in dBFS."""

    seconds: float
    level: float
    peak: float
    clipped: bool


def loudness(samples: array.array[int], rate: int) -> Loudness:
    """Measure 16-bit mono `samples` at `rate` per second."""
    if not samples:
        return Loudness(0.0, FLOOR_DBFS, FLOOR_DBFS, clipped=False)
    step = max(1, round(rate * _FRAME_S))
    powers = []
    for start in range(0, len(samples), step):
        frame = samples[start : start + step]
        powers.append(sum(map(mul, frame, frame)) / len(frame) / _FULL**2)
    threshold = max(powers) * 10 ** (-_PAUSE_DB / 10)
    active = [power for power in powers if power >= threshold]
    highest, lowest = max(samples), min(samples)
    return Loudness(
        seconds=round(len(samples) / rate, 3),
        level=_dbfs(sum(active) / len(active), per_decade=10),
        peak=_dbfs(max(highest, -lowest) / _FULL, per_decade=20),
        clipped=_clipped(samples),
    )


def _dbfs(ratio: float, per_decade: int) -> float:
    return round(max(FLOOR_DBFS, per_decade * math.log10(ratio)), 1) if ratio else FLOOR_DBFS


def _clipped(samples: array.array[int]) -> bool:
    for limit in (32767, -32768):
        at = -1
        run = 0
        while True:
            try:
                found = samples.index(limit, at + 1)
            except ValueError:
                break
            run = run + 1 if found == at + 1 and run else 1
            if run >= _CLIPPED_RUN:
                return True
            at = found
    return False
