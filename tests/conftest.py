"""Fixtures that several packages' tests share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pbx import RunningPbx, start_pbx, until


@pytest.fixture(scope="session")
def pbx() -> Iterator[RunningPbx]:
    """One private Asterisk for the whole session. Fails, never skips, where there is none."""
    # Not pytest's own directory: a socket's path may have no more than 107 bytes.
    with tempfile.TemporaryDirectory(prefix="hotline-") as directory:
        running = start_pbx(Path(directory))
        try:
            yield running
        finally:
            running.pbx.stop()


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test with `pbx`: no channel and no bridge may be left in Asterisk."""
    yield
    if "pbx" not in request.fixturenames:
        return
    running = request.getfixturevalue("pbx")
    if isinstance(running, RunningPbx) and not until(lambda: not running.left_behind()):
        left = running.left_behind()
        for channel in running.ari("GET", "channels"):
            running.ari("DELETE", f"channels/{channel['id']}")
        for bridge in running.ari("GET", "bridges"):
            running.ari("DELETE", f"bridges/{bridge['id']}")
        pytest.fail(f"left behind in Asterisk: {', '.join(left)}")
