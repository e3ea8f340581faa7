"""The facts of a seat and of phones: who sits where, may be rung, wraps up.

`router.facts` is the whole list; nobody else needs to look in here.
"""

from __future__ import annotations

from typing import Literal

from router.factbase import Body_, SeatBody

SeatState = Literal[
    "signed_out",
    "ready",
    "not_ready",
    "reserved",  # kept for a callback whose caller is being rung
    "offered",
    "talking",
    "wrapup",
]


class SeatSignedIn(SeatBody, frozen=True):
    person_id: str
    phone: str
    skills: dict[str, int]
    provider: str


class SeatSignedOut(SeatBody, frozen=True):
    person_id: str
    by: str


class SeatReady(SeatBody, frozen=True):
    """Free for calls from now on (idle time counts from here)."""

    person_id: str


class SeatNotReady(SeatBody, frozen=True):
    """`reason`: one of the settings' reasons, or `missed`, `rejected`, `unreachable`."""

    person_id: str
    reason: str


class SeatWantsNotReady(SeatBody, frozen=True):
    """Asked for during a call: takes effect after it. Empty reason: taken back."""

    person_id: str
    reason: str


class SeatPaused(SeatBody, frozen=True):
    """No offers until `until` (epoch s): the phone was busy."""

    person_id: str
    until: float


class WrapupStarted(SeatBody, frozen=True):
    person_id: str
    call_id: str
    until: float


class WrapupEnded(SeatBody, frozen=True):
    person_id: str
    by: Literal["seat", "timer", "sign_out"]


class PhoneReachable(Body_, frozen=True):
    phone: str


class PhoneLost(Body_, frozen=True):
    phone: str


SeatFact = (
    SeatSignedIn
    | SeatSignedOut
    | SeatReady
    | SeatNotReady
    | SeatWantsNotReady
    | SeatPaused
    | WrapupStarted
    | WrapupEnded
    | PhoneReachable
    | PhoneLost
)
