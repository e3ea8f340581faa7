"""What became true: past tense, append-only, the only thing that changes the engine's state.

The journal keeps facts in order; calls, slips, board and reports are folds over them. A fact is
written before the commands that follow from it are carried out. Ids of recordings, legs, offers
and plays are unique within a centre for ever.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from queues.ticket import Ranking
from router.callbackfacts import (
    CallbackAsked,
    CallbackDue,
    CallbackFact,
    CallbackGivenUp,
    CallbackGivenUpWhy,
    CallbackReached,
    CallerDialled,
    DialEnd,
    DialEnded,
    SeatReleased,
    SeatReserved,
)
from router.factbase import Body_, CallBody, HangupParty, OfferEnd, Role
from router.ownerfacts import OwnedUntil, OwnerAwaited, OwnerFact, OwnersKnown
from router.pairfacts import (
    InterpreterJoined,
    InterpreterLeft,
    InterpreterLeftWhy,
    PairFact,
    PickedUp,
)
from router.policyfacts import PolicyAdopted, PolicyFact, Reruled
from router.seatfacts import (
    PhoneLost,
    PhoneReachable,
    SeatFact,
    SeatNotReady,
    SeatPaused,
    SeatReady,
    SeatSignedIn,
    SeatSignedOut,
    SeatState,
    SeatWantsNotReady,
    WrapupEnded,
    WrapupStarted,
)
from router.talkfacts import (
    CallHeld,
    CallResumed,
    Connected,
    Rated,
    RatingInvited,
    RatingMissed,
    RatingMissedWhy,
    Rejoined,
    RejoinEnded,
    RejoinRung,
    Requeued,
    SeatAway,
    TalkEnded,
)

__all__ = [  # for the type checker, which must know the conversation's facts by this name too
    "Body", "CallClosed", "CallHeld", "CallOpened", "CallResumed", "CallbackAsked", "CallbackDue",
    "CallbackGivenUp", "CallbackGivenUpWhy", "CallbackReached", "CallerDialled", "CommandFailed",
    "Connected", "DialEnd", "DialEnded", "Fact", "FallbackImported", "HangupParty", "Healed",
    "InterpreterJoined", "InterpreterLeft", "InterpreterLeftWhy", "KeyTaken", "KeyWrong",
    "LineStarted", "MenuEntered", "MenuSilent", "OfferEnd", "OfferEnded", "OfferRang", "Offered",
    "Outcome", "OwnedUntil", "OwnerAwaited", "OwnersKnown", "PbxDown", "PbxUp", "PhoneLost",
    "PhoneReachable", "PickedUp", "PolicyAdopted", "Queued", "Rated", "RatingInvited",
    "RatingMissed", "RatingMissedWhy", "RejoinEnded", "RejoinRung", "Rejoined", "Relaxed",
    "Requeued", "Reruled", "Reserved", "Role", "SeatAway", "SeatNotReady", "SeatPaused",
    "SeatReady", "SeatReleased", "SeatReserved", "SeatSignedIn", "SeatSignedOut", "SeatState",
    "SeatWantsNotReady", "Stage", "TalkEnded", "VoicemailEmpty", "VoicemailInvited",
    "VoicemailKept", "VoicemailStarted", "VoicemailWhy", "WaitTold", "WentToFallback",
    "WrapupEnded", "WrapupStarted",
]  # fmt: skip

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
    "callback",  # has asked to be rung back, and is being thanked
]

Outcome = Literal[
    "answered",  # a seat talked to the caller
    "abandoned_greeting",
    "abandoned_menu",
    "abandoned_queue",
    "abandoned_ringing",  # while a seat's phone rang
    "voicemail",  # left a message that was kept
    "abandoned_voicemail",  # was asked for a message, left none
    "callback",  # asked to be rung back and kept the place; what came of it is the callback's
    "fallback_answered",  # served by the dialplan without the router
    "fallback_voicemail",
    "fallback_abandoned",
    "failed",  # our or Asterisk's fault; counted, never hidden
]
"""Closed: `router.call.outcome_of` alone decides it; store, API, board and reports use it."""


class CallOpened(CallBody, frozen=True):
    caller_number: str
    caller_name: str
    dialled: str
    ingress: str
    within_hours: bool
    line_version: str
    callback_id: str = ""
    """We rang the caller: the callback that it came of."""


class MenuEntered(CallBody, frozen=True):
    """The caller is asked the question of `node`; `attempt` counts from 1."""

    node: str
    attempt: int


class KeyTaken(CallBody, frozen=True):
    """A key the menu understood, with what it set (None: unchanged) and where it led."""

    node: str
    key: str
    language: str | None
    service: str | None
    goto: str


class KeyWrong(CallBody, frozen=True):
    """A key without a meaning, answered with the wrong-key prompt. `where`: node or stage."""

    where: str
    key: str


class MenuSilent(CallBody, frozen=True):
    """No key in time: on to a human with what is known."""

    node: str


class Queued(CallBody, frozen=True):
    """The call waits for a seat. `kind`: the ladder's name; `needs`: what its first rung asks for,
    as `queues.needs` writes it; `policy`: version of the policy that says so."""

    language: str
    service: str
    kind: str
    needs: str
    entered_at: float
    """Waiting order counts from here (epoch s); kept through every failed offer."""
    head_start_s: float
    """Its place in the order is that of a call that came so much earlier."""
    head_start_why: tuple[str, ...]
    policy: str
    line_version: str


class Relaxed(CallBody, frozen=True):
    """Content with less: on the next rung of its ladder, which asks for `needs` and loosens
    `relaxes` (as the policy calls it). `hopeless`: not because it was time, but because nobody on
    duty could ever have served it on the rung before."""

    rung: int
    needs: str
    relaxes: tuple[str, ...]
    hopeless: bool
    policy: str


class WaitTold(CallBody, frozen=True):
    """The caller was told its place, and perhaps a time.

    `median_s`, `p90_s`: what was estimated (queues.wait), None: nobody could say. `minutes`: what
    was said, as the most to be expected; None: nothing was said of time.
    """

    ahead: int
    median_s: float | None
    p90_s: float | None
    minutes: int | None


class Offered(CallBody, frozen=True):
    """A seat is rung. `rung`: the lowest that it meets (-1: it is the owner of the caller's case);
    `ranking`: why it before the others, of a pair the specialist's; `able`: free seats that could
    have been chosen."""

    offer_id: str
    leg_id: str
    seat_id: str
    person_id: str
    phone: str
    rung: int
    ranking: Ranking
    able: int
    policy: str
    waited_s: float
    role: Role = ""
    partner: str = ""
    """The other seat of a pair, which is rung at the same moment."""
    callback_id: str = ""
    """The seat had been kept for this callback (`SeatReserved` says why it and no other)."""


class Reserved(CallBody, frozen=True):
    """This seat is kept for the caller should the one that rings not answer, unless another caller
    needs it meanwhile. `interpreter`: the other of a pair."""

    seat_id: str
    interpreter: str
    rung: int
    ranking: Ranking
    able: int
    policy: str


class OfferRang(CallBody, frozen=True):
    offer_id: str
    seat_id: str


class OfferEnded(CallBody, frozen=True):
    offer_id: str
    leg_id: str
    seat_id: str
    person_id: str
    end: OfferEnd
    cause: int
    rang_s: float
    declined_until: float = 0.0
    """This call is not offered to this seat again before (epoch s)."""


VoicemailWhy = Literal["closed", "no_seat", "too_long", "chosen"]


class VoicemailInvited(CallBody, frozen=True):
    why: VoicemailWhy


class VoicemailStarted(CallBody, frozen=True):
    recording_id: str


class VoicemailKept(CallBody, frozen=True):
    """`path` is relative to the recordings directory."""

    recording_id: str
    path: str
    seconds: float


class VoicemailEmpty(CallBody, frozen=True):
    """Shorter than the least length, or failed: nothing was kept."""

    recording_id: str
    seconds: float
    failed: bool


class CallClosed(CallBody, frozen=True):
    """Once per call. `stage` is where it ended. `healed`: found out by comparison, not told."""

    outcome: Outcome
    stage: Stage
    by: HangupParty
    cause: int
    healed: bool = False


class WentToFallback(CallBody, frozen=True):
    """The dialplan has the caller: the router was stopping, or had been away for too long."""


class FallbackImported(CallBody, frozen=True):
    """What became of a call that the dialplan served. Closes the call, or enters it afterwards."""

    caller_number: str
    started_at: float
    ended_at: float
    outcome: Outcome
    answered_by: str
    voicemail_path: str
    voicemail_seconds: float


# ---- the house ----


class LineStarted(Body_, frozen=True):
    """The router began to work with these settings; `recovered` calls were found in the journal."""

    line_version: str
    recovered: int


class PbxUp(Body_, frozen=True):
    pass


class PbxDown(Body_, frozen=True):
    pass


class Healed(Body_, frozen=True):
    """Our view and Asterisk's differed; ours was mended. `what` says how, `id` of what."""

    what: Literal[
        "call_gone",
        "call_unknown",
        "call_closed",
        "dial_gone",
        "dial_unknown",
        "leg_gone",
        "leg_unknown",
        "bridge_lost",
        "bridge_unknown",
        "hold_lost",
    ]
    id: str


class CommandFailed(Body_, frozen=True):
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
    | Reserved
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
    | PairFact
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
    | CallbackFact
    | OwnerFact
    | SeatFact
    | LineStarted
    | PolicyFact
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
