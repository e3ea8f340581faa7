"""Up the ladder: what a caller asks of a seat is loosened as it waits, at the phone or away.

Each step up is a fact. The floor is in every rung, so no waiting ever takes it away.
"""

from __future__ import annotations

from queues.needs import text
from router import facts as f
from router.callback import Waiting
from router.turn import Turn


def relax(turn: Turn, who: Waiting) -> None:
    """The time of the next rung has come, whether a seat is being rung meanwhile or not."""
    _next_rung(turn, who, hopeless=False)
    skip_hopeless(turn, who)


def climb(turn: Turn, who: Waiting) -> None:
    """Up the ladder of another policy as far as the call has waited already."""
    rungs = turn.standing.ladder(who).rungs
    waited = turn.now - (who.waits_from or turn.now)
    while who.step + 1 < len(rungs) and rungs[who.step + 1].after_s <= waited:
        _next_rung(turn, who, hopeless=False)
    skip_hopeless(turn, who)
    await_next(turn, who)


def skip_hopeless(turn: Turn, who: Waiting) -> None:
    """Nobody waits out a rung that no seat on duty could ever serve."""
    rungs = turn.standing.ladder(who).rungs
    while who.step + 1 < len(rungs) and not turn.standing.anybody(who):
        _next_rung(turn, who, hopeless=True)


def _next_rung(turn: Turn, who: Waiting, *, hopeless: bool) -> None:
    rungs, next_one = turn.standing.ladder(who).rungs, who.step + 1
    if who.waits_from is None or next_one >= len(rungs):
        return
    rung, version = rungs[next_one], turn.policy.version
    turn.fact(f.Relaxed(who.id, next_one, text(rung.needs), rung.relaxes, hopeless, version))
    await_next(turn, who)


def await_next(turn: Turn, who: Waiting) -> None:
    rungs, next_one = turn.standing.ladder(who).rungs, who.step + 1
    if next_one < len(rungs):
        at = (who.waits_from or turn.now) + rungs[next_one].after_s
        turn.timers.set("relax", who.id, max(at, turn.now))
    else:
        turn.timers.cancel(who.id, "relax")
