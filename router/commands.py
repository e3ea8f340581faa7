"""What the engine wants done: imperative, with ids chosen by the engine, carried out by a port.

A command never answers: what became of it comes back as an event, a failure as
`CommandRefused`. Commands of one lane (a call, or a seat) are carried out in order, lanes side
by side.
"""

from __future__ import annotations

import msgspec


class _Command(msgspec.Struct, frozen=True, tag=True, tag_field="type"):
    pass


class _CallCommand(_Command, frozen=True):
    call_id: str


class Play(_CallCommand, frozen=True):
    """Play prompt pieces one after the other to the caller, in place of hold music.

    `prompts` are prompt ids of the manifest; `language` selects recordings (with fallback).
    """

    play_id: str
    prompts: tuple[str, ...]
    language: str


class StopPlay(_CallCommand, frozen=True):
    play_id: str


class StartHold(_CallCommand, frozen=True):
    """Hold music until `Play`, `Connect` or `StopHold`: to the caller, or to an answered leg,
    which hears it until `Connect` or `Join`."""

    leg_id: str = ""


class StopHold(_CallCommand, frozen=True):
    pass


class RingSeat(_CallCommand, frozen=True):
    """Ring a phone. `timeout_s` is a safety net for Asterisk; the engine's own timer decides."""

    leg_id: str
    phone: str
    caller_number: str
    caller_name: str
    timeout_s: float
    again: bool = False
    """For a talk that goes on: a page that was loaded again answers by itself."""


class CancelLeg(_CallCommand, frozen=True):
    """End a leg, ringing or talking; no event needs to follow if it is gone already."""

    leg_id: str


class Connect(_CallCommand, frozen=True):
    """Join caller and answered leg in a bridge; ends hold music and prompts."""

    leg_id: str
    bridge_id: str


class Join(_CallCommand, frozen=True):
    """Bring one more answered leg into the bridge, with everybody who is in it; ends its music."""

    leg_id: str
    bridge_id: str


class Hold(_CallCommand, frozen=True):
    """Take the caller out of the bridge, to hold music; the seat's leg stays in it.

    `Connect` joins them again.
    """

    bridge_id: str


class Disconnect(_CallCommand, frozen=True):
    """Take the bridge down; the caller's channel stays with us."""

    bridge_id: str


class RecordVoicemail(_CallCommand, frozen=True):
    """Beep, then record the caller. Ends by key, silence, length or hang-up."""

    recording_id: str
    max_s: int
    silence_s: int
    end_key: str


class Dismiss(_CallCommand, frozen=True):
    """Hang the caller up (Q.850 cause 16) and forget everything of the call in Asterisk."""


class DialCaller(_CallCommand, frozen=True):
    """Ring a caller who asked for it, through the trunk. `call_id` is chosen by us.

    The answered call comes back as `CallArrived`, recorded as every other; without an answer as
    `DialEnded`. `timeout_s` is a safety net for Asterisk; the engine's own timer decides.
    """

    callback_id: str
    caller_number: str
    """Checked to be nothing but digits, perhaps with a plus sign before them."""
    shown: str
    """Our own number, which the caller's phone shows."""
    timeout_s: float


class CancelDial(_CallCommand, frozen=True):
    """Ring the caller no longer; no event needs to follow if it is gone already."""


class NameFallback(_CallCommand, frozen=True):
    """Note on the channel which fallback queue it belongs to, should we die while it waits."""

    queue: str


class SendToFallback(_CallCommand, frozen=True):
    """Hand the caller to the dialplan's fallback queue: we are about to stop."""

    queue: str


class SyncMember(_Command, frozen=True):
    """Keep the fallback `app_queue` in step: `queues` the seat belongs to; empty removes it."""

    seat_id: str
    phone: str
    queues: tuple[str, ...]
    paused: bool


Command = (
    Play
    | StopPlay
    | StartHold
    | StopHold
    | RingSeat
    | CancelLeg
    | Connect
    | Join
    | Hold
    | Disconnect
    | RecordVoicemail
    | Dismiss
    | DialCaller
    | CancelDial
    | NameFallback
    | SendToFallback
    | SyncMember
)


def lane(command: Command) -> str:
    """The name of the queue whose order the command keeps: its call's, or its seat's."""
    return f"seat {command.seat_id}" if isinstance(command, SyncMember) else command.call_id
