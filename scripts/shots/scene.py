"""Who is on the line in the pictures: seats with real softphones, callers who talk and wait.

Names and numbers are made up. The phones are the project's own; what is waited for is what the
live board shows.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from hotline.cast import Cast, Player
from hotline.onlooker import Onlooker
from scripts.shots.house import House
from telephony.softphone import Account, Softphone

_NUMBERS = itertools.count(1)
CMN = {"lang:cmn": 5, "law:general": 4}


class Role(NamedTuple):
    """A person at a seat."""

    username: str
    name: str
    seat: str
    skills: Mapping[str, int]


AT_DESK = Role("zhaojia", "赵甲", "8001", {**CMN, "law:labour": 4, "law:contract": 3})
SEATS = (
    Role("qianyi", "钱乙", "8002", {**CMN, "law:marriage": 4}),
    Role("sunbing", "孙丙", "8003", CMN),
    Role("liding", "李丁", "8004", {**CMN, "law:contract": 4}),
    Role("zhouwu", "周戊", "8005", CMN),
    Role("zhuoma", "卓玛（示例）", "8006", {"lang:khg": 5, "lang:bo": 5, **CMN}),
    Role("wangxin", "王辛", "8009", {**CMN, "law:labour": 5, "group:migrant": 5}),
    Role("fengren", "冯壬", "8011", {**CMN, "aid": 5}),
    Role("chengui", "陈癸", "8012", {"lang:en": 5, "law:general": 3}),
)


class Scene:
    """Everybody on the line; `leave` puts every phone away."""

    def __init__(self, house: House, line: Onlooker, folder: Path) -> None:
        self.house = house
        self.line = line
        self.players: dict[str, Player] = {}
        self._folder = folder
        self._server = f"{house.settings.sip.host}:{house.settings.sip.port}"
        self._phones: list[Softphone] = []

    async def hire(self, cast: Cast) -> None:
        for role in (AT_DESK, *SEATS):
            self.players[role.seat] = await cast.add(role.username, role.name, "seat", role.skills)
        await cast.provision()

    async def sit(self) -> None:
        """All softphones register and their people sign in; nobody is ready yet."""
        for role in SEATS:
            player = self.players[role.seat]
            phone = await Softphone.start(
                self._folder / role.seat,
                account=Account(
                    user=player.person.phone, server=self._server, password=player.sip_password
                ),
                tone_hz=1000,
                answer="auto",
            )
            self._phones.append(phone)
            await phone.registered()
            user = player.person.phone
            await self.line.until(f"the phone {user}", partial(self.line.phones.get, user))
            await self.act(role.seat, "sign-in")

    async def act(self, seat: str, what: str, body: object = None) -> None:
        await self.line.post(f"/seats/{seat}/{what}", self.players[seat].token, body)

    async def dial(self, keys: str, number: str = "") -> tuple[Softphone, str]:
        """Somebody calls and presses `keys`; the phone and the call's id."""
        number = number or f"1990000{8100 + next(_NUMBERS)}"
        phone = await Softphone.start(
            self._folder / f"{number}-{next(_NUMBERS)}",
            account=Account(user=number, server=self._server),
        )
        self._phones.append(phone)
        before = self.line.call_of(number)
        await phone.dial(f"{self.house.settings.line.centre.number}@{self._server}")
        call = await self.line.until(
            f"a call from {number}",
            lambda: (now := self.line.call_of(number)) != before and now,
        )
        await phone.expect("CALL_ESTABLISHED")
        await phone.press(keys)
        return phone, str(call)

    async def talk(self, seat: str, keys: str, number: str = "") -> tuple[Softphone, str]:
        """A caller whom this seat serves."""
        if self.line.seats[seat].state != "ready":
            await self.act(seat, "ready")
        phone, call = await self.dial(keys, number)
        await self.line.stage(call, "talking", deadline_s=20)
        return phone, call

    async def served(self, seat: str, keys: str, number: str, score: str) -> None:
        """A short call from the greeting to the rating, and the seat free of it."""
        phone, call = await self.talk(seat, keys, number)
        await asyncio.sleep(4)  # so that there is something to hear
        await self.act(seat, "hang-up")
        await self.line.stage(call, "rating")
        await phone.press(score)
        await self.line.left(call, deadline_s=20)
        await self.line.seat(seat, "wrapup")
        await self.act(seat, "wrap-up/end")
        await self.act(seat, "not-ready", {"reason": "paperwork"})
        await phone.stop()

    async def given_up(self, keys: str) -> None:
        phone, call = await self.dial(keys)
        await self.line.stage(call, "queue")
        await asyncio.sleep(3)
        await phone.hang_up()
        await self.line.left(call)

    async def fill(self) -> None:
        """The morning so far, then the states that the wall shows."""
        await self.sit()
        # The number that calls the desk later: the offer card tells of earlier calls.
        await self.served("8009", "12", "19900008001", "1")
        await self.served("8003", "11", "19900008002", "2")
        await self.served("8011", "15", "19900008003", "1")
        await self.given_up("13")
        await self.served("8002", "13", "19900008004", "1")
        await self.talk("8002", "13")
        await self.talk("8004", "11")
        await self.talk("8006", "21")
        await self.talk("8009", "12")
        phone, _ = await self.talk("8003", "11")
        await asyncio.sleep(4)
        await phone.hang_up()
        await self.line.seat("8003", "wrapup")
        await self.act("8005", "not-ready", {"reason": "meal"})
        await self.act("8011", "not-ready", {"reason": "training"})
        await self.act("8012", "ready")

    async def crowd(self) -> None:
        """Callers who wait: several services, and one who speaks Tibetan."""
        for keys in ("12", "21", "13", "12"):
            _, call = await self.dial(keys)
            await self.line.stage(call, "queue")

    async def leave(self) -> None:
        for phone in self._phones:
            with contextlib.suppress(Exception):
                await phone.stop()
