"""Stories: one file, one thing that happens on the line, with every fact and command it leads to.

To rewrite them after a deliberate change, run this file with HOTLINE_REWRITE_STORIES=1 in the
environment, then read the diff as if it were code.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from router.engine import Engine
from router.replay import rounds
from router.state import Snapshot, State
from tests.router.line import LINE, POLICY
from tests.router.stage import Stage, played

STORIES = sorted((Path(__file__).parent.parent / "stories").glob("*.txt"))


def _retell(text: str) -> tuple[str, Stage]:
    stage = Stage(LINE)
    told: list[str] = []
    for line in text.splitlines():
        if line.startswith((" ", "\t")):
            continue  # what the machine said last time
        told.append(line)
        if line and not line.startswith("#"):
            told += stage.tell(line)
    return "\n".join(told) + "\n", stage


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_story_is_told_as_written(path: Path) -> None:
    written = path.read_text()
    told, stage = _retell(written)
    if os.environ.get("HOTLINE_REWRITE_STORIES"):
        path.write_text(told)
    else:
        assert told == written
    restored = Engine.restore(LINE, Snapshot(0, 0.0), tuple(stage.facts))
    assert msgspec.json.encode(restored.snapshot()) == msgspec.json.encode(stage.engine.snapshot())


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_every_decision_of_a_story_is_derived_again(path: Path) -> None:
    """From its facts alone: a seat that is chosen, one that is kept, or two at once."""
    state = State()
    for judged in rounds(state, state.apply, played(path.stem, LINE), {POLICY.version: POLICY}):
        assert judged.agrees, judged


def test_there_are_stories() -> None:
    assert len(STORIES) >= 20
