"""A whole small house for the API's tests: real engine, pump, journal, database and HTTP.

Only the telephone exchange is the shipped fake. Everything listens on loopback on a free port.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import msgspec

from cases.access import Access
from cases.browserphones import BrowserPhones
from cases.journal import FileJournal
from cases.people import People
from cases.records import NewPerson, Role
from cases.sessions import Sessions
from cases.store import Store, migrate
from cases.writer import StoreWriter
from config.model import SeatPlace, Settings, Web
from reports.archive import Archive
from reports.fonts import Fonts
from reports.press import Press
from router.facts import Fact
from router.runner import Pump, recover
from telephony.fake import FakeCaller, FakePbx
from tests.router.line import LINE
from web.gate import LIVE
from web.live import Live
from web.route import Deps, Part
from web.server import WebServer

NOON = 1_780_027_200.0
"""2026-05-29 12:00 in Sichuan."""

SETTINGS = Settings(
    line=LINE,
    seats=(SeatPlace(id="8001", name="一号坐席"), SeatPlace(id="8002", name="二号坐席")),
    web=Web(port=0, session_hours=12),
)
SKILLS = {"lang:cmn": 3, "law:general": 3}
DEADLINE_S = 10.0


async def nowhere(digits: Collection[str]) -> Mapping[str, str]:
    """Regions of numbers: none, at once; the tables take seconds (tests/reports)."""
    return {}


class HandClock:
    """Stands still until it is set; never runs backwards."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> float:
        return self.at


class Reply:
    """Everything of an answer, read to its end."""

    def __init__(self, response: aiohttp.ClientResponse, body: bytes) -> None:
        self.status = response.status
        self.headers = response.headers
        self.cookies = response.cookies
        self.body = body

    @property
    def json(self) -> Any:
        assert self.headers["Content-Type"] == "application/json; charset=utf-8"
        return msgspec.json.decode(self.body)

    @property
    def problem(self) -> tuple[int, str, str | None]:
        """Status, code and field of a refusal; its sentence must be there too."""
        body = self.json
        assert set(body) - {"detail", "slip"} == {"code", "field", "message"}
        assert body["message"]
        return self.status, body["code"], body["field"]


class Client:
    """Somebody at a browser or a program, perhaps signed in."""

    def __init__(self, house: House, http: aiohttp.ClientSession, token: str = "") -> None:
        self.house = house
        self.http = http
        self.token = token
        self.address = house.address

    async def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """`path` below `/api/v1`; `body` bytes as they are, anything else as JSON."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = None
        if body is not None:
            sent["Content-Type"] = "application/json"
            data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        url = f"{self.address}/api/v1{path}"
        async with self.http.request(method, url, data=data, headers=sent | (headers or {})) as got:
            return Reply(got, await got.read())

    async def get(self, path: str, **headers: str) -> Reply:
        return await self.ask(
            "GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    async def post(self, path: str, body: object = None) -> Reply:
        return await self.ask("POST", path, body)

    def watch(self) -> Any:
        """The websocket, as an asynchronous context."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.http.ws_connect(f"{self.address}/api/v1/live/ws", headers=headers)


