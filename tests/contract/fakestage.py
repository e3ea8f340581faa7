"""The stage on the fake exchange: nothing waits, time passes when a scenario waits for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from telephony.fake import FakePbx
from telephony.fakeoutside import FakeCitizen
from telephony.fakeparties import FakeCaller, FakePhone
from tests.contract.stage import Caller, Citizen, Manner, Phone, Stage


@dataclass
class _Caller:
    party: FakeCaller

    async def press(self, key: str) -> None:
        self.party.press(key)

    async def hang_up(self) -> None:
        self.party.hang_up()


@dataclass
class _Phone:
    party: FakePhone

    @property
    def name(self) -> str:
        return self.party.name

    async def answer(self) -> None:
        self.party.answer()

    async def reject(self) -> None:
        self.party.reject()

    async def hang_up(self) -> None:
        self.party.hang_up()

    async def vanish(self) -> None:
        self.party.vanish()

    async def let_go(self) -> None:
        assert self.party.leg is None


@dataclass
class _Citizen:
    party: FakeCitizen
    pbx: FakePbx

    async def answer(self) -> None:
        self.party.answer()

    async def reject(self) -> None:
        self.party.reject()

    async def hang_up(self, call_id: str) -> None:
        self.pbx.callers[call_id].hang_up()

    async def rung(self) -> None:
        assert self.party.rung

    async def let_go(self) -> None:
        assert not self.party.rung


class FakeStage(Stage):
    def __init__(self) -> None:
        super().__init__()
        self._now = 1_800_000_000.0
        self._pending: deque[Callable[[], None]] = deque()
        self.pbx = FakePbx(self.post, self, soon=self._pending.append, prompt_s=0.3)
        self.pbx.missing.add("nobody-recorded-this")
        self.pbx.connect()
        self.telephony = self.pbx

    def now(self) -> float:
        self._now += 0.001
        return self._now

    async def caller(self, *, silent: bool = False) -> Caller:
        caller = self.pbx.dial("13800000001")
        if silent:
            caller.fall_silent()
        return _Caller(caller)

    async def phone(self, name: str, manner: Manner = "answer") -> Phone:
        phone = self.pbx.phone(name)
        phone.manner = manner
        await self.settle()
        return _Phone(phone)

    async def citizen(self, manner: Manner = "answer") -> Citizen:
        citizen = self.pbx.outside.citizen("13800000001")
        citizen.manner = manner
        return _Citizen(citizen, self.pbx)

    async def turn(self) -> bool:
        if self._pending:
            self._pending.popleft()()
            return True
        due = self.pbx.next_due()
        if due is None:
            return False
        self.pbx.elapse(due)
        return True

    async def settle(self) -> None:
        while self._pending:
            self._pending.popleft()()

    async def lose_connection(self) -> None:
        self.pbx.lose_connection()

    async def restore_connection(self) -> None:
        self.pbx.connect()

    async def served_by_fallback(self) -> None:
        assert any(caller.served_by for caller in self.pbx.callers.values())

    async def ended_in_fallback(self) -> None:
        assert self.pbx.leftovers() == []

    async def look(self) -> None:
        if self.pbx.connected:
            self.pbx.look()

    async def members(self) -> dict[tuple[str, str], bool]:
        return {
            (queue, phone): paused
            for queue, phones in self.pbx.members.items()
            for phone, paused in phones.items()
        }

    async def kept(self, path: str) -> bool:
        return True

    def leftovers(self) -> list[str]:
        return self.pbx.leftovers()
