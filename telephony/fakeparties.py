"""Who takes part in a call on the fake exchange: callers, phones, and the legs between them.

Plain state and what a person can do; what it means for the exchange is decided in
`telephony.fake`. Nothing here knows of a router.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from router.commands import Play, RecordVoicemail

Manner = Literal["answer", "ring", "reject", "busy", "ignore"]
"""When called a phone answers at once, rings and waits, rings and is declined, is busy, or says
nothing at all although it is registered."""


class Happenings(Protocol):
    """What parties tell the exchange."""

    def pressed(self, caller: FakeCaller, key: str) -> None: ...
    def caller_left(self, caller: FakeCaller) -> None: ...
    def fell_silent(self, caller: FakeCaller) -> None: ...
    def answered(self, leg: FakeLeg) -> None: ...
    def declined(self, leg: FakeLeg) -> None: ...
    def phone_changed(self, phone: FakePhone) -> None: ...


@dataclass(eq=False)
class Recording:
    """A voicemail being recorded; times in seconds of the fake exchange's own clock."""

    command: RecordVoicemail
    since: float
    silent_since: float | None


@dataclass(eq=False)
class FakeCaller:
    """A person who dialled. `where`: with the router, in the dialplan's fallback, or gone."""

    call_id: str
    number: str
    name: str
    dialled: str
    ingress: str
    exchange: Happenings = field(repr=False)
    where: Literal["line", "fallback", "gone"] = "line"
    music: bool = False
    plays: list[Play] = field(default_factory=list)
    recording: Recording | None = None
    silent: bool = False
    queue: str = ""
    """The fallback queue the caller belongs to, or was handed to."""
    served_by: str = ""
    """The phone that answered in the fallback."""
    arrived_at: float = 0.0

    def press(self, keys: str) -> None:
        for key in keys:
            self.exchange.pressed(self, key)

    def hang_up(self) -> None:
        self.exchange.caller_left(self)

    def fall_silent(self) -> None:
        """Say nothing from now on; a caller talks until then."""
        self.exchange.fell_silent(self)


@dataclass(eq=False)
class FakeLeg:
    """A call from the exchange to a phone."""

    leg_id: str
    call_id: str
    phone: FakePhone
    caller_number: str
    caller_name: str
    again: bool = False
    """Rung for a talk that goes on."""
    rang: bool = False
    up: bool = False
    music: bool = False


@dataclass(eq=False)
class FakePhone:
    """A person's phone; registered from the start."""

    name: str
    exchange: Happenings = field(repr=False)
    manner: Manner = "answer"
    reachable: bool = True
    leg: FakeLeg | None = None

    def answer(self) -> None:
        """Answer what rings."""
        self.exchange.answered(self._ringing())

    def reject(self) -> None:
        """Decline what rings."""
        self.exchange.declined(self._ringing())

    def hang_up(self) -> None:
        """End the call that is up."""
        if self.leg is None or not self.leg.up:
            raise RuntimeError(f"{self.name}: no call is up")
        self.exchange.declined(self.leg)

    def vanish(self) -> None:
        """Lose the registration; a call goes on."""
        self.reachable = False
        self.exchange.phone_changed(self)

    def register(self) -> None:
        self.reachable = True
        self.exchange.phone_changed(self)

    def _ringing(self) -> FakeLeg:
        if self.leg is None or not self.leg.rang or self.leg.up:
            raise RuntimeError(f"{self.name}: nothing rings")
        return self.leg
