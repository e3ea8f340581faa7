"""Mending: Asterisk's view against ours, through the same moves that live events take.

After a restart, after a lost connection and every few seconds, `seen` compares. What Asterisk no
longer has has ended; what we do not know is taken in or let go. Things we do not know are acted on
at the second sight (their event may still be on its way), or at once after a reconnection, when
the events in between are lost for good.
"""

from __future__ import annotations

from router import (
    entry,
    hold,
    interpreting,
    message,
    owners,
    pair,
    rejoin,
    ringback,
    seats,
    talk,
    waiting,
)
from router import events as e
from router import facts as f
from router.call import Call, Talk
from router.closing import caller_gone, taken_away
from router.commands import CancelDial, CancelLeg, Connect, Disconnect, Dismiss, StartHold
from router.legs import ended as leg_ended
from router.phones import is_browser
from router.turn import Turn

GRACE_S = 1.0
"""What changed this shortly before the view was asked for may not be in it yet."""


def lost(turn: Turn) -> None:
    if not turn.state.pbx_up:
        return
    turn.fact(f.PbxDown())
    # Accounts of browsers are forgotten when Asterisk restarts, which we would not be told.
    for phone in [phone for phone in turn.state.phones if is_browser(phone)]:
        turn.fact(f.PhoneLost(phone))


def seen(turn: Turn, view: e.PbxSeen) -> None:
    if not turn.state.pbx_up:
        turn.fact(f.PbxUp())
    callers = {ch.call_id: ch for ch in view.channels if not ch.leg_id}
    legs = {ch.leg_id: ch for ch in view.channels if ch.leg_id}
    for call in list(turn.state.calls.values()):
        if call.id in view.away:
            if call.stage != "fallback":
                taken_away(turn, call)
        elif call.touched < view.asked_at - GRACE_S and call.id not in turn.hung_up:
            _mend_call(turn, call, call.id in callers, legs, view)
    for callback in list(turn.state.callbacks.values()):
        fresh = callback.touched >= view.asked_at - GRACE_S
        if not fresh and ringback.compare(turn, callback, view, frozenset(callers)):
            assert callback.dial is not None
            _meet(turn, "call", callback.dial.call_id, callers)
    strangers = _strangers(turn, view, callers, legs)
    known = list(turn.state.calls.values())
    ripe = strangers if view.reconnected else strangers & turn.strangers
    turn.strangers = strangers - ripe
    for kind, id in sorted(ripe):
        _meet(turn, kind, id, callers)
    if view.reconnected:
        for seat in turn.state.seats.values():
            seats.sync(turn, seat)
        for call in known:
            if call.id in callers and call.id in turn.state.calls:
                resume(turn, call)


def _mend_call(
    turn: Turn, call: Call, alive: bool, legs: dict[str, e.SeenChannel], view: e.PbxSeen
) -> None:
    if not alive:
        turn.fact(f.Healed("call_gone", call.id))
        caller_gone(turn, call, 0, healed=True)
        return
    if call.talk is not None:
        _mend_talk(turn, call, call.talk, legs, view)
        interpreting.mend(turn, call, legs, view)
    for offer in call.rung:
        leg = legs.get(offer.leg_id)
        if offer not in call.rung:
            pass  # went with the other one of its pair, or talks
        elif leg is None:
            turn.fact(f.Healed("leg_gone", offer.leg_id))
            leg_ended(turn, call, offer.leg_id, "withdrawn", 0)
        elif leg.up:
            talk.answered(turn, call, offer)


def _mend_talk(
    turn: Turn, call: Call, held: Talk, legs: dict[str, e.SeenChannel], view: e.PbxSeen
) -> None:
    ours = [held.leg_id if held.leg_up else "", held.rejoin_leg]
    missing = [leg_id for leg_id in ours if leg_id and leg_id not in legs]
    for leg_id in missing:
        turn.fact(f.Healed("leg_gone", leg_id))
        leg_ended(turn, call, leg_id, "withdrawn", 0)
    if missing:
        return
    if held.rejoin_leg and legs[held.rejoin_leg].up:
        rejoin.answered(turn, call, held)
        return
    joined = set(view.bridges.get(held.bridge_id, ()))
    if held.apart and call.id in joined:
        turn.fact(f.Healed("hold_lost", call.id))
        hold.music(turn, call, held)
    elif not held.apart and not {call.id, held.leg_id} <= joined:
        turn.fact(f.Healed("bridge_lost", held.bridge_id))
        turn.do(Connect(call.id, held.leg_id, held.bridge_id))


