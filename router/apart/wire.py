"""What router and screens write to each other: names of keys and shapes of entries. PURE.

One stream holds facts and answers, so that an answer always comes after the facts of its request.
An entry's id begins with the number of the last fact up to there: `<seq>-0` are facts that end
with `seq`, `<seq>-<microseconds>` an answer, `<base>-1` the mark that a stream begins after `base`.
Adding facts twice, or facts that do not follow, is refused by the script that adds them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from router.events import Request
from router.facts import Fact
from router.state import Snapshot
from router.verdict import Refusal


class Keys:
    """The keys of one centre. The braces keep them together on a Redis cluster."""

    def __init__(self, centre: str) -> None:
        head = f"hotline:{{{centre}}}:"
        self.lease = f"{head}lease"
        self.facts = f"{head}facts"
        self.beats = f"{head}beats"
        self.snapshot = f"{head}snapshot"
        self.asks = f"{head}asks"
        self._ask = f"{head}ask:"

    def ask(self, number: str) -> str:
        """Where it is noted that a request is being dealt with, and its answer."""
        return self._ask + number


class Kept(msgspec.Struct, frozen=True):
    """The state that a screen begins with; facts of `thread` with a greater `seq` follow it."""

    thread: str
    snapshot: Snapshot


class Beat(msgspec.Struct, frozen=True):
    """The router lives. `published`: facts in the stream; `recorded`: facts there are.

    `parts`: how the router's parts are, as its own health would say.
    """

    thread: str
    published: int
    recorded: int
    parts: Mapping[str, Mapping[str, object]] = {}


class Ask(msgspec.Struct, frozen=True):
    """A person's request. Not to be carried out when it is older than `within_ms`."""

    number: str
    within_ms: int
    request: Request


class Answer(msgspec.Struct, frozen=True):
    number: str
    refusal: Refusal | None


encode = msgspec.msgpack.Encoder().encode
facts_of = msgspec.msgpack.Decoder(tuple[Fact, ...]).decode
kept_of = msgspec.msgpack.Decoder(Kept).decode
beat_of = msgspec.msgpack.Decoder(Beat).decode
ask_of = msgspec.msgpack.Decoder(Ask).decode
answer_of = msgspec.msgpack.Decoder(Answer).decode

Entry = tuple[bytes, Mapping[bytes, bytes]]
"""As Redis gives it: id and fields."""

THREAD, FACTS, ANSWER, BODY = b"t", b"f", b"a", b"b"


def seq_of(entry_id: bytes) -> int:
    """The number of the last fact up to this entry."""
    return int(entry_id.partition(b"-")[0])


def ms_of(entry_id: bytes) -> int:
    """When an entry with an id of Redis' own was added, by Redis' clock."""
    return seq_of(entry_id)


def following(facts: Sequence[Fact], position: int) -> Sequence[Fact] | None:
    """Those of `facts` that follow `position`; None: some are missing in between."""
    if not facts or facts[-1].seq <= position:
        return ()
    known = position + 1 - facts[0].seq
    return None if known < 0 else facts[known:]
