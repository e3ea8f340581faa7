"""Facts of the conversation: joined, held, broken off and taken up again, ended, rated.

Part of `router.facts`, by which name everybody knows them.
"""

from __future__ import annotations

from typing import Literal

from router.factbase import CallBody, HangupParty, OfferEnd


class Connected(CallBody, frozen=True):
    """Caller and seat talk. `waited_s`: from entering the queue to the answer."""

    offer_id: str
    leg_id: str
    bridge_id: str
    seat_id: str
    person_id: str
    provider: str
    waited_s: float


class CallHeld(CallBody, frozen=True):
    """The seat lets the caller wait to music; the talk goes on."""

    seat_id: str
    person_id: str


class CallResumed(CallBody, frozen=True):
    """The seat ended the hold."""

    seat_id: str
    person_id: str


class SeatAway(CallBody, frozen=True):
    """The seat's phone is gone in mid-talk without having hung up: a page closed, a network lost.

    The caller hears music until the seat is back (`Rejoined`), at the latest until `until`.
    """

    leg_id: str
    seat_id: str
    person_id: str
    cause: int
    until: float


class RejoinRung(CallBody, frozen=True):
    """The seat asked for its caller back: its phone is rung for the same talk, over a new leg."""

    leg_id: str
    seat_id: str
    person_id: str
    phone: str
    until: float


class RejoinEnded(CallBody, frozen=True):
    """The new leg came to nothing."""

    leg_id: str
    seat_id: str
    person_id: str
    end: OfferEnd
    cause: int


class Rejoined(CallBody, frozen=True):
    """The seat is back. `leg_id` carries the talk from now on, in place of `old_leg_id`; they are
    the same when the old one turned out to be there still."""

    leg_id: str
    old_leg_id: str
    seat_id: str
    person_id: str


class TalkEnded(CallBody, frozen=True):
    """`leg_id`: the last one the seat had. `hold_s`: of `talk_s`, heard music instead of a seat."""

    leg_id: str
    seat_id: str
    person_id: str
    by: HangupParty
    talk_s: float
    hold_s: float = 0.0


class Requeued(CallBody, frozen=True):
    """The seat never came back: the call waits again, in the place it had, which is the head."""

    kind: str
    needs: str
    policy: str
    line_version: str


class RatingInvited(CallBody, frozen=True):
    """One rating per service act: the act of `leg_id` by `person_id`."""

    leg_id: str
    person_id: str


class Rated(CallBody, frozen=True):
    """1 very satisfied … 5 very dissatisfied."""

    leg_id: str
    person_id: str
    score: int


RatingMissedWhy = Literal["not_asked", "hung_up", "timeout", "wrong_key"]


class RatingMissed(CallBody, frozen=True):
    """Not rated, and why; kept apart and never counted as satisfied."""

    leg_id: str
    person_id: str
    why: RatingMissedWhy
