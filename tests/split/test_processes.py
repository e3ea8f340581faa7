"""`hotline serve --role router` and `--role web` as real processes, with PostgreSQL and Redis.

Only the telephone exchange is the shipped fake (tests/split/fakeline.py).
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cases.people import People
from cases.sessions import Sessions
from cases.store import Store
from config.policyfile import PACKAGED
from config.words import words
from hotline.cli import DONE, USAGE
from hotline.serve import ROLES
from tests.pbx import free_port, until
from tests.split.fakeline import CODE
from tests.split.redisserver import RedisServer
from tests.split.shape import COMMAND, Form, Process, Shape
from tests.web.screen import Screen

DEADLINE_S = 40.0
SKILLS = {"lang:cmn": 3, "law:general": 3}

_SETTINGS = """
[line.centre]
id = "split"
[line.menu]
welcome = ""
start = ""
[line.rating]
enabled = false
[line.wrapup]
seconds = 0.0
[pbx]
http_port = {http}
ami_port = {ami}
[store]
url = "{store}"
[web]
port = {web}
[paths]
data = "{data}"
"""


@pytest.fixture
def file(url: str, tmp_path: Path) -> Path:
    """The settings of both processes. `url`: the database, SQLite or PostgreSQL."""
    path = tmp_path / "hotline.toml"
    path.write_text(
        _SETTINGS.format(
            http=free_port(socket.SOCK_STREAM),
            ami=free_port(socket.SOCK_STREAM),
            web=free_port(socket.SOCK_STREAM),
            store=url,
            data=tmp_path / "data",
        ),
        "utf-8",
    )
    return path


class Viewer:
    """Somebody with a browser at a line's screens: what it was sent, applied as a browser does."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, board: dict[str, Any]) -> None:
        self._ws = ws
        self._take(board)
        self.wholes = 1
        self.stale_told: list[bool] = []
        """Each time that it changed, as it was told."""

    def _take(self, message: dict[str, Any]) -> None:
        self.screen = Screen(message["board"])
        self.stale = message["stale"]

    @property
    def view(self) -> dict[str, Any]:
        return self.screen.view

    async def until(self, true: Callable[[], bool], within_s: float = DEADLINE_S) -> None:
        """Hear messages until something is so."""
        async with asyncio.timeout(within_s):
            while not true():
                message = await self._ws.receive_json()
                before = self.stale
                match message["type"]:
                    case "board":
                        self.wholes += 1
                        self._take(message)
                    case "changes":
                        assert message["seq"] >= self.view["seq"], "a change came twice"
                        self.screen.hear(message)
                    case "beat":
                        self.stale = message["stale"]
                if self.stale != before:
                    self.stale_told.append(self.stale)


