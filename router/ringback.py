"""Callbacks: a caller leaves the phone, keeps the place, and is rung when its turn comes.

The callback is a place in the same order as everybody else's. When a seat is free for it, that
seat is reserved, then the caller is rung; who answers is a call like any other and gets the
reserved seat at once. Nobody is rung twice at a time, nor more often than the settings say, nor
when the line is closed. Facts come before every dial, so a router that dies between two steps
finds in its state what Asterisk must be asked about.
"""

from __future__ import annotations

from queues.hours import is_open
from queues.policy import head_start
from queues.ticket import Decision
from router import events as e
from router import facts as f
from router import rungs, seats
from router.call import Call
from router.callback import Callback
from router.commands import CancelDial, DialCaller, StopHold
from router.numbers import plain, undivided
from router.seat import Seat
from router.turn import Turn

CLOSED_S = 60.0
"""While the line is closed, a callback is looked at again this much later."""


def may_ask(turn: Turn, call: Call) -> bool:
    """Whether this waiting caller may leave the phone now."""
    rules, kept = turn.line.callbacks, turn.state.callbacks.values()
    waited = turn.now - (call.waits_from or turn.now)
    return (
        rules.offered
        and waited >= turn.policy.callback.offer_after_s
        and len(kept) < rules.most
        and usable(turn, call.caller_number)
        and all(one.caller_number != call.caller_number for one in kept)
    )


def usable(turn: Turn, number: str) -> bool:
    """Somebody's telephone in this country: withheld and service numbers are nobody's, and calls
    abroad are what those who forge numbers earn by."""
    return plain(number, turn.line.centre.area_code)[:1] not in ("", "+")


def ask(turn: Turn, call: Call) -> None:
    """The caller asked: the place is kept, the call is over."""
    turn.timers.cancel(call.id, "relax", "announce", "max_wait", "reserve")
    language, service, policy = turn.language(call).id, turn.service(call).id, turn.policy
    head = head_start(policy, language, service, callback=True)
    callback_id = f"{call.id}-C1"
    turn.fact(
        f.CallbackAsked(
            call.id,
            callback_id,
            call.caller_number,
            call.caller_name,
            language,
            service,
            call.entered_at or turn.now,
            turn.now - (call.waits_from or turn.now),
            head.seconds,
            head.why,
            policy.version,
        )
    )
    keep_time(turn, turn.state.callbacks[callback_id])
    turn.do(StopHold(call.id))
    turn.play(call, "goodbye", "callback-thanks")


def phone_down(turn: Turn, call_id: str) -> None:
    """A call has ended: had it asked for a callback, its caller may be rung from now on."""
    callback = turn.state.callbacks.get(f"{call_id}-C1")
    if callback is not None and callback.call_id == call_id:
        line_up(turn, callback)


def keep_time(turn: Turn, callback: Callback) -> None:
    """Set the timers of a callback from what its facts say."""
    turn.timers.set("keep", callback.id, callback.asked_at + turn.line.callbacks.keep_s)
    if callback.dial is not None:
        turn.timers.set("dial", callback.id, callback.dial.until)
    elif callback.due:
        rungs.await_next(turn, callback)
    else:
        turn.timers.set("retry", callback.id, max(callback.not_before, turn.now))


def line_up(turn: Turn, callback: Callback) -> None:
    """Take the place in the line, for the first time or after the caller was not reached."""
    if callback.due or callback.dial is not None or callback.call_id in turn.state.calls:
        return
    if not is_open(turn.line.hours, turn.line.centre.timezone, turn.now):
        turn.timers.set("retry", callback.id, turn.now + CLOSED_S)
    elif callback.not_before <= turn.now:
        turn.timers.cancel(callback.id, "retry")
        turn.fact(f.CallbackDue(callback.id, turn.policy.version))
        rungs.climb(turn, callback)


def reserve(turn: Turn, callback: Callback, decision: Decision) -> None:
    """Its turn has come: keep the seat."""
    seat = turn.state.seats[decision.seat_id]
    turn.timers.cancel(callback.id, "relax")
    turn.fact(
        f.SeatReserved(
            seat.id,
            seat.person_id,
            callback.id,
            f"{callback.id}-A{callback.attempts + 1}",
            decision.rung,
            decision.ranking,
            decision.able,
            decision.policy,
            turn.now - callback.entered_at,
        )
    )


