"""Fixtures of the end-to-end tests: one running line, and the people of each test on it."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.e2e.house import INTERPRETS, SEATS, House
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
            house.hire(len(SEATS) - 1, INTERPRETS)
            yield house
        finally:
            house.stop()


@pytest.fixture
async def scene(house: House, tmp_path: Path) -> AsyncIterator[Scene]:
    """The test's callers and agents. Afterwards nothing of theirs may be left anywhere."""
    if not house.runs():
        await asyncio.to_thread(house.start)  # a test before this one failed without a router
    files, sockets = open_files(house.pid)
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

        def let_go() -> bool:
            now_files, now_sockets = open_files(pid)
            return now_files <= files + 2 and now_sockets <= sockets + KEPT

        assert until(let_go), "the router keeps files open"


KEPT = 34
"""Connections that may stay: the pool to ARI keeps as many as were ever under way at once (32 at
the most, `telephony.ari_pool`), and the board's may be on its way out."""


def open_files(pid: int) -> tuple[int, int]:
    """Open files and open connections of a process."""
    files = sockets = 0
    for name in os.listdir(f"/proc/{pid}/fd"):  # noqa: PTH208 - a directory that changes under us
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")  # noqa: PTH115 - idem
        except FileNotFoundError:
            continue
        sockets += target.startswith("socket:")
        files += not target.startswith("socket:")
    return files, sockets
