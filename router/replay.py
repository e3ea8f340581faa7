"""The past played again: each decision of the queue derived anew from the state before it.

PURE. State is folded as the engine folds it (router.state), callers and seats are put before the
plain scan as the engine puts them before its index (router.standing), and what the scan decides is
laid beside what was recorded. Never mends anything: where the two differ it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from config.policy import Policy
from queues.explain import Doing, Moment, Seated, Standing
from queues.plain import decide
from queues.rules import Rules, favoured
from queues.ticket import Decision
from router import facts as f
from router.seat import Seat
from router.standing import in_line, ladder_of, place_of, rules_of, ticket_of
from router.state import State

Apply = Callable[[f.Fact], None]
"""Folds a fact into a state; facts of another line may lie between (cases.past)."""


class Sight(msgspec.Struct, frozen=True):
    """All that the queue sees at a moment. `reserved`: call → seat that is kept for it already;
    `ringing`: call → since when a phone rings for it (epoch s)."""

    now: float
    standings: Mapping[str, Standing]
    seats: Sequence[Seated]
    rules: Rules
    answered: Mapping[str, int]
    reserved: Mapping[str, str]
    ringing: Mapping[str, float]

    def moment(self, taken: Mapping[str, str] | None = None) -> Moment:
        """For the explanation of a decision; `taken`: as of `queues.explain`."""
        return Moment(self.now, self.seats, favoured(self.rules, self.answered), taken or {})


class Round(msgspec.Struct, frozen=True):
    """What was decided at one moment. `seq`: of its first fact. `derived` None: the policy that
    decided is not there any more, so nothing can be derived."""

    seq: int
    at: float
    recorded: tuple[Decision, ...]
    derived: tuple[Decision, ...] | None

    @property
    def agrees(self) -> bool:
        return self.recorded == self.derived


def rounds(state: State, apply: Apply, facts: Iterable[f.Fact], policy: Policy) -> Iterator[Round]:
    """Every round of decisions among `facts`, which follow `state` and are folded on the way.

    `policy`: the settings', which counts where the facts have not said one (the demonstration's).
    """
    for run in runs(facts):
        if decides(run[0]):
            yield judged(state, run, policy)
        for fact in run:
            apply(fact)


def runs(facts: Iterable[f.Fact]) -> Iterator[tuple[f.Fact, ...]]:
    """Facts one by one, and those of one round of decisions together: nothing else comes between
    the decisions of a round, and after it nothing is left to decide at the same moment."""
    run: list[f.Fact] = []
    for fact in facts:
        if run and not (decides(fact) and fact.at == run[0].at):
            yield tuple(run)
            run = []
        if decides(fact):
            run.append(fact)
        else:
            yield (fact,)
    if run:
        yield tuple(run)


def decides(fact: f.Fact) -> bool:
    """Whether it records a decision of the queue."""
    body = fact.body
    if isinstance(body, f.Offered):
        return not body.callback_id  # that seat was decided on when it was kept for the callback
    return isinstance(body, f.Reserved | f.SeatReserved)


def judged(state: State, run: Sequence[f.Fact], policy: Policy) -> Round:
    """A round of decisions laid beside what comes of `state`, which is the one before it."""
    at, in_force = run[0].at, state.policy or policy
    sight = seen(state, in_force, at)
    recorded = decisions(sight, run)
    known = all(decision.policy == in_force.version for decision in recorded)
    return Round(run[0].seq, at, recorded, derived(sight) if known else None)


def seen(state: State, policy: Policy, now: float) -> Sight:
    """What the queue sees at `now` (epoch s), `policy` being in force."""
    calls = [call for call in state.calls.values() if in_line(call)]
    callbacks = [callback for callback in state.callbacks.values() if callback.due]
    return Sight(
        now,
        {
            callback.id: Standing(ticket_of(ladder_of(policy, callback), callback), callback.step)
            for callback in callbacks
        }
        | {
            call.id: Standing(
                ticket_of(ladder_of(policy, call), call),
                call.step,
                call.rung[0].seat_id if call.rung else "",
            )
            for call in calls
        },
        tuple(_seated(state, seat, now) for seat in state.seats.values()),
        rules_of(policy),
        dict(state.answered),
        {call.id: call.reserved for call in calls if call.reserved},
        {call.id: max(offer.since for offer in call.rung) for call in calls if call.rung},
    )


def derived(sight: Sight) -> tuple[Decision, ...]:
    """What the plain scan decides; a seat that is kept already is not said to be once more."""
    made = decide(
        [standing.ticket for standing in sight.standings.values()],
        {id: standing.rung for id, standing in sight.standings.items()},
        [seated.place for seated in sight.seats],
        sight.now,
        sight.rules,
        sight.answered,
        sight.ringing,
    )
    return tuple(
        one for one in made if one.kind == "offer" or sight.reserved.get(one.call_id) != one.seat_id
    )


def decisions(sight: Sight, run: Sequence[f.Fact]) -> tuple[Decision, ...]:
    """What the facts of a round say was decided."""
    found = []
    for fact in run:
        body = fact.body
        if not isinstance(body, f.Offered | f.Reserved | f.SeatReserved):
            continue
        id = body.callback_id if isinstance(body, f.SeatReserved) else body.call_id
        if isinstance(body, f.Offered) and body.role == "interpreter":
            continue  # of the two facts of a pair the specialist's says what was decided
        standing = sight.standings.get(id)
        found.append(
            Decision(
                id,
                body.seat_id,
                body.rung,
                body.ranking,
                standing.ticket.order if standing is not None else (0.0, 0.0, id),
                body.able,
                body.policy,
                _with(body),
                "reserve" if isinstance(body, f.Reserved) else "offer",
            )
        )
    return tuple(found)


def _with(body: f.Offered | f.Reserved | f.SeatReserved) -> str:
    match body:
        case f.Offered():
            return body.partner
        case f.Reserved():
            return body.interpreter
        case f.SeatReserved():
            return ""


_DOING: Mapping[str, Doing] = {
    "reserved": "reserved",
    "offered": "offered",
    "talking": "talking",
    "wrapup": "wrapup",
    "not_ready": "not_ready",
}


def _seated(state: State, seat: Seat, now: float) -> Seated:
    place = place_of(state, seat, now)
    doing: Doing
    until = 0.0
    if place.free:
        doing = "free"
    elif seat.state in _DOING:
        doing = _DOING[seat.state]
        until = seat.wrapup_until if doing == "wrapup" else 0.0
    elif seat.paused_until > now:
        doing, until = "paused", seat.paused_until
    else:
        doing = "unreachable"
    reason = seat.reason if doing == "not_ready" else ""
    return Seated(place, doing, seat.since, reason, until, seat.call_id)
