"""Slips of the demonstration month: what seats would have written, from templates and chance.

Texts are put together from `demo_topics.toml`; nobody said any of it and nothing of it tells who
somebody is. Never writes Tibetan or Yi: a seat notes in Chinese in which language it spoke.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Final, TypeVar

import msgspec

from cases.demonstration import Writing
from config.divisions import UNKNOWN, Divisions
from hotline.demo_memory import Remembered

_FILE: Final = Path(__file__).parent / "demo_topics.toml"
_CALM: Final = (0.765, 0.185, 0.046, 0.004)
"""Of the four emotion levels, for a topic of heat 1."""
_NOT_LEVELLED: Final = 0.11
"""Seats that leave the emotion open."""
_UNWRITTEN: Final = 0.035
_SHORT_S: Final = 35.0
"""A shorter talk comes to nothing more often than not."""
_UNEVEN: Final = 0.13
"""Spread of how often a topic comes up in one month and in another."""
T = TypeVar("T")


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    matter: str
    services: dict[str, float]
    kinds: dict[str, float]
    asks: tuple[str, ...]
    answers: tuple[str, ...]
    groups: dict[str, float] = {}
    heat: float = 1.0


class Hot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    services: dict[str, float]
    matter: str
    place: str
    asks: tuple[str, ...]
    answers: tuple[str, ...]


class Book(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file as it is; see there."""

    words: dict[str, tuple[str, ...]]
    numbers: dict[str, tuple[int, int, int]]
    remarks: dict[str, tuple[str, ...]]
    spoken: dict[str, str]
    places: dict[str, float]
    provinces: dict[str, float]
    places_of: dict[str, dict[str, float]]
    hot: Hot
    topics: tuple[Topic, ...]


@cache
def book() -> Book:
    return msgspec.convert(tomllib.loads(_FILE.read_text("utf-8")), Book)


class Slips:
    """Writes one slip after the other. `hot`: begin and end (epoch s) of the matter of many."""

    def __init__(self, divisions: Divisions, chance: Random, hot: tuple[float, float]) -> None:
        self._book = book()
        self._chance = chance
        self._hot = hot
        self._divisions = divisions
        counties: dict[str, list[str]] = {}
        for division in divisions:
            counties.setdefault(division.parent, []).append(division.code)
        # A prefecture lies in a province and has something in it.
        self._counties = {
            code: below
            for code, below in counties.items()
            if (above := divisions.get(code)) is not None and above.parent
        }
        # No month is like another.
        self._moods = [chance.lognormvariate(0.0, _UNEVEN) for _ in self._book.topics]
        self._provinces = [d.code for d in divisions if not d.parent and d.code.isdigit()]

    def of_talk(self, call: Remembered) -> Writing | None:
        """What the seat wrote about a call that it answered; None: nothing yet."""
        if self._chance.random() < _UNWRITTEN:
            return None
        return self._written(call, call.person_id, call.talk_ended_at + self._chance.uniform(1, 28))

    def of_message(self, call: Remembered, person_id: str, at: float) -> Writing:
        """What was noted about a message, by whoever dealt with it at `at`."""
        return self._written(call, person_id, at)

    def _written(self, call: Remembered, person_id: str, at: float) -> Writing:
        chance = self._chance
        hot = self._book.hot
        within = self._hot[0] <= call.opened_at < self._hot[1]
        if within and chance.random() < hot.services.get(call.service, 0.0):
            topic = Topic(hot.matter, {}, {"help": 1.0}, hot.asks, hot.answers,
                          {"migrant_worker": 0.95}, 4.0)  # fmt: skip
            place = self._county(hot.place)
        else:
            topic = self._topic(call)
            place = self._place(call.language)
        name = self._divisions.called(place, "zh-CN") if place != UNKNOWN else ""
        void = topic.matter == "Z"
        return Writing(
            call_id=call.call_id,
            kind=_pick(topic.kinds, chance),
            matter=topic.matter,
            place="" if void else place,
            place_detail="",
            text=self._text(topic, call, name or "当地", void),
            groups=() if void else self._groups(topic, call),
            emotion=None if void else self._emotion(topic.heat),
            updated_at=at,
            updated_by=person_id,
        )

    def _topic(self, call: Remembered) -> Topic:
        short = bool(call.talk_s) and call.talk_s < _SHORT_S
        if short and self._chance.random() < 0.4:
            return next(topic for topic in self._book.topics if topic.matter == "Z")
        topics, weights = _topics_of(call.service)
        mixed = [weight * mood for weight, mood in zip(weights, self._moods, strict=True)]
        return self._chance.choices(topics, mixed)[0]

    def _text(self, topic: Topic, call: Remembered, place: str, void: bool) -> str:
        chance = self._chance
        fields: dict[str, object] = {"place": place}
        for name, some in self._book.words.items():
            fields[name] = chance.choice(some)
        for name, (first, last, step) in self._book.numbers.items():
            fields[name] = chance.randrange(first, last + 1, step)
        which = chance.randrange(len(topic.asks))
        sentences = [topic.asks[which], topic.answers[which % len(topic.answers)]]
        if not void:
            spoken = self._book.spoken.get(call.language)
            sentences[:0] = [spoken] if spoken else []
            if chance.random() < 0.3:
                sentences.append(chance.choice(self._book.remarks["all"]))
            if call.voicemail_id:
                sentences.insert(0, "语音留言，已回电。")
        return "".join(sentences).format(**fields)

    def _groups(self, topic: Topic, call: Remembered) -> tuple[str, ...]:
        shares = dict(topic.groups)
        if call.service == "migrant":
            shares["migrant_worker"] = 0.93
        elif call.service == "veteran":
            shares["veteran"] = 0.86
        if call.language in self._book.spoken and call.language != "en":
            shares["minority_language"] = 0.9
        elif call.language == "en":
            shares["foreigner"] = 0.9
        return tuple(group for group, share in shares.items() if self._chance.random() < share)

    def _emotion(self, heat: float) -> int | None:
        if self._chance.random() < _NOT_LEVELLED:
            return None
        calm, *upset = _CALM
        return self._chance.choices((1, 2, 3, 4), [calm, *(share * heat for share in upset)])[0]

    def _place(self, language: str) -> str:
        chance = self._chance
        way = chance.random()
        if way < 0.035:
            return UNKNOWN if UNKNOWN in self._divisions else ""
        if way < 0.065 and len(self._provinces) > 1:
            others = self._provinces[1:]
            return _pick({code: self._book.provinces.get(code, 0.4) for code in others}, chance)
        if way < 0.105:
            return ""
        weights = self._book.places_of.get(language, self._book.places)
        known = {code: weights.get(code, 0.0) for code in self._counties}
        if not sum(known.values()):
            known = dict.fromkeys(self._counties, 1.0)
        return self._county(_pick(known, chance)) if known else ""

    def _county(self, prefecture: str) -> str:
        counties = self._counties.get(prefecture)
        return self._chance.choice(counties) if counties else ""


@cache
def _topics_of(service: str) -> tuple[Sequence[Topic], Sequence[float]]:
    topics = book().topics
    weights = [topic.services.get(service, 0.0) for topic in topics]
    if not any(weights):
        # A service of the site's own: anything may come up.
        weights = [topic.services.get("general", 0.0) for topic in topics]
    return topics, weights


def _pick(weights: Mapping[T, float], chance: Random) -> T:
    return chance.choices(list(weights), list(weights.values()))[0]
