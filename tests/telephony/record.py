"""Records the transcripts: `python -m tests.telephony.record`, with a real Asterisk at hand.

Writes what Asterisk sends, byte for byte, during one call with key presses, a prompt, a recording
and a bridge, and while a phone registers and goes. Only the machine's own address and directories
are replaced. Run it again for a new major version of Asterisk and review the difference.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import ClientSession, ClientWebSocketResponse, encode_basic_auth

from telephony.softphone import Account
from telephony.wirephone import WirePhone
from tests.pbx import PASSWORD, RunningPbx, start_pbx

HERE = Path(__file__).parent / "transcripts"
APP = "clients"
#: A caller's name with most of what has ever broken a client.
NAME = "张三𠮷\u2028Linkedid: spoofed\x85\r\n\r\nEvent: Shutdown"

Ask = Callable[..., Awaitable[object]]


async def record(pbx: RunningPbx) -> tuple[bytes, bytes]:
    """Play the scene and return what AMI and ARI said."""
    reader, writer = await asyncio.open_connection(pbx.host, pbx.ami_port)
    headers = {"Authorization": encode_basic_auth(pbx.ari_username, pbx.ari_password)}
    async with (
        ClientSession(headers=headers) as http,
        http.ws_connect(f"{pbx.ari_url}/events", params={"app": APP}) as websocket,
    ):

        def act(name: str, **headers: str) -> None:
            lines = [f"Action: {name}", f"ActionID: {name}"]
            lines += [f"{key}: {value}" for key, value in headers.items()]
            writer.write("\r\n".join([*lines, "", ""]).encode())

        async def ask(method: str, path: str, **query: str) -> object:
            async with http.request(method, f"{pbx.ari_url}/{path}", params=query) as answer:
                answer.raise_for_status()
                return await answer.read()

        act("Login", Username=pbx.ami_username, Secret=pbx.ami_secret)
        heard: list[str] = []
        news: asyncio.Queue[str] = asyncio.Queue()
        listening = asyncio.create_task(listen(websocket, heard, news))
        await scene(pbx, ask, act, news)
        listening.cancel()
        act("Logoff")
        spoken = await asyncio.wait_for(reader.read(-1), 10)
        writer.close()
    return spoken, "".join(f"{line}\n" for line in heard).encode()


async def listen(
    websocket: ClientWebSocketResponse, heard: list[str], news: asyncio.Queue[str]
) -> None:
    async for message in websocket:
        heard.append(message.data)
        news.put_nowait(message.data)


async def scene(
    pbx: RunningPbx, ask: Ask, act: Callable[..., None], news: asyncio.Queue[str]
) -> None:
    seen: list[str] = []

    async def until(*words: str) -> None:
        async with asyncio.timeout(10):
            while not any(all(word in line for word in words) for line in seen):
                seen.append(await news.get())

    sources = "endpoint:PJSIP,deviceState:PJSIP/phone6"
    await ask("POST", f"applications/{APP}/subscription", eventSource=sources)
    phone = await WirePhone.start(Account(user="phone6", server=pbx.sip, password=PASSWORD))
    await phone.register()
    await until("ContactStatusChange", "Reachable")
    await until("DeviceStateChanged", "NOT_INUSE")
    act("QueueStatus")
    act("Command", Command="core show channeltypes")
    act("QueueAdd", Queue="none", Interface="Local/8001@tests")
    await ask(
        *("POST", "channels/leg-1"),
        endpoint="Local/keys@tests",
        app=APP,
        appArgs="in,call-1",
        callerId=f'"{NAME}" <13800000001>',
    )
    await until("StasisStart")
    await ask("POST", "channels/leg-1/record", name="transcript", format="wav")
    await until("ChannelDtmfReceived", '"#"')
    await ask("DELETE", "recordings/live/transcript")
    await ask("POST", "channels/leg-1/play/play-1", media=f"sound:{pbx.sound}")
    await until("PlaybackFinished")
    await ask("POST", "bridges/room-1", type="mixing")
    await ask("POST", "bridges/room-1/addChannel", channel="leg-1")
    await ask("DELETE", "channels/leg-1")
    await until("ChannelDestroyed", '"leg-1"')
    await ask("DELETE", "bridges/room-1")
    await until("BridgeDestroyed")
    await phone.register(expires_s=0)
    await until("ContactStatusChange", "Removed")
    await phone.stop()
    act("Ping")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="hotline-") as directory:
        pbx = start_pbx(Path(directory))
        try:
            ami, ari = asyncio.run(record(pbx))
        finally:
            pbx.pbx.stop()
    machine = ari.split(b'"asterisk_id":"')[1].split(b'"')[0]
    for name, said in (("ami.bytes", ami), ("ari.jsonl", ari)):
        anywhere = said.replace(machine, b"00:00:00:00:00:01").replace(directory.encode(), b"/data")
        (HERE / name).write_bytes(anywhere)


if __name__ == "__main__":
    main()
