"""The router's newest sign of life in Redis, for whoever wants to know without following."""

from __future__ import annotations

import msgspec

from router.apart import wire
from router.apart.link import Link
from router.apart.wire import Keys


class Pulse(msgspec.Struct, frozen=True):
    """`age_s`: seconds since it was given, by Redis' clock."""

    age_s: float
    beat: wire.Beat


async def newest(link: Link, keys: Keys) -> Pulse | None:
    """None: there has been no router since Redis was emptied. Raises what `link.AWAY` names."""
    beats, (seconds, micros) = await link.commands(
        ("XREVRANGE", keys.beats, "+", "-", "COUNT", 1), ("TIME",)
    )
    if not beats:
        return None
    entry_id, fields = beats[0]
    age_s = seconds + micros / 1e6 - wire.ms_of(entry_id) / 1000
    return Pulse(max(0.0, age_s), wire.beat_of(fields[wire.BODY]))