def dial(turn: Turn, callback: Callback) -> None:
    """Ring the caller, the seat being kept."""
    rules = turn.line.callbacks
    attempt = callback.attempts + 1
    call_id, until = f"{callback.id}-A{attempt}", turn.now + rules.ring_s
    turn.fact(f.CallerDialled(call_id, callback.id, callback.caller_number, attempt, until))
    turn.timers.set("dial", callback.id, until)
    number, shown = undivided(callback.caller_number), turn.line.centre.number
    # Asterisk's own limit only matters when we are dead; ours comes first.
    turn.do(DialCaller(call_id, callback.id, number, shown, rules.ring_s + 5.0))


def rang_out(turn: Turn, callback: Callback) -> None:
    if callback.dial is not None:
        turn.do(CancelDial(callback.dial.call_id))
        ended(turn, callback, "no_answer")


def ended(turn: Turn, callback: Callback, end: f.DialEnd, cause: int = 0) -> None:
    """Nobody answered: the seat is free at once; the caller is rung again, or not any more."""
    dial, rules = callback.dial, turn.line.callbacks
    if dial is None:
        return
    retry_at = turn.now + rules.retry_s
    if dial.attempt >= rules.attempts or retry_at >= callback.asked_at + rules.keep_s:
        retry_at = 0.0
    turn.timers.cancel(callback.id, "dial")
    turn.fact(
        f.DialEnded(
            dial.call_id, callback.id, dial.attempt, end, cause, turn.now - dial.since, retry_at
        )
    )
    release(turn, callback)
    if retry_at:
        turn.timers.set("retry", callback.id, retry_at)
    else:
        _give_up(turn, callback, end)


def kept_too_long(turn: Turn, callback: Callback) -> None:
    """The time that was promised is over. Whom we are ringing right now may still answer."""
    if callback.dial is not None:
        turn.timers.set("keep", callback.id, callback.dial.until + 1.0)
    else:
        _give_up(turn, callback, "too_late")


def _give_up(turn: Turn, callback: Callback, why: f.CallbackGivenUpWhy) -> None:
    turn.timers.cancel(callback.id, "dial", "retry", "relax", "keep")
    turn.fact(f.CallbackGivenUp(callback.call_id, callback.id, why, callback.attempts))


def reached(turn: Turn, callback: Callback, call_id: str) -> Seat | None:
    """The caller has answered. Returns the seat that is kept for it, if it can be rung."""
    turn.timers.cancel(callback.id, "dial", "retry", "relax", "keep")
    seat = turn.state.seats.get(callback.seat_id)
    turn.fact(
        f.CallbackReached(call_id, callback.id, callback.attempts, turn.now - callback.entered_at)
    )
    if seat is None or seat.state != "reserved":
        return None
    if turn.state.reachable(seat.phone):
        return seat
    _let_go(turn, seat, callback.id)
    return None


def release(turn: Turn, callback: Callback) -> None:
    """The seat that is kept for it, if any, is free for others."""
    seat = turn.state.seats.get(callback.seat_id)
    if seat is not None and seat.state == "reserved":
        _let_go(turn, seat, callback.id)


def _let_go(turn: Turn, seat: Seat, callback_id: str) -> None:
    turn.fact(f.SeatReleased(seat.id, seat.person_id, callback_id))
    if seat.wants_not_ready:
        seats.not_ready(turn, seat, seat.wants_not_ready)


def compare(turn: Turn, callback: Callback, view: e.PbxSeen, callers: frozenset[str]) -> bool:
    """Lay Asterisk's view beside ours. True: the caller has answered, and we were not told."""
    dial = callback.dial
    if dial is None or dial.call_id in view.dials:
        return False
    if dial.call_id in view.away:
        # Answered while we were gone: the dialplan serves it, and its ledger will tell.
        release(turn, callback)
        reached(turn, callback, dial.call_id)
        return False
    if dial.call_id in callers:
        return True
    turn.fact(f.Healed("dial_gone", dial.call_id))
    ended(turn, callback, "failed")
    return False
