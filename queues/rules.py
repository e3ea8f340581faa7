"""What a policy says about deciding, whatever the call: its version and its few numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Provider = Literal["staff", "purchased"]


class Rules(msgspec.Struct, frozen=True):
    version: str
    """Of the policy; on every decision."""
    purchased_share: float | None = None
    """0 to 1: of all answers, those wanted of purchased providers. None: nobody steers."""
    reserve_after_s: float | None = None
    """A phone that rings this long lets the next seat be reserved. None: nothing is reserved."""
    greatest_head_start_s: float = 0.0
    """No ticket's head start is more."""


def favoured(rules: Rules, answered: Mapping[str, int]) -> Provider | None:
    """Whose turn the next answer is, all else being equal: purchased providers' while they have
    fewer than their share of all answers, this one included. None: it does not matter."""
    if rules.purchased_share is None:
        return None
    total = sum(answered.values()) + 1
    behind = answered.get("purchased", 0) < rules.purchased_share * total
    return "purchased" if behind else "staff"
