"""The queue: entering it, relaxing, telling place and time, ringing seats and what comes of it.

A caller keeps the place it has from entering until a seat answers, whatever happens to offers.
The four ways of not answering are four facts, and each does something different to the seat.
"""

from __future__ import annotations

from queues.match import FreeSeat, Ticket, match
from queues.skills import covers
from queues.wait import expected_wait, told_wait
from router import facts as f
from router import message, owners, ringback, seats
from router.announce import wait_prompts
from router.call import Call, Offer
from router.callback import Callback
from router.commands import CancelLeg, NameFallback, RingSeat, SendToFallback, StartHold
from router.turn import Turn

GENERAL = "general"
"""Where the dialplan sends a caller of whom it knows nothing."""


def enter(turn: Turn, call: Call) -> None:
    """Queue the call for a human with what is known of it."""
    language, service = turn.language(call), turn.service(call)
    needs = {**service.needs, language.skill: max(1, service.needs.get(language.skill, 0))}
    place = call.entered_at or turn.now
    turn.fact(f.Queued(call.id, language.id, service.id, needs, place, turn.line.version))
    _begin(turn, call)


def again(turn: Turn, call: Call) -> None:
    """Queue a call whose talk broke off without anybody's will: at the place it had before."""
    language, service = turn.language(call), turn.service(call)
    needs = {**service.needs, language.skill: max(1, service.needs.get(language.skill, 0))}
    turn.fact(f.Requeued(call.id, needs, turn.line.version))
    _begin(turn, call)


def _begin(turn: Turn, call: Call) -> None:
    _skip_hopeless_steps(turn, call)
    if not turn.able(call.needs):
        message.invite(turn, call, "no_seat")
        return
    queue = turn.fallback_queue(call)
    if queue != GENERAL:
        turn.do(NameFallback(call.id, queue))
    turn.play(call, "to_human", "callback-hello" if call.callback_id else "to-human")
    keep_time(turn, call)
    if not call.callback_id:
        owners.wait(turn, call)
    turn.rematch = True


def keep_time(turn: Turn, call: Call) -> None:
    """Set the timers of a waiting call from what its facts say."""
    entered = call.waits_from or turn.now
    queue = turn.line.queue
    steps = turn.service(call).relax
    if call.step < len(steps):
        turn.timers.set("relax", call.id, max(entered + steps[call.step].after_s, turn.now))
    told = call.told_at
    first = max(entered + queue.announce_first_s, turn.now)
    turn.timers.set("announce", call.id, first if told is None else told + queue.announce_every_s)
    turn.timers.set("max_wait", call.id, max(entered + queue.max_wait_s, turn.now))
    for until in call.declined.values():
        turn.timers.set("declined", call.id, until)


def relax(turn: Turn, call: Call) -> None:
    """The next step's skills in place of the service's; the language is never relaxed."""
    steps = turn.service(call).relax
    if call.waits_from is None or call.step >= len(steps):
        return
    language = turn.language(call)
    step = steps[call.step]
    turn.fact(f.Relaxed(call.id, call.step + 1, {**step.needs, language.skill: 1}))
    if call.step < len(steps):
        turn.timers.set("relax", call.id, call.waits_from + steps[call.step].after_s)
    _skip_hopeless_steps(turn, call)
    turn.rematch = True


def _skip_hopeless_steps(turn: Turn, call: Call) -> None:
    steps = turn.service(call).relax
    if call.step < len(steps) and not turn.able(call.needs):
        relax(turn, call)


def tell(turn: Turn, call: Call) -> None:
    """Announce place and expected wait, unless a seat is being rung or a prompt is playing."""
    turn.timers.set("announce", call.id, turn.now + turn.line.queue.announce_every_s)
    if not call.waiting or call.id in turn.playing:
        return
    able = turn.able(call.needs)
    if not able:
        leave_for_voicemail(turn, call, "no_seat")
        return
    ahead = _ahead(turn, call)
    handle_s = turn.state.handle_s or turn.line.queue.typical_talk_s
    wait_s = told_wait(
        expected_wait(ahead, len(able), handle_s + turn.line.wrapup.seconds), call.told_s
    )
    turn.fact(f.WaitTold(call.id, ahead, wait_s))
    offers = wait_prompts(
        ahead,
        wait_s,
        voicemail_offered=_may_leave(turn, call),
        callback_offered=ringback.may_ask(turn, call),
    )
    turn.play(call, "position", *offers)


