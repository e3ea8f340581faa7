"""Carries out the router's commands: each becomes the fewest ARI requests that do it.

What Asterisk was seen to do (22.10) and is relied on here: a playback takes the place of hold
music, which does not come back by itself; music does not end when a channel joins a bridge, and a
channel that is being played to joins only when the playback has ended, so `Connect` stops both;
playbacks and recordings of one channel wait for each other in order.

A refusal comes back as `CommandRefused` with one of the reasons below, or Asterisk's own words.
This module must never ask for anything twice, and never put a caller's data into a log.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from math import ceil
from typing import Final, assert_never

import structlog

from router import commands as c
from router.events import CallerHungUp, CommandRefused, DialEnded, LegEnded, call_of
from router.phones import is_browser
from router.ports import Post
from telephony.ami import Ami
from telephony.ari_pool import AriPool
from telephony.faults import AmiLost, AmiRefused, AmiTimeout, AriLost, AriRefused, PbxFault
from telephony.members import Members
from telephony.provision import OUTBOUND
from telephony.translate import Leg, Lines

log = structlog.get_logger(__name__)

GONE = "gone"
"""The channel, bridge or playback is no longer there, or no longer ours: no fault of anybody."""
LOST = "lost"
"""Asterisk could not be reached, or did not answer in time."""
NO_PROMPT = "no_prompt"
"""None of the prompts is there in any language that may stand in."""
EXISTS = "exists"
"""Something of that id is there already."""

NO_CONTACT = 20
"""Q.850 "subscriber absent": what a phone without a registered address amounts to."""

MIXED: Final = "mixing,video_sfu"
"""A bridge that always mixes, because of what MixMonitor would miss in one that only passes on.

