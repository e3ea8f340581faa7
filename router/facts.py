"""What became true: past tense, append-only, the only thing that changes the engine's state.

The journal keeps facts in order; calls, slips, board and reports are folds over them. A fact is
written before the commands that follow from it are carried out. Ids of recordings, legs, offers
and plays are unique within a centre for ever.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class _Body(msgspec.Struct, frozen=True, tag=True, tag_field="type"):
    pass


class _CallBody(_Body, frozen=True):
    call_id: str


class _SeatBody(_Body, frozen=True):
    seat_id: str


# ---- the call ----

Stage = Literal[
    "greeting",
    "menu",
    "queue",
    "ringing",
    "talking",
    "rating",
    "voicemail",
    "fallback",  # in the dialplan's hands
]

Outcome = Literal[
    "answered",  # a seat talked to the caller
    "abandoned_greeting",
    "abandoned_menu",
    "abandoned_queue",
    "abandoned_ringing",  # while a seat's phone rang
    "voicemail",  # left a message that was kept
    "abandoned_voicemail",  # was asked for a message, left none
    "fallback_answered",  # served by the dialplan without the router
    "fallback_voicemail",
    "fallback_abandoned",
    "failed",  # our or Asterisk's fault; counted, never hidden
]
"""Closed: `router.call.outcome_of` alone decides it; store, API, board and reports use it."""

HangupParty = Literal["caller", "seat", "line"]


class CallOpened(_CallBody, frozen=True):
    caller_number: str
    caller_name: str
    dialled: str
    ingress: str
    within_hours: bool
    line_version: str


class MenuEntered(_CallBody, frozen=True):
    """The caller is asked the question of `node`; `attempt` counts from 1."""

    node: str
    attempt: int


class KeyTaken(_CallBody, frozen=True):
    """A key the menu understood, with what it set (None: unchanged) and where it led."""

    node: str
    key: str
    language: str | None
    service: str | None
    goto: str


class KeyWrong(_CallBody, frozen=True):
    """A key without a meaning, answered with the wrong-key prompt. `where`: node or stage."""

    where: str
    key: str


class MenuSilent(_CallBody, frozen=True):
    """No key in time: on to a human with what is known."""

    node: str


class Queued(_CallBody, frozen=True):
    """The call waits for a seat. `needs`: skill → least level of the first step."""

    language: str
    service: str
    needs: dict[str, int]
    entered_at: float
    """Waiting order counts from here (epoch s); kept through every failed offer."""
    line_version: str


class Relaxed(_CallBody, frozen=True):
    """Waited long enough for the service's next step; `step` counts from 1."""

    step: int
    needs: dict[str, int]


class WaitTold(_CallBody, frozen=True):
    """The caller was told place and expected wait. `ahead` calls; `wait_s` None: not told."""

    ahead: int
    wait_s: float | None


class Offered(_CallBody, frozen=True):
    """A seat is rung. `reason` names the ranking that chose it, best criterion first."""

    offer_id: str
    leg_id: str
    seat_id: str
    person_id: str
    phone: str
    step: int
    reason: dict[str, float]
    waited_s: float


class OfferRang(_CallBody, frozen=True):
    offer_id: str
    seat_id: str


OfferEnd = Literal[
    "answered",
    "no_answer",  # rang out
    "rejected",  # declined by hand
    "busy",  # phone in another call
    "unreachable",  # phone dead or never rang
    "caller_left",
    "withdrawn",  # by us: seat signed out, call moved, restart
]


class OfferEnded(_CallBody, frozen=True):
    offer_id: str
    leg_id: str
    seat_id: str
    person_id: str
    end: OfferEnd
    cause: int
    rang_s: float
    declined_until: float = 0.0
    """This call is not offered to this seat again before (epoch s)."""


class Connected(_CallBody, frozen=True):
    """Caller and seat talk. `waited_s`: from entering the queue to the answer."""

    offer_id: str
    leg_id: str
    bridge_id: str
    seat_id: str
    person_id: str
    provider: str
    waited_s: float


class CallHeld(_CallBody, frozen=True):
    """The seat lets the caller wait to music; the talk goes on."""

    seat_id: str
    person_id: str


class CallResumed(_CallBody, frozen=True):
    """The seat ended the hold."""

    seat_id: str
    person_id: str


class SeatAway(_CallBody, frozen=True):
    """The seat's phone is gone in mid-talk without having hung up: a page closed, a network lost.

    The caller hears music until the seat is back (`Rejoined`), at the latest until `until`.
    """

    leg_id: str
    seat_id: str
    person_id: str
    cause: int
    until: float


class RejoinRung(_CallBody, frozen=True):
    """The seat asked for its caller back: its phone is rung for the same talk, over a new leg."""

    leg_id: str
    seat_id: str
    person_id: str
    phone: str
    until: float


class RejoinEnded(_CallBody, frozen=True):
    """The new leg came to nothing."""

    leg_id: str
    seat_id: str
    person_id: str
    end: OfferEnd
    cause: int


class Rejoined(_CallBody, frozen=True):
    """The seat is back. `leg_id` carries the talk from now on, in place of `old_leg_id`; they are
    the same when the old one turned out to be there still."""

    leg_id: str
    old_leg_id: str
    seat_id: str
    person_id: str


class TalkEnded(_CallBody, frozen=True):
    """`leg_id`: the last one the seat had. `hold_s`: of `talk_s`, heard music instead of a seat."""

    leg_id: str
    seat_id: str
    person_id: str
    by: HangupParty
    talk_s: float
    hold_s: float = 0.0


