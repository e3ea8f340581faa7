"""Citizens' own telephones on the fake exchange, for when they are rung back.

Like `telephony.fakeparties` plain state and what a person can do, with the rules of the real
exchange: an answer is an arrival, every other end is told once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from router.commands import DialCaller
from router.events import DialEnded, Event
from telephony.fakeparties import Manner
from telephony.faketime import FakeTime
from telephony.perform import EXISTS, GONE, NO_CONTACT
from telephony.translate import BUSY, REJECTED, DialEnd

NO_ANSWER = 19


@dataclass(eq=False)
class FakeCitizen:
    """Whom a number belongs to. Manners as of phones; who is rung by one call is busy."""

    number: str
    outside: FakeOutside = field(repr=False)
    manner: Manner = "answer"
    rung: str = ""
    """Id of the call that rings; empty: none does."""

    def answer(self) -> None:
        """Answer what rings."""
        self.outside.answered(self)

    def reject(self) -> None:
        """Decline what rings."""
        self.outside.ended(self, "rejected", REJECTED)


class FakeOutside:
    """`tell`: an event for the router; `picked_up`: call id and number of who has answered."""

    def __init__(
        self,
        time: FakeTime,
        tell: Callable[[Event], None],
        picked_up: Callable[[str, str], None],
    ) -> None:
        self.citizens: dict[str, FakeCitizen] = {}
        self.dials: dict[str, FakeCitizen] = {}
        """Who is being rung, by the id of the call that will be."""
        self._time = time
        self._tell = tell
        self._picked_up = picked_up

    def citizen(self, number: str = "13800000001") -> FakeCitizen:
        """Whose number it is; one that was never asked for here cannot be reached."""
        if number not in self.citizens:
            self.citizens[number] = FakeCitizen(number, self)
        return self.citizens[number]

    def ring(self, dial: DialCaller) -> str:
        """An empty word, or why it is refused."""
        if dial.call_id in self.dials:
            return EXISTS
        citizen = self.citizens.get(dial.caller_number)
        if citizen is None:
            self._tell(DialEnded(dial.call_id, "unreachable", NO_CONTACT))
            return ""
        if citizen.rung or citizen.manner == "busy":
            self._tell(DialEnded(dial.call_id, "busy", BUSY))
            return ""
        citizen.rung = dial.call_id
        self.dials[dial.call_id] = citizen
        self._time.later(dial.timeout_s, lambda: self._rang_out(dial.call_id))
        if citizen.manner == "answer":
            citizen.answer()
        elif citizen.manner == "reject":
            citizen.reject()
        return ""

    def cancel(self, call_id: str) -> str:
        citizen = self.dials.get(call_id)
        if citizen is None:
            return GONE
        self.ended(citizen, "no_answer", NO_ANSWER)
        return ""

    def answered(self, citizen: FakeCitizen) -> None:
        self._picked_up(self._stopped(citizen), citizen.number)

    def ended(self, citizen: FakeCitizen, end: DialEnd, cause: int) -> None:
        self._tell(DialEnded(self._stopped(citizen), end, cause))

    def die(self) -> None:
        """The exchange is gone, and nobody is rung any more."""
        for citizen in list(self.dials.values()):
            self._stopped(citizen)

    def _rang_out(self, call_id: str) -> None:
        citizen = self.dials.get(call_id)
        if citizen is not None:
            self.ended(citizen, "no_answer", 0)

    def _stopped(self, citizen: FakeCitizen) -> str:
        if not citizen.rung:
            raise RuntimeError("nothing rings")
        call_id, citizen.rung = citizen.rung, ""
        del self.dials[call_id]
        return call_id
