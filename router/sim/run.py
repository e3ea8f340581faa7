"""One run: a line and a roster on given callers, by the engine itself, and what became of each.

The engine is the one that serves the line. By default the line is bare (`router.sim.bare`); the
whole line has its greeting, questions, announcements and rating too and takes three times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from config.model import Line
from router.engine import Engine
from router.sim.bare import bare, straight
from router.sim.callers import Caller
from router.sim.roster import Duty
from router.sim.tally import Tally
from router.sim.workers import Manners
from router.sim.world import World
from router.state import State

BARE_PROMPT_S = 40.0
"""Nothing is said on a bare line: what it plays lasts until somebody answers."""


class Side(msgspec.Struct, frozen=True):
    """One of those that are compared. `name`: what people call it."""

    name: str
    line: Line
    duties: Sequence[Duty]


def play(
    side: Side,
    callers: Iterable[Caller],
    *,
    seed: int,
    whole: bool = False,
    prompt_s: Mapping[str, float] | None = None,
    manners: Manners | None = None,
) -> Tally:
    """Play it to the end: every call closed, everybody gone home. `prompt_s`: for a whole line."""
    tally, state = Tally(), State()
    state.pbx_up = True
    line = side.line if whole else bare(side.line)
    world = World(
        Engine(line, state),
        callers if whole else map(straight, callers),
        side.duties,
        seed=f"simulate {seed} seats",
        record=tally.record,
        prompt_s=prompt_s if whole else {"to-human": BARE_PROMPT_S, "bare": BARE_PROMPT_S},
        manners=manners,
        dialled=line.centre.number,
        ingress="simulated",
        found_dead_s=None if whole else side.line.ring.dead_after_s,
    )
    world.run()
    return tally
