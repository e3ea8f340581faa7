"""What people add to the facts of the demonstration month: slips, handled messages, recordings.

From the same seed as the facts, and after them: nothing here changes what happened on the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from random import Random

from cases.demonstration import Audible, Dressing, Figure, Handled, Writing
from cases.rows import DEMO
from config.divisions import divisions
from config.words import words
from hotline.demo_facts import Month
from hotline.demo_memory import Memory, Remembered
from hotline.demo_slips import Slips
from hotline.demo_sounds import MOST_CALLS, MOST_MESSAGES, MOST_S, Voices

_HOT_DAYS = 3
_HANDLED, _HANDLED_LATELY = 0.94, 0.45
_LATELY_S = 2 * 86400.0
_LEAST_TALK_S = 20.0


def figures(month: Month) -> list[Figure]:
    """The month's staff as people of the house."""
    book = words("zh-CN")  # a name in the store, like any other
    return [
        Figure(
            person_id=person.id,
            name=book.text("demo.month.person", number=person.id.removeprefix(f"{DEMO}p")),
            username=f"demo.seat{person.id.removeprefix(f'{DEMO}p')}",
            provider=person.provider,
            skills=person.skills,
        )
        for person in month.people
    ]


def dressing(month: Month, memory: Memory, zone: tzinfo, audible: Sequence[Audible]) -> Dressing:
    """Slips and handled messages for what is remembered of the month."""
    chance = month.chance("slips")
    hot = _hot(month, zone)
    slips = Slips(divisions(month.line.centre.divisions), chance, hot)
    hands = [person.id for person in month.people if person.provider == "staff"]
    written: list[Writing] = []
    handled: list[Handled] = []
    for call in memory.calls.values():
        if call.person_id:
            writing = slips.of_talk(call)
            if writing is not None:
                written.append(writing)
        elif call.voicemail_id:
            lately = month.end - call.ended_at < _LATELY_S
            if chance.random() < (_HANDLED_LATELY if lately else _HANDLED):
                at = min(_working(call.ended_at, zone, chance), month.end - 1.0)
                hand = chance.choice(hands)
                handled.append(Handled(call.voicemail_id, hand, at))
                written.append(slips.of_message(call, hand, at))
    return Dressing(written, handled, audible)


def record(month: Month, memory: Memory, voices: Voices, recordings: Path) -> list[Audible]:
    """Write a few recordings; the newest short talks and messages have one. Raises OSError."""
    recordings.mkdir(parents=True, exist_ok=True)
    newest = list(reversed(memory.calls.values()))
    talks = [call for call in newest if _short(call)][:MOST_CALLS]
    messages = [call for call in newest if call.voicemail_id][:MOST_MESSAGES]
    return [voices.call(call, recordings / f"{call.call_id}.wav") for call in talks] + [
        voices.message(call, recordings / f"{call.voicemail_id}.wav") for call in messages
    ]


def recordings_of(recordings: Path) -> list[Path]:
    """Every file of a demonstration in the directory of recordings."""
    return sorted(recordings.glob(f"{DEMO}*.wav"))


def _short(call: Remembered) -> bool:
    whole = call.ended_at - call.opened_at
    return bool(call.person_id) and call.talk_s >= _LEAST_TALK_S and whole <= MOST_S


def _hot(month: Month, zone: tzinfo) -> tuple[float, float]:
    """Three days in the middle of the month, beginning with its second or third Tuesday."""
    day = next(
        month.first + timedelta(days=n)
        for n in range(11, 18)
        if (month.first + timedelta(days=n)).weekday() == 1
    )
    begins = datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
    return begins, begins + _HOT_DAYS * 86400.0


def _working(left_at: float, zone: tzinfo, chance: Random) -> float:
    """When somebody gets to a message: some hours later, by day."""
    at = left_at + chance.expovariate(1 / 7200.0) + 600.0
    local = datetime.fromtimestamp(at, zone)
    if 8 <= local.hour < 20:
        return at
    morning = local.replace(hour=8, minute=30, second=0) + timedelta(days=local.hour >= 20)
    return morning.timestamp() + chance.uniform(0, 5400)
