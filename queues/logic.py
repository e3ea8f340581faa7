"""What can be said of requirements without knowing anybody: contradictory, stricter, the same.

Exact, by cases over the levels 0-5 that somebody may have of each skill. For checking and for
building ladders; a call is never held up by it. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from queues.needs import ANYBODY, All, Any, Has, Need, Not, both

MOST = 5


def possible(need: Need) -> bool:
    """Whether somebody could meet it at all."""
    return _possible(need, {})


def implies(strict: Need, loose: Need) -> bool:
    """Whether everybody who meets `strict` meets `loose`."""
    return not possible(both(strict, Not(loose)))


def either(first: Need, *rest: Need) -> Need:
    """Any of them, without those that another one contains."""
    kept: list[Need] = []
    for one in (first, *rest):
        if any(implies(one, other) for other in kept):
            continue
        kept = [other for other in kept if not implies(other, one)]
        kept.append(one)
    if any(implies(ANYBODY, one) for one in kept):
        return ANYBODY
    return kept[0] if len(kept) == 1 else Any(tuple(kept))


def lowered(need: Need, level: int) -> Need:
    """The same, asking for no more than `level` of any skill. What is excluded stays so."""
    match need:
        case Has():
            return Has(need.skill, min(need.level, level))
        case Not():
            return need
        case All():
            return All(tuple(lowered(one, level) for one in need.of))
        case Any():
            return Any(tuple(lowered(one, level) for one in need.of))


_Known = Mapping[str, tuple[int, int]]
"""Skill → the least and the greatest level that is still open."""


def _possible(need: Need, known: _Known) -> bool:
    verdict = _verdict(need, known)
    if isinstance(verdict, bool):
        return verdict
    low, high = known.get(verdict.skill, (0, MOST))
    return _possible(need, {**known, verdict.skill: (verdict.level, high)}) or _possible(
        need, {**known, verdict.skill: (low, verdict.level - 1)}
    )


def _verdict(need: Need, known: _Known) -> bool | Has:
    """Holds, does not hold, or what has to be known first."""
    match need:
        case Has():
            low, high = known.get(need.skill, (0, MOST))
            return low >= need.level if low >= need.level or high < need.level else need
        case Not():
            inner = _verdict(need.of, known)
            return not inner if isinstance(inner, bool) else inner
        case All() | Any():
            settling = isinstance(need, Any)
            unknown: Has | None = None
            for one in need.of:
                inner = _verdict(one, known)
                if inner is settling:
                    return settling
                if isinstance(inner, Has):
                    unknown = unknown or inner
            return unknown if unknown is not None else not settling
