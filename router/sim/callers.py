"""Who calls and what each of them will do, all drawn before the first call.

Whatever happens on the line, the same caller has the same patience, wants the same and talks for
as long: two lines or two rosters can be compared on the same callers. What is drawn here are
assumptions of a model, stated as fields of `Habits`; measured figures carry their source.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import Generic, Literal, TypeVar

import msgspec

from config.model import Line
from config.traffic import LANGUAGES, SERVICES
from router.sim.ways import keys_to, ways

T = TypeVar("T", bound=str)

RatingWay = Literal["rates", "silent", "hangs_up", "mistypes_once", "mistypes"]


class Press(msgspec.Struct, frozen=True):
    """A key, `share` of the prompt's length after its beginning; may be more than 1."""

    key: str
    share: float


class Caller(msgspec.Struct, frozen=True):
    """One call that will be made. Times are seconds unless a name says otherwise."""

    id: str
    number: str
    arrives_at: float
    """Epoch seconds."""
    language: str
    service: str
    """What it wants, whatever it presses."""
    hasty: bool
    """Knows the menu: presses its first key into the greeting."""
    presses: tuple[Press, ...]
    """One for each question it is asked; then it presses nothing any more."""
    leaves_menu_s: float
    """Hangs up this long after it came, unless it has asked for a human by then."""
    patience_s: float
    """Hangs up after waiting so long for a human."""
    rather_message: bool
    """Leaves a message when that is offered while it waits."""
    message_s: float
    """Length of the message it would leave; 0: leaves none."""
    message_hangs_up: bool
    """Ends its message by hanging up, not by the key."""
    talk_s: float
    hangs_up_first: bool
    """Ends the talk itself, and so is not asked for a rating."""
    rating: RatingWay
    mood: float
    """0 content to 1 angry; with the wait it makes the score."""


_RATINGS: dict[RatingWay, float] = {
    "rates": 0.735,
    "mistypes_once": 0.015,
    "silent": 0.125,
    "hangs_up": 0.115,
    "mistypes": 0.01,
}


class Habits(msgspec.Struct, frozen=True):
    """How callers are. Shares are of 1; the rest in seconds."""

    languages: Mapping[str, float] = msgspec.field(default_factory=lambda: LANGUAGES)
    """Language → weight; those that the line does not have are left out."""
    services: Mapping[str, float] = msgspec.field(default_factory=lambda: SERVICES)
    zero: float = 0.13
    """Press 0 for a human at the first question; only callers of the line's own language do, for
    0 loses every other."""
    says_nothing: float = 0.07
    """At one of the questions, but never at that for a language which is not the line's own."""
    wrong_key: float = 0.02
    once_more: float = 0.02
    """Let the first question be repeated."""
    hasty: float = 0.10
    leave_menu: float = 0.034
    patience_median_s: float = 95.0
    patience_sigma: float = 0.95
    patience_of_few: float = 1.8
    """How much more patience those have who do not speak the line's own language: they know of no
    other line that speaks theirs."""
    talk_mean_s: float = 435.0
    """Sichuan 2020 sizing, shared domain notes 3f."""
    talk_sigma: float = 0.78
    talk_most_s: float = 3000.0
    rather_message: float = 0.45
    leaves_message: float = 0.6
    message_median_s: float = 24.0
    hangs_up_first: float = 0.235
    """Of all talks. With `ratings` it makes 参评率 57 % of answered calls (Anhui, notes 2d)."""
    ratings: Mapping[RatingWay, float] = msgspec.field(default_factory=lambda: _RATINGS)


def draw(
    moments: Iterable[float],
    numbers: Sequence[str],
    line: Line,
    chance: Random,
    *,
    prefix: str,
    habits: Habits | None = None,
) -> list[Caller]:
    """A caller for each moment (epoch s, ascending) and number; ids are `prefix` and a count."""
    pairs = zip(moments, numbers, strict=True)
    return list(drawing(pairs, line, chance, prefix=prefix, habits=habits))


