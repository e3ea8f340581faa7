"""Reports are made on both databases: the fixtures are those of the store's suite."""

from __future__ import annotations

from tests.store.conftest import (
    empty_url,
    migrated_file,
    migrated_server,
    server,
    store,
    url,
)

__all__ = ["empty_url", "migrated_file", "migrated_server", "server", "store", "url"]
