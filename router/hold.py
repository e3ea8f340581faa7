"""A talk in which the caller hears music: put on hold by the seat, or waiting for it to come back.

Two reasons, told apart (`Talk.held`, `Talk.away`), and music as long as there is one of them. The
talk goes on meanwhile: it is one service act, and its seconds of music are counted with it.
"""

from __future__ import annotations

from router import facts as f
from router import interpreting
from router.call import Call, Talk
from router.commands import Connect, Hold
from router.turn import Turn


def hold(turn: Turn, call: Call, talk: Talk) -> None:
    """The seat lets the caller wait."""
    was_apart = talk.apart
    turn.fact(f.CallHeld(call.id, talk.seat_id, talk.person_id))
    if not was_apart:
        music(turn, call, talk)


def resume(turn: Turn, call: Call, talk: Talk) -> None:
    """The seat talks again, as soon as its phone is there."""
    turn.fact(f.CallResumed(call.id, talk.seat_id, talk.person_id))
    if not talk.apart:
        join(turn, call, talk)


def music(turn: Turn, call: Call, talk: Talk) -> None:
    """Out of the bridge, to music."""
    turn.stop_play(call)
    turn.do(Hold(call.id, talk.bridge_id))


def join(turn: Turn, call: Call, talk: Talk) -> None:
    """Together again. Connect ends prompts and music by itself."""
    turn.played(call)
    turn.do(Connect(call.id, talk.leg_id, talk.bridge_id))


def ended(turn: Turn, call: Call, talk: Talk, by: f.HangupParty) -> None:
    """Record the end of the talk, and of interpreting in it."""
    interpreting.ended(turn, call)
    turn.fact(
        f.TalkEnded(
            call.id,
            talk.leg_id,
            talk.seat_id,
            talk.person_id,
            by,
            turn.now - talk.since,
            talk.hold_s(turn.now),
        )
    )
