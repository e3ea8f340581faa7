"""`python -m tests.web.recorded`: what the board tells a screen in every story, as JSON.

The screens' own fold (web/ui/src/board/apply.ts) is held against it: web/ui/tests/board.test.ts
applies the messages one after the other and must have the view that stands beside each.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from config.model import SeatPlace, Settings
from router.state import Snapshot
from tests.router.line import LINE
from tests.router.stage import START, Stage
from web.board import Board
from web.live import Delta, LiveBoard
from web.views import Change, Part

STORIES = Path(__file__).parent.parent / "stories"
PLACES = (SeatPlace(id="8001", name="一号坐席"), SeatPlace(id="8009", name="九号坐席"))
SETTINGS = Settings(line=LINE, seats=PLACES)


def messages(story: str) -> Iterator[dict[str, Any]]:
    """Each message and the whole view after it, in which the screen has to agree."""
    stage = Stage(LINE)
    board = Board(Snapshot(0, 0.0), SETTINGS, START)
    yield {"message": LiveBoard(START, board.view()), "view": board.view()}
    told = 0
    for line in story.splitlines():
        if not line.strip() or line.startswith(("#", " ")):
            continue
        stage.tell(line)
        changes: list[Change] = [*board.apply(stage.facts[told:])]
        told = len(stage.facts)
        changes += board.health({"store": Part("degraded" if told % 3 else "ok", behind=told)})
        if board.nameless():
            changes += board.name({"zhang": "张三", "li": "李四"})
        if changes:
            at = stage.facts[-1].at
            yield {"message": Delta(at, board.seq, changes), "view": board.view()}


def recorded() -> dict[str, list[dict[str, Any]]]:
    stories = sorted(STORIES.glob("*.txt"))
    return {story.stem: [*messages(story.read_text("utf-8"))] for story in stories}


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(recorded()))
