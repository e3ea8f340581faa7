"""What happens to the hotline, as seen by the engine: the only things that can change it.

Events come from telephony, from people at seats and from the pump. They carry no time: the pump
hands `now` to the engine. Adding a row here means adding a row to the tables in `router.engine`.
Ids: `call_id` is the id of the caller's first channel; `leg_id`, `play_id` and `recording_id` were
chosen by the engine. An event for an id the engine does not know is answered, never an error.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from config.policy import Policy


class _Event(msgspec.Struct, frozen=True, tag=True, tag_field="type"):
    pass


# ---- from the telephone ----


class CallArrived(_Event, frozen=True):
    """A caller's channel was handed to us; it is answered and being recorded already."""

    call_id: str
    caller_number: str
    """As the trunk gave it; empty when withheld."""
    caller_name: str = ""
    dialled: str = ""
    ingress: str = ""
    """Name of the trunk the call came in on."""


class CallerHungUp(_Event, frozen=True):
    """The caller's channel is gone. `cause` is a Q.850 cause, 0 when unknown."""

    call_id: str
    cause: int = 0


class KeyPressed(_Event, frozen=True):
    call_id: str
    key: str


class PlayEnded(_Event, frozen=True):
    """A `Play` came to its end (also when it failed, or was stopped by `StopPlay`)."""

    call_id: str
    play_id: str
    ok: bool = True


class LegRinging(_Event, frozen=True):
    leg_id: str


class LegAnswered(_Event, frozen=True):
    leg_id: str


LegEnd = Literal["rejected", "busy", "no_answer", "unreachable", "hung_up"]
"""`hung_up` after an answer, otherwise how the phone refused; a ring time-out is the engine's."""


class LegEnded(_Event, frozen=True):
    leg_id: str
    end: LegEnd
    cause: int = 0


class DialEnded(_Event, frozen=True):
    """A caller whom we rang did not answer, and is rung no longer. `cause` as in Q.850."""

    call_id: str
    end: Literal["no_answer", "rejected", "busy", "unreachable"]
    cause: int = 0


class VoicemailRecorded(_Event, frozen=True):
    """The recording of a voicemail ended. `path` is relative to the recordings directory."""

    call_id: str
    recording_id: str
    path: str
    seconds: float
    ok: bool = True


class PhoneChanged(_Event, frozen=True):
    """A person's phone registered or vanished, became reachable or silent."""

    phone: str
    reachable: bool


class CommandRefused(_Event, frozen=True):
    """A command could not be carried out. `reason` is a short stable word or Asterisk's text."""

    command: str
    """Tag of the command, e.g. `RingSeat`."""
    call_id: str = ""
    leg_id: str = ""
    play_id: str = ""
    reason: str = ""


class SeenChannel(msgspec.Struct, frozen=True):
    """One channel that Asterisk holds for us: a caller (`leg_id` empty) or a seat's leg."""

    call_id: str
    leg_id: str = ""
    up: bool = False
    caller_number: str = ""
    caller_name: str = ""
    dialled: str = ""
    ingress: str = ""


class PbxSeen(_Event, frozen=True):
    """Everything Asterisk holds for us, asked for at `asked_at` (same clock as `now`).

    Sent after every (re)connection and every few seconds. Whatever changed in the engine after
    `asked_at` is newer than this view and is left alone.
    `bridges` maps bridge id → channel ids; bridge ids are ours (`Connect.bridge_id`).
    """

    asked_at: float
    channels: tuple[SeenChannel, ...]
    bridges: dict[str, tuple[str, ...]] = {}
    away: tuple[str, ...] = ()
    """Callers that the dialplan's fallback has; the ledger will say what became of them."""
    reconnected: bool = False
    """First view of a connection: prompts may have ended and legs changed unseen."""
    dials: tuple[str, ...] = ()
    """Callers that are being rung, by the id that their call will have."""


class PbxLost(_Event, frozen=True):
    """The connection to Asterisk is gone; calls may go on, we cannot see them."""


class FallbackServed(_Event, frozen=True):
    """A call the dialplan served without us, found in its ledger afterwards.

    `started_at`, `ended_at`: epoch seconds. `outcome` as in the ledger. `voicemail_path` relative
    to the recordings directory, empty when there is none.
    """

    call_id: str
    caller_number: str
    started_at: float
    ended_at: float
    outcome: Literal["answered", "voicemail", "abandoned"]
    answered_by: str = ""
    voicemail_path: str = ""
    voicemail_seconds: float = 0.0


# ---- from the slips ----


class OwnersChanged(_Event, frozen=True):
    """Whose open cases callers have: number → (person, epoch s until which it is open).

    Only what changed; an empty person: the number has no open case any more.
    """

    owners: dict[str, tuple[str, float]]


# ---- from people at seats (requests: the engine may refuse them) ----


class SignIn(_Event, frozen=True):
    """A person takes a seat with a phone. `skills`: skill → level 1-5."""

    seat_id: str
    person_id: str
    phone: str
    skills: dict[str, int]
    provider: str = "staff"


class SignOut(_Event, frozen=True):
    """`by` is empty when the person asked, else who signed the seat out."""

    seat_id: str
    by: str = ""


class Ready(_Event, frozen=True):
    seat_id: str


class NotReady(_Event, frozen=True):
    """During a call it takes effect when the call and its wrap-up end."""

    seat_id: str
    reason: str


class EndWrapup(_Event, frozen=True):
    seat_id: str


class HangUp(_Event, frozen=True):
    """The seat ends its call."""

    seat_id: str


class Hold(_Event, frozen=True):
    """The seat lets its caller wait to music; both stay on the line."""

    seat_id: str


class Resume(_Event, frozen=True):
    """The seat talks to its caller again."""

    seat_id: str


class PolicyChanged(_Event, frozen=True):
    """Another policy is to decide from now on. `by`: the person who wants it."""

    policy: Policy
    by: str


class Rejoin(_Event, frozen=True):
    """The seat's phone was started anew (a page loaded again): ring it for the talk it is in."""

    seat_id: str


Event = (
    CallArrived
    | CallerHungUp
    | KeyPressed
    | PlayEnded
    | LegRinging
    | LegAnswered
    | LegEnded
    | DialEnded
    | VoicemailRecorded
    | PhoneChanged
    | CommandRefused
    | PbxSeen
    | PbxLost
    | FallbackServed
    | OwnersChanged
    | SignIn
    | SignOut
    | Ready
    | NotReady
    | EndWrapup
    | HangUp
    | Hold
    | Resume
    | Rejoin
    | PolicyChanged
)
SeatRequest = SignIn | SignOut | Ready | NotReady | EndWrapup | HangUp | Hold | Resume | Rejoin
Request = SeatRequest | PolicyChanged


_DIAL = re.compile(r".+-C[0-9]+-A[0-9]+")


def is_dial(call_id: str) -> bool:
    """Whether we ring, or rang, the caller of that call: such ids are chosen by us."""
    return _DIAL.fullmatch(call_id) is not None


def call_of(id: str) -> str:
    """The call that a leg, bridge, play or recording id of ours belongs to; the callback of a
    caller whom we ring."""
    return id.rpartition("-")[0]
