"""Test tones: make one, and find which tone a recording holds.

A recording proves that both voices arrived only if each party says something of its own: the
softphones of the demonstration and of the tests say one steady tone each, and this module finds
it again. It never judges speech, and it never touches Asterisk.
"""

from __future__ import annotations

import array
import math
import sys
import wave
from pathlib import Path

RATE = 8000
"""Samples per second of telephone audio (G.711)."""

_SPEECH_LIKE = 8000
"""Amplitude of a tone we make: about -12 dBFS, far from clipping after G.711."""


def write_tone(path: Path, hz: int, seconds: float) -> None:
    """Write a mono 16-bit wav of a steady tone at `RATE`; `hz` 0 is silence.

    Raises ValueError for a tone that a telephone does not carry (300-3400 Hz).
    """
    if hz and not 300 <= hz <= 3400:
        raise ValueError(f"hz: {hz} is outside 300-3400, a telephone does not carry it")
    second = array.array(
        "h",
        (round(_SPEECH_LIKE * math.sin(2 * math.pi * hz * i / RATE)) for i in range(RATE)),
    )  # whole hertz: one second holds whole periods, so seconds join without a click
    if sys.byteorder == "big":
        second.byteswap()
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        for start in range(0, round(seconds * RATE), RATE):
            out.writeframes(second[: round(seconds * RATE) - start].tobytes())


def write_alaw(path: Path, hz: int, seconds: float = 1.0) -> None:
    """A tone as bare A-law bytes (G.711), to be sent round and round; `hz` 0 is silence."""
    length = round(seconds * RATE)
    samples = (_SPEECH_LIKE * math.sin(2 * math.pi * hz * i / RATE) for i in range(length))
    path.write_bytes(bytes(_alaw(round(sample)) for sample in samples))


def _alaw(sample: int) -> int:
    """One 16-bit sample by G.711: sign, three bits of segment, four of place in it."""
    sign = 0x80 if sample >= 0 else 0
    size = (sample if sample >= 0 else ~sample) >> 3
    segment = max(0, size.bit_length() - 5)
    place = size >> (segment or 1)
    return (sign | segment << 4 | place & 0xF) ^ 0x55


def tone_share(path: Path, hz: int, *, channel: int = 0, window_s: float = 0.1) -> float:
    """The share (0-1) of windows in which the tone `hz` is there and dominates.

    A window counts when at least half its energy is the tone and it is not near silence
    (below -50 dBFS). Raises ValueError when the file has no such channel or no 16-bit samples.
    """
    windows = tone_windows(path, hz, channel=channel, window_s=window_s)
    return sum(windows) / len(windows) if windows else 0.0


def tone_windows(
    path: Path, hz: int, *, channel: int = 0, window_s: float = 0.1, energy: float = 0.5
) -> list[bool]:
    """In which windows, one after the other, the tone dominates; see `tone_share`.

    `energy`: the least share of a window's energy that is the tone; less than half of it finds a
    tone that is heard together with another one.
    """
    return [_holds(s, hz, rate, energy) for s, rate in _windows(path, channel, window_s)]


def tone_seconds(
    path: Path, hz: int, *, channel: int = 0, window_s: float = 0.1, energy: float = 0.5
) -> float:
    """For how many seconds the tone `hz` dominates the channel; see `tone_windows`."""
    windows = tone_windows(path, hz, channel=channel, window_s=window_s, energy=energy)
    return window_s * sum(windows)


def length_s(path: Path) -> float:
    """Length of a wav in seconds."""
    with wave.open(str(path), "rb") as sound:
        return sound.getnframes() / sound.getframerate()


def _windows(path: Path, channel: int, window_s: float) -> list[tuple[array.array[int], int]]:
    with wave.open(str(path), "rb") as sound:
        channels, rate = sound.getnchannels(), sound.getframerate()
        if sound.getsampwidth() != 2:
            raise ValueError(f"{path.name}: {8 * sound.getsampwidth()}-bit samples, expected 16")
        if channel >= channels:
            raise ValueError(f"{path.name}: no channel {channel}, it has {channels}")
        samples = array.array("h", sound.readframes(sound.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    voice = samples[channel::channels]
    size = round(rate * window_s)
    return [(voice[i : i + size], rate) for i in range(0, len(voice) - size + 1, size)]


def _holds(samples: array.array[int], hz: int, rate: int, least: float) -> bool:
    """Goertzel's algorithm: the energy at one frequency, without a whole spectrum."""
    energy = sum(s * s for s in samples)
    if energy < len(samples) * 100**2:
        return False
    turn = 2 * math.cos(2 * math.pi * hz / rate)
    before = last = 0.0
    for s in samples:
        before, last = last, s + turn * last - before
    power = before * before + last * last - turn * before * last
    return 2 * power / len(samples) >= least * energy
