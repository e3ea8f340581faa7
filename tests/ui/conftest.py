"""Fixtures of the browser suite: the house of tests/web with the built screens, and browsers.

Each test is run in both shapes: everything in one process, and router and screens apart.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest

from hotline.cast import Player
from tests.e2e.house import INTERPRETS
from tests.e2e.house import House as Hotline
from tests.e2e.scene import Scene
from tests.pbx import until
from tests.split.redisserver import RedisServer
from tests.split.shape import Form
from tests.store.conftest import emptied, execute, migrated_server, server
from tests.ui.apart import screens_apart
from tests.ui.browser import Browsers, browsers
from tests.ui.desk import LINE, MICROPHONE_HZ, write_pulses
from tests.web.conftest import quick_passwords
from tests.web.house import Elsewhere, House, here, house_in
from web.page import DIST

__all__ = ["migrated_server", "quick_passwords", "server"]


# ---- both shapes: every test here is run in each ----


@pytest.fixture(scope="session", params=["together", "apart"])
def form(request: pytest.FixtureRequest) -> Form:
    """One process on SQLite; or router and screens apart, over Redis and PostgreSQL."""
    form: Form = request.param
    return form


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is about Redis has no meaning in one process: it is not run there, and not skipped."""
    alone = [
        item for item in items if item.get_closest_marker("apart") and "[together" in item.name
    ]
    items[:] = [item for item in items if item not in alone]
    config.hook.pytest_deselected(items=alone)


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    """One Redis for the whole session, which tests may kill and start."""
    server = RedisServer()
    try:
        server.start()
        yield server
    finally:
        server.end()


@pytest.fixture
async def house(form: Form, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    assert (DIST / "index.html").is_file(), "scripts/ui builds the screens"
    url = ""
    elsewhere: Elsewhere = here
    if form == "apart":
        redis: RedisServer = request.getfixturevalue("redis")
        # The whole line's keys are in the server's first database.
        redis.command("-n", "1", "FLUSHDB")
        url = emptied(request.getfixturevalue("migrated_server"))
        elsewhere = partial(screens_apart, f"{redis.url}?db=1", url)
    async with house_in(tmp_path, url=url, elsewhere=elsewhere, beat_s=0.5) as built:
        yield built


@pytest.fixture
async def screens(house: House) -> AsyncIterator[Browsers]:
    """Chromium before that house. A page that complains of anything fails the test."""
    async with browsers(house.address) as opened:
        yield opened
        complaints = list(opened.complaints)
    assert complaints == []


# ---- the whole line, with Asterisk: for what is heard ----


@pytest.fixture(scope="session")
def line_database(server: str) -> str:
    execute(server, "CREATE DATABASE line")
    return f"{server}/line"


@pytest.fixture(scope="session")
def line(form: Form, request: pytest.FixtureRequest) -> Iterator[Hotline]:
    """The whole hotline with its screens, once in each shape for all tests that need sound."""
    assert (DIST / "index.html").is_file(), "scripts/ui builds the screens"
    # Not pytest's own directory: a socket's path may have no more than 107 bytes.
    with tempfile.TemporaryDirectory(prefix="hotline-ui-") as directory:
        url = store = ""
        if form == "apart":
            url = request.getfixturevalue("redis").url
            store = request.getfixturevalue("line_database")
        hotline = Hotline(Path(directory), LINE, form=form, redis=url, store=store)
        try:
            hotline.start()
            hotline.hire(3, INTERPRETS)
            yield hotline
        finally:
            hotline.stop()


@pytest.fixture
async def scene(line: Hotline, tmp_path: Path) -> AsyncIterator[Scene]:
    """The test's callers. Afterwards nothing of theirs may be left in Asterisk."""
    scene = Scene(line, tmp_path)
    await scene.begin()
    try:
        yield scene
    finally:
        await scene.end()
    left = until(lambda: not line.asterisk.left_behind(), 10)
    assert left, f"left behind in Asterisk: {line.asterisk.left_behind()}"


@pytest.fixture
async def desks(scene: Scene, tmp_path: Path) -> AsyncIterator[Browsers]:
    """Chromium with a microphone that speaks, before the whole line; seats are left at the end."""
    voice = tmp_path / "voice.wav"
    write_pulses(voice, MICROPHONE_HZ)
    async with browsers(
        scene.house.address, f"--use-file-for-fake-audio-capture={voice}"
    ) as opened:
        yield opened
        complaints = list(opened.complaints)
    for player in scene.house.players:
        await stand_up(scene, player)
    assert complaints == []


async def stand_up(scene: Scene, player: Player) -> None:
    """Whoever sits leaves the seat, after the call that may still be there."""
    seats = [s for s in scene.line.seats.values() if s.person_id == player.person.id]
    for seat in seats:
        if seat.state in ("talking", "offered"):
            await scene.line.post(f"/seats/{seat.id}/hang-up", player.token)
            await scene.line.seat(seat.id, "wrapup", "ready", "not_ready")
        await scene.line.post(f"/seats/{seat.id}/sign-out", player.token)
