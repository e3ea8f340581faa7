"""The end of a call, whichever stage it is in: the caller may hang up at every single moment."""

from __future__ import annotations

from router import facts as f
from router import message, ringback, talk, waiting
from router.call import Call, outcome_of
from router.turn import Turn


def caller_gone(turn: Turn, call: Call, cause: int, *, healed: bool = False) -> None:
    """The caller's channel is gone. A message being recorded keeps the call open a little."""
    stage, outcome = call.stage, outcome_of(call)
    match stage:
        case "ringing":
            waiting.withdraw(turn, call, "caller_left")
        case "talking":
            talk.caller_left(turn, call)
        case "rating":
            talk.left_in_rating(turn, call)
        case "voicemail" if message.caller_left(turn, call, cause):
            return
        case _:
            pass
    _close(turn, call, stage, outcome, cause, healed=healed)


def taken_away(turn: Turn, call: Call) -> None:
    """The dialplan has the caller: whatever we were about with it is over, unseen by us."""
    if call.rung:
        waiting.withdraw(turn, call, "withdrawn")
    elif call.talk is not None:
        # Only a caller without a partner is taken away: the seat had hung up while we were gone,
        # or let the caller wait to music (telephony.orphans).
        talk.seat_gone(turn, call)
    else:
        talk.left_in_rating(turn, call)
    turn.forget(call)
    if call.stage != "fallback":
        turn.fact(f.WentToFallback(call.id))


def close_after_message(turn: Turn, call: Call) -> None:
    """The recording of a caller who had left was reported, or given up."""
    cause = turn.hung_up.get(call.id)
    if cause is not None and not message.recording(call):
        _close(turn, call, call.stage, outcome_of(call), cause, healed=False)


def _close(
    turn: Turn, call: Call, stage: f.Stage, outcome: f.Outcome, cause: int, *, healed: bool
) -> None:
    by: f.HangupParty = "line" if call.id in turn.dismissed else "caller"
    turn.forget(call)
    turn.fact(f.CallClosed(call.id, outcome, stage, by, cause, healed))
    ringback.phone_down(turn, call.id)
