"""The stage of the contract suite: one set of moves for the fake exchange and for the real one.

A scenario sees only the router's port (commands in, events out) and people: callers who dial and
phones that are rung. What it asserts must hold on both stages.
"""

from __future__ import annotations

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal, Protocol, TypeVar

from router import commands as c
from router import events as e
from router.ports import Telephony

E = TypeVar("E", bound=e.Event)
T = TypeVar("T")

DEADLINE_S = 10.0
"""Longer than anything a scenario waits for."""

Manner = Literal["answer", "ring", "busy", "ignore"]

BACKGROUND = (e.PbxSeen, e.PhoneChanged, e.PbxLost, e.FallbackServed)
"""Events that are no part of one call's story; they are looked for by their own moves."""


class Caller(Protocol):
    async def press(self, key: str) -> None: ...
    async def hang_up(self) -> None: ...


class Phone(Protocol):
    @property
    def name(self) -> str: ...

    async def answer(self) -> None: ...
    async def reject(self) -> None: ...
    async def hang_up(self) -> None: ...
    async def vanish(self) -> None: ...
    async def let_go(self) -> None:
        """Return when the exchange has ended the phone's call."""


class Citizen(Protocol):
    async def answer(self) -> None: ...
    async def reject(self) -> None: ...
    async def hang_up(self, call_id: str) -> None: ...
    async def rung(self) -> None:
        """Return when it rings."""

    async def let_go(self) -> None:
        """Return when the exchange has ended its call."""


class Stage(ABC):
    """What happened so far, and how to make things happen."""

    telephony: Telephony

    def __init__(self) -> None:
        self.story: deque[e.Event] = deque()
        self.background: list[e.Event] = []
        self._numbers = itertools.count(1)

    # ---- what differs between the two ----

    @abstractmethod
    async def caller(self, *, silent: bool = False) -> Caller:
        """Somebody dials 12348 from 13800000001; `silent`: and says nothing, ever."""

    @abstractmethod
    async def phone(self, name: str, manner: Manner = "answer") -> Phone:
        """A registered phone of that manner, known to be reachable."""

    @abstractmethod
    async def citizen(self, manner: Manner = "answer") -> Citizen:
        """The telephone of the number that `caller` dials from, of that manner."""

    @abstractmethod
    async def turn(self) -> bool:
        """Let the next thing happen; False when nothing did in a reasonable time."""

    @abstractmethod
    async def settle(self) -> None:
        """Let everything happen that is on its way, and nothing that takes time of its own."""

    @abstractmethod
    async def lose_connection(self) -> None: ...

    @abstractmethod
    async def restore_connection(self) -> None: ...

    @abstractmethod
    async def served_by_fallback(self) -> None:
        """Return when a phone has answered a caller in the dialplan's fallback."""

    @abstractmethod
    async def ended_in_fallback(self) -> None:
        """Return when the fallback's last caller has left and is in its ledger."""

    @abstractmethod
    async def look(self) -> None:
        """Make the exchange compare, where it does not by itself."""

    @abstractmethod
    def now(self) -> float:
        """The clock the exchange was given."""

    @abstractmethod
    async def members(self) -> dict[tuple[str, str], bool]:
        """(fallback queue, phone) → paused."""

    @abstractmethod
    async def kept(self, path: str) -> bool:
        """Whether a recording of that path holds sound (on the fake: always)."""

    # ---- what both share ----

    def post(self, event: e.Event) -> None:
        (self.background if isinstance(event, BACKGROUND) else self.story).append(event)

    async def do(self, *commands: c.Command) -> None:
        for command in commands:
            await self.telephony.perform(command)

    async def expect(self, event: e.Event) -> None:
        """The next thing of the story is exactly this; a cause is compared only when given."""
        came = await self._next()
        if getattr(event, "cause", None) == 0:
            came = _without_cause(came)
        assert came == event

    async def expect_set(self, *events: e.Event) -> None:
        """The next things are exactly these, in whatever order."""
        came = [_without_cause(await self._next()) for _ in events]
        assert sorted(map(repr, came)) == sorted(map(repr, events))

    async def expect_a(self, kind: type[E]) -> E:
        came = await self._next()
        assert isinstance(came, kind), came
        return came

    async def expect_nothing(self) -> None:
        """Nothing more is said, however often it could have been said twice."""
        await self.settle()
        assert list(self.story) == []

    async def arrival(self, *, silent: bool = False) -> tuple[Caller, str]:
        """A caller who has arrived, and the call's id."""
        caller = await self.caller(silent=silent)
        return caller, (await self.expect_a(e.CallArrived)).call_id

    async def background_event(self, kind: type[E]) -> E:
        """The first event of this kind since `background` was last cleared."""

        def look() -> E | None:
            return next((event for event in self.background if isinstance(event, kind)), None)

        return await self._until(look, kind.__name__)

    async def seen(self, *, reconnected: bool = False) -> e.PbxSeen:
        """A view that was asked for after now, or the first one of a connection."""
        since = self.now()
        await self.look()

        def look() -> e.PbxSeen | None:
            for event in reversed(self.background):
                if isinstance(event, e.PbxSeen) and (
                    event.reconnected if reconnected else event.asked_at >= since
                ):
                    return event
            return None

        return await self._until(look, "PbxSeen")

    async def _until(self, look: Callable[[], T | None], what: str) -> T:
        """Turn after turn until `look` finds something."""
        async with asyncio.timeout(DEADLINE_S):
            while (found := look()) is None:
                assert await self.turn(), f"no {what}, but: {[*self.story]}"
        return found

    async def _next(self) -> e.Event:
        return await self._until(
            lambda: self.story.popleft() if self.story else None, "more of the story"
        )


def _without_cause(event: e.Event) -> e.Event:
    match event:
        case e.CallerHungUp():
            return e.CallerHungUp(event.call_id)
        case e.LegEnded():
            return e.LegEnded(event.leg_id, event.end)
        case e.DialEnded():
            return e.DialEnded(event.call_id, event.end)
        case _:
            return event


def ids(view: e.PbxSeen) -> Sequence[tuple[str, str, bool]]:
    return sorted((ch.call_id, ch.leg_id, ch.up) for ch in view.channels)


def joined(view: e.PbxSeen) -> dict[str, set[str]]:
    return {bridge: set(inside) for bridge, inside in view.bridges.items()}
