"""The policy in force: taken up at the start or changed while callers wait, and nobody is lost.

A policy that does not check, or that calls itself by the version of another, is refused and the
old one goes on deciding: a mistake in a file must never reach a caller.
"""

from __future__ import annotations

from config.policy import Policy
from queues.policycheck import problems
from router import events as e
from router import facts as f
from router import rungs, seats, waiting
from router.standing import in_line
from router.turn import Turn
from router.verdict import Refusal


def begin(turn: Turn) -> None:
    """The settings' policy at the router's start; the one in force where that cannot be."""
    policy = turn.line.policy
    if turn.state.policy is None or refused(turn, policy) is None:
        _adopt(turn, policy, "")


def change(turn: Turn, request: e.PolicyChanged) -> Refusal | None:
    refusal = refused(turn, request.policy)
    if refusal is None:
        _adopt(turn, request.policy, request.by)
    return refusal


def refused(turn: Turn, policy: Policy) -> Refusal | None:
    """Why a policy may not decide for this line."""
    known = turn.state.policies.get(policy.version)
    if known is not None and known != policy.digest:
        return Refusal("policy-version", "version")
    return Refusal("policy-bad", "policy") if problems(policy, turn.line) else None


def _adopt(turn: Turn, policy: Policy, by: str) -> None:
    """Asked for twice: already so."""
    if policy == turn.state.policy:
        return
    before = _helping(turn)
    turn.fact(f.PolicyAdopted(policy.version, policy, by))
    for call in [call for call in turn.state.calls.values() if in_line(call)]:
        waiting.rule(turn, call)
    for callback in [one for one in turn.state.callbacks.values() if one.due]:
        rungs.climb(turn, callback)
    for seat_id, queues in _helping(turn).items():
        if queues != before[seat_id]:
            seats.sync(turn, turn.state.seats[seat_id])


def _helping(turn: Turn) -> dict[str, tuple[str, ...]]:
    """Seat → the fallback queues it would help out in, which follow from what the kinds need."""
    return {
        seat.id: seats.fallback_queues(turn.line, turn.policy, seat)
        for seat in turn.state.seats.values()
    }
