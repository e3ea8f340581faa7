"""The ARI events we use, as types, and their decoder. Pure.

Names and meanings are those of Asterisk's own schema (`rest-api/api-docs/events.json`, 22). Only
fields somebody reads are here; others are skipped in decoding, so an Asterisk that adds fields or
event types changes nothing. An event of a type not listed becomes `Unknown`. This module must
never demand a field that some Asterisk (20 and later) leaves out.
"""

from __future__ import annotations

from datetime import datetime

import msgspec


class Caller(msgspec.Struct, frozen=True):
    """A party's name and number as the network gave them: personal data, possibly forged."""

    name: str = ""
    number: str = ""


class Dialplan(msgspec.Struct, frozen=True):
    """Where in the dialplan a channel is, or was when it entered the application."""

    context: str = ""
    exten: str = ""
    app_name: str = ""


class Channel(msgspec.Struct, frozen=True):
    """One leg as Asterisk sees it. `state` is Down, Ring, Ringing, Up, Busy or another word."""

    id: str
    name: str = ""
    state: str = ""
    caller: Caller = Caller()
    connected: Caller = Caller()
    dialplan: Dialplan = Dialplan()
    creationtime: datetime | None = None
    #: Variables named in `channelvars` of ari.conf.
    channelvars: dict[str, str] = {}


class Bridge(msgspec.Struct, frozen=True):
    """A mixing or holding bridge and the ids of the channels in it."""

    id: str
    bridge_type: str = ""
    name: str = ""
    channels: tuple[str, ...] = ()


class Playback(msgspec.Struct, frozen=True):
    """`state` is queued, playing, continuing, done or failed; `target_uri` is channel:… ."""

    id: str
    media_uri: str = ""
    target_uri: str = ""
    state: str = ""


class Recording(msgspec.Struct, frozen=True):
    """A recording made through ARI. `duration` is in whole seconds; `cause` tells a failure's."""

    name: str
    format: str = ""
    target_uri: str = ""
    state: str = ""
    duration: int | None = None
    cause: str = ""


class Endpoint(msgspec.Struct, frozen=True):
    """A phone or trunk. `state` is unknown, offline or online."""

    technology: str
    resource: str
    state: str = ""


class Contact(msgspec.Struct, frozen=True):
    """A registered address. `contact_status` is Reachable, Unreachable, NonQualified, Removed, …"""

    uri: str
    contact_status: str
    aor: str
    #: Microseconds, as digits; absent where the phone is not asked (`qualify_frequency = 0`).
    roundtrip_usec: str = ""


class Peer(msgspec.Struct, frozen=True):
    """`peer_status` is Reachable, Unreachable, Registered, Unregistered, Lagged, …"""

    peer_status: str
    cause: str = ""


class Device(msgspec.Struct, frozen=True):
    """`state` is NOT_INUSE, INUSE, RINGING, UNAVAILABLE or another of Asterisk's nine."""

    name: str
    state: str


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """What all have in common. `timestamp` is Asterisk's clock: for people, not for decisions."""

    timestamp: datetime | None = None
    application: str = ""


class StasisStart(Event, frozen=True):
    """A channel came to us. `args` are those of Stasis() in the dialplan, or `appArgs`."""

    channel: Channel
    args: tuple[str, ...] = ()
    replace_channel: Channel | None = None


class StasisEnd(Event, frozen=True):
    """A channel left us: hung up, or sent on in the dialplan."""

    channel: Channel


class ChannelDtmfReceived(Event, frozen=True):
    """A key was released. `digit` is 0-9, A-D, * or #."""

    channel: Channel
    digit: str
    duration_ms: int = 0


class ChannelStateChange(Event, frozen=True):
    channel: Channel


class ChannelHangupRequest(Event, frozen=True):
    """The far end hung up (`cause` as in Q.850), or asked softly to."""

    channel: Channel
    cause: int | None = None
    soft: bool = False


class ChannelDestroyed(Event, frozen=True):
    """The channel is gone. A dial that timed out may carry cause 0."""

    channel: Channel
    cause: int = 0
    cause_txt: str = ""


class Dial(Event, frozen=True):
    """Progress of a dial: `dialstatus` is empty at first, then RINGING, ANSWER, BUSY, …"""

    peer: Channel
    dialstatus: str = ""
    dialstring: str = ""
    caller: Channel | None = None


class PlaybackStarted(Event, frozen=True):
    playback: Playback


class PlaybackFinished(Event, frozen=True):
    """Also when it was stopped or failed: see the playback's `state`."""

    playback: Playback


class RecordingStarted(Event, frozen=True):
    recording: Recording


class RecordingFinished(Event, frozen=True):
    recording: Recording


class RecordingFailed(Event, frozen=True):
    recording: Recording


class ChannelEnteredBridge(Event, frozen=True):
    bridge: Bridge
    channel: Channel | None = None


class ChannelLeftBridge(Event, frozen=True):
    bridge: Bridge
    channel: Channel


class BridgeDestroyed(Event, frozen=True):
    bridge: Bridge


class ApplicationReplaced(Event, frozen=True):
    """Another websocket has taken our application: nothing more will come on this one."""


class ContactStatusChange(Event, frozen=True):
    endpoint: Endpoint
    contact_info: Contact


class PeerStatusChange(Event, frozen=True):
    endpoint: Endpoint
    peer: Peer


class DeviceStateChanged(Event, frozen=True):
    device_state: Device


class Unknown(msgspec.Struct, frozen=True):
    """An event of a type we do not use."""

    type: str


Known = (
    StasisStart
    | StasisEnd
    | ChannelDtmfReceived
    | ChannelStateChange
    | ChannelHangupRequest
    | ChannelDestroyed
    | Dial
    | PlaybackStarted
    | PlaybackFinished
    | RecordingStarted
    | RecordingFinished
    | RecordingFailed
    | ChannelEnteredBridge
    | ChannelLeftBridge
    | BridgeDestroyed
    | ApplicationReplaced
    | ContactStatusChange
    | PeerStatusChange
    | DeviceStateChanged
)
AriEvent = Known | Unknown

_known: msgspec.json.Decoder[Known] = msgspec.json.Decoder(Known)
_unknown = msgspec.json.Decoder(Unknown)
_types = frozenset(event.__name__ for event in Event.__subclasses__())


def decode(line: bytes) -> AriEvent:
    """Decode one websocket message.

    Bytes that are not UTF-8 become U+FFFD: a name may be broken, a caller must not be lost.

    Raises msgspec.DecodeError for what is no event, or an event without a field we need.
    """
    try:
        return _known.decode(line)
    except UnicodeDecodeError:
        return decode(line.decode("utf-8", "replace").encode())
    except msgspec.ValidationError:
        event = _unknown.decode(line)
        if event.type in _types:
            raise
        return event
