"""WAV files as telephones leave them: measured, and two one-way recordings joined into one.

16-bit PCM, one channel, usually 8 kHz. The header's length is written when a recording is closed;
while it is being written, or after Asterisk was killed, it is too small and the file's own size
tells. Never loads a whole recording into memory.
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import wave
from array import array
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

# A second of sound at a time: the thread that joins must not keep the call path waiting.
_FRAMES = 8_192
_WIDTH = 2


class BadSound(Exception):
    """Not a WAV file of ours; the text says what is wrong with it."""


class Sound(msgspec.Struct, frozen=True):
    """Where the samples of a file lie. `closed`: its header agrees with its size."""

    rate: int
    channels: int
    offset: int
    frames: int
    closed: bool

    @property
    def seconds(self) -> float:
        return self.frames / self.rate


def measure(path: Path) -> Sound:
    """Raises BadSound, OSError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        riff, _, form = _unpack(file, "<4sI4s")
        if (riff, form) != (b"RIFF", b"WAVE"):
            raise BadSound("not a WAV file")
        layout: tuple[int, int, int] | None = None
        while True:
            name, length = _unpack(file, "<4sI")
            if name == b"data":
                break
            if name == b"fmt ":
                kind, channels, rate, _, _, bits = _unpack(file, "<HHIIHH")
                if kind != wave.WAVE_FORMAT_PCM or bits != 8 * _WIDTH or not (rate and channels):
                    raise BadSound("not 16-bit PCM")
                layout = rate, channels, _WIDTH * channels
                length -= 16
            file.seek(length + length % 2, os.SEEK_CUR)
        if layout is None:
            raise BadSound("no format before the samples")
        offset = file.tell()
    rate, channels, frame = layout
    # An odd last byte is padding, or a frame that was cut off.
    return Sound(rate, channels, offset, (size - offset) // frame, abs(size - offset - length) < 2)


def join(left: Path | None, right: Path | None, joined: Path) -> Sound:
    """Write `joined` with one file on each side; what one of them lacks (None: all) is silence.

    Raises BadSound when the two do not fit together, OSError.
    """
    sides = [path for path in (left, right) if path is not None]
    sounds = [measure(path) for path in sides]
    if {sound.channels for sound in sounds} != {1}:
        raise BadSound("more than one channel on one side")
    if len({sound.rate for sound in sounds}) != 1:
        raise BadSound("different sample rates")
    length = max(sound.frames for sound in sounds)
    with ExitStack() as stack:
        out = stack.enter_context(wave.open(str(joined), "wb"))
        out.setnchannels(2)
        out.setsampwidth(_WIDTH)
        out.setframerate(sounds[0].rate)
        out.setnframes(length)
        sources: dict[int, BinaryIO] = {}
        for path, sound in zip(sides, sounds, strict=True):
            source = sources[0 if path is left else 1] = stack.enter_context(path.open("rb"))
            source.seek(sound.offset)
        for start in range(0, length, _FRAMES):
            frames = min(_FRAMES, length - start)
            both = array("h", bytes(2 * _WIDTH * frames))
            for side, file in sources.items():
                both[side::2] = _samples(file, frames)
            out.writeframesraw(both.tobytes())
    with joined.open("rb") as file:
        os.fsync(file.fileno())
    return measure(joined)


def checksum(path: Path) -> str:
    """SHA-256 of the file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _samples(file: BinaryIO, frames: int) -> array[int]:
    """So many samples, silence for those that are not there."""
    data = file.read(frames * _WIDTH)
    samples = array("h", data[: len(data) // _WIDTH * _WIDTH].ljust(frames * _WIDTH, b"\0"))
    if sys.byteorder == "big":  # `wave` expects samples in the machine's own order
        samples.byteswap()
    return samples


def _unpack(file: BinaryIO, layout: str) -> tuple[Any, ...]:
    data = file.read(struct.calcsize(layout))
    try:
        return struct.unpack(layout, data)
    except struct.error:
        raise BadSound("the header is cut off") from None