Debian's Asterisk (22.10) carries the loss concealment of asterisk-opus. It makes every translation
remember the last RTP sequence number and drop what looks late; in a plain bridge MixMonitor's
translation sees the packets of one phone after another, and the second phone's, whose numbers begin
anywhere, look late every other time: the caller hears the seat, the recording does not (seen also
in asterisk/asterisk issue 507). A mixed frame is linear already, and has no number. Asterisk's
only word for "mix, even two" is this one, which is about video; nobody here has any.
"""

AGAIN: Final = {"PJSIP_HEADER(add,Alert-Info)": "<urn:x-hotline:rejoin>"}
"""What tells a page that it is rung for the talk it was in when it was loaded again."""

Resolve = Callable[[Sequence[str], str], Sequence[str]]
"""(prompt ids, language) → media URIs `sound:/path/without/extension`; LookupError: not there."""

_GONE_WORDS = ("not found", "not in Stasis", "not in a Stasis")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028\u2029"<>\\]')


class Operator:
    """Carries out commands. `app` is the ARI application's name."""

    def __init__(
        self,
        ari: AriPool,
        ami: Ami,
        members: Members,
        lines: Lines,
        *,
        app: str,
        resolve: Resolve,
        post: Post,
    ) -> None:
        self._ari = ari
        self._ami = ami
        self._members = members
        self._lines = lines
        self._app = app
        self._resolve = resolve
        self._post = post

    async def perform(self, command: c.Command) -> None:
        """Carry out one command; what goes wrong at Asterisk's is posted, never raised."""
        try:
            await self._do(command)
        except PbxFault as fault:
            self._post(refusal(command, _reason(fault)))

    async def _do(self, command: c.Command) -> None:
        match command:
            case c.Play():
                await self._play(command)
            case c.StopPlay():
                await self._ari.delete("playbacks", command.play_id)
            case c.StartHold():
                await self._start_hold(command.leg_id or command.call_id)
            case c.StopHold():
                await self._stop_hold(command.call_id)
            case c.RingSeat():
                await self._ring(command)
            case c.CancelLeg():
                await self._ari.delete("channels", command.leg_id)
            case c.Connect():
                await self._connect(command)
            case c.Join():
                await self._join(command)
            case c.Hold():
                await self._leave(command)
                await self._start_hold(command.call_id)
            case c.Disconnect():
                await self._leave(command)
                await self._disconnect(command.bridge_id)
            case c.RecordVoicemail():
                await self._record(command)
            case c.Dismiss():
                await self._dismiss(command.call_id)
            case c.DialCaller():
                await self._dial(command)
            case c.CancelDial():
                await self._ari.delete("channels", command.call_id)
            case c.NameFallback():
                await self._name_fallback(command.call_id, command.queue)
            case c.SendToFallback():
                await self._send_away(command)
            case c.SyncMember():
                await self._sync(command)
            case _:
                assert_never(command)

    async def _play(self, play: c.Play) -> None:
        media = self._media(play.prompts, play.language)
        if not media:
            self._post(refusal(play, NO_PROMPT))
            return
        self._lines.holds.discard(play.call_id)
        self._lines.plays.setdefault(play.call_id, set()).add(play.play_id)
        try:
            await self._ari.post(
                "channels", play.call_id, "play", play.play_id, query={"media": ",".join(media)}
            )
        except PbxFault:
            self._lines.drop(self._lines.plays, play.play_id)
            raise

    def _media(self, prompts: Sequence[str], language: str) -> list[str]:
        """What nobody recorded is left out: a sentence with a gap beats silence."""
        try:
            return list(self._resolve(prompts, language))
        except LookupError:
            if len(prompts) > 1:
                return [media for one in prompts for media in self._media((one,), language)]
            log.warning("prompt missing", prompt=prompts[0], language=language)
            return []

    async def _start_hold(self, channel: str) -> None:
        """Music to a caller, or to a seat's leg."""
        if channel in self._lines.holds:
            return
        self._lines.holds.add(channel)
        try:
            await self._ari.post("channels", channel, "moh")
        except PbxFault:
            self._lines.holds.discard(channel)
            raise

    async def _stop_hold(self, channel: str) -> None:
        if channel in self._lines.holds:
            self._lines.holds.discard(channel)
            await self._ari.delete("channels", channel, "moh")

    async def _ring(self, ring: c.RingSeat) -> None:
        known = ring.leg_id in self._lines.legs
        self._lines.legs.setdefault(ring.leg_id, Leg())
        try:
            await self._ari.post(
                "channels",
                ring.leg_id,
                query={
                    "endpoint": f"PJSIP/{ring.phone}",
                    "app": self._app,
                    "appArgs": f"leg,{ring.leg_id},{ring.call_id}",
                    "callerId": _caller_id(ring.caller_name, ring.caller_number),
                    "timeout": str(ceil(ring.timeout_s)),
                    # The seat is offered what the caller speaks: nothing has to be transcoded.
                    "originator": ring.call_id,
                },
                body={"variables": AGAIN} if ring.again and is_browser(ring.phone) else None,
            )
        except PbxFault as fault:
            if not known:
                self._lines.legs.pop(ring.leg_id, None)
            if isinstance(fault, AriRefused) and fault.status == 500:
                # "Allocation failed": no such phone, or none of its addresses can be reached.
                self._post(LegEnded(ring.leg_id, "unreachable", NO_CONTACT))
                return
            raise

    async def _dial(self, dial: c.DialCaller) -> None:
        """Ring a caller through the trunk.

        Answered, the call goes by the dialplan like one that came in: so it is recorded, comes to
        us as an arrival, and is served without us should we be gone by then.
        """
        try:
            await self._ari.post(
                "channels",
                dial.call_id,
                query={
                    "endpoint": f"PJSIP/{dial.caller_number}@{OUTBOUND}",
                    "context": "callback",
                    "extension": "s",
                    "priority": "1",
                    "callerId": _caller_id("", dial.shown),
                    "timeout": str(ceil(dial.timeout_s)),
                },
                body={"variables": {"HOTLINE_NUMBER": dial.caller_number}},
            )
        except AriRefused as refused:
            if refused.status != 500:
                raise
            # "Allocation failed": the trunk is not there, or cannot be reached.
            self._post(DialEnded(dial.call_id, "unreachable", NO_CONTACT))

    async def _connect(self, connect: c.Connect) -> None:
        call_id, bridge_id, lines = connect.call_id, connect.bridge_id, self._lines
        lines.bridges.setdefault(call_id, set()).add(bridge_id)
        await asyncio.gather(
            self._bridge(bridge_id),
            self._quietly(self._stop_hold(call_id)),
            self._quietly(self._stop_hold(connect.leg_id)),
            *(
                self._quietly(self._ari.delete("playbacks", play_id))
                for play_id in lines.plays.get(call_id, ())
            ),
        )
        try:
            await self._ari.post(
                "bridges",
                bridge_id,
                "addChannel",
                query={"channel": f"{call_id},{connect.leg_id}"},
            )
        except PbxFault:
            await self._quietly(self._disconnect(bridge_id))
            raise

    async def _join(self, join: c.Join) -> None:
        """One more into a bridge. When it is gone meanwhile, the others stay together."""
        self._lines.bridges.setdefault(join.call_id, set()).add(join.bridge_id)
        await asyncio.gather(
            self._bridge(join.bridge_id), self._quietly(self._stop_hold(join.leg_id))
        )
        bridge = ("bridges", join.bridge_id, "addChannel")
        await self._ari.post(*bridge, query={"channel": join.leg_id})

    async def _bridge(self, bridge_id: str) -> None:
        """Have a bridge of that id; one that lost a channel unseen stands already."""
        try:
            await self._ari.post("bridges", bridge_id, query={"type": MIXED})
        except AriRefused as refused:
            if _reason(refused) != EXISTS:
                raise

    async def _leave(self, command: c.Disconnect | c.Hold) -> None:
        """Take the caller out of a bridge.

        And wait for it: a prompt asked for while a bridge is being taken down is sometimes
        neither played nor reported (Asterisk 22.10).
        """
        if command.call_id in self._lines.here:
            query = {"channel": command.call_id}
            bridge = ("bridges", command.bridge_id, "removeChannel")
            await self._quietly(self._ari.post(*bridge, query=query))

    async def _disconnect(self, bridge_id: str) -> None:
        self._lines.drop(self._lines.bridges, bridge_id)
        await self._ari.delete("bridges", bridge_id)

    async def _record(self, record: c.RecordVoicemail) -> None:
        self._lines.holds.discard(record.call_id)
        try:
            (beep,) = self._resolve(("beep",), "")
        except LookupError:
            log.warning("prompt missing", prompt="beep", language="")
        else:
            # Played by us and not by the recording, which says that it is done without having
            # begun when Asterisk lacks the sound it calls `beep`.
            await self._ari.post(
                "channels",
                record.call_id,
                "play",
                f"{record.recording_id}-beep",
                query={"media": beep},
            )
        await self._ari.post(
            "channels",
            record.call_id,
            "record",
            query={
                "name": record.recording_id,
                "format": "wav",
                "maxDurationSeconds": str(record.max_s),
                "maxSilenceSeconds": str(record.silence_s),
                "ifExists": "overwrite",
                "terminateOn": record.end_key if record.end_key in {"#", "*"} else "any",
            },
        )

    async def _dismiss(self, call_id: str) -> None:
        legs = [leg_id for leg_id in self._lines.legs if call_of(leg_id) == call_id]
        bridges = list(self._lines.bridges.get(call_id, ()))
        if legs or bridges:
            await asyncio.gather(
                *(self._quietly(self._ari.delete("channels", leg_id)) for leg_id in legs),
                *(self._quietly(self._disconnect(bridge_id)) for bridge_id in bridges),
            )
        await self._ari.delete("channels", call_id)

    async def _send_away(self, command: c.SendToFallback) -> None:
        call_id = command.call_id
        # Its leaving us may be told before the answer to `continue`: it must not look like an end.
        self._lines.away.add(call_id)
        try:
            await asyncio.gather(
                self._quietly(self._name_fallback(call_id, command.queue)),
                self._quietly(self._stop_hold(call_id)),
            )
            await self._ari.post(
                "channels",
                call_id,
                "continue",
                query={"context": "fallback", "extension": "s", "priority": "1"},
            )
        except PbxFault as fault:
            unheard = call_id in self._lines.ended or call_id not in self._lines.away
            self._lines.away.discard(call_id)
            if unheard and _reason(fault) == GONE:
                self._post(CallerHungUp(call_id))
            raise

    async def _name_fallback(self, call_id: str, queue: str) -> None:
        """Note the fallback queue on the channel.

        Through AMI, which only locks the channel: ARI would wait for the prompt that plays, and
        whatever is asked for this call after it would wait too.
        """
        fields = {"Channel": call_id, "Variable": "HOTLINE_QUEUE", "Value": queue}
        await self._ami.request("Setvar", fields)

    async def _sync(self, command: c.SyncMember) -> None:
        try:
            await self._members.wish(command)
        except (AmiLost, AmiTimeout):
            # The wish stands and is carried out when the manager interface is back; calls go on.
            log.warning("queue member waits for AMI", queues=len(command.queues))

    async def _quietly(self, request: Awaitable[object]) -> None:
        """For what may be over already; a real loss shows in the request that follows."""
        try:
            await request
        except PbxFault as fault:
            log.debug("request passed over", reason=_reason(fault))


def refusal(command: c.Command, reason: str) -> CommandRefused:
    """The event for a command that was not carried out."""
    return CommandRefused(
        type(command).__name__,
        getattr(command, "call_id", ""),
        getattr(command, "leg_id", ""),
        getattr(command, "play_id", ""),
        reason,
    )


def _reason(fault: PbxFault) -> str:
    match fault:
        case AriRefused() if fault.status == 404 or any(w in fault.reason for w in _GONE_WORDS):
            return GONE
        case AmiRefused() if "No such channel" in str(fault):
            return GONE
        case AriRefused() if fault.status == 409:
            return EXISTS
        case AriLost():
            return LOST
        case AriRefused():
            return fault.reason
        case _:
            return str(fault)


def _caller_id(name: str, number: str) -> str:
    """Asterisk's `name <number>`; what would end either early is left out."""
    number = _UNSAFE.sub("", number).strip() or "anonymous"
    name = _UNSAFE.sub("", name).strip()
    return f'"{name}" <{number}>' if name else f"<{number}>"
