"""The traffic of the past once more: who came when is known, what is not known is drawn.

A caller who gave up has shown its patience, one who talked its talk. What was cut off is drawn from
what the others of the same language showed: patience beyond the wait of those who were served, a
talk for those who never had one. Callers who left in the menu asked for nobody and are not here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random

import msgspec

from router.sim.callers import Caller
from router.sim.patience import Patience, Seen, fitted

LEAST_TALKS = 20
"""Of fewer talks than this a language's own distribution says nothing; all calls' is taken."""


class Past(msgspec.Struct, frozen=True):
    """A recorded call that asked for a human. `talk_s` 0: it never talked."""

    queued_at: float
    language: str
    service: str
    waited_s: float
    left: bool
    """It hung up while waiting: its wait was its patience."""
    talk_s: float


class Known(msgspec.Struct, frozen=True):
    """What all of the past shows, by language; `""`: of everybody."""

    patience: Mapping[str, Patience]
    talks: Mapping[str, Sequence[float]]


def learned(past: Sequence[Past]) -> Known:
    seen: dict[str, list[Seen]] = {"": []}
    talks: dict[str, list[float]] = {"": []}
    for one in past:
        for language in ("", one.language):
            seen.setdefault(language, []).append(Seen(one.waited_s, one.left))
            if one.talk_s > 0:
                talks.setdefault(language, []).append(one.talk_s)
    enough = {language for language, some in talks.items() if len(some) >= LEAST_TALKS}
    patience = {k: fitted(some) for k, some in seen.items() if not k or _left(some)}
    return Known(patience, {k: some for k, some in talks.items() if not k or k in enough})


def callers(past: Sequence[Past], known: Known, seed: int) -> Iterator[Caller]:
    """One for each of `past` (by `queued_at`), who comes when it asked for a human."""
    chance = Random(f"replay {seed}")  # noqa: S311 - a model, no secret
    for count, one in enumerate(past, start=1):
        patience = known.patience.get(one.language) or known.patience[""]
        talks = known.talks.get(one.language) or known.talks[""] or (435.0,)
        # Drawn for everybody, so that one call more or less changes no other caller.
        beyond, talk = patience.beyond(one.waited_s, chance), chance.choice(talks)
        yield Caller(
            id=f"r{seed}-{count:06d}",
            number=f"1990000{count % 10_000:04d}",
            arrives_at=one.queued_at,
            language=one.language,
            service=one.service,
            hasty=False,
            presses=(),
            leaves_menu_s=float("inf"),
            patience_s=max(0.1, one.waited_s if one.left else beyond),
            rather_message=False,
            message_s=0.0,
            message_hangs_up=True,
            talk_s=one.talk_s or talk,
            hangs_up_first=True,
            rating="silent",
            mood=0.0,
        )


def _left(some: Sequence[Seen]) -> bool:
    """Whether enough of them gave up to say anything."""
    return sum(one.left for one in some) >= LEAST_TALKS
