"""What a real Asterisk said (see record.py), replayed whole and in the smallest pieces."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from telephony import ami_pipe
from telephony.ami import Ami, AmiEvent, Reply
from telephony.ami_socket import AmiSocket
from telephony.ari import Ari
from telephony.ari_events import AriEvent, Caller, Channel, Unknown, decode
from telephony.faults import AmiRefused
from tests.telephony.ami_server import BANNER, ami_server, silence
from tests.telephony.ari_server import ari_server
from tests.telephony.record import NAME

HERE = Path(__file__).parent / "transcripts"
AMI = (HERE / "ami.bytes").read_bytes()
ARI = (HERE / "ari.jsonl").read_bytes().splitlines()


async def replayed_ami() -> tuple[list[AmiEvent], Reply, Reply, BaseException]:
    """Ask what was asked when the transcript was made, and hear it."""
    events: list[AmiEvent] = []
    over = asyncio.Event()
    async with ami_server() as server:
        client = Ami(
            *("127.0.0.1", server.port, "tests", "secret"),
            on_event=events.append,
            on_down=over.set,
            ping_every_s=60,
        )
        run = asyncio.create_task(client.run())
        await client.up(5)
        asked = []
        for name in ("QueueStatus", "Command", "QueueAdd"):
            server.answers[name] = silence
            asked.append(asyncio.create_task(client.request(name, timeout_s=60)))
            await server.received(name)
        events.clear()
        await server.say(AMI.removeprefix(BANNER))
        server.hang_up()
        status, command, refused = await asyncio.gather(*asked, return_exceptions=True)
        await asyncio.wait_for(over.wait(), 10)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
    assert isinstance(status, Reply)
    assert isinstance(command, Reply)
    assert isinstance(refused, BaseException)
    return events, status, command, refused


@pytest.fixture
def recorded_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give our actions the ids they had when the transcript was made: their names."""
    ids: Iterator[str] = iter(("Login", "QueueStatus", "Command", "QueueAdd", "none"))
    monkeypatch.setattr(AmiSocket, "next_action_id", lambda line: next(ids))


@pytest.mark.usefixtures("recorded_ids")
@pytest.mark.parametrize("segment", [65536, 1, 7])
async def test_ami(monkeypatch: pytest.MonkeyPatch, segment: int) -> None:
    monkeypatch.setattr(ami_pipe, "SEGMENT", segment)
    events, status, command, refused = await replayed_ami()

    listed = [event.name for event in status.events]
    assert listed == ["QueueParams", "QueueParams", "QueueStatusComplete"]
    assert any(line.startswith("Local") for line in command.output)
    assert isinstance(refused, AmiRefused)
    assert refused.message == "Unable to add interface to queue: No such queue"

    # All and only the events Asterisk sent, but for those that are items of our list.
    said = [line[7:].decode() for line in AMI.split(b"\r\n") if line.startswith(b"Event: ")]
    assert [event.name for event in events] == [name for name in said if name not in listed]

    escaped = NAME.replace("\r", r"\r").replace("\n", r"\n")
    named = [event for event in events if event.name == "NewCallerid"]
    assert [event.keys["CallerIDName"] for event in named] == [escaped, escaped]
    for event in events:
        assert event.keys.all("Linkedid") in ([], ["leg-1"])
        assert event.name != "Shutdown"
    digits = [event.keys["Digit"] for event in events if event.name == "DTMFEnd"]
    assert digits == ["5", "7", "#"]
    (gone, _) = [event for event in events if event.name == "Hangup"]
    assert (gone.keys["Cause"], gone.keys["Cause-txt"]) == ("16", "Normal Clearing")


def test_ari_is_understood() -> None:
    known = [event for event in map(decode, ARI) if not isinstance(event, Unknown)]
    assert [type(event).__name__ for event in known] == [
        "ContactStatusChange",
        "DeviceStateChanged",
        "PeerStatusChange",
        "ContactStatusChange",
        "ChannelStateChange",
        "Dial",
        "ChannelStateChange",
        "Dial",
        "StasisStart",
        "RecordingStarted",
        "ChannelDtmfReceived",
        "ChannelDtmfReceived",
        "ChannelDtmfReceived",
        "RecordingFinished",
        "PlaybackStarted",
        "PlaybackFinished",
        "ChannelEnteredBridge",
        "ChannelHangupRequest",
        "ChannelLeftBridge",
        "StasisEnd",
        "ChannelHangupRequest",
        "ChannelDestroyed",
        "BridgeDestroyed",
        "ChannelHangupRequest",
        "ChannelDestroyed",
        "PeerStatusChange",
        "DeviceStateChanged",
        "ContactStatusChange",
    ]
    for event in known:
        assert event.application == "clients"
        assert event.timestamp is not None
        channel = getattr(event, "channel", None)
        if isinstance(channel, Channel):
            assert channel.caller == Caller(NAME, "13800000001")
            assert channel.dialplan.exten == "keys"
            assert channel.creationtime is not None


@pytest.mark.parametrize("pieces", ["whole", "one byte"])
async def test_ari(pieces: str) -> None:
    events: asyncio.Queue[AriEvent] = asyncio.Queue()
    async with ari_server() as server:
        ari = Ari(server.url, "tests", "x", "clients", on_event=events.put_nowait)
        async with ari:
            run = asyncio.create_task(ari.run())
            await ari.up(5)
            for line in ARI:
                if pieces == "whole":
                    await server.say(line.decode())
                else:
                    server.say_in_bytes(line)
            got = [await asyncio.wait_for(events.get(), 10) for _ in ARI]
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)
    assert got == [decode(line) for line in ARI]
