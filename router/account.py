"""Why one call waited as it did and got the seats it got: what there is to tell, as plain data.

`router.recount` derives it from the facts, `web.why` puts it into words. Only shapes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from queues.explain import Choice
from queues.waited import Ahead, Stretch

End = Literal["answered", "voicemail", "fallback", "left", "waiting"]
"""How a wait came to its end; `left`: the caller hung up, `waiting`: it has not ended yet."""


class Loosened(msgspec.Struct, frozen=True):
    """The call came to a further rung. `after_s`: seconds since it began to wait."""

    at: float
    rung: int
    after_s: float
    needs: str
    relaxes: tuple[str, ...]
    hopeless: bool
    """Not because it was time: nobody on duty could ever have served it on the rung before."""
    pair: bool
    """From here on two seats together would do."""


class Told(msgspec.Struct, frozen=True):
    """What the caller was told, and what was estimated (`router.facts.WaitTold`)."""

    at: float
    ahead: int
    median_s: float | None
    p90_s: float | None
    minutes: int | None


class Chosen(msgspec.Struct, frozen=True):
    """One offer, and who else there was. `end`: as the fact says; empty: it still rings."""

    at: float
    choice: Choice
    end: str = ""
    rang_s: float = 0.0
    persons: Mapping[str, str] = {}
    """Seat → who sat there."""
    agrees: bool = True
    """The same decision came of the state before it when it was derived again."""


class Wait(msgspec.Struct, frozen=True):
    """One wait, from asking for a human (or from a talk that broke off) to its end; epoch s."""

    begins: float
    ends: float
    end: End
    language: str
    service: str
    policy: str
    """Version that the waiting began with."""
    needs: str
    """Of the first rung."""
    head_start_s: float
    head_start_why: tuple[str, ...]
    voicemail_why: str = ""
    """As the fact says, when it ended so."""
    again: bool = False
    """After a talk that broke off: in the place it had."""
    ahead_at_first: int = 0
    """Callers who waited, were ahead by order and could have used the same seats."""
    stretches: tuple[Stretch, ...] = ()
    ahead: tuple[Ahead, ...] = ()
    loosened: tuple[Loosened, ...] = ()
    chosen: tuple[Chosen, ...] = ()
    told: tuple[Told, ...] = ()


class Account(msgspec.Struct, frozen=True):
    """`gone`: facts from before the wait, or the policy that decided, are no longer there, so that
    it cannot be told, or not in full, who was on duty and why which seat was chosen."""

    call_id: str
    waits: tuple[Wait, ...] = ()
    gone: bool = False
