"""What happens to a seat by itself: after an offer, after a talk, when a pause or wrap-up ends."""

from __future__ import annotations

from typing import Literal

from config.model import Line
from config.policy import Policy
from queues.needs import holds
from queues.policy import ladder
from router import facts as f
from router import owners
from router.commands import SyncMember
from router.seat import Seat
from router.turn import Turn


def ready(turn: Turn, seat: Seat) -> None:
    turn.timers.cancel(seat.id, "pause")
    was_paused = seat.state == "not_ready"
    turn.fact(f.SeatReady(seat.id, seat.person_id))
    if was_paused:
        sync(turn, seat)
        owners.came(turn, seat)


def not_ready(turn: Turn, seat: Seat, reason: str) -> None:
    turn.timers.cancel(seat.id, "pause")
    turn.fact(f.SeatNotReady(seat.id, seat.person_id, reason))
    owners.left(turn, seat)
    sync(turn, seat)


def after_offer(turn: Turn, seat_id: str, end: f.OfferEnd) -> None:
    """Four ways of not answering: nobody there, declined, phone in use, phone dead."""
    seat = turn.state.seats.get(seat_id)
    if seat is None:
        return
    if seat.wants_not_ready:
        not_ready(turn, seat, seat.wants_not_ready)
    elif end == "no_answer":
        not_ready(turn, seat, "missed")
    elif end == "rejected" and seat.rejects >= turn.line.ring.rejects_to_not_ready:
        not_ready(turn, seat, "rejected")
    elif end == "unreachable" and seat.failures >= turn.line.ring.rejects_to_not_ready:
        not_ready(turn, seat, "unreachable")
    elif end in ("busy", "unreachable"):
        until = turn.now + turn.line.ring.busy_pause_s
        turn.fact(f.SeatPaused(seat.id, seat.person_id, until))
        turn.timers.set("pause", seat.id, until)


def after_talk(turn: Turn, seat_id: str, call_id: str) -> None:
    seat = turn.state.seats.get(seat_id)
    if seat is None:
        return
    seconds = turn.line.wrapup.seconds
    if seconds <= 0:
        _back(turn, seat)
        return
    turn.fact(f.WrapupStarted(seat.id, seat.person_id, call_id, turn.now + seconds))
    turn.timers.set("wrapup", seat.id, turn.now + seconds)


def end_wrapup(turn: Turn, seat: Seat, by: Literal["seat", "timer", "sign_out"]) -> None:
    if seat.state != "wrapup":
        return
    turn.timers.cancel(seat.id, "wrapup")
    turn.fact(f.WrapupEnded(seat.id, seat.person_id, by))
    if by != "sign_out":
        _back(turn, seat)


def _back(turn: Turn, seat: Seat) -> None:
    if seat.wants_not_ready:
        not_ready(turn, seat, seat.wants_not_ready)
    else:
        ready(turn, seat)


# ---- the fallback queue, which stands in when we are gone ----


def fallback_queues(line: Line, policy: Policy, seat: Seat) -> tuple[str, ...]:
    """The app_queues a seat would help out in: by its services and its languages."""
    names = {
        service.fallback_queue
        for service in line.services
        if holds(ladder(policy, line.default_language, service.id).rungs[0].needs, seat.skills)
    }
    spoken = {
        lang.fallback_queue
        for lang in line.languages
        if lang.fallback_queue and lang.skill in seat.skills
    }
    return tuple(sorted(names | spoken))


def sync(turn: Turn, seat: Seat) -> None:
    turn.do(
        SyncMember(
            seat.id,
            seat.phone,
            fallback_queues(turn.line, turn.policy, seat),
            seat.state == "not_ready",
        )
    )


def unsync(turn: Turn, seat: Seat) -> None:
    turn.do(SyncMember(seat.id, seat.phone, (), True))