class Client:
    """HTTP as one person."""

    def __init__(self, http: aiohttp.ClientSession, port: int, token: str) -> None:
        self._http, self._api = http, f"http://127.0.0.1:{port}/api/v1"
        self._head = {"Authorization": f"Bearer {token}"}

    async def post(self, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        url = f"{self._api}{path}"
        async with self._http.post(url, json=body, headers=self._head) as reply:
            return reply.status, await reply.json()

    async def get(self, path: str) -> dict[str, Any]:
        async with self._http.get(f"{self._api}{path}", headers=self._head) as reply:
            assert reply.status == 200, await reply.text()
            decoded: dict[str, Any] = await reply.json()
            return decoded

    async def watch(self) -> Viewer:
        ws = await self._http.ws_connect(f"{self._api}/live/ws", headers=self._head)
        return Viewer(ws, await ws.receive_json())


@asynccontextmanager
async def person(line: Shape, url: str, username: str, role: Any) -> AsyncIterator[Client]:
    """Somebody new who has signed in."""
    store = await Store.open(url)
    try:
        people = People(store)
        added = await people.add(
            name=f"张{username}", username=username, role=role, phone=f"phone-{username}",
            skills=SKILLS, now=time.time(),
        )  # fmt: skip
        own = added.person.id
        await people.change_password(own, added.password, f"password of {username}", time.time())
        token = await Sessions(store, 1.0).open(own, time.time())
    finally:
        await store.close()
    async with aiohttp.ClientSession() as http:
        yield Client(http, line.port, token)


async def stored_calls(client: Client) -> int:
    """How many calls are in the database, as the list of calls says."""
    seen, cursor = 0, ""
    while True:
        page = await client.get(f"/calls?limit=200{cursor}")
        seen += len(page["calls"])
        if not page.get("next"):
            return seen
        cursor = f"&before={page['next']}"


async def test_calls_go_on_while_redis_restarts_and_screens_say_that_they_are_behind(
    file: Path, url: str, forgetful: RedisServer
) -> None:
    line = Shape(file, "apart", redis=forgetful.url, code=CODE)
    await asyncio.to_thread(line.__enter__)
    try:
        async with (
            person(line, url, "chief", "supervisor") as chief,
            person(line, url, "seat", "seat") as seat,
        ):
            line.router.tell("phone phone-seat")
            screen = await chief.watch()
            await screen.until(lambda: screen.view["phones"].get("phone-seat", False))
            assert (await seat.post("/seats/8001/sign-in"))[0] == 200
            status, ready = await seat.post("/seats/8001/ready")
            assert (status, ready["state"]) == (200, "ready")
            line.router.tell("calls 40")
            await screen.until(lambda: offered(screen) == 40 and not screen.view["calls"])

            # Redis goes; the line does not notice, screens say so, and nobody is kept waiting.
            await asyncio.to_thread(forgetful.kill)
            line.router.tell("calls 60")
            await screen.until(lambda: screen.stale)
            status, problem = await seat.post("/seats/8001/not-ready", {"reason": "break"})
            assert (status, problem["code"]) == (503, "router-away")
            assert await asyncio.to_thread(part, line, "redis") == "degraded"
            assert (await asyncio.to_thread(line.health))["status"] == "degraded"
            await until_stored(chief, 100)  # calls went on, and are in the database already
            assert offered(screen) == 40

            await asyncio.to_thread(forgetful.start)
            line.router.tell("calls 20")
            await screen.until(lambda: not screen.stale)
            await screen.until(lambda: offered(screen) == 120 and not screen.view["calls"])
            assert screen.stale_told == [True, False]
            assert screen.wholes == 1, "a screen that had nearly everything began anew"
            fresh = await chief.watch()
            await fresh.until(lambda: fresh.view["today"]["whole"])
            await screen.until(
                lambda: (
                    screen.view["seq"] >= fresh.view["seq"]
                    and screen.view["parts"]["router"]["state"] == "ok"
                )
            )
            # Parts are looked at now and then: they may differ by a moment.
            assert screen.view | {"parts": {}} == fresh.view | {"parts": {}}
            status, away = await seat.post("/seats/8001/not-ready", {"reason": "break"})
            assert (status, away["state"]) == (200, "not_ready")
    finally:
        await asyncio.to_thread(line.stop)
    assert "Traceback" not in line.router.said() + line.web.said()


def offered(screen: Viewer) -> int:
    counted: int = screen.view["today"]["counts"]["offered"]
    return counted


async def until_stored(client: Client, many: int) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while await stored_calls(client) < many:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.05)


async def test_a_router_killed_and_started_again_is_followed_on(
    file: Path, url: str, redis: RedisServer
) -> None:
    line = Shape(file, "apart", redis=redis.url, code=CODE)
    await asyncio.to_thread(line.__enter__)
    try:
        async with person(line, url, "chief", "supervisor") as chief:
            screen = await chief.watch()
            line.router.tell("calls 20")
            await screen.until(lambda: offered(screen) == 20 and not screen.view["calls"])
            line.router.kill()
            await screen.until(lambda: screen.stale)
            assert await asyncio.to_thread(part, line, "router") == "down"
            assert (await asyncio.to_thread(line.health))["status"] == "down"
            # With the same journal it need not wait for the lease of the one that was killed.
            await asyncio.to_thread(restarted, line.router)
            line.router.tell("calls 10")
            await screen.until(lambda: not screen.stale and offered(screen) == 30)
            assert screen.wholes == 1
    finally:
        await asyncio.to_thread(line.stop)


