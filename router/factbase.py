"""What facts are made of: their common forms, and the words that several of them use.

`router.facts` is the whole list; nobody else needs to look in here.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Body_(msgspec.Struct, frozen=True, tag=True, tag_field="type"):
    pass


class CallBody(Body_, frozen=True):
    call_id: str


class SeatBody(Body_, frozen=True):
    seat_id: str


HangupParty = Literal["caller", "seat", "line"]

Role = Literal["", "specialist", "interpreter"]
"""As what a seat is rung: for a call of its own (empty), or as one of a pair."""

OfferEnd = Literal[
    "answered",
    "no_answer",  # rang out
    "rejected",  # declined by hand
    "busy",  # phone in another call
    "unreachable",  # phone dead or never rang
    "caller_left",
    "withdrawn",  # by us: seat signed out, call moved, restart
]
