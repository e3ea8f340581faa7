"""How what a call needs is relaxed as it waits: rungs in time, and a floor that is never crossed.

A policy relaxes several things at once (speciality, level, region, who speaks the language), each
by its own clock: a lattice. At any moment one relaxation of each holds, so a call walks one way
through the lattice, and that way is its ladder: rung 0 as it enters, each next one no stricter
than the one before. A call stands on the highest rung whose time has come; a seat that meets any
rung up to it may serve, and one that meets a lower rung is preferred, because it costs less.
"""

from __future__ import annotations

import msgspec

from queues.needs import Need


class Pair(msgspec.Struct, frozen=True):
    """Two seats at once, joined with the caller: neither could serve alone."""

    specialist: Need
    interpreter: Need


class Rung(msgspec.Struct, frozen=True):
    """`after_s`: seconds since the caller began to wait. `cost`: how much less than asked for the
    caller gets (0: nothing less); seats of a cheaper rung go first. `relaxes`: what was loosened
    since the rung before, in the policy's words (`law`, `level`, `region`, `interpreter`)."""

    after_s: float
    needs: Need
    cost: int = 0
    relaxes: tuple[str, ...] = ()
    pair: Pair | None = None
    """On this rung two seats together will do as well."""


class Ladder(msgspec.Struct, frozen=True):
    """`rungs`: at least one, by `after_s`, the first at 0; each admits whoever the one before
    admits. `floor`: what every single seat on every rung meets, whatever happens; a pair's
    interpreter meets it in the specialist's stead."""

    kind: str
    floor: Need
    rungs: tuple[Rung, ...]