class Requeued(_CallBody, frozen=True):
    """The seat never came back: the call waits again, in the place it had, which is the head."""

    needs: dict[str, int]
    line_version: str


class RatingInvited(_CallBody, frozen=True):
    """One rating per service act: the act of `leg_id` by `person_id`."""

    leg_id: str
    person_id: str


class Rated(_CallBody, frozen=True):
    """1 very satisfied … 5 very dissatisfied."""

    leg_id: str
    person_id: str
    score: int


RatingMissedWhy = Literal["not_asked", "hung_up", "timeout", "wrong_key"]


class RatingMissed(_CallBody, frozen=True):
    """Not rated, and why; kept apart and never counted as satisfied."""

    leg_id: str
    person_id: str
    why: RatingMissedWhy


VoicemailWhy = Literal["closed", "no_seat", "too_long", "chosen"]


class VoicemailInvited(_CallBody, frozen=True):
    why: VoicemailWhy


class VoicemailStarted(_CallBody, frozen=True):
    recording_id: str


class VoicemailKept(_CallBody, frozen=True):
    """`path` is relative to the recordings directory."""

    recording_id: str
    path: str
    seconds: float


class VoicemailEmpty(_CallBody, frozen=True):
    """Shorter than the least length, or failed: nothing was kept."""

    recording_id: str
    seconds: float
    failed: bool


class CallClosed(_CallBody, frozen=True):
    """Once per call. `stage` is where it ended. `healed`: found out by comparison, not told."""

    outcome: Outcome
    stage: Stage
    by: HangupParty
    cause: int
    healed: bool = False


class WentToFallback(_CallBody, frozen=True):
    """The dialplan has the caller: the router was stopping, or had been away for too long."""


class FallbackImported(_CallBody, frozen=True):
    """What became of a call that the dialplan served. Closes the call, or enters it afterwards."""

    caller_number: str
    started_at: float
    ended_at: float
    outcome: Outcome
    answered_by: str
    voicemail_path: str
    voicemail_seconds: float


# ---- the seat ----

SeatState = Literal["signed_out", "ready", "not_ready", "offered", "talking", "wrapup"]


class SeatSignedIn(_SeatBody, frozen=True):
    person_id: str
    phone: str
    skills: dict[str, int]
    provider: str


class SeatSignedOut(_SeatBody, frozen=True):
    person_id: str
    by: str


class SeatReady(_SeatBody, frozen=True):
    """Free for calls from now on (idle time counts from here)."""

    person_id: str


class SeatNotReady(_SeatBody, frozen=True):
    """`reason`: one of the settings' reasons, or `missed`, `rejected`, `unreachable`."""

    person_id: str
    reason: str


class SeatWantsNotReady(_SeatBody, frozen=True):
    """Asked for during a call: takes effect after it. Empty reason: taken back."""

    person_id: str
    reason: str


class SeatPaused(_SeatBody, frozen=True):
    """No offers until `until` (epoch s): the phone was busy."""

    person_id: str
    until: float


class WrapupStarted(_SeatBody, frozen=True):
    person_id: str
    call_id: str
    until: float


class WrapupEnded(_SeatBody, frozen=True):
    person_id: str
    by: Literal["seat", "timer", "sign_out"]


class PhoneReachable(_Body, frozen=True):
    phone: str


class PhoneLost(_Body, frozen=True):
    phone: str


# ---- the house ----


class LineStarted(_Body, frozen=True):
    """The router began to work with these settings; `recovered` calls were found in the journal."""

    line_version: str
    recovered: int


class PbxUp(_Body, frozen=True):
    pass


class PbxDown(_Body, frozen=True):
    pass


class Healed(_Body, frozen=True):
    """Our view and Asterisk's differed; ours was mended. `what` says how, `id` of what."""

    what: Literal[
        "call_gone",
        "call_unknown",
        "call_closed",
        "leg_gone",
        "leg_unknown",
        "bridge_lost",
        "bridge_unknown",
        "hold_lost",
    ]
    id: str


class CommandFailed(_Body, frozen=True):
    """Asterisk refused a command; what followed from it stands in the next facts."""

    command: str
    call_id: str
    leg_id: str
    reason: str


Body = (
    CallOpened
    | MenuEntered
    | KeyTaken
    | KeyWrong
    | MenuSilent
    | Queued
    | Relaxed
    | WaitTold
    | Offered
    | OfferRang
    | OfferEnded
    | Connected
    | CallHeld
    | CallResumed
    | SeatAway
    | RejoinRung
    | RejoinEnded
    | Rejoined
    | TalkEnded
    | Requeued
    | RatingInvited
    | Rated
    | RatingMissed
    | VoicemailInvited
    | VoicemailStarted
    | VoicemailKept
    | VoicemailEmpty
    | CallClosed
    | WentToFallback
    | FallbackImported
    | SeatSignedIn
    | SeatSignedOut
    | SeatReady
    | SeatNotReady
    | SeatWantsNotReady
    | SeatPaused
    | WrapupStarted
    | WrapupEnded
    | PhoneReachable
    | PhoneLost
    | LineStarted
    | PbxUp
    | PbxDown
    | Healed
    | CommandFailed
)


class Fact(msgspec.Struct, frozen=True):
    """One line of the journal. `seq` counts from 1 without gaps; `at` is epoch seconds."""

    seq: int
    at: float
    body: Body