def part(line: Shape, name: str) -> str:
    """How one part is, as the screens' process says."""
    parts: Any = line.health()["parts"]
    return str(parts[name]["state"])


def restarted(process: Process) -> None:
    process.start()
    process.wait_until("Ctrl-C")


def test_a_second_router_is_refused_and_the_first_goes_on(
    file: Path, redis: RedisServer, tmp_path: Path
) -> None:
    env = {"HOTLINE__REDIS__URL": redis.url}
    first = Process(file, "router", env, CODE)
    second = Process(
        file, "router", env | {"HOTLINE__PATHS__DATA": str(tmp_path / "other"),
                               "HOTLINE__STORE__URL": ""}, CODE,
    )  # fmt: skip
    try:
        restarted(first)
        second.start()
        assert second.ended() == 1
        said = words("").text("serve.lease-held", centre="split")
        assert said in second.said()
        assert first.runs()
    finally:
        first.stop()
        second.stop()


def test_screens_without_a_router_start_and_say_so(file: Path, redis: RedisServer) -> None:
    line = Shape(file, "apart", redis=redis.url, code=CODE)
    web = line.web
    try:
        web.start()
        web.wait_until("Ctrl-C")
        assert until(lambda: part(line, "redis") == "ok" and part(line, "router") == "down")
        assert line.health()["status"] == "down"
    finally:
        web.stop()


@pytest.mark.parametrize("role", [role for role in ROLES if role != "all"])
def test_a_role_without_redis_is_refused_in_words(file: Path, role: str) -> None:
    process = Process(file, role, {}, CODE)
    process.start()
    assert process.ended() == 1
    assert words("").text("serve.needs-redis", role=role) in process.said()


def test_screens_without_the_routers_database_are_refused_in_words(
    file: Path, redis: RedisServer, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    web = Process(
        file, "web",
        {"HOTLINE__REDIS__URL": redis.url, "HOTLINE__STORE__URL": f"sqlite:///{elsewhere}"}, CODE,
    )  # fmt: skip
    web.start()
    assert web.ended() == 1
    assert words("").text("serve.no-store") in web.said()
    assert not elsewhere.exists()


@pytest.mark.parametrize("form", ["together", "apart"])
async def test_a_changed_policy_is_taken_up_from_the_command_line(
    form: Form, file: Path, url: str, redis: RedisServer, tmp_path: Path
) -> None:
    """The screens' process reads the file, the router decides by it; a bad one changes nothing."""
    policy = tmp_path / "policy.toml"
    shipped = PACKAGED.read_text("utf-8")
    policy.write_text(shipped.replace("packaged-1", "first"), "utf-8")
    file.write_text(file.read_text("utf-8") + f'[line]\npolicy = "{policy}"\n', "utf-8")
    line = Shape(file, form, redis=redis.url, code=CODE)
    argv = ("--lang", "en", "policy", "reload", "--user", "chief")

    async def reload() -> tuple[int, str]:
        command = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", COMMAND, *argv),
            env={
                **os.environ,
                "HOTLINE_SETTINGS": str(file),
                "HOTLINE_PASSWORD": "password of chief",
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await command.communicate()
        return command.returncode or 0, said.decode()

    with line:
        async with person(line, url, "chief", "supervisor") as chief:
            assert (await chief.get("/policy"))["version"] == "first"
            policy.write_text(
                shipped.replace("packaged-1", "second").replace("aid", "ade"), "utf-8"
            )
            code, said = await reload()
            assert (code, f"{policy}:" in said) == (USAGE, True), said
            assert (await chief.get("/policy"))["version"] == "first"
            policy.write_text(shipped.replace("packaged-1", "second"), "utf-8")
            code, said = await reload()
            assert code == DONE, said
            assert words("en").text("cli.policy.taken", version="second") in said
            shown = await chief.get("/policy")
            assert (shown["version"], list(shown["versions"])) == ("second", ["first", "second"])
