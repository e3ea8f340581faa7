"""Fixtures of the end-to-end tests: one running line, and the people of each test on it."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.e2e.house import SEATS, House
from tests.e2e.scene import Scene
from tests.pbx import until


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """The whole hotline, once for all tests. Fails, never skips, where it cannot run."""
    # Not pytest's own directory: a socket's path may have no more than 107 bytes.
    with tempfile.TemporaryDirectory(prefix="hotline-e2e-") as directory:
        house = House(Path(directory))
        try:
            house.start()
            house.hire(len(SEATS))
            yield house
        finally:
            house.stop()


@pytest.fixture
async def scene(house: House, tmp_path: Path) -> AsyncIterator[Scene]:
    """The test's callers and agents. Afterwards nothing of theirs may be left anywhere."""
    if not house.runs():
        await asyncio.to_thread(house.start)  # a test before this one failed without a router
    files = open_files(house.pid)
    pid = house.pid
    scene = Scene(house, tmp_path)
    await scene.begin()
    try:
        yield scene
    finally:
        await scene.end()
    left = until(lambda: not house.asterisk.left_behind(), 10)
    assert left, f"left behind in Asterisk: {house.asterisk.left_behind()}"
    if house.pid == pid and house.runs():
        # A connection of the board or to Asterisk may be on its way out or in.
        assert until(lambda: open_files(pid) <= files + 2), "the router keeps files open"


def open_files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - a directory that changes under us
