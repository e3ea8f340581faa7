"""The queue: entering it, relaxing, telling place and time, ringing seats and what comes of it.

A caller keeps the place it has from entering until a seat answers, whatever happens to offers.
The four ways of not answering are four facts, and each does something different to the seat.
"""

from __future__ import annotations

from queues.needs import text
from queues.policy import HeadStarted, head_start, ladder
from queues.ticket import Decision
from queues.wait import told
from router import facts as f
from router import message, outlook, owners, pair, ringback, rungs, seats
from router.announce import wait_prompts
from router.call import Call, Offer
from router.callback import Callback
from router.commands import CancelLeg, NameFallback, RingSeat, SendToFallback, StartHold
from router.turn import Turn

GENERAL = "general"
"""Where the dialplan sends a caller of whom it knows nothing."""


def enter(turn: Turn, call: Call) -> None:
    """Queue the call for a human with what is known of it."""
    language, service, policy = turn.language(call), turn.service(call), turn.policy
    way = ladder(policy, language.id, service.id)
    head = _head_start(turn, call, language.id, service.id)
    turn.fact(
        f.Queued(
            call.id,
            language.id,
            service.id,
            way.kind,
            text(way.rungs[0].needs),
            call.entered_at or turn.now,
            head.seconds,
            head.why,
            policy.version,
            turn.line.version,
        )
    )
    _begin(turn, call)


def again(turn: Turn, call: Call) -> None:
    """Queue a call whose talk broke off without anybody's will: at the place it had before."""
    policy, way = turn.policy, turn.standing.ladder(call)
    needs = text(way.rungs[0].needs)
    turn.fact(f.Requeued(call.id, way.kind, needs, policy.version, turn.line.version))
    _begin(turn, call)


def rule(turn: Turn, call: Call) -> None:
    """By another policy from now on: the same place, and as far up as its waiting has come."""
    first = turn.standing.ladder(call).rungs[0]
    head = _head_start(turn, call, call.language, call.service)
    kind, version = turn.standing.ladder(call).kind, turn.policy.version
    turn.fact(f.Reruled(call.id, kind, text(first.needs), head.seconds, head.why, version))
    rungs.climb(turn, call)


def _head_start(turn: Turn, call: Call, language: str, service: str) -> HeadStarted:
    came = call.entered_at or turn.now
    gave_up = turn.state.gave_up.get(call.caller_number, came + 1.0)
    gave_up_s = came - gave_up if gave_up <= came else None
    return head_start(
        turn.policy, language, service, callback=bool(call.callback_id), gave_up_s=gave_up_s
    )


def _begin(turn: Turn, call: Call) -> None:
    rungs.skip_hopeless(turn, call)
    if not turn.standing.anybody(call):
        message.invite(turn, call, "no_seat")
        return
    queue = turn.fallback_queue(call)
    if queue != GENERAL:
        turn.do(NameFallback(call.id, queue))
    turn.play(call, "to_human", "callback-hello" if call.callback_id else "to-human")
    keep_time(turn, call)
    if not call.callback_id:
        owners.wait(turn, call)


def keep_time(turn: Turn, call: Call) -> None:
    """Set the timers of a waiting call from what its facts say."""
    entered = call.waits_from or turn.now
    queue = turn.line.queue
    rungs.await_next(turn, call)
    told = call.told_at
    first = max(entered + queue.announce_first_s, turn.now)
    turn.timers.set("announce", call.id, first if told is None else told + queue.announce_every_s)
    turn.timers.set("max_wait", call.id, max(entered + queue.max_wait_s, turn.now))