def _ahead(turn: Turn, call: Call) -> int:
    """Calls that came earlier and compete for a seat that could serve this one."""
    seats_able = turn.able(call.needs)
    others: list[Call | Callback] = [
        *(other for other in turn.state.calls.values() if other.stage in ("queue", "ringing")),
        *(kept for kept in turn.state.callbacks.values() if kept.waiting),
    ]
    return sum(
        1
        for other in others
        if other.entered_at is not None
        and call.entered_at is not None
        and (other.entered_at, other.id) < (call.entered_at, call.id)
        and any(covers(seat.skills, other.needs) for seat in seats_able)
    )


def _may_leave(turn: Turn, call: Call) -> bool:
    waited = turn.now - (call.waits_from or turn.now)
    return waited >= turn.line.queue.voicemail_offer_after_s


def pressed(turn: Turn, call: Call, key: str) -> None:
    if call.waiting and key == turn.line.policy.callback.key and ringback.may_ask(turn, call):
        ringback.ask(turn, call)
        return
    if call.waiting and key == turn.line.queue.voicemail_key and _may_leave(turn, call):
        leave_for_voicemail(turn, call, "chosen")


def waited_long(turn: Turn, call: Call) -> None:
    """Too long. A seat that is ringing right now is not taken away from the caller."""
    if call.stage == "ringing":
        turn.timers.set("max_wait", call.id, turn.now + turn.line.ring.timeout_s)
    elif call.waiting:
        leave_for_voicemail(turn, call, "too_long")


def leave_for_voicemail(turn: Turn, call: Call, why: f.VoicemailWhy) -> None:
    turn.timers.cancel(call.id, "relax", "announce", "max_wait", "declined")
    message.invite(turn, call, why)


def hold(turn: Turn, call: Call) -> None:
    """Back to music after a prompt."""
    if call.stage in ("queue", "ringing"):
        turn.do(StartHold(call.id))


# ---- offers ----


def offer_all(turn: Turn) -> None:
    """Ring whatever may be rung now."""
    turn.rematch = False
    free = [
        FreeSeat(seat.id, seat.skills, seat.idle_since)
        for seat in turn.state.seats.values()
        if seats.may_be_rung(turn, seat)
    ]
    if not free:
        return
    tickets = [
        Ticket(call.entered_at, call.id, call.needs, _declined_now(turn, call, free))
        for call in turn.state.calls.values()
        if call.waiting and call.entered_at is not None and call.id not in turn.hung_up
    ]
    tickets += [
        Ticket(kept.entered_at, kept.id, kept.needs, ())
        for kept in turn.state.callbacks.values()
        if ringback.may_be_rung(turn, kept)
    ]
    on_duty = [seat.skills for seat in turn.state.seats.values()]
    for found in match(tickets, free, on_duty):
        kept = turn.state.callbacks.get(found.call_id)
        if kept is not None:
            ringback.ring(turn, kept, found.seat_id, found.reason)
        else:
            _offer(turn, turn.state.calls[found.call_id], found.seat_id, found.reason)


def offer_kept(turn: Turn, call: Call, callback: Callback) -> None:
    """Ring the seat that was kept for a caller who has just been reached."""
    _offer(turn, call, callback.seat_id, callback.reason)


def _declined_now(turn: Turn, call: Call, free: list[FreeSeat]) -> frozenset[str]:
    if call.owner_seat and call.owner_until > turn.now:
        return frozenset(seat.seat_id for seat in free if seat.seat_id != call.owner_seat)
    return frozenset(seat for seat, until in call.declined.items() if until > turn.now)