class House:
    """Fields are the real things; `client` signs somebody in."""

    def __init__(self, store: Store, journal: FileJournal, folder: Path) -> None:
        self.clock = HandClock()
        self.store = store
        self.journal = journal
        self.recordings = folder / "recordings"
        self.recordings.mkdir()
        self.policy_file = folder / "policy.toml"
        self.people = People(store)
        self.sessions = Sessions(store, SETTINGS.web.session_hours)
        self.access = Access(store, self.recordings)
        self.pump = Pump(recover(LINE, journal), journal, self.clock)
        self.pbx = FakePbx(self.pump.post, self.clock)
        zone = ZoneInfo(LINE.centre.timezone)
        self.writer = StoreWriter(store, journal, zone=zone, flush_s=0.0, flush_rows=500)
        self.pump.follow(self.writer.follow)
        self.health: dict[str, Callable[[], Part]] = {"journal": lambda: Part("ok")}
        self.provisioned: list[str] = []
        self.exchange_lost = False
        self.server: WebServer
        self.address = ""
        self.http: list[aiohttp.ClientSession] = []

    async def _provision(self) -> None:
        if self.exchange_lost:
            raise OSError("the exchange cannot be told")
        self.provisioned = [account.phone for account in await self.people.phones()]

    async def _history(self, since: float) -> Sequence[Fact]:
        return [fact for fact in self.journal.read(0) if fact.at >= since]

    def deps(self, **other: Any) -> Deps:
        mine: dict[str, Any] = {
            "settings": SETTINGS,
            "desk": self.pump,
            "access": self.access,
            "people": self.people,
            "sessions": self.sessions,
            "clock": self.clock,
            "health": self.health,
            "history": self._history,
            "provision": self._provision,
            "reports": Archive(self.store, SETTINGS, nowhere),
            "press": Press(Fonts.of(SETTINGS.reports)),
            "phones": BrowserPhones(self.store),
            "browsers": self.pbx.browsers,
            "policy_file": self.policy_file,
        }
        return Deps(**(mine | other))

    @property
    def live(self) -> Live:
        return self.server._runner.app[LIVE]

    async def another_web(self, **deps: Any) -> tuple[WebServer, str]:
        """One more server before the same house, and its address."""
        server = WebServer(self.deps(**deps))
        return server, f"http://127.0.0.1:{await server.start()}"

    # ---- people ----

    def stranger(self) -> Client:
        session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        self.http.append(session)
        return Client(self, session)

    async def person(self, username: str, role: Role = "seat", **more: Any) -> NewPerson:
        added = {"phone": f"phone-{username}", "skills": SKILLS} | more
        return await self.people.add(
            name=f"张{username}", username=username, role=role, now=self.clock.now(), **added
        )

    async def client(self, username: str, role: Role = "seat", **more: Any) -> Client:
        """A new person who has signed in and changed the one-time password."""
        person = await self.person(username, role, **more)
        person_id = person.person.id
        await self.people.change_password(
            person_id, person.password, f"password of {username}", self.clock.now()
        )
        client = self.stranger()
        client.token = await self.sessions.open(person_id, self.clock.now())
        return client

    async def seated(self, username: str, seat: str = "8001") -> Client:
        """Somebody who sits at a seat, ready, with a phone that rings and waits."""
        client = await self.client(username)
        self.pbx.phone(f"phone-{username}").manner = "ring"
        for step in ("sign-in", "ready"):
            reply = await client.post(f"/seats/{seat}/{step}")
            assert reply.status == 200, reply.body
        return client

    # ---- calls ----

    async def waiting(self, number: str = "13800000001") -> FakeCaller:
        """A caller who pressed 0 and waits, or whose seat rings."""
        caller = self.pbx.dial(number)
        caller.press("0")
        await self.until(lambda: self.call_stage(caller) in ("queue", "ringing"))
        return caller

    async def talking(self, username: str, number: str = "13800000001") -> FakeCaller:
        """A caller who talks to that person, who has to be ready."""
        caller = await self.waiting(number)
        phone = self.pbx.phone(f"phone-{username}")
        await self.until(lambda: phone.leg is not None and phone.leg.rang)
        phone.answer()
        await self.until(lambda: self.call_stage(caller) == "talking")
        return caller

    async def over(self, caller: FakeCaller) -> None:
        """The caller hangs up, and the database knows everything."""
        caller.hang_up()
        await self.until(lambda: self.call_stage(caller) == "")
        await self.stored()

    async def stored(self) -> None:
        await self.writer.caught_up(self.journal.last_seq, DEADLINE_S)

    def call_stage(self, caller: FakeCaller) -> str:
        calls = {call.id: call.stage for call in self.pump.snapshot().calls}
        return calls.get(caller.call_id, "")

    async def play_until(self, true: Callable[[], bool]) -> None:
        """Let prompts end one after the other until `true()`."""
        async with asyncio.timeout(DEADLINE_S):
            while not true():
                self.pbx.elapse(self.pbx.next_due() or 0.0)
                await asyncio.sleep(0)  # the pump's turn

    async def until_hears(self, caller: FakeCaller, *what: str) -> None:
        """Until the commands have come to where the caller hears this."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                if self.pbx.hears(caller) == what:
                    return
                await asyncio.sleep(0)  # the lane's turn

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for facts until `true()`."""
        news = asyncio.Event()
        stop = self.pump.follow(lambda _facts: news.set())
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not true():
                    news.clear()
                    await news.wait()
        finally:
            stop()


Elsewhere = Callable[[House], AbstractAsyncContextManager[Mapping[str, Any]]]
"""Serves a house's screens from another place: the dependencies that are others there."""


@asynccontextmanager
async def here(_house: House) -> AsyncIterator[Mapping[str, Any]]:
    """Screens in the router's own process."""
    yield {}


@asynccontextmanager
async def house_in(
    folder: Path, *, url: str = "", elsewhere: Elsewhere = here, **deps: Any
) -> AsyncIterator[House]:
    """`url`: a migrated database without rows; without it, a file is made."""
    if not url:
        url = f"sqlite:///{folder / 'hotline.sqlite'}"
        await migrate(url)
    store = await Store.open(url)
    journal = FileJournal(folder / "journal")
    house = House(store, journal, folder)
    tasks = [
        asyncio.create_task(house.pump.run(house.pbx)),
        asyncio.create_task(house.pbx.run()),
        asyncio.create_task(house.writer.run()),
    ]
    try:
        await house.until(lambda: house.pump.snapshot().pbx_up)
        async with elsewhere(house) as others:
            house.server, house.address = await house.another_web(**(dict(others) | deps))
            try:
                yield house
            finally:
                for session in house.http:
                    await session.close()
                await house.server.stop()
                await house.stored()
    finally:
        for task in reversed(tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        journal.close()
        await store.close()
