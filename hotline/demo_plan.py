"""What the demonstration shows on this line: which calls, which seats, what must come of each.

Pure: made from the settings alone. A line whose menu offers fewer languages than the plan has
uses for shows fewer calls, and says which it leaves out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Literal

import msgspec

from config.model import Line
from queues.needs import names
from queues.policy import ladder
from router.facts import OfferEnd, Outcome

Scene = Literal[
    "rated",  # answered, the seat hangs up, rated 1
    "zero",  # 0 in the greeting, answered, not rated in time
    "silence",  # no key at all, answered, the caller hangs up
    "wrong_keys",  # three wrong keys, answered, rated 5
    "second_language",  # a minority language by key, answered by the bilingual seat
    "declined",  # one seat declines, the next answers
    "missed",  # one seat does not answer, the next does
    "left",  # the caller hangs up while waiting
    "voicemail",  # nobody on duty speaks the language: a message
]

Part = Literal["first", "second", "bilingual", "declining", "helping", "absent", "resting"]
"""What a seat of the demonstration does. `resting` is signed in and not ready."""

_MOTHER_TONGUE: tuple[Part, ...] = ("first", "second", "bilingual")
"""The bilingual seat is kept for its language, but helps out when the other two are busy."""

ORDER: tuple[Scene, ...] = (
    "rated",
    "zero",
    "silence",
    "wrong_keys",
    "second_language",
    "declined",
    "missed",
    "left",
    "voicemail",
)


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What the store must say afterwards."""

    outcome: Outcome
    parts: tuple[Part, ...] = ()
    """Who may have answered; empty: nobody."""
    offers: tuple[OfferEnd, ...] = ()
    """How the offers ended, in order; after a wait there may be no other."""
    rating: int | str | None = None
    """A score, or why there is none; None: no service act took place."""
    sound: Literal["both", "caller"] = "caller"
    """Whose voices the recording must hold."""


class PlannedCall(msgspec.Struct, frozen=True, kw_only=True):
    scene: Scene
    number: str
    tone_hz: int
    """What the caller says."""
    keys: str
    """Pressed as soon as the line answers."""
    expected: Expected


class PlannedSeat(msgspec.Struct, frozen=True, kw_only=True):
    part: Part
    tone_hz: int
    skills: dict[str, int]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    calls: tuple[PlannedCall, ...]
    seats: tuple[PlannedSeat, ...]
    left_out: tuple[Scene, ...]
    """Scenes this line's menu has no use for."""


def plan(line: Line) -> Plan:
    """The demonstration for this line."""
    ways = ways_to(line)
    mother = line.default_language
    others = [language.id for language in line.languages if language.id in ways]
    others = [language for language in others if language != mother]
    spoken: dict[Scene, str] = dict(
        zip(("second_language", "declined", "missed", "left", "voicemail"), others, strict=False)
    )
    keys: dict[Scene, str] = {scene: ways[language] for scene, language in spoken.items()}
    keys |= {"zero": "0", "silence": ""}
    if mother in ways:
        keys["rated"] = ways[mother]
    if wrong := _wrong_keys(line):
        keys["wrong_keys"] = wrong
    expected = _expected(rating=line.rating.enabled)
    calls = tuple(
        PlannedCall(
            scene=scene,
            number=f"1380000{1001 + n}",
            tone_hz=400 + 60 * n,
            keys=keys[scene],
            expected=expected[scene],
        )
        for n, scene in enumerate(ORDER)
        if scene in keys
    )
    return Plan(
        calls=calls,
        seats=tuple(_seats(line, spoken)),
        left_out=tuple(scene for scene in ORDER if scene not in keys),
    )


def ways_to(line: Line) -> dict[str, str]:
    """Language → fewest keys from the greeting to its queue, for the default service.

    Only what the menu really offers; in the menu's order.
    """
    menu, found = line.menu, dict[str, str]()
    start = (menu.start, "", line.default_language, line.default_service)
    queue, seen = deque([start]), {start[0::2]}
    while queue:
        node, keys, language, service = queue.popleft()
        for key, choice in menu.nodes[node].keys.items() if node in menu.nodes else ():
            step = (
                choice.goto,
                keys + key,
                choice.language or language,
                choice.service or service,
            )
            if choice.goto in menu.nodes and step[0::2] not in seen:
                seen.add(step[0::2])
                queue.append(step)
            elif choice.goto == "queue" and step[3] == line.default_service:
                found.setdefault(step[2], step[1])
    known = {language.id for language in line.languages}
    return {language: keys for language, keys in found.items() if language in known}


def _wrong_keys(line: Line) -> str:
    """As many wrong keys as lead to a human; empty: every key means something, or no menu."""
    node = line.menu.nodes.get(line.menu.start)
    if node is None:
        return ""
    wrong = next((key for key in "987654321" if key not in node.keys), "")
    return wrong * (node.max_wrong + 1)


def _expected(*, rating: bool) -> Mapping[Scene, Expected]:
    def rated(score: int | str) -> int | str:
        return score if rating else "not_asked"

    def answered(*parts: Part, before: OfferEnd | None = None, score: int | str) -> Expected:
        offers: tuple[OfferEnd, ...] = (before, "answered") if before else ("answered",)
        return Expected(outcome="answered", parts=parts, offers=offers, rating=score, sound="both")

    return {
        "rated": answered(*_MOTHER_TONGUE, score=rated(1)),
        "zero": answered(*_MOTHER_TONGUE, score=rated("timeout")),
        "silence": answered(*_MOTHER_TONGUE, score="not_asked"),
        "wrong_keys": answered(*_MOTHER_TONGUE, score=rated(5)),
        "second_language": answered("bilingual", score="not_asked"),
        "declined": answered("helping", before="rejected", score="not_asked"),
        "missed": answered("helping", before="no_answer", score="not_asked"),
        "left": Expected(outcome="abandoned_queue"),
        "voicemail": Expected(outcome="voicemail"),
    }


def _seats(line: Line, spoken: Mapping[Scene, str]) -> list[PlannedSeat]:
    skill = {language.id: language.skill for language in line.languages}
    way = ladder(line.policy, line.default_language, line.default_service)
    spoken_here = set(names(way.floor))
    needed = [name for name in names(way.rungs[0].needs) if name not in spoken_here]

    def able(*languages: str) -> dict[str, int]:
        law = dict.fromkeys(needed, 3)
        return law | {skill.get(language, f"lang:{language}"): 3 for language in languages}

    mother = line.default_language
    parts: dict[Part, dict[str, int]] = {"first": able(mother), "second": able(mother)}
    if second := spoken.get("second_language"):
        parts["bilingual"] = able(second, mother)
    if declined := spoken.get("declined"):
        helped = (declined, missed) if (missed := spoken.get("missed")) else (declined,)
        parts |= {"declining": able(declined), "helping": able(*helped)}
        if missed:
            parts["absent"] = able(missed)
    if left := spoken.get("left"):
        parts["resting"] = able(left)
    return [
        PlannedSeat(part=part, tone_hz=1000 + 80 * n, skills=skills)
        for n, (part, skills) in enumerate(parts.items())
    ]
