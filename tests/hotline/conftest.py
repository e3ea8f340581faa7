"""Commands that keep something are tested on both databases, as `tests.store` is."""

from __future__ import annotations

from pathlib import Path

import pytest

from telephony.prompts import load_manifest
from telephony.sounds import install
from tests.store.conftest import migrated_file, migrated_server, server, url

__all__ = ["migrated_file", "migrated_server", "server", "url"]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prompts in telephone formats, made once: `pbx` of a data directory."""
    pbx = tmp_path_factory.mktemp("installed")
    install(load_manifest(), None, pbx / "sounds", pbx / "moh")
    return pbx