def _offer(turn: Turn, call: Call, seat_id: str, reason: dict[str, float]) -> None:
    seat, ring = turn.state.seats[seat_id], turn.line.ring
    number = call.offers + 1
    turn.fact(
        f.Offered(
            call.id,
            f"{call.id}-O{number}",
            f"{call.id}-L{call.legs + 1}",
            seat.id,
            seat.person_id,
            seat.phone,
            call.step,
            reason,
            turn.now - (call.waits_from or turn.now),
        )
    )
    assert call.offer is not None
    turn.timers.set("dead", call.id, turn.now + min(ring.dead_after_s, ring.timeout_s))
    turn.timers.set("ring", call.id, turn.now + ring.timeout_s)
    turn.do(
        RingSeat(
            call.id,
            call.offer.leg_id,
            seat.phone,
            call.caller_number,
            call.caller_name,
            # Asterisk's own limit only matters when we are dead; ours comes first.
            ring.timeout_s + 5.0,
        )
    )


def rang(turn: Turn, call: Call, offer: Offer) -> None:
    if offer.rang_at is None:
        turn.fact(f.OfferRang(call.id, offer.offer_id, offer.seat_id))
        if all(each.rang_at or each.up_at for each in call.rung):
            turn.timers.cancel(call.id, "dead")


def rang_out(turn: Turn, call: Call) -> None:
    """Who has answered by now waited for the other of a pair, and is let go with it."""
    _give_up(turn, call, [offer for offer in call.rung if offer.up_at is None])


def found_dead(turn: Turn, call: Call) -> None:
    silent = [offer for offer in call.rung if offer.rang_at is None and offer.up_at is None]
    _give_up(turn, call, silent)


def _give_up(turn: Turn, call: Call, offers: list[Offer]) -> None:
    for offer in offers:
        turn.do(CancelLeg(call.id, offer.leg_id))
    end_offers(turn, call, {o.leg_id: "no_answer" if o.rang_at else "unreachable" for o in offers})


def withdraw(turn: Turn, call: Call, end: f.OfferEnd) -> None:
    """Nobody is rung for the call any longer, and it was no seat's doing."""
    for offer in call.rung:
        turn.do(CancelLeg(call.id, offer.leg_id))
    end_offers(turn, call, {offer.leg_id: end for offer in call.rung})


def end_offer(
    turn: Turn, call: Call, offer: Offer, end: f.OfferEnd, cause: int = 0, *, pause_s: float = 0.0
) -> None:
    """One offer came to nothing, and with it that of the other seat of a pair."""
    end_offers(turn, call, {offer.leg_id: end}, cause, pause_s=pause_s)


def end_offers(
    turn: Turn,
    call: Call,
    ends: dict[str, f.OfferEnd],
    cause: int = 0,
    *,
    pause_s: float = 0.0,
) -> None:
    """Offers came to nothing: the caller keeps its place, each seat is treated by how.

    `ends`: leg → how. The other seat of a pair is let go without blame. `pause_s`: this call is
    not offered to these seats again for so long.
    """
    offers = call.rung
    if not ends or not offers:
        return
    turn.timers.cancel(call.id, "ring", "dead")
    for offer in offers:
        end = ends.get(offer.leg_id)
        if end is None:
            turn.do(CancelLeg(call.id, offer.leg_id))
            _ended(turn, call, offer, "withdrawn")
        else:
            _ended(turn, call, offer, end, cause=cause, pause_s=pause_s)
    turn.rematch = True


def _ended(
    turn: Turn, call: Call, offer: Offer, end: f.OfferEnd, *, cause: int = 0, pause_s: float = 0.0
) -> None:
    ring = turn.line.ring
    # The declined mark is part of the fact's consequences, so it stands in the fact.
    pause = {"rejected": ring.reject_pause_s, "unreachable": ring.busy_pause_s}.get(end, pause_s)
    turn.fact(
        f.OfferEnded(
            call.id,
            offer.offer_id,
            offer.leg_id,
            offer.seat_id,
            offer.person_id,
            end,
            cause,
            offer.rang_s(turn.now),
            turn.now + pause if pause else 0.0,
        )
    )
    if pause:
        turn.timers.set("declined", call.id, turn.now + pause)
    seats.after_offer(turn, offer.seat_id, end)


def hand_over(turn: Turn, call: Call) -> None:
    """We are about to stop: who waits for a seat waits on in the fallback queue, in order."""
    if call.stage not in ("queue", "ringing"):
        return
    withdraw(turn, call, "withdrawn")
    turn.stop_play(call)
    turn.forget(call)
    turn.fact(f.WentToFallback(call.id))
    turn.do(SendToFallback(call.id, turn.fallback_queue(call)))