def drawing(
    calls: Iterable[tuple[float, str]],
    line: Line,
    chance: Random,
    *,
    prefix: str,
    habits: Habits | None = None,
) -> Iterator[Caller]:
    """The same one by one, for more callers than there should be in memory at once."""
    like = habits or Habits()
    known = ways(line)
    first = line.menu.nodes.get(line.menu.start)
    wrong = next((key for key in "7896543210" if first and key not in first.keys), "")
    spoken = _Odds(_known(like.languages, [language.id for language in line.languages]))
    wanted = _Odds(_known(like.services, [service.id for service in line.services]))
    ratings = _Odds(like.ratings)
    ways_to: dict[tuple[str, str], str] = {}
    for count, (moment, number) in enumerate(calls, start=1):
        language, service = spoken.pick(chance), wanted.pick(chance)
        keys = ways_to.get((language, service))
        if keys is None:
            keys = ways_to[language, service] = keys_to(known, language, service)
        presses = _presses(keys, wrong, language == line.default_language, like, chance)
        id = f"{prefix}{count:06d}"
        yield _caller(
            id=id,
            number=number,
            moment=moment,
            language=language,
            service=service,
            presses=presses,
            mother_tongue=language == line.default_language,
            like=like,
            ratings=ratings,
            chance=chance,
        )


def score(caller: Caller, waited_s: float) -> int:
    """1 very satisfied … 5 very dissatisfied. Who waited long is a little less content."""
    anger = caller.mood + min(waited_s, 300.0) / 300.0 * 0.05
    for value, most in enumerate((0.795, 0.955, 0.984, 0.994), start=1):
        if anger < most:
            return value
    return 5


def _caller(
    *,
    id: str,
    number: str,
    moment: float,
    language: str,
    service: str,
    presses: tuple[Press, ...],
    mother_tongue: bool,
    like: Habits,
    ratings: _Odds[RatingWay],
    chance: Random,
) -> Caller:
    patient = like.patience_median_s * (1.0 if mother_tongue else like.patience_of_few)
    mu = math.log(like.talk_mean_s) - like.talk_sigma**2 / 2
    talk = min(max(chance.lognormvariate(mu, like.talk_sigma), 12.0), like.talk_most_s)
    patience = chance.lognormvariate(math.log(patient), like.patience_sigma)
    says = chance.lognormvariate(math.log(like.message_median_s), 0.7)
    return Caller(
        id=id,
        number=number,
        arrives_at=moment,
        language=language,
        service=service,
        hasty=chance.random() < like.hasty,
        presses=presses,
        leaves_menu_s=chance.uniform(1.0, 34.0) if chance.random() < like.leave_menu else math.inf,
        patience_s=max(4.0, patience),
        rather_message=chance.random() < like.rather_message,
        message_s=min(says, 170.0) if chance.random() < like.leaves_message else 0.0,
        message_hangs_up=chance.random() < 0.6,
        talk_s=talk,
        hangs_up_first=chance.random() < like.hangs_up_first,
        rating=ratings.pick(chance),
        mood=chance.random(),
    )


def _presses(
    keys: str, wrong: str, mother_tongue: bool, like: Habits, chance: Random
) -> tuple[Press, ...]:
    """What is pressed at each question. Who presses nothing, or 0, gets to a human there."""
    way, odd = chance.random(), chance.random()
    if mother_tongue and way < like.zero:
        keys = "0"
    elif mother_tongue and way < like.zero + like.says_nothing and keys:
        keys = keys[: chance.randrange(len(keys))]
    elif not mother_tongue and way < like.says_nothing:
        keys = keys[:1]
    if odd < like.wrong_key:
        keys = wrong + keys
    elif odd < like.wrong_key + like.once_more:
        keys = "*" + keys
    return tuple(Press(key, chance.uniform(0.3, 1.08)) for key in keys)


def _known(weights: Mapping[str, float], ids: Sequence[str]) -> dict[str, float]:
    """The weights of what the line has; alike when it has nothing of it."""
    return {id: weights[id] for id in ids if id in weights} or dict.fromkeys(ids, 1.0)


class _Odds(Generic[T]):
    """Weights made ready, because they are asked once for every caller."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        self._values = list(weights)
        self._sums = list(accumulate(weights.values()))

    def pick(self, chance: Random) -> T:
        return chance.choices(self._values, cum_weights=self._sums)[0]
