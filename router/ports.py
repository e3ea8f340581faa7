"""What the router needs from the outside, as protocols: telephony, journal and clock.

Implemented by `telephony` (real Asterisk and `telephony.fake`) and `cases`; chosen only in
`hotline`. Nothing here decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from router.commands import Command
from router.events import Event, Request
from router.facts import Fact
from router.state import Snapshot
from router.verdict import Refusal

Post = Callable[[Event], None]
"""Hands an event to the pump's inbox; never blocks; to be called in the loop's own thread."""


class Clock(Protocol):
    def now(self) -> float:
        """Epoch seconds that never run backwards within a process."""
        ...


class Telephony(Protocol):
    """The telephone exchange. Events go to the `post` it was built with."""

    async def run(self) -> None:
        """Connect and stay connected until cancelled; posts `PbxSeen` / `PbxLost`."""
        ...

    async def perform(self, command: Command) -> None:
        """Carry out one command. Never raises for Asterisk's sake: posts `CommandRefused`.

        The caller keeps the order within a lane; different lanes call this side by side.
        """
        ...


class Journal(Protocol):
    """Where facts live. `append` is called by the pump only, and before any command is done."""

    def append(self, facts: Sequence[Fact]) -> None:
        """Write to the log in the operating system; the log is synced in groups afterwards.

        Raises OSError when the log cannot be written: the pump then stops taking calls.
        """
        ...

    def read(self, after_seq: int) -> Sequence[Fact]:
        """Facts of the log with a greater `seq`, in order; a torn last line is cut off."""
        ...

    def keep_snapshot(self, seq: int, snapshot: bytes) -> None:
        """Keep the engine's state as of `seq`, so that older log files may be let go."""
        ...

    def snapshot(self) -> tuple[int, bytes] | None:
        """The newest snapshot kept, with its `seq`."""
        ...


class RouterAway(Exception):
    """The router, or the way to it, is away: whether a request was carried out is not known."""


class Freshness(msgspec.Struct, frozen=True):
    """How far what a desk shows may be from what the router has recorded."""

    behind_s: float = 0.0
    """Seconds since it was last known to be everything; 0 where router and screens are one."""
    stale: bool = False
    """The router has given no sign of life for too long, or facts are missing: say so."""
    thread: str = ""
    """Names the sequence of facts. Another one: what was folded is void, begin from `snapshot`."""


class Desk(Protocol):
    """How screens reach the router: requests in, facts out."""

    async def ask(self, request: Request) -> Refusal | None:
        """Put a person's request to the engine; None: done, and its facts are recorded.

        Facts of the request have reached the followers by then. Raises RouterAway.
        """
        ...

    def snapshot(self) -> Snapshot:
        """The live state as of now; facts with a greater `seq` follow by `follow`."""
        ...

    def follow(self, follower: Callable[[Sequence[Fact]], None]) -> Callable[[], None]:
        """Call `follower` with each batch of facts, in order, from now on; returns how to stop.

        Called in the loop's thread between two steps: it must not block. An empty batch says that
        `fresh` has changed.
        """
        ...

    def fresh(self) -> Freshness:
        """How far the facts handed to followers are behind; cheap, to be asked at any time."""
        ...
