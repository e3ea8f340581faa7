"""What is wrong with a policy that fits its model: what it names, and what nobody can ever meet.

Pure: it knows the policy, the line it is for and the packaged catalogue, and gives problems with
their place in the policy's file. What depends on who works here is in `queues.deadends`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from config import menus
from config.divisions import UNKNOWN, divisions
from config.model import Line
from config.policy import HERE, SHIPPED, Kind, Policy, Step
from config.problems import Place, Problem
from config.words import words
from queues.logic import implies, possible
from queues.needs import BadNeed, both, names, parse
from queues.needs import text as named
from queues.policy import asked, floor, ladder

_REGION: Final = "region:"


def problems(policy: Policy, line: Line) -> list[Problem]:
    """Everything that is wrong, in no order. Empty: calls may be served by this policy."""
    found = [*_requirements(policy, line), *_whole(policy, line), *_head_starts(policy)]
    key = policy.callback.key
    if line.callbacks.offered and key == line.queue.voicemail_key:
        found.append(Problem(code="key-twice", place=("callback", "key"), fields={"found": key}))
    if not policy.version.startswith(SHIPPED):
        # A site may do without services and languages of the packaged policy.
        found += _names(policy, line)
    for i, kind in enumerate(policy.kinds):
        found += _steps(kind, ("kinds", i))
    if not found:
        found += _pairs(policy)
        for i, kind in enumerate(policy.kinds):
            found += _impossible(policy, line, kind, ("kinds", i))
    return found


def texts(policy: Policy) -> Iterator[tuple[Place, str]]:
    """Every requirement with its place."""
    for language, text in policy.language.floor.items():
        yield ("language", "floor", language), text
    yield ("pair", "interpreter"), policy.pair.interpreter
    yield ("pair", "bridge"), policy.pair.bridge
    for i, kind in enumerate(policy.kinds):
        yield ("kinds", i, "needs"), kind.needs
        yield ("kinds", i, "region"), kind.region
        for j, step in enumerate(kind.relax):
            if step.needs is not None:
                yield ("kinds", i, "relax", j, "needs"), step.needs


def spoken(kind: Kind, policy: Policy, line: Line) -> list[str]:
    """Languages of the line whose calls this row is for."""
    first = {
        language.id: next(
            (k for k in policy.kinds if k.service == kind.service and language.id in k.languages),
            next((k for k in policy.kinds if k.service == kind.service and not k.languages), None),
        )
        for language in line.languages
    }
    return [language for language, row in first.items() if row is kind]


# ---- what is written: requirements that can be read, names that exist ----


def _requirements(policy: Policy, line: Line) -> Iterator[Problem]:
    known = [*_catalogue("skill"), *policy.skills, *(one.skill for one in line.languages)]
    places = divisions(line.centre.divisions)
    for place, text in texts(policy):
        try:
            need = parse(text)
        except BadNeed as bad:
            near = text[bad.at : bad.at + 12] or "…"
            fields = {"found": text, "at": str(bad.at + 1), "near": near}
            yield Problem(code="requirement", place=place, fields=fields)
            continue
        for skill in dict.fromkeys(names(need)):
            if skill == HERE and place[0] == "kinds":
                continue
            if skill.startswith(_REGION):
                if skill.removeprefix(_REGION) not in places or skill == _REGION + UNKNOWN:
                    yield Problem(code="region", place=place, fields={"found": skill})
            else:
                yield from menus.known(skill, dict.fromkeys(known), place, "known-skill")


def _names(policy: Policy, line: Line) -> Iterator[Problem]:
    services = [service.id for service in line.services]
    languages = [language.id for language in line.languages]

    def known(
        found: Collection[str], ids: Collection[str], place: Place, what: str
    ) -> Iterator[Problem]:
        for i, one in enumerate(found):
            yield from menus.known(one, ids, (*place, i), what)

    for i, kind in enumerate(policy.kinds):
        yield from menus.known(kind.service, services, ("kinds", i, "service"), "service")
        yield from known(kind.languages, languages, ("kinds", i, "languages"), "language")
    for i, one in enumerate(policy.order.head_starts):
        place: Place = ("order", "head_starts", i, "when")
        yield from known(one.when.services, services, (*place, "services"), "service")
        yield from known(one.when.languages, languages, (*place, "languages"), "language")
        yield from known(one.when.groups, _catalogue("group"), (*place, "groups"), "group")
    for language in policy.language.floor:
        place = ("language", "floor", language)
        yield from menus.known(language, languages, place, "language")
    yield from known(policy.pair.languages, languages, ("pair", "languages"), "language")


def _catalogue(section: str) -> list[str]:
    head = f"catalogue.{section}."
    return [key.removeprefix(head) for key in words().entries if key.startswith(head)]


# ---- what is there twice, or not at all ----


def _whole(policy: Policy, line: Line) -> Iterator[Problem]:
    for language in line.languages:
        if language.id not in policy.language.floor:
            fields = {"language": language.id, "skill": language.skill}
            yield Problem(code="floor-missing", place=("language", "floor"), fields=fields)
    seen: set[tuple[str, str]] = set()
    for i, kind in enumerate(policy.kinds):
        for language_id in kind.languages or ("",):
            if (kind.service, language_id) in seen:
                fields = {"service": kind.service, "language": language_id or "*"}
                yield Problem(code="kind-twice", place=("kinds", i, "service"), fields=fields)
            seen.add((kind.service, language_id))
    for service in line.services:
        lacking = [
            language.id
            for language in line.languages
            if (service.id, language.id) not in seen and (service.id, "") not in seen
        ]
        if lacking:
            fields = {"service": service.id, "languages": ", ".join(lacking)}
            yield Problem(code="kind-missing", place=("kinds",), fields=fields)


def _head_starts(policy: Policy) -> Iterator[Problem]:
    greatest = policy.order.greatest_head_start_s
    seen: set[str] = set()
    for i, one in enumerate(policy.order.head_starts):
        place: Place = ("order", "head_starts", i)
        if one.seconds > greatest:
            fields = {"found": f"{one.seconds:g}", "greatest": f"{greatest:g}"}
            yield Problem(code="head-start", place=(*place, "seconds"), fields=fields)
        if one.name in seen:
            yield Problem(code="twice", place=(*place, "name"), fields={"found": one.name})
        seen.add(one.name)


# ---- steps: what belongs to each dimension, and its clock ----

_BELONGS: Final = {"law": "needs", "region": "needs", "level": "to", "interpreter": ""}


def _steps(kind: Kind, place: Place) -> Iterator[Problem]:
    before: dict[str, float] = {}
    for j, step in enumerate(kind.relax):
        here: Place = (*place, "relax", j)
        belongs = _BELONGS[step.dimension]
        for name in ("needs", "to"):
            given = getattr(step, name) is not None
            if given != (name == belongs):
                code = "step-extra" if given else "step-lacks"
                where = (*here, name) if given else here
                fields = {"dimension": step.dimension, "name": name}
                yield Problem(code=code, place=where, fields=fields)
        last = before.get(step.dimension)
        if last is not None and step.after_s <= last:
            fields = {"before": f"{last:g}", "found": f"{step.after_s:g}"}
            yield Problem(code="relax", place=(*here, "after_s"), fields=fields)
        before[step.dimension] = step.after_s


# ---- what nobody can meet, and steps that let nobody in ----


def _impossible(policy: Policy, line: Line, kind: Kind, place: Place) -> Iterator[Problem]:
    languages = spoken(kind, policy, line)
    rows = [((*place, "needs"), kind.needs), ((*place, "region"), kind.region)]
    rows += [
        ((*place, "relax", j, "needs"), step.needs)
        for j, step in enumerate(kind.relax)
        if step.needs is not None
    ]
    found = [problem for where, text in rows for problem in _never(where, text, languages, policy)]
    yield from found
    if found:
        return
    for one in languages:
        # Each part for itself can be met; together perhaps not.
        if not any(
            possible(rung.needs)
            or (rung.pair and possible(rung.pair.specialist) and possible(rung.pair.interpreter))
            for rung in ladder(policy, one, kind.service, "here").rungs
        ):
            fields = {"service": kind.service, "language": one}
            yield Problem(code="dead-kind", place=place, fields=fields)
            return
    for j in _useless(policy, kind, languages):
        step = kind.relax[j]
        fields = {"dimension": step.dimension, "after": f"{step.after_s:g}"}
        yield Problem(code="step-useless", place=(*place, "relax", j), fields=fields)


def _never(place: Place, text: str, languages: list[str], policy: Policy) -> Iterator[Problem]:
    need = parse(text)
    if not possible(need):
        yield Problem(code="never", place=place, fields={"found": text})
        return
    against = [one for one in languages if not possible(both(floor(policy, one), need))]
    if against:
        fields = {
            "found": text,
            "languages": ", ".join(against),
            "floor": named(floor(policy, against[0])),
        }
        yield Problem(code="floor-step", place=place, fields=fields)


def _useless(policy: Policy, kind: Kind, languages: list[str]) -> Iterator[int]:
    """Steps by which nobody comes in who could not serve before."""
    taken: list[Step] = []
    for j in sorted(range(len(kind.relax)), key=lambda j: kind.relax[j].after_s):
        step = kind.relax[j]
        if step.dimension == "interpreter":
            useless = not any(one in policy.pair.languages for one in languages)
        else:
            useless = implies(asked(kind, [*taken, step], "here"), asked(kind, taken, "here"))
        taken.append(step)
        if useless:
            yield j


def _pairs(policy: Policy) -> Iterator[Problem]:
    pair = policy.pair
    for i, language in enumerate(pair.languages):
        said = both(floor(policy, language), parse(pair.interpreter), parse(pair.bridge))
        if not possible(said):
            fields = {"found": named(said), "language": language}
            yield Problem(code="pair-never", place=("pair", "languages", i), fields=fields)
