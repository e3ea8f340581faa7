"""The two stages of the contract suite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.fakestage import FakeStage
from tests.contract.realstage import RealStage
from tests.contract.stage import Stage


@pytest.fixture(params=["fake", pytest.param("asterisk", marks=pytest.mark.pbx)])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    if request.param == "fake":
        fake = FakeStage()
        yield fake
        assert fake.leftovers() == []
        return
    async with RealStage(request.getfixturevalue("pbx"), tmp_path) as real:
        yield real
