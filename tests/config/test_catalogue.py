"""Every code of a slip and every outcome has a name, and no name is of something unknown."""

from __future__ import annotations

from typing import get_args

import pytest

from cases.slips import EMOTIONS, GROUPS, KINDS, MATTERS
from config.words import TONGUES, words
from router.facts import Outcome

CODES = {
    "kind": set(KINDS),
    "matter": {*MATTERS, *"ABCD"},
    "group": set(GROUPS),
    "emotion": {str(level) for level in EMOTIONS},
    "outcome": set(get_args(Outcome)),
}


@pytest.mark.parametrize("tongue", TONGUES)
@pytest.mark.parametrize("table", CODES)
def test_names_are_of_the_codes(tongue: str, table: str) -> None:
    prefix = f"catalogue.{table}."
    named = {key.removeprefix(prefix) for key in words(tongue).entries if key.startswith(prefix)}
    assert named == CODES[table]