def _strangers(
    turn: Turn,
    view: e.PbxSeen,
    callers: dict[str, e.SeenChannel],
    legs: dict[str, e.SeenChannel],
) -> set[tuple[str, str]]:
    """What Asterisk holds and we do not know: (kind, id)."""
    calls = turn.state.calls.values()
    parties = [
        party for call in calls for party in (call.talk, interpreting.present(call)) if party
    ]
    known_legs = {offer.leg_id for call in calls for offer in call.rung} | {
        leg_id for party in parties for leg_id in (party.leg_id, party.rejoin_leg)
    }
    known_bridges = {call.talk.bridge_id for call in calls if call.talk}
    return (
        {("call", id) for id in callers.keys() - turn.state.calls.keys()}
        | {("leg", id) for id in legs.keys() - known_legs}
        | {("bridge", id) for id in view.bridges.keys() - known_bridges}
        | {("dial", id) for id in view.dials if turn.state.dialled(id) is None}
    )


def _meet(turn: Turn, kind: str, id: str, callers: dict[str, e.SeenChannel]) -> None:
    if kind == "leg":
        turn.fact(f.Healed("leg_unknown", id))
        turn.do(CancelLeg(e.call_of(id), id))
    elif kind == "dial":
        turn.fact(f.Healed("dial_unknown", id))
        turn.do(CancelDial(id))
    elif kind == "bridge":
        turn.fact(f.Healed("bridge_unknown", id))
        turn.do(Disconnect(e.call_of(id), id))
    elif id in turn.state.closed:
        turn.fact(f.Healed("call_closed", id))
        turn.do(Dismiss(id))
    else:
        ch = callers[id]
        turn.fact(f.Healed("call_unknown", id))
        entry.arrived(
            turn, e.CallArrived(id, ch.caller_number, ch.caller_name, ch.dialled, ch.ingress)
        )


def resume(turn: Turn, call: Call) -> None:
    """Take up a call whose prompts and music may have ended unseen."""
    match call.stage:
        case "greeting":
            entry.greet(turn, call)
        case "menu" if call.node in turn.line.menu.nodes:
            entry.ask(turn, call, call.node, call.attempt)
        case "menu":
            waiting.enter(turn, call)
        case "queue" | "ringing":
            turn.stop_play(call)
            turn.do(StartHold(call.id))
            for offer in call.rung:
                if offer.up_at is not None:
                    pair.await_other(turn, call, offer)
        case "talking" if call.talk is not None and call.talk.apart:
            hold.music(turn, call, call.talk)
        case "rating" if not talk.settled(call):
            turn.play(call, "rating", "rating-invite")
        case "voicemail" if not call.recording_id:
            message.invite(turn, call, call.voicemail_why)
        case "voicemail" if message.recording(call):
            turn.timers.set("message", call.id, turn.now + turn.line.voicemail.max_s)
        case "fallback":
            # We meant to give it away and did not get to it.
            waiting.enter(turn, call)
        case "rating" | "voicemail" | "callback":
            talk.goodbye(turn, call)
        case _:
            pass


def rearm(turn: Turn) -> None:
    """Set every timer that the restored state implies."""
    for seat in turn.state.seats.values():
        if seat.state == "wrapup":
            turn.timers.set("wrapup", seat.id, seat.wrapup_until)
        elif seat.paused_until > turn.now:
            turn.timers.set("pause", seat.id, seat.paused_until)
    for call in turn.state.calls.values():
        if call.entered_at is not None and call.stage in ("queue", "ringing"):
            waiting.keep_time(turn, call)
            owners.remember(turn, call)
        for offer in call.rung:
            ring = turn.line.ring
            turn.timers.set("ring", call.id, offer.since + ring.timeout_s)
            if offer.rang_at is None and offer.up_at is None:
                turn.timers.set("dead", call.id, offer.since + ring.dead_after_s)
        if call.talk is not None and call.talk.away:
            turn.timers.set("rejoin", call.id, call.talk.away_until)
        interpreter = interpreting.present(call)
        if interpreter is not None and interpreter.away:
            turn.timers.set("interpreter", call.id, interpreter.away_until)
    for callback in turn.state.callbacks.values():
        ringback.keep_time(turn, callback)
