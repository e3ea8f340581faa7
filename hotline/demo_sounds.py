"""A few recordings of the demonstration month, so that a player has something to play.

Stereo like a real one: left the caller, right what the caller hears. The greeting, the menu and the
hold music are the line's own; the two voices are hums of different pitch that take turns. Nobody
ever said anything here, and no speech is made up.
"""

from __future__ import annotations

import array
import hashlib
import math
import sys
import wave
from collections.abc import Sequence
from pathlib import Path
from random import Random

from cases.demonstration import Audible
from hotline.demo_memory import Remembered
from telephony.tones import RATE

MOST_CALLS = 12
MOST_S = 110.0
"""Only short calls: a minute is about a megabyte."""
MOST_MESSAGES = 6

_CALLER_HZ, _SEAT_HZ = 185, 240
_LONGEST_S = 4.0
_HUMS = 3
Samples = array.array


class Voices:
    """`prompts`: folder of the line's prompts at 8 kHz (`<id>.sln`); `music`: of hold music."""

    def __init__(self, prompts: Path, music: Path, chance: Random) -> None:
        self._prompts = prompts
        self._music = music
        self._chance = chance
        # A few of each voice are enough, and a second of one takes long to make.
        self._hums = {
            hz: [_hum(hz, _frames(_LONGEST_S), chance) for _ in range(_HUMS)]
            for hz in (_CALLER_HZ, _SEAT_HZ)
        }

    def call(self, call: Remembered, path: Path) -> Audible:
        """Write what a recording of this call would be like. Raises OSError."""
        whole = _frames(call.ended_at - call.opened_at)
        left, right = array.array("h", bytes(2 * whole)), array.array("h", bytes(2 * whole))
        queued = _frames(call.queued_at - call.opened_at)
        answered = _frames(call.answered_at - call.opened_at)
        ended = _frames(call.talk_ended_at - call.opened_at)
        self._say(right, 0, queued, ("welcome", "menu-language", "menu-service"))
        heard = self._say(right, queued, answered, ("to-human",))
        _lay(right, _samples(self._music / "hold.sln"), heard, answered, again=True)
        self._turns((right, left), answered, ended)
        self._say(right, ended, whole, ("rating-invite", "rating-thanks"))
        return _written(path, call.call_id, (left, right))

    def message(self, call: Remembered, path: Path) -> Audible:
        """One channel: the caller alone. Raises OSError."""
        voice = array.array("h", bytes(2 * _frames(call.voicemail_s)))
        self._turns((voice,), 0, len(voice))
        return _written(path, call.voicemail_id, (voice,))

    def _say(self, into: Samples[int], begin: int, end: int, prompts: Sequence[str]) -> int:
        """Lay prompts one after the other, cut off at `end`; returns where they ended."""
        for prompt in prompts:
            begin = _lay(into, _samples(self._prompts / f"{prompt}.sln"), begin, end)
        return begin

    def _turns(self, voices: Sequence[Samples[int]], begin: int, end: int) -> None:
        """The voices by turns, the first of them first, with pauses for breath."""
        turn = 0
        while begin < end:
            voice = voices[turn % len(voices)]
            hz = _SEAT_HZ if len(voices) > 1 and voice is voices[0] else _CALLER_HZ
            length = _frames(self._chance.uniform(1.2, _LONGEST_S))
            _lay(voice, self._chance.choice(self._hums[hz])[:length], begin, end)
            begin += length + _frames(self._chance.uniform(0.2, 0.7))
            turn += 1


def _frames(seconds: float) -> int:
    return max(0, round(seconds * RATE))


def _lay(
    into: Samples[int], sound: Samples[int], begin: int, end: int, *, again: bool = False
) -> int:
    """Put `sound` into place, cut off at `end`; `again`: over and over up to there."""
    while sound and begin < end:
        piece = sound[: end - begin]
        into[begin : begin + len(piece)] = piece
        begin += len(piece)
        if not again:
            break
    return begin


def _hum(hz: int, length: int, chance: Random) -> Samples[int]:
    """Something like a voice behind a wall: a note with overtones, loud and soft by syllables."""
    samples = array.array("h", bytes(2 * length))
    at = 0
    while at < length:
        syllable = _frames(chance.uniform(0.11, 0.24))
        pitch = 2 * math.pi * hz * chance.uniform(0.9, 1.15) / RATE
        loud = chance.uniform(2600, 5200)
        for i in range(min(syllable, length - at)):
            swell = math.sin(math.pi * i / syllable)
            tone = (
                math.sin(pitch * i) + 0.5 * math.sin(2 * pitch * i) + 0.3 * math.sin(5 * pitch * i)
            )
            samples[at + i] = int(loud * swell * tone)
        at += syllable + _frames(0.03)
    return samples


def _samples(plain: Path) -> Samples[int]:
    """Raw 16-bit samples as `telephony.sounds` makes them; nothing where there is no file."""
    samples = array.array("h", plain.read_bytes() if plain.is_file() else b"")
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _written(path: Path, recording_id: str, channels: Sequence[Samples[int]]) -> Audible:
    frames = len(channels[0])
    both = array.array("h", bytes(2 * len(channels) * frames))
    for place, channel in enumerate(channels):
        both[place :: len(channels)] = channel
    if sys.byteorder == "big":
        both.byteswap()
    with wave.open(str(path), "wb") as out:
        out.setnchannels(len(channels))
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(both.tobytes())
    content = path.read_bytes()
    return Audible(
        recording_id, frames / RATE, hashlib.sha256(content).hexdigest(), len(content)
    )  # fmt: skip
