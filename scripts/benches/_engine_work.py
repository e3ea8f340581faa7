"""Made-up people and callers for `scripts/bench engine`: a line as a province has it.

Twelve languages and dialects and twenty specialities with skewed shares, five levels, twenty-one
places; ladders of four rungs. Everything follows from the seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate, product
from random import Random
from typing import Final

import msgspec

from queues.ladder import Ladder, Pair, Rung
from queues.needs import Any, Has, Not, both
from queues.rules import Rules
from queues.ticket import Place, Ticket

LANGUAGES: Final = {
    "cmn": 0.620, "cmn-sc": 0.120, "yue": 0.060, "wuu": 0.045, "nan": 0.035, "hak": 0.025,
    "bo": 0.025, "khg": 0.020, "adx": 0.015, "iii": 0.015, "uig": 0.012, "mon": 0.008,
}  # fmt: skip
LAWS: Final = {f"law{n:02}": 1.0 / (n + 1) for n in range(20)}
PLACES: Final = {f"5101{n:02}": 1.0 / (n + 2) for n in range(21)}
LEVELS: Final = {1: 0.4, 2: 0.3, 3: 0.2, 4: 0.1}
HEAD_START_S: Final = 60.0
RULES: Final = Rules("bench", 0.5, None, HEAD_START_S)


class Size(msgspec.Struct, frozen=True):
    """`profiles`: how many different sets of skills the seats have; 0: each seat its own.
    `free_share`: of the seats, those that are free at the beginning."""

    name: str
    seats: int
    kinds: int
    waiting: int
    profiles: int
    free_share: float = 0.0


class Work:
    def __init__(self, size: Size, seed: int) -> None:
        self.random = Random(seed)
        self.size = size
        self._ladders, self._shares = _kinds(size.kinds, self.random)
        self.places = _seats(size, self.random)
        self._count = 0

    def ticket(self, now: float, age_s: float = 0.0) -> Ticket:
        """Of a kind as often as its share says; one in ten has a head start, one in fifty an
        owner, one in a hundred was declined by somebody."""
        random = self.random
        self._count += 1
        entered = now - age_s
        head = random.choice((20.0, 40.0, HEAD_START_S)) if random.random() < 0.1 else 0.0
        owner = random.choice(self.places).seat_id if random.random() < 0.02 else ""
        declined = (
            {random.choice(self.places).seat_id: now + 30.0} if random.random() < 0.01 else {}
        )
        (ladder,) = random.choices(self._ladders, cum_weights=self._shares)
        return Ticket(
            f"c{self._count:07}",
            entered,
            entered,
            ladder,
            head,
            declined=declined,
            owner=owner,
            owner_until=now + 20.0 if owner else 0.0,
        )


def rung_at(ticket: Ticket, now: float) -> int:
    waited = now - ticket.waits_from
    return sum(rung.after_s <= waited for rung in ticket.ladder.rungs) - 1


def _kinds(count: int, random: Random) -> tuple[list[Ladder], list[float]]:
    """The `count` most usual kinds of call, and how usual they are, added up."""
    shares = {
        (language, law, place, level): LANGUAGES[language] * LAWS[law] * PLACES[place] * share
        for language, law, place in product(LANGUAGES, LAWS, PLACES)
        for level, share in (random.choice(list(LEVELS.items())),)
    }
    usual = sorted(shares, key=lambda kind: -shares[kind])[:count]
    return [_ladder(*kind) for kind in usual], list(accumulate(shares[kind] for kind in usual))


def _ladder(language: str, law: str, place: str, level: int) -> Ladder:
    floor, here, senior = Has(f"lang:{language}"), Has(f"region:{place}"), Not(Has("group:trainee"))
    knows = Has(f"law:{law}", level)
    known = Any((Has(f"law:{law}"), Has("law:law00", 2)))
    pair = None if language == "cmn" else Pair(knows, floor)
    return Ladder(
        f"{language}-{law}-{place}-{level}",
        floor,
        (
            Rung(0.0, both(floor, knows, here, senior), 0),
            Rung(15.0, both(floor, knows), 1, ("region",)),
            Rung(40.0, both(floor, known), 2, ("level", "law")),
            Rung(90.0, both(floor, known), 3, ("interpreter",), pair),
        ),
    )


def _seats(size: Size, random: Random) -> list[Place]:
    kept: dict[frozenset[tuple[str, int]], Mapping[str, int]] = {}
    while len(kept) < (size.profiles or size.seats):
        skills = _skills(random)
        kept[frozenset(skills.items())] = skills
    profiles = list(kept.values())
    places = []
    for n in range(size.seats):
        profile = profiles[n] if n < len(profiles) else random.choice(profiles)
        provider = "purchased" if random.random() < 0.4 else "staff"
        free = random.random() < size.free_share
        places.append(Place(f"{80000 + n}", profile, provider, -random.uniform(0, 900), free))
    return places


def _skills(random: Random) -> Mapping[str, int]:
    skills = {"lang:cmn": random.randint(2, 5)} if random.random() < 0.97 else {}
    others = list(LANGUAGES)[1:]
    for _ in range(random.choice((0, 0, 1, 1, 1, 2)) if skills else 1):
        (one,) = random.choices(others, [LANGUAGES[name] for name in others])
        skills[f"lang:{one}"] = random.randint(1, 5)
    for law in random.choices(list(LAWS), list(LAWS.values()), k=random.randint(1, 5)):
        skills[f"law:{law}"] = random.randint(1, 5)
    (place,) = random.choices(list(PLACES), list(PLACES.values()))
    skills[f"region:{place}"] = 1
    if random.random() < 0.1:
        skills["group:trainee"] = 1
    return skills
