"""Both clients against the real Asterisk."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

from telephony import ari_events as ev
from telephony.ami import Ami, AmiEvent
from telephony.ami_socket import AmiSocket
from telephony.ari import Ari
from telephony.ari_events import AriEvent
from telephony.faults import AmiLost, AmiRefused, AriLost, AriRefused, AriReplaced
from tests.pbx import RunningPbx

pytestmark = pytest.mark.pbx

#: What breaks lines for someone: Unicode, Python, a terminal, Asterisk.
NAMES = ["张\u2028Linkedid: spoofed", "张\x0bLinkedid: spoofed", "张\x85Linkedid: spoofed"]

_E = TypeVar("_E", bound=AriEvent)


@asynccontextmanager
async def ami(pbx: RunningPbx, **settings: Any) -> AsyncIterator[tuple[Ami, asyncio.Queue[Any]]]:
    events: asyncio.Queue[AmiEvent] = asyncio.Queue()
    client = Ami(
        pbx.host,
        pbx.ami_port,
        pbx.ami_username,
        pbx.ami_secret,
        on_event=events.put_nowait,
        **settings,
    )
    run = asyncio.create_task(client.run())
    try:
        await client.up(10)
        yield client, events
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


@asynccontextmanager
async def ari(
    pbx: RunningPbx, app: str = "clients", **settings: Any
) -> AsyncIterator[tuple[Ari, asyncio.Queue[AriEvent], asyncio.Task[Any]]]:
    events: asyncio.Queue[AriEvent] = asyncio.Queue()
    client = Ari(
        pbx.ari_url,
        pbx.ari_username,
        pbx.ari_password,
        app,
        on_event=events.put_nowait,
        **settings,
    )
    async with client:
        run = asyncio.create_task(client.run())
        try:
            await client.up(10)
            yield client, events, run
        finally:
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)


async def named(events: asyncio.Queue[Any], name: str, **headers: str) -> AmiEvent:
    """Wait for the next AMI event of this name and with these headers."""
    async with asyncio.timeout(10):
        while True:
            event: AmiEvent = await events.get()
            if event.name == name and headers.items() <= event.keys.items():
                return event


async def of_type(events: asyncio.Queue[AriEvent], kind: type[_E]) -> _E:
    """Wait for the next ARI event of this type."""
    async with asyncio.timeout(10):
        while True:
            event = await events.get()
            if isinstance(event, kind):
                return event


async def test_an_idle_connection_lives_on(pbx: RunningPbx) -> None:
    # Longer than the three seconds after which the stock client's reader is dead. Waiting is
    # the thing under test here; liveness pings are put off so that the line is truly idle.
    async with ami(pbx, ping_every_s=600) as (client, _):
        assert (await client.request("Ping")).fields["Ping"] == "Pong"
        await asyncio.sleep(5)
        assert (await client.request("Ping")).fields["Ping"] == "Pong"


async def test_two_hundred_members_come_as_one_list(pbx: RunningPbx) -> None:
    async with ami(pbx) as (client, events):
        every = (await client.request("QueueStatus")).events
        queue = next(e.keys["Queue"] for e in every if e.name == "QueueParams")
        before = await client.request("QueueStatus", {"Queue": queue})
        seats = {f"Local/seat{n}@tests": f"坐席{n}" for n in range(200)}
        try:
            for seat, name in seats.items():
                fields = {"Queue": queue, "Interface": seat, "MemberName": name, "Paused": "true"}
                await client.request("QueueAdd", fields)
            await named(events, "QueueMemberAdded", Interface="Local/seat199@tests")
            listed = await client.request("QueueStatus", {"Queue": queue})
        finally:
            for seat in seats:
                await client.request("QueueRemove", {"Queue": queue, "Interface": seat})
        assert len(listed.events) == len(before.events) + 200
        members = {e.keys["Location"]: e.keys["Name"] for e in listed.events if "Location" in e}
        assert seats.items() <= members.items()
        assert listed.events[-1].keys["ListItems"] == str(len(listed.events) - 1)
        while not events.empty():
            assert events.get_nowait().name not in {"QueueMember", "QueueParams"}


async def test_a_command_prints_its_lines(pbx: RunningPbx) -> None:
    async with ami(pbx) as (client, _):
        output = (await client.request("Command", {"Command": "core show applications"})).output
    assert any(line.strip().startswith("Stasis:") for line in output)


async def test_asterisk_refuses_what_is_too_long_and_the_reply_finds_its_request(
    pbx: RunningPbx,
) -> None:
    async with ami(pbx) as (client, _):
        with pytest.raises(AmiRefused, match="line too long"):
            await client.request("Setvar", {"Variable": "X", "Value": "x" * 2000})
        with pytest.raises(AmiRefused, match="Too many lines"):
            await client.request("Setvar", {"Variable": ["x=1"] * 200})
        with pytest.raises(AmiRefused, match="No such queue"):
            await client.request("QueueAdd", {"Queue": "none", "Interface": "Local/x@tests"})
        assert (await client.request("Ping")).fields["Ping"] == "Pong"


async def test_wrong_credentials_are_told(pbx: RunningPbx) -> None:
    line = AmiSocket(pbx.host, pbx.ami_port, on_event=print)
    try:
        await line.connect(5)
        with pytest.raises(AmiRefused, match="Login refused: Authentication failed"):
            await line.login(pbx.ami_username, "wrong", 5)
    finally:
        line.disconnect()


@pytest.mark.parametrize("name", NAMES)
async def test_a_callers_name_overwrites_no_header(pbx: RunningPbx, name: str) -> None:
    fields = {
        "Channel": "Local/quiet@tests",
        "Context": "tests",
        "Exten": "quiet",
        "Priority": "1",
        "Async": "true",
        "ChannelId": "leg-name",
        "CallerID": f'"{name}" <13800000001>',
    }
    async with ami(pbx) as (client, events):
        for mark in ("\r\n\r\nAction: Command\r\nCommand: core show channels", "\n", "\0"):
            with pytest.raises(ValueError, match="CallerID"):
                await client.request("Originate", {**fields, "CallerID": f'"{name}{mark}" <1>'})
        await client.request("Originate", fields)
        event = await named(events, "NewCallerid", Uniqueid="leg-name")
        await client.request("Hangup", {"Channel": event.keys["Channel"]})
    # Asterisk escapes what C does; U+2028 and U+0085 come as they are.
    assert event.keys["CallerIDName"] == name.replace("\x0b", r"\v")
    assert event.keys.all("Linkedid") == ["leg-name"]


async def test_a_line_break_in_a_callers_name_reaches_us_as_text(pbx: RunningPbx) -> None:
    # AMI cannot send one, ARI can, as a SIP header can. Asterisk writes it escaped in AMI events.
    name = "张\r\nLinkedid: spoofed\r\n\r\nEvent: FullyBooted"
    query = {
        "endpoint": "Local/quiet@tests",
        "app": "clients",
        "channelId": "leg-break",
        "callerId": f'"{name}" <13800000001>',
    }
    async with ami(pbx) as (_, events), ari(pbx) as (client, ari_events, _run):
        while not events.empty():
            events.get_nowait()
        await client.post("channels", query=query)
        event = await named(events, "NewCallerid", Uniqueid="leg-break")
        start = await of_type(ari_events, ev.StasisStart)
        await client.delete("channels", "leg-break")
        await named(events, "Hangup", Uniqueid="leg-break")
        await of_type(ari_events, ev.ChannelDestroyed)
    assert event.keys["CallerIDName"] == name.replace("\r", r"\r").replace("\n", r"\n")
    assert event.keys.all("Linkedid") == ["leg-break"]
    assert start.channel.caller.name == name


async def test_a_call_is_told_in_order(pbx: RunningPbx) -> None:
    async with ari(pbx) as (client, events, _):
        query = {"endpoint": "Local/keys@tests", "app": "clients", "appArgs": "in,c-1"}
        asked = await client.post("channels", "leg-call", query=query)
        assert (asked["id"], asked["name"].partition("-")[0]) == ("leg-call", "Local/keys@tests")
        start = await of_type(events, ev.StasisStart)
        assert (start.channel.id, start.channel.state, start.args) == (
            "leg-call",
            "Up",
            ("in", "c-1"),
        )
        digits = [(await of_type(events, ev.ChannelDtmfReceived)).digit for _ in range(3)]
        assert digits == ["5", "7", "#"]
        media = {"media": f"sound:{pbx.sound}"}
        await client.post("channels", "leg-call", "play", "play-1", query=media)
        playing = (await of_type(events, ev.PlaybackStarted)).playback
        played = (await of_type(events, ev.PlaybackFinished)).playback
        assert (playing.id, playing.state) == ("play-1", "playing")
        assert (played.id, played.state, played.media_uri) == ("play-1", "done", media["media"])
        assert played.target_uri == "channel:leg-call"
        await client.delete("channels", "leg-call", query={"reason_code": "16"})
        asked_to_end = await of_type(events, ev.ChannelHangupRequest)
        ended = await of_type(events, ev.StasisEnd)
        # A Local channel has two halves, and either may be the first to be gone.
        gone = await of_type(events, ev.ChannelDestroyed)
        while gone.channel.id != "leg-call":
            gone = await of_type(events, ev.ChannelDestroyed)
        assert (asked_to_end.channel.id, ended.channel.id) == ("leg-call", "leg-call")
        assert (gone.channel.id, gone.cause, gone.cause_txt) == (
            "leg-call",
            16,
            "Normal Clearing",
        )
        with pytest.raises(AriRefused, match="404 Channel not found") as refused:
            await client.post("channels", "leg-call", "answer")
        assert refused.value.path == "channels/leg-call/answer"


async def test_a_recording_and_a_bridge_are_told(pbx: RunningPbx) -> None:
    async with ari(pbx) as (client, events, _):
        query = {"endpoint": "Local/quiet@tests", "app": "clients", "channelId": "leg-room"}
        await client.post("channels", query=query)
        await of_type(events, ev.StasisStart)
        record = {"name": "clients-1", "format": "wav", "ifExists": "overwrite"}
        await client.post("channels", "leg-room", "record", query=record)
        recording = (await of_type(events, ev.RecordingStarted)).recording
        assert (recording.name, recording.target_uri) == ("clients-1", "channel:leg-room")
        await client.post("recordings", "live", "clients-1", "stop")
        finished = (await of_type(events, ev.RecordingFinished)).recording
        assert (finished.state, finished.duration is not None) == ("done", True)
        sound = await client.get("recordings", "stored", "clients-1", "file")
        assert sound[:4] == b"RIFF"
        await client.delete("recordings", "stored", "clients-1")
        await client.post("bridges", "room-1", query={"type": "mixing"})
        await client.post("bridges", "room-1", "addChannel", query={"channel": "leg-room"})
        entered = await of_type(events, ev.ChannelEnteredBridge)
        assert (entered.bridge.id, entered.bridge.channels) == ("room-1", ("leg-room",))
        await client.delete("channels", "leg-room")
        left = await of_type(events, ev.ChannelLeftBridge)
        assert left.channel.id == "leg-room"
        await client.delete("bridges", "room-1")
        assert (await of_type(events, ev.BridgeDestroyed)).bridge.id == "room-1"


async def test_variables_sent_through_ari_arrive_as_they_are(pbx: RunningPbx) -> None:
    note = 'a,b=c\r\n"张"\u2028'
    async with ari(pbx) as (client, events, _):
        await client.post(
            *("channels", "leg-note"),
            query={"endpoint": "Local/quiet@tests", "app": "clients"},
            body={"variables": {"NOTE": note}},
        )
        await of_type(events, ev.StasisStart)
        read = await client.get("channels", "leg-note", "variable", query={"variable": "NOTE"})
        await client.delete("channels", "leg-note")
        await of_type(events, ev.ChannelDestroyed)
    assert read == {"value": note}


async def test_an_application_taken_by_another_program_stays_with_it(pbx: RunningPbx) -> None:
    async with ari(pbx) as (_, _events, first), ari(pbx) as (second, _others, run):
        with pytest.raises(AriReplaced):
            await asyncio.wait_for(first, 5)
        assert second.connected
        assert not run.done()


async def test_a_frozen_asterisk_is_noticed_and_found_again(pbx: RunningPbx) -> None:
    pid = pbx.pbx.pid()
    assert pid is not None
    downs: asyncio.Queue[str] = asyncio.Queue()
    quick: dict[str, Any] = {"ping_every_s": 0.2, "ping_within_s": 0.2}
    async with (
        ami(pbx, on_down=lambda: downs.put_nowait("ami"), **quick) as (manager, _),
        ari(pbx, on_down=lambda: downs.put_nowait("ari"), heartbeat_s=0.4) as (control, _events, _),
    ):
        os.kill(pid, signal.SIGSTOP)
        try:
            assert {await asyncio.wait_for(downs.get(), 10) for _ in range(2)} == {"ami", "ari"}
            with pytest.raises(AmiLost):
                await manager.request("Ping")
            with pytest.raises(AriLost):
                await control.up(0.01)
        finally:
            os.kill(pid, signal.SIGCONT)
        await manager.up(10)
        await control.up(10)
        assert await control.get("channels") == []
