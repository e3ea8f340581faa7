"""Asks Asterisk what it holds for us, so that the router can compare.

No event is repeated after a lost connection, and a new router knows nothing: ids and where a
channel is in the dialplan say everything. A caller is a channel in `Stasis(<app>,caller,…)`, a
leg has an id of ours; a caller in the fallback is in another application and not ours. This module
must never decide what a difference means, and never change anything in Asterisk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from router.events import PbxSeen, PhoneChanged, SeenChannel, call_of, is_dial
from router.ports import Clock
from telephony.ari_events import Bridge, Channel, Dialplan, Endpoint
from telephony.ari_pool import AriPool
from telephony.translate import Leg, Lines, arrival, is_leg, phone

AWAY = frozenset({"fallback", "voicemail"})
"""Contexts of config/asterisk/extensions.conf.tmpl in which a caller is served without us."""


class Place(Dialplan, frozen=True):
    """Also with which arguments the application was entered."""

    app_data: str = ""


class Held(Channel, frozen=True):
    """A channel as `GET /channels` lists it."""

    dialplan: Place = Place()


async def look(ari: AriPool, lines: Lines, *, app: str, clock: Clock, reconnected: bool) -> PbxSeen:
    """Ask for everything held for us now; with `reconnected` what it says is remembered as well.

    Raises AriLost and AriRefused.
    """
    asked_at = clock.now()
    told = await asyncio.gather(ari.get("channels"), ari.get("bridges"))
    channels, bridges = _channels(told[0]), _bridges(told[1])
    told_of = (_seen(channel, app) for channel in channels if channel.id not in lines.ended)
    seen = tuple(channel for channel in told_of if channel is not None)
    if reconnected:
        _remember(lines, channels, bridges)
        lines.here.update(channel.call_id for channel in seen if not channel.leg_id)
    ours = {bridge.id: bridge.channels for bridge in bridges if _is_bridge(bridge.id)}
    away = tuple(channel.id for channel in channels if _is_away(channel))
    here = {channel.call_id for channel in seen} | set(away)
    dials = tuple(ch.id for ch in channels if is_dial(ch.id) and ch.id not in here)
    return PbxSeen(asked_at, seen, ours, away, reconnected, dials)


async def phones(ari: AriPool, lines: Lines, *, all_of_them: bool) -> list[PhoneChanged]:
    """Which phones can be reached; only what changed, unless `all_of_them`.

    Raises AriLost and AriRefused.
    """
    endpoints = msgspec.convert(await ari.get("endpoints", "PJSIP"), list[Endpoint])
    if all_of_them:
        lines.phones.clear()
    states = {end.resource: end.state == "online" for end in endpoints}
    # Asterisk does not tell when it is made to forget a phone, as browsers' are.
    states |= dict.fromkeys(lines.phones.keys() - states.keys(), False)
    told = (phone(lines, name, reachable) for name, reachable in states.items())
    return [change for change in told if change is not None]


def _channels(told: Any) -> list[Held]:
    return msgspec.convert(told, list[Held])


def _bridges(told: Any) -> list[Bridge]:
    return msgspec.convert(told, list[Bridge])


def _is_bridge(bridge_id: str) -> bool:
    call_id, _, number = bridge_id.rpartition("-B")
    return bool(call_id) and number.isdecimal()


def _is_away(channel: Held) -> bool:
    """Whether the dialplan serves this caller without us."""
    return channel.dialplan.context in AWAY and not is_leg(channel.id)


def _seen(channel: Held, app: str) -> SeenChannel | None:
    place = channel.dialplan
    inside = place.app_name == "Stasis"
    if is_leg(channel.id):
        # A leg is up for us when it can be joined, which is when it has entered our application.
        up = inside and channel.state == "Up"
        return SeenChannel(call_of(channel.id), channel.id, up)
    name, *args = place.app_data.split(",")
    if not inside or name != app:
        return None
    came = arrival(channel, args)
    if came is None:
        return None
    return SeenChannel(came.call_id, "", channel.state == "Up", *msgspec.structs.astuple(came)[1:])


def _remember(lines: Lines, channels: Sequence[Held], bridges: Sequence[Bridge]) -> None:
    """Take up what stands in Asterisk, so that its next events are told right."""
    for channel in channels:
        if is_leg(channel.id):
            up = channel.state == "Up"
            leg = lines.legs.setdefault(channel.id, Leg())
            leg.rang |= up or channel.state == "Ringing"
            leg.answered |= up and channel.dialplan.app_name == "Stasis"
    for bridge in bridges:
        if _is_bridge(bridge.id):
            lines.bridges.setdefault(call_of(bridge.id), set()).add(bridge.id)
