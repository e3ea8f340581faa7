"""What a policy comes to for one call: the ladder of its needs, and its head start. Pure.

The dimensions of a kind (law, level, region, interpreter) are relaxed each by its own clock; their
steps, sorted by time, are the one way of a call through the lattice. That this way only ever widens
is built in and not checked afterwards: a step of law or region adds to who could serve before, a
level is only lowered, an interpreter only comes in besides, and the floor stands in every rung.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

from config.policy import HERE, HeadStart, Kind, Policy, Step
from queues.ladder import Ladder, Pair, Rung
from queues.logic import MOST, either, lowered
from queues.needs import ANYBODY, All, Any, Has, Need, Not, both, names, parse


def kind_of(policy: Policy, language: str, service: str) -> Kind:
    """The row that fits, else one of the service that asks for nothing but the floor."""
    return (
        _index(policy).get((service, language))
        or _index(policy).get((service, ""))
        or Kind(service=service)
    )


def floor(policy: Policy, language: str) -> Need:
    """What nobody ever serves a caller of `language` without, unless an interpreter joins."""
    said = policy.language.floor.get(language)
    return Has(f"lang:{language}") if said is None else parse(said)


@lru_cache(maxsize=20_000)
def ladder(policy: Policy, language: str, service: str, region: str = "") -> Ladder:
    """The way of a call of `service` by a caller of `language` about `region` (division code).

    The same object for the same arguments, so that calls of a kind are known as such.
    """
    kind = kind_of(policy, language, service)
    base = floor(policy, language)
    steps = sorted(kind.relax, key=lambda step: step.after_s)
    if language not in policy.pair.languages:
        steps = [step for step in steps if step.dimension != "interpreter"]
    rungs: list[Rung] = []
    for after_s in sorted({0.0} | {step.after_s for step in steps}):
        taken = [step for step in steps if step.after_s <= after_s]
        need = asked(kind, taken, region)
        pair = None
        if any(step.dimension == "interpreter" for step in taken):
            said = policy.pair
            pair = Pair(
                specialist=both(parse(said.bridge), need),
                interpreter=both(base, parse(said.interpreter), parse(said.bridge)),
            )
        rungs.append(
            Rung(
                after_s=after_s,
                needs=both(base, need),
                cost=sum(step.cost for step in taken),
                relaxes=tuple(
                    dict.fromkeys(step.dimension for step in steps if step.after_s == after_s)
                ),
                pair=pair,
            )
        )
    name = f"{service}/{language}" + (f"/{region}" if region else "")
    return Ladder(kind=name, floor=base, rungs=tuple(rungs))


def asked(kind: Kind, steps: Sequence[Step], region: str = "") -> Need:
    """What a call of this kind needs, the floor left out, once `steps` have come."""
    level = min((step.to for step in steps if step.to is not None), default=MOST)
    law, where = [_at(parse(kind.needs), region)], [_at(parse(kind.region), region)]
    for step in steps:
        if step.needs is not None:
            (where if step.dimension == "region" else law).append(_at(parse(step.needs), region))
    return both(either(*(lowered(one, level) for one in law)), either(*where))


def named_skills(policy: Policy) -> list[str]:
    """Every skill that the policy speaks of, in order of appearance."""
    texts = [*policy.language.floor.values(), policy.pair.interpreter, policy.pair.bridge]
    for kind in policy.kinds:
        texts += [kind.needs, kind.region, *(step.needs for step in kind.relax if step.needs)]
    return list(dict.fromkeys(name for text in texts for name in names(parse(text))))


class HeadStarted(NamedTuple):
    seconds: float
    """0 to the policy's greatest."""
    why: tuple[str, ...]
    """Names of the head starts that fit, in the policy's order."""


def head_start(
    policy: Policy,
    language: str,
    service: str,
    *,
    groups: Collection[str] = (),
    gave_up_s: float | None = None,
    callback: bool = False,
) -> HeadStarted:
    """How much earlier the call counts as having come, and why.

    `gave_up_s`: how long ago the same number gave up waiting; None: it did not, or long ago.
    """

    def fits(one: HeadStart) -> bool:
        when = one.when
        return (
            (not when.services or service in when.services)
            and (not when.languages or language in when.languages)
            and (not when.groups or any(group in when.groups for group in groups))
            and (when.callback is None or when.callback == callback)
            and (
                when.repeat_within_s is None
                or (gave_up_s is not None and gave_up_s <= when.repeat_within_s)
            )
        )

    fitting = [one for one in policy.order.head_starts if fits(one)]
    total = sum(one.seconds for one in fitting)
    return HeadStarted(
        min(total, policy.order.greatest_head_start_s), tuple(one.name for one in fitting)
    )


def _at(need: Need, region: str) -> Need:
    """`region:here` as the call's own region; where it is not known nobody is turned away."""
    match need:
        case Has() if need.skill == HERE:
            return Has(f"region:{region}", need.level) if region else ANYBODY
        case Has():
            return need
        case Not():
            return Not(_at(need.of, region))
        case All():
            return both(ANYBODY, *(_at(one, region) for one in need.of))
        case Any():
            return Any(tuple(_at(one, region) for one in need.of))


@lru_cache(maxsize=8)
def _index(policy: Policy) -> dict[tuple[str, str], Kind]:
    """(service, language, or nothing for any) → the first row of it."""
    found: dict[tuple[str, str], Kind] = {}
    for kind in policy.kinds:
        for language in kind.languages or ("",):
            found.setdefault((kind.service, language), kind)
    return found
