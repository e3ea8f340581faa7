"""Fixtures of the browser suite: the house of tests/web with the built screens, and browsers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.ui.browser import Browsers, browsers
from tests.web.conftest import quick_passwords
from tests.web.house import House, house_in
from web.page import DIST

__all__ = ["quick_passwords"]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    assert (DIST / "index.html").is_file(), "scripts/ui builds the screens"
    async with house_in(tmp_path, beat_s=0.5) as built:
        yield built


@pytest.fixture
async def screens(house: House) -> AsyncIterator[Browsers]:
    """Chromium before that house. A page that complains of anything fails the test."""
    async with browsers(house.address) as opened:
        yield opened
        complaints = list(opened.complaints)
    assert complaints == []