def tell(turn: Turn, call: Call) -> None:
    """Announce the place, and a time if one may honestly be told, unless a seat is being rung or a
    prompt is playing."""
    turn.timers.set("announce", call.id, turn.now + turn.line.queue.announce_every_s)
    if not call.waiting or call.id in turn.playing:
        return
    rungs.skip_hopeless(turn, call)
    if not turn.standing.anybody(call):
        leave_for_voicemail(turn, call, "no_seat")
        return
    ahead = turn.standing.dispatch.rivals(call.id)
    expected = outlook.interval(turn, call)
    promised = None if call.told_until is None else call.told_until - turn.now
    minutes = told(expected, promised)
    median_s, p90_s = (expected.median_s, expected.p90_s) if expected else (None, None)
    turn.fact(f.WaitTold(call.id, ahead, median_s, p90_s, minutes))
    offers = wait_prompts(
        ahead,
        minutes,
        voicemail_offered=_may_leave(turn, call),
        callback_offered=ringback.may_ask(turn, call),
    )
    turn.play(call, "position", *offers)


def _may_leave(turn: Turn, call: Call) -> bool:
    waited = turn.now - (call.waits_from or turn.now)
    return waited >= turn.line.queue.voicemail_offer_after_s


def pressed(turn: Turn, call: Call, key: str) -> None:
    if call.waiting and key == turn.policy.callback.key and ringback.may_ask(turn, call):
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
    turn.timers.cancel(call.id, "relax", "announce", "max_wait", "reserve")
    message.invite(turn, call, why)


def hold(turn: Turn, call: Call) -> None:
    """Back to music after a prompt."""
    if call.stage in ("queue", "ringing"):
        turn.do(StartHold(call.id))


# ---- offers ----


def offer_all(turn: Turn) -> None:
    """Ring whatever may be rung now, and keep what may be kept."""
    turn.standing.wake(turn.now)
    reserved: list[Callback] = []
    for decision in turn.standing.dispatch.match(turn.now):
        callback = turn.state.callbacks.get(decision.call_id)
        if callback is not None:
            ringback.reserve(turn, callback, decision)
            reserved.append(callback)
            continue
        call = turn.state.calls[decision.call_id]
        if decision.kind == "reserve":
            _reserve(turn, call, decision)
        elif not decision.interpreter:
            _offer(turn, call, decision)
        elif not pair.offer(turn, call, decision):
            turn.standing.renew(call, turn.now)
    # Decisions of one round stand together in the journal: `router.replay` judges them as one.
    for callback in reserved:
        ringback.dial(turn, callback)


def offer_kept(turn: Turn, call: Call, callback: Callback) -> None:
    """Ring the seat that was kept for a caller who has just been reached."""
    assert callback.kept is not None
    _offer(turn, call, callback.kept, callback.id)


def _reserve(turn: Turn, call: Call, decision: Decision) -> None:
    """Said once, and again only when it is another seat."""
    if call.reserved != decision.seat_id:
        turn.fact(
            f.Reserved(
                call.id,
                decision.seat_id,
                decision.interpreter,
                decision.rung,
                decision.ranking,
                decision.able,
                decision.policy,
            )
        )


def _offer(turn: Turn, call: Call, decision: Decision, callback_id: str = "") -> None:
    seat, ring = turn.state.seats[decision.seat_id], turn.line.ring
    number = call.offers + 1
    turn.fact(
        f.Offered(
            call.id,
            f"{call.id}-O{number}",
            f"{call.id}-L{call.legs + 1}",
            seat.id,
            seat.person_id,
            seat.phone,
            decision.rung,
            decision.ranking,
            decision.able,
            decision.policy,
            turn.now - (call.waits_from or turn.now),
            callback_id=callback_id,
        )
    )
    assert call.offer is not None
    turn.timers.set("dead", call.id, turn.now + min(ring.dead_after_s, ring.timeout_s))
    turn.timers.set("ring", call.id, turn.now + ring.timeout_s)
    reserve_after_s = turn.standing.rules.reserve_after_s
    if reserve_after_s is not None:
        turn.timers.set("reserve", call.id, turn.now + reserve_after_s)
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
    turn.timers.cancel(call.id, "ring", "dead", "reserve")
    for offer in offers:
        end = ends.get(offer.leg_id)
        if end is None:
            turn.do(CancelLeg(call.id, offer.leg_id))
            _ended(turn, call, offer, "withdrawn")
        else:
            _ended(turn, call, offer, end, cause=cause, pause_s=pause_s)


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
