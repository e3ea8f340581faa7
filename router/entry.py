"""The way in: greeting, recording notice, language and service by key.

Never traps anyone: `0` is a human at every node, silence leads to a human, wrong keys are answered
and lead to a human in the end. At most two presses to a human (checked by `config.loader`).
"""

from __future__ import annotations

from config.model import MenuKey, MenuNode
from queues.hours import is_open
from router import events as e
from router import facts as f
from router import message, ringback, waiting
from router.call import Call
from router.commands import Dismiss
from router.turn import Turn

MAX_QUESTIONS = 6
"""Questions asked in one node, repeats included, before a human is the answer."""


def arrived(turn: Turn, event: e.CallArrived) -> None:
    if event.call_id in turn.state.calls or event.call_id in turn.state.closed:
        return
    if e.is_dial(event.call_id):
        _answered(turn, event)
        return
    line = turn.line
    opened = is_open(line.hours, line.centre.timezone, turn.now)
    turn.fact(
        f.CallOpened(
            event.call_id,
            event.caller_number,
            event.caller_name,
            event.dialled,
            event.ingress,
            opened,
            line.version,
        )
    )
    greet(turn, turn.state.calls[event.call_id])


def _answered(turn: Turn, event: e.CallArrived) -> None:
    """A caller whom we rang: greeted and asked before, it goes where its place is."""
    callback = turn.state.dialled(event.call_id)
    if callback is None:
        # An answer that came too late, when the phone was to ring no longer.
        turn.do(Dismiss(event.call_id))
        turn.dismissed.discard(event.call_id)  # never was a call of ours
        return
    line = turn.line
    turn.fact(
        f.CallOpened(
            event.call_id,
            callback.caller_number,
            callback.caller_name,
            event.dialled,
            event.ingress,
            is_open(line.hours, line.centre.timezone, turn.now),
            line.version,
            callback.id,
        )
    )
    seat = ringback.reached(turn, callback, event.call_id)
    call = turn.state.calls[event.call_id]
    waiting.enter(turn, call)
    if seat is not None and call.waiting:
        waiting.offer_kept(turn, call, callback)
    else:
        ringback.release(turn, callback)


def greet(turn: Turn, call: Call) -> None:
    if turn.line.menu.welcome:
        turn.play(call, "welcome", turn.line.menu.welcome)
    else:
        greeted(turn, call)


def greeted(turn: Turn, call: Call) -> None:
    """The greeting was heard out, or a key cut it short."""
    if not call.within_hours:
        message.invite(turn, call, "closed")
    elif turn.line.menu.start in turn.line.menu.nodes:
        ask(turn, call, turn.line.menu.start, 1)
    else:
        waiting.enter(turn, call)


def ask(turn: Turn, call: Call, node: str, attempt: int, *first: str) -> None:
    """Ask the question of `node`; `first` prompts come before it."""
    turn.timers.cancel(call.id, "menu")
    turn.fact(f.MenuEntered(call.id, node, attempt))
    turn.play(call, "menu", *first, turn.line.menu.nodes[node].prompt)


def asked(turn: Turn, call: Call) -> None:
    """The question was heard out: silence counts from here."""
    node = turn.line.menu.nodes.get(call.node)
    turn.timers.set("menu", call.id, turn.now + (node.timeout_s if node else 0.0))


def silent(turn: Turn, call: Call) -> None:
    if call.stage == "menu":
        turn.fact(f.MenuSilent(call.id, call.node))
        waiting.enter(turn, call)


def pressed(turn: Turn, call: Call, key: str) -> None:
    if call.stage == "greeting":
        _pressed_in_greeting(turn, call, key)
        return
    node = turn.line.menu.nodes.get(call.node)
    if key == "0" or node is None:
        _taken(turn, call, key, MenuKey())
    elif key in node.keys:
        _taken(turn, call, key, node.keys[key])
    elif key in "*#" and call.attempt < MAX_QUESTIONS:
        # Repeat and back, as on every public line; a node may give these keys another meaning.
        back = turn.line.menu.start if key == "#" else call.node
        ask(turn, call, back, call.attempt + 1)
    else:
        _wrong(turn, call, key, node)


def _pressed_in_greeting(turn: Turn, call: Call, key: str) -> None:
    if key == "0" and call.within_hours:
        turn.stop_play(call)
        _taken(turn, call, key, MenuKey())
    elif call.within_hours and turn.line.menu.start in turn.line.menu.nodes:
        # Somebody who knows the menu need not hear the greeting out.
        turn.stop_play(call)
        turn.fact(f.MenuEntered(call.id, turn.line.menu.start, 1))
        pressed(turn, call, key)


def _taken(turn: Turn, call: Call, key: str, choice: MenuKey) -> None:
    turn.timers.cancel(call.id, "menu")
    turn.fact(f.KeyTaken(call.id, call.node, key, choice.language, choice.service, choice.goto))
    if choice.goto == "again" and call.attempt < MAX_QUESTIONS:
        ask(turn, call, call.node, call.attempt + 1)
    elif choice.goto in turn.line.menu.nodes:
        ask(turn, call, choice.goto, 1)
    else:
        waiting.enter(turn, call)


def _wrong(turn: Turn, call: Call, key: str, node: MenuNode) -> None:
    turn.fact(f.KeyWrong(call.id, call.node, key))
    if call.wrong > node.max_wrong or call.attempt >= MAX_QUESTIONS:
        turn.timers.cancel(call.id, "menu")
        waiting.enter(turn, call)
    else:
        ask(turn, call, call.node, call.attempt + 1, "wrong-key")
