"""Quantiles of Student's t distribution, which the standard library does not have."""

from __future__ import annotations

import math
from functools import cache

_STEPS = 400


@cache
def quantile(freedom: int, share: float) -> float:
    """t with `freedom` degrees (1 or more) that `share` (0.5 to below 1) does not exceed.

    Good to six digits. Raises ValueError outside of these ranges.
    """
    if freedom < 1 or not 0.5 <= share < 1.0:
        raise ValueError(f"no such quantile: {freedom}, {share}")
    low, high = 0.0, 1.0
    while _below(freedom, high) < share:
        high *= 2.0
    for _ in range(80):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _below(freedom, middle) < share else (low, middle)
    return (low + high) / 2.0


def _below(freedom: int, t: float) -> float:
    """P(T ≤ t), t ≥ 0: with t = √ν tan x the density is a power of cos x, and that is smooth."""
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(math.pi)
    top = math.atan(t / math.sqrt(freedom))
    step = top / _STEPS
    total = 1.0 + math.cos(top) ** (freedom - 1)
    for n in range(1, _STEPS):
        total += (4.0 if n % 2 else 2.0) * math.cos(n * step) ** (freedom - 1)
    return 0.5 + scale * total * step / 3.0
