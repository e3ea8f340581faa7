"""What happened at a phone, in order, and waiting for what happens next.

Shared by the phones we drive ourselves (`softphone`, `wirephone`). It never sleeps: a waiter is
woken by the event or by its deadline, and a missed deadline names what happened instead.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


class PhoneError(Exception):
    """The phone is not installed, did not start, refused a command or missed a deadline."""


@dataclass(frozen=True, slots=True)
class Happened:
    """`at` is the loop's clock in seconds; `detail` is the phone's own words."""

    at: float
    what: str
    detail: dict[str, str] = field(default_factory=dict)


class PhoneLog:
    """Events of one phone. Reading moves forward only: what was passed over is not met again."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.all: list[Happened] = []
        self._next = 0
        self._closed = False
        self._wake = asyncio.Event()

    def add(self, what: str, detail: dict[str, str] | None = None) -> None:
        now = asyncio.get_running_loop().time()
        self.all.append(Happened(now, what, detail or {}))
        self._wake.set()

    def skip(self) -> None:
        """Pass over everything that has happened so far."""
        self._next = len(self.all)

    def close(self) -> None:
        """Nothing will happen any more: whoever waits is told at once."""
        self._closed = True
        self._wake.set()

    async def expect(self, *kinds: str, deadline_s: float) -> Happened:
        """The next event of one of `kinds`. For one waiter at a time.

        Raises PhoneError after `deadline_s`, or when the phone is gone.
        """
        try:
            async with asyncio.timeout(deadline_s):
                while True:
                    while self._next < len(self.all):
                        event = self.all[self._next]
                        self._next += 1
                        if event.what in kinds:
                            return event
                    if self._closed:
                        raise PhoneError(f"{self.owner}: the phone is gone")
                    self._wake.clear()
                    await self._wake.wait()
        except TimeoutError:
            happened = ", ".join(event.what for event in self.all) or "nothing"
            wanted = " or ".join(kinds)
            raise PhoneError(
                f"{self.owner}: no {wanted} within {deadline_s} s, but: {happened}"
            ) from None
