"""What Asterisk says, in our words: its events → the router's. Pure.

Who a channel is stands in its id: a seat's leg is `<call_id>-L<n>`, chosen by us, every other
channel of our application is a caller and its id is the call's. So little has to be remembered,
and all of it is in `Lines`, which is handed in. Ends are told once and at the first sign:
Asterisk announces a hang-up up to three times (request, end of Stasis, destroyed), the first one
milliseconds before the last. An end of something unknown is told too: after a restart we know
nothing, and the engine has an answer for ids it does not know.

This module must never demand that events come in an order, and never keep a caller's data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from router.events import (
    CallArrived,
    CallerHungUp,
    DialEnded,
    Event,
    KeyPressed,
    LegAnswered,
    LegEnd,
    LegEnded,
    LegRinging,
    PhoneChanged,
    PlayEnded,
    VoicemailRecorded,
    call_of,
    is_dial,
)
from telephony.ari_events import (
    AriEvent,
    Channel,
    ChannelDestroyed,
    ChannelDtmfReceived,
    ChannelHangupRequest,
    ChannelStateChange,
    Dial,
    PlaybackFinished,
    Recording,
    RecordingFailed,
    RecordingFinished,
    StasisEnd,
    StasisStart,
)

_LEG = re.compile(r".+-L\d+")
_PLAY = re.compile(r".+-P[\d.]+")
_VOICEMAIL = re.compile(r".+-V\d+")

BUSY, REJECTED = 17, 21
DialEnd = Literal["no_answer", "rejected", "busy", "unreachable"]

UNANSWERED = frozenset({0, 16, 18, 19})
"""Causes of a phone that rang and then rang no more (a timed-out dial may carry 0)."""

ABSENT = frozenset({"UNAVAILABLE", "INVALID"})
"""Device states of a phone that has no reachable address."""

HEARD = frozenset(
    {
        "StasisStart",
        "StasisEnd",
        "ChannelStateChange",
        "ChannelHangupRequest",
        "ChannelDestroyed",
        "ChannelDtmfReceived",
        "Dial",
        "PlaybackFinished",
        "RecordingFinished",
        "RecordingFailed",
        "ApplicationReplaced",
    }
)
"""The ARI events that mean something to us; of the rest Asterisk is asked to say nothing."""


class Leg(msgspec.Struct):
    """How far a seat's leg has come."""

    rang: bool = False
    answered: bool = False


class Lines(msgspec.Struct):
    """What must be remembered between two messages. `perform` and `reconcile` keep it as well."""

    legs: dict[str, Leg] = {}
    here: set[str] = set()
    """Callers with us."""
    ended: set[str] = set()
    """Channels whose end was told, until Asterisk has said its last word about them."""
    away: set[str] = set()
    """Callers handed to the dialplan: their leaving us is no hang-up."""
    holds: set[str] = set()
    """Calls, and legs of seats, that hear hold music."""
    keys: dict[str, tuple[str, datetime]] = {}
    """Call → the key released last, and when by Asterisk's clock."""
    plays: dict[str, set[str]] = {}
    """Call → what is being played to its caller."""
    bridges: dict[str, set[str]] = {}
    """Call → bridges that stand."""
    phones: dict[str, bool] = {}
    """Phone → reachable, as told last."""

    def lost(self) -> None:
        """The connection is gone: what ends or stops from now on goes unseen."""
        self.legs.clear()
        self.here.clear()
        self.ended.clear()
        self.away.clear()
        self.holds.clear()
        self.keys.clear()
        self.plays.clear()
        self.bridges.clear()

    def drop(self, kept: dict[str, set[str]], id: str) -> None:
        """Forget one play or bridge of its call."""
        ids = kept.get(call_of(id))
        if ids is not None:
            ids.discard(id)
            if not ids:
                del kept[call_of(id)]


def is_leg(channel_id: str) -> bool:
    """Whether a channel of ours is a seat's leg; else it is a caller's."""
    return _LEG.fullmatch(channel_id) is not None


def is_phone(endpoint: str) -> bool:
    """Whether an endpoint is a person's phone; `telephony.provision` names trunks `trunk-<n>`."""
    return not endpoint.startswith("trunk")


def arrival(channel: Channel, args: Sequence[str]) -> CallArrived | None:
    """The caller that `Stasis(<app>,caller,<ingress>[,<dialled>])` hands us; None for others."""
    if not args or args[0] != "caller":
        return None
    ingress = args[1] if len(args) > 1 else ""
    exten = channel.dialplan.exten
    dialled = args[2] if len(args) > 2 else exten if exten[:1] in "+0123456789" else ""
    return CallArrived(channel.id, channel.caller.number, channel.caller.name, dialled, ingress)


