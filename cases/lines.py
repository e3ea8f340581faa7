"""The text of the fact log: one self-checking line per fact. PURE, no files.

A line is the CRC-32 of the JSON in eight hex digits, a space, the JSON, a line feed. JSON as
msgspec writes it holds no line feed, so a line is whole when its sum is right. What follows the
last whole line is a write that was cut off; a broken line with whole lines behind it is damage
that nobody may repair silently.
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Sequence

import msgspec

from router.facts import Fact

_HEAD = 9
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Fact)


class JournalDamaged(Exception):
    """The log cannot be trusted from `offset` (bytes) of `file` on; `why` is a short sentence.

    Nothing was changed. The way out is a copy of the file, or a person who reads both sides.
    """

    def __init__(self, file: str, offset: int, why: str) -> None:
        super().__init__(f"{file}, byte {offset}: {why}")
        self.file = file
        self.offset = offset
        self.why = why


def encode(facts: Sequence[Fact]) -> bytes:
    lines = bytearray()
    for fact in facts:
        text = _encoder.encode(fact)
        lines += b"%08x %b\n" % (crc32(text), text)
    return bytes(lines)


def decode(
    data: bytes, file: str, first_seq: int, most: int | None = None
) -> tuple[list[Fact], int]:
    """At most `most` facts of `data`, which begins with fact `first_seq`, and their length.

    An unfinished last line is left out. Raises JournalDamaged for a broken line in front of a
    whole one, for a number that does not follow, and for a fact that this version does not know.
    """
    facts: list[Fact] = []
    at = 0
    while len(facts) != most and (end := data.find(b"\n", at)) >= 0:
        text = _checked(data[at:end])
        if text is None:
            _refuse_damage(data, end + 1, file, at)
            break
        try:
            fact = _decoder.decode(text)
        except msgspec.MsgspecError as error:
            raise JournalDamaged(file, at, f"written by another version ({error})") from error
        if fact.seq != first_seq + len(facts):
            expected = first_seq + len(facts)
            raise JournalDamaged(file, at, f"fact {fact.seq} stands where {expected} belongs")
        facts.append(fact)
        at = end + 1
    return facts, at


def _checked(line: bytes) -> bytes | None:
    text = line[_HEAD:]
    return text if line[:_HEAD] == b"%08x " % crc32(text) else None


def _refuse_damage(data: bytes, at: int, file: str, broken: int) -> None:
    for line in data[at:].split(b"\n"):
        if _checked(line) is not None:
            raise JournalDamaged(file, broken, "a broken line with whole lines behind it")
