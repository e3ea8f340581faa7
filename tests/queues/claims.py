"""What must hold of every round of decisions, said over again without the scan's own words.

Each claim takes the line as it was before the round, and the round. `queues.plain` lists them.
"""

from __future__ import annotations

from collections.abc import Sequence

from queues.needs import holds
from queues.ticket import Decision, Place, Ticket
from tests.queues.scan import Scan


def owner_waits(line: Scan, call: Ticket, now: float) -> bool:
    owner = line.places.get(call.owner)
    if owner is None or now >= call.owner_until or call.declined.get(call.owner, 0.0) > now:
        return False
    return holds(call.ladder.floor, owner.skills)


def could_use(line: Scan, call: Ticket, seat: Place, now: float) -> bool:
    """Alone, if it were free."""
    if call.declined.get(seat.seat_id, 0.0) > now or not holds(call.ladder.floor, seat.skills):
        return False
    if call.owner == seat.seat_id:
        return True
    steps = call.ladder.rungs[: line.rungs[call.call_id] + 1]
    return not owner_waits(line, call, now) and any(holds(s.needs, seat.skills) for s in steps)


def could_pair(line: Scan, call: Ticket, free: Sequence[Place], now: float) -> bool:
    if owner_waits(line, call, now):
        return False
    open_to = [seat for seat in free if call.declined.get(seat.seat_id, 0.0) <= now]
    return any(
        holds(step.pair.specialist, one.skills)
        and holds(step.pair.interpreter, other.skills)
        and holds(call.ladder.floor, other.skills)
        for step in call.ladder.rungs[: line.rungs[call.call_id] + 1]
        if step.pair is not None
        for one in open_to
        for other in open_to
        if one.seat_id != other.seat_id
    )


def check(line: Scan, round: Sequence[Decision], now: float) -> None:
    offers = [one for one in round if one.kind == "offer"]
    kept = [one for one in round if one.kind == "reserve"]
    taken = [id for one in round for id in (one.seat_id, one.interpreter) if id]
    given = {one.call_id for one in offers}
    assert [*offers, *kept] == list(round), "what is kept comes after what is offered"
    assert len(taken) == len(set(taken)), "a seat twice"
    assert len(given) == len(offers) and len({d.call_id for d in kept}) == len(kept), "a call twice"
    assert all(line.places[id].free for id in taken), "a seat that is not free"
    assert all(one.call_id not in line.rung_since for one in offers), "a call that is rung already"
    assert all(one.call_id in line.rung_since for one in kept), "kept for a call that nobody rings"
    for one in round:
        _fits(line, one, now)
    left_waiting = [call for call in line.waiting() if call.call_id not in given]
    for call in left_waiting:
        _nobody_overtook(line, call, offers, now)
    offered = {id for one in offers for id in (one.seat_id, one.interpreter)}
    idle = [seat for seat in line.free() if seat.seat_id not in offered]
    for call in left_waiting:
        for seat in idle:
            assert not could_use(line, call, seat, now), f"{seat} idle while {call} waits"
        assert not could_pair(line, call, idle, now), f"a pair idle while {call} waits"


def _fits(line: Scan, one: Decision, now: float) -> None:
    call, seat = line.tickets[one.call_id], line.places[one.seat_id]
    step = call.ladder.rungs[max(one.rung, 0)]
    assert one.rung <= line.rungs[one.call_id], "a rung whose time has not come"
    assert one.order == call.order and one.policy == line.rules.version and one.able >= 1
    assert one.ranking.seat_id == one.seat_id and one.ranking.idle_since == seat.idle_since
    assert one.ranking.cost == (-1 if one.rung < 0 else step.cost)
    if not one.interpreter:
        assert holds(call.ladder.floor, seat.skills), "the floor is crossed"
        assert could_use(line, call, seat, now)
        assert one.rung < 0 or holds(step.needs, seat.skills)
        return
    other = line.places[one.interpreter]
    assert step.pair is not None and one.interpreter != one.seat_id
    assert holds(call.ladder.floor, other.skills), "the floor is crossed by a pair"
    assert holds(step.pair.specialist, seat.skills)
    assert holds(step.pair.interpreter, other.skills)
    assert call.declined.get(other.seat_id, 0.0) <= now and not owner_waits(line, call, now)


def _nobody_overtook(line: Scan, call: Ticket, offers: Sequence[Decision], now: float) -> None:
    """`call` waits on: what it could have used went to calls before it."""
    for one in offers:
        for id in (one.seat_id, one.interpreter):
            if id and could_use(line, call, line.places[id], now):
                other = line.tickets[one.call_id]
                assert other.order < call.order, f"{other} takes {id} before {call}"
                latest = call.entered_at + line.rules.greatest_head_start_s
                assert other.entered_at <= latest, f"{other} overtakes {call}"
