"""First contact keeps the case (首问负责): a caller with an open case goes to whoever keeps it.

For a bounded time only that seat serves the call, afterwards anybody able; the order of the queue
stays, so the keeper's seat serves nobody out of turn. Which cases are open the slips say
(`OwnersChanged`); a keeper who is not at work, or does not speak the caller's language, is not
waited for.
"""

from __future__ import annotations

from config.model import Language
from router import events as e
from router import facts as f
from router.call import Call
from router.numbers import plain
from router.seat import Seat
from router.turn import Turn


def learn(turn: Turn, event: e.OwnersChanged) -> None:
    """Whose open cases callers have; told again, it changes nothing."""
    known = turn.state.owners
    changed = {
        number: owner
        for number, owner in event.owners.items()
        if known.get(number, ("", 0.0)) != owner
    }
    if not changed:
        return
    turn.fact(f.OwnersKnown(changed))
    for call in turn.state.calls.values():
        if call.stage in ("queue", "ringing") and _number(turn, call) in changed:
            wait(turn, call)


def wait(turn: Turn, call: Call) -> None:
    """Have a call that waits for a seat wait for its keeper, if there is one to wait for."""
    person_id, open_until = turn.state.owners.get(_number(turn, call), ("", 0.0))
    if not person_id or open_until <= turn.now:
        return
    turn.owned.setdefault(person_id, {})[call.id] = None
    until = (call.waits_from or turn.now) + turn.policy.owner.wait_s
    if until <= turn.now or call.owner_seat:
        return
    seat = next((s for s in turn.state.seats.values() if s.person_id == person_id), None)
    if seat is None or seat.state == "not_ready" or not _speaks(seat, turn.language(call)):
        return
    turn.fact(f.OwnerAwaited(call.id, seat.id, person_id, until))


def came(turn: Turn, seat: Seat) -> None:
    """The person is ready: who waits and has a case with it waits for it alone from now on."""
    for call_id in turn.owned.pop(seat.person_id, {}):
        call = turn.state.calls.get(call_id)
        if call is not None and call.stage in ("queue", "ringing"):
            wait(turn, call)


def left(turn: Turn, seat: Seat) -> None:
    """The person is not to be had: nobody waits for it."""
    for call_id in turn.owned.get(seat.person_id, {}):
        call = turn.state.calls.get(call_id)
        if call is None or call.owner_seat != seat.id or call.stage not in ("queue", "ringing"):
            continue
        turn.fact(f.OwnerAwaited(call.id, "", "", 0.0))


def remember(turn: Turn, call: Call) -> None:
    """After a restart: whose case a waiting call is."""
    person_id, _ = turn.state.owners.get(_number(turn, call), ("", 0.0))
    if person_id:
        turn.owned.setdefault(person_id, {})[call.id] = None


def _number(turn: Turn, call: Call) -> str:
    return plain(call.caller_number, turn.line.centre.area_code)


def _speaks(seat: Seat, language: Language) -> bool:
    return seat.skills.get(language.skill, 0) > 0
