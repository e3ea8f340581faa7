"""A real Redis for each test that asks for one. It fails, and never skips, where there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.split.redisserver import RedisServer
from tests.store.conftest import migrated_file, migrated_server, server, store, url

__all__ = ["migrated_file", "migrated_server", "server", "store", "url"]


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """One that has everything again after a restart."""
    yield from _running(RedisServer(keeps=True))


@pytest.fixture
def forgetful() -> Iterator[RedisServer]:
    """One that is empty after a restart."""
    yield from _running(RedisServer(keeps=False))


def _running(server: RedisServer) -> Iterator[RedisServer]:
    try:
        server.start()
        yield server
    finally:
        server.end()