def translate(lines: Lines, event: AriEvent) -> Event | None:
    """The router's event for one of ARI's, None where it says nothing new."""
    match event:
        case StasisStart():
            return _started(lines, event)
        case ChannelStateChange() if event.channel.state == "Ringing":
            return _rang(lines, event.channel.id)
        case Dial() if event.dialstatus in {"RINGING", "PROGRESS"}:
            return _rang(lines, event.peer.id)
        case ChannelHangupRequest():
            # A soft request is one of ours and carries a flag of Asterisk's instead of a cause.
            return _ended(lines, event.channel.id, 0 if event.soft else event.cause or 0)
        case StasisEnd():
            told = _ended(lines, event.channel.id, 0)
            if not is_leg(event.channel.id):
                _forget(lines, event.channel.id)
            return told
        case ChannelDestroyed():
            if not is_leg(event.channel.id):
                _forget(lines, event.channel.id)  # told already, a caller leaves Stasis first
                return None
            told = _ended(lines, event.channel.id, event.cause)
            lines.ended.discard(event.channel.id)
            return told
        case ChannelDtmfReceived() if not is_leg(event.channel.id):
            return _pressed(lines, event)
        case PlaybackFinished() if _PLAY.fullmatch(event.playback.id):
            lines.drop(lines.plays, event.playback.id)
            ok = event.playback.state != "failed"
            return PlayEnded(call_of(event.playback.id), event.playback.id, ok)
        case RecordingFinished() | RecordingFailed() if _VOICEMAIL.fullmatch(event.recording.name):
            return _recorded(event.recording, ok=isinstance(event, RecordingFinished))
        case _:
            return None


def device_state(lines: Lines, fields: Mapping[str, str]) -> PhoneChanged | None:
    """The router's event for AMI's `DeviceStateChange`: Asterisk's sum over a phone's addresses."""
    technology, _, name = fields.get("Device", "").partition("/")
    state = fields.get("State", "UNKNOWN")
    if technology != "PJSIP" or state == "UNKNOWN":
        return None
    return phone(lines, name, state not in ABSENT)


def dial_end(lines: Lines, fields: Mapping[str, str]) -> DialEnded | None:
    """The router's event for AMI's `Hangup` of a caller whom we rang; None when it had answered:
    then it was with us, or with the dialplan's fallback."""
    call_id = fields.get("Uniqueid", "")
    answered = call_id in lines.here or fields.get("ChannelStateDesc", "") == "Up"
    if not is_dial(call_id) or answered:
        return None
    cause = int(fields.get("Cause", "0") or 0)
    ends: dict[int, DialEnd] = {BUSY: "busy", REJECTED: "rejected"}
    return DialEnded(call_id, ends.get(cause) or _unheard(cause), cause)


def _unheard(cause: int) -> DialEnd:
    return "no_answer" if cause in UNANSWERED else "unreachable"


def phone(lines: Lines, name: str, reachable: bool) -> PhoneChanged | None:
    """The event for a phone's state, None when it is no phone or nothing changed."""
    if not is_phone(name) or lines.phones.get(name) == reachable:
        return None
    lines.phones[name] = reachable
    return PhoneChanged(name, reachable)


def _pressed(lines: Lines, event: ChannelDtmfReceived) -> KeyPressed | None:
    """A key's release, once. Asterisk tells it twice when it has to put the digit off.

    Seen in recordings, some 20 ms apart (`queue_dtmf_readq` in its channel.c). A key that went
    down before it last came up is one press: nobody can do that twice.
    """
    call_id, digit, now = event.channel.id, event.digit, event.timestamp
    if now is not None:
        last = lines.keys.get(call_id)
        lines.keys[call_id] = (digit, now)
        down = now - timedelta(milliseconds=event.duration_ms)
        if last is not None and last[0] == digit and down < last[1]:
            return None
    return KeyPressed(call_id, digit)


def _started(lines: Lines, event: StasisStart) -> Event | None:
    id = event.channel.id
    if not is_leg(id):
        arrived = arrival(event.channel, event.args)
        if arrived is not None:
            lines.here.add(id)
        return arrived
    leg = lines.legs.setdefault(id, Leg())
    if leg.answered or id in lines.ended:
        return None
    leg.answered = True
    return LegAnswered(id)


def _rang(lines: Lines, id: str) -> LegRinging | None:
    if not is_leg(id) or id in lines.ended:
        return None
    leg = lines.legs.setdefault(id, Leg())
    if leg.rang or leg.answered:
        return None
    leg.rang = True
    return LegRinging(id)


def _ended(lines: Lines, id: str, cause: int) -> Event | None:
    if id in lines.ended:
        return None
    lines.ended.add(id)
    lines.holds.discard(id)
    if not is_leg(id):
        return None if id in lines.away else CallerHungUp(id, cause)
    return LegEnded(id, leg_end(lines.legs.pop(id, Leg()), cause), cause)


def _forget(lines: Lines, call_id: str) -> None:
    """Asterisk's last word about a caller. Bridges stay: somebody has to take them down."""
    lines.here.discard(call_id)
    lines.ended.discard(call_id)
    lines.away.discard(call_id)
    lines.holds.discard(call_id)
    lines.keys.pop(call_id, None)
    lines.plays.pop(call_id, None)


def leg_end(leg: Leg, cause: int) -> LegEnd:
    """How a leg ended, by its Q.850 cause and how far it had come.

    Asterisk's causes for SIP answers (hangup_sip2cause): 486 and 600 are 17; 403 and 603 are 21;
    480 is 19; 408 is 18; 404 is 1. A phone that is busy says so at once. One that rings first and
    then says 486 was declined by hand: that is how many phones decline (baresip, for one).
    """
    if leg.answered:
        return "hung_up"
    if cause == REJECTED or (cause == BUSY and leg.rang):
        return "rejected"
    if cause == BUSY:
        return "busy"
    return "no_answer" if leg.rang and cause in UNANSWERED else "unreachable"


def _recorded(recording: Recording, *, ok: bool) -> VoicemailRecorded:
    return VoicemailRecorded(
        call_of(recording.name),
        recording.name,
        f"{recording.name}.{recording.format or 'wav'}",
        float(recording.duration or 0),
        ok,
    )
