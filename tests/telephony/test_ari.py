"""The ARI client against a server of ours: order kept, losses told, nothing repeated."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from telephony.ari import Ari
from telephony.ari_events import AriEvent, ChannelDtmfReceived, StasisEnd
from telephony.faults import AriLost, AriRefused, AriReplaced
from tests.telephony.ari_server import AriServer, ari_server


def key(digit: str, name: str = "") -> str:
    caller = {"name": name, "number": "13800000001"}
    return json.dumps(
        {"type": "ChannelDtmfReceived", "digit": digit, "channel": {"id": "leg", "caller": caller}},
        ensure_ascii=False,
    )


class Client:
    """An Ari with what it reported."""

    def __init__(self, ari: Ari, events: asyncio.Queue[AriEvent], run: asyncio.Task[Any]) -> None:
        self.ari = ari
        self.events = events
        self.run = run

    async def digits(self, count: int) -> str:
        """Wait for this many keys."""
        got = ""
        async with asyncio.timeout(10):
            while len(got) < count:
                event = await self.events.get()
                assert isinstance(event, ChannelDtmfReceived)
                got += event.digit
        return got


@asynccontextmanager
async def opened(
    server: AriServer, on_event: Callable[[AriEvent], None] | None = None, **settings: Any
) -> AsyncIterator[Client]:
    """Run a client until the block ends; then no task of it may be left."""
    before = asyncio.all_tasks()
    events: asyncio.Queue[AriEvent] = asyncio.Queue()
    ari = Ari(
        server.url,
        "tests",
        "秘密:x",
        "line",
        on_event=on_event or events.put_nowait,
        backoff_s=(0.01, 0.02),
        **settings,
    )
    async with ari:
        run = asyncio.create_task(ari.run())
        try:
            yield Client(ari, events, run)
        finally:
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)
    left = {getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks() - before}
    assert not {name for name in left if name.startswith(("Link.", "Ari._", "Ari.run"))}


@pytest.fixture
async def server() -> AsyncIterator[AriServer]:
    async with ari_server() as served:
        yield served


async def answered(server: AriServer, **fields: Any) -> None:
    """Have the server answer every request like this from now on."""

    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(**fields)

    server.answer = answer


async def test_the_websocket_registers_the_application_and_credentials_stay_in_a_header(
    server: AriServer,
) -> None:
    async with opened(server) as client:
        await client.ari.up(5)
        assert client.ari.connected
        await client.ari.get("channels")
    assert not client.ari.connected
    assert server.requests[0].query == {"app": "line"}
    for request in server.requests:
        scheme, token = request.headers["Authorization"].split()
        assert (scheme, base64.b64decode(token).decode()) == ("Basic", "tests:秘密:x")
        assert "api_key" not in str(request.url)


async def test_events_keep_their_order(server: AriServer) -> None:
    async with opened(server) as client:
        await client.ari.up(5)
        sent = "".join(str(n % 10) for n in range(2000))
        for digit in sent:
            await server.say(key(digit))
        assert await client.digits(2000) == sent


async def test_a_character_cut_between_frames_is_whole(server: AriServer) -> None:
    async with opened(server) as client:
        await client.ari.up(5)
        server.say_in_bytes(key("5", "张三𠮷\u2028").encode())
        event = await asyncio.wait_for(client.events.get(), 10)
    assert isinstance(event, ChannelDtmfReceived)
    assert event.channel.caller.name == "张三𠮷\u2028"


@pytest.mark.parametrize(
    "garbage",
    [
        b"not json, 13800000001",
        b'{"type": "StasisEnd", "channel": "13800000001"}',
        b"",
    ],
)
async def test_a_broken_line_costs_one_log_line(server: AriServer, garbage: bytes) -> None:
    with capture_logs() as logs:
        async with opened(server) as client:
            await client.ari.up(5)
            await server.say(key("1"))
            frame = bytes([0x81, len(garbage)]) + garbage
            server.transports[-1].write(frame)
            await server.say(key("2"))
            assert await client.digits(2) == "12"
    assert [line["event"] for line in logs if line["log_level"] == "error"] == [
        "ari event not understood"
    ]
    assert "13800000001" not in repr(logs)
    assert len(server.websockets) == 1


async def test_an_exception_in_a_listener_costs_one_log_line(server: AriServer) -> None:
    got: asyncio.Queue[str] = asyncio.Queue()

    def on_event(event: AriEvent) -> None:
        assert isinstance(event, ChannelDtmfReceived)
        got.put_nowait(event.digit)
        if event.digit == "1":
            raise KeyError(event.channel.caller.number)

    with capture_logs() as logs:
        async with opened(server, on_event) as client:
            await client.ari.up(5)
            for digit in "123":
                await server.say(key(digit))
            assert [await asyncio.wait_for(got.get(), 5) for _ in range(3)] == ["1", "2", "3"]
    (failed,) = [line for line in logs if line["log_level"] == "error"]
    assert (failed["event"], failed["name"]) == (
        "ari event callback failed",
        "ChannelDtmfReceived",
    )
    assert "13800000001" not in repr(logs)


async def fall(server: AriServer) -> None:
    server.reset()


async def farewell(server: AriServer) -> None:
    await server.websockets[-1].close()


@pytest.mark.parametrize("end", [fall, farewell])
async def test_it_connects_again_and_reads_the_state_again(
    server: AriServer, end: Callable[[AriServer], Awaitable[None]]
) -> None:
    await answered(server, body=b"[]", content_type="application/json")
    ups: asyncio.Queue[Any] = asyncio.Queue()
    downs: list[bool] = []
    client: Client

    async def read_again() -> None:
        ups.put_nowait(await client.ari.get("channels"))

    async with opened(server, on_up=read_again, on_down=lambda: downs.append(True)) as client:
        for lost in range(3):
            assert await asyncio.wait_for(ups.get(), 5) == []
            await client.ari.up(5)
            await server.say(key(str(lost)))
            assert await client.digits(1) == str(lost)
            assert len(downs) == lost
            await end(server)
        assert await asyncio.wait_for(ups.get(), 5) == []
    assert len(downs) == 3


async def test_events_come_while_the_state_is_read_again(server: AriServer) -> None:
    going = asyncio.Event()
    async with opened(server, on_up=going.wait) as client:
        await server.arrived("/ari/events")
        await server.say(key("7"))
        assert await client.digits(1) == "7"
        with pytest.raises(AriLost):
            await client.ari.up(0.01)
        going.set()
        await client.ari.up(5)


async def test_a_state_that_could_not_be_read_is_read_again(server: AriServer) -> None:
    failures = [AriRefused(500, "x", "GET", "channels"), KeyError("13800000001")]

    async def read_again() -> None:
        if failures:
            raise failures.pop()

    with capture_logs() as logs:
        async with opened(server, on_up=read_again) as client:
            await client.ari.up(5)
    assert len(server.websockets) == 3
    assert "13800000001" not in repr(logs)


async def test_an_asterisk_that_answers_no_ping_is_left(server: AriServer) -> None:
    server.alive = False
    downs: asyncio.Queue[None] = asyncio.Queue()
    async with opened(server, on_down=lambda: downs.put_nowait(None), heartbeat_s=0.1) as client:
        await client.ari.up(5)
        await server.arrived("/ari/events")
        await asyncio.wait_for(downs.get(), 10)
        server.alive = True
        await server.arrived("/ari/events")
        await client.ari.up(5)


async def test_an_application_taken_from_us_is_not_taken_back(server: AriServer) -> None:
    async with opened(server) as client:
        await client.ari.up(5)
        await server.say('{"type": "ApplicationReplaced", "application": "another"}')
        await server.say('{"type": "ApplicationReplaced", "application": "line"}')
        with pytest.raises(AriReplaced, match="line was registered by another program"):
            await asyncio.wait_for(client.run, 5)
    assert len(server.websockets) == 1


async def test_up_tells_why_it_is_not(server: AriServer) -> None:
    ari = Ari(server.url, "tests", "x", "line", on_event=print, backoff_s=(0.01, 0.02))
    with pytest.raises(AriLost, match="not connected yet"):
        await ari.up(0.01)
    with pytest.raises(AriLost, match="not open"):
        await ari.get("channels")


async def test_a_refused_websocket_is_tried_again() -> None:
    async with ari_server() as server:
        await answered(server, status=401, text="no")
        server.url = server.url.replace("/ari", "/elsewhere")
        async with opened(server) as client:
            for _ in range(3):
                await server.arrived("/elsewhere/events")
            with pytest.raises(AriLost, match="401"):
                await client.ari.up(0.01)


@pytest.mark.parametrize(
    ("part", "written"),
    [
        ("PJSIP/8001@trunk", "PJSIP%2F8001%40trunk"),
        ("a?b#c%2F+ d", "a%3Fb%23c%252F%2B%20d"),
        ("张三", "%E5%BC%A0%E4%B8%89"),
        ("x\r\nHost: y", "x%0D%0AHost%3A%20y"),
    ],
)
async def test_a_path_segment_stays_one(server: AriServer, part: str, written: str) -> None:
    async with opened(server) as client:
        await client.ari.get("endpoints", part, query={"k": "a&b=c +%"})
    (request,) = [r for r in server.requests if r.path != "/ari/events"]
    assert request.raw_path.split("?")[0] == f"/ari/endpoints/{written}"
    assert request.query == {"k": "a&b=c +%"}


@pytest.mark.parametrize("part", ["", ".", "..", "a\0b"])
async def test_a_path_segment_that_cannot_be_one_is_refused(server: AriServer, part: str) -> None:
    async with opened(server) as client:
        with pytest.raises(ValueError, match="ARI path"):
            await client.ari.delete("channels", part)


async def test_each_method_sends_what_it_is_given_and_decodes_the_answer(
    server: AriServer,
) -> None:
    await answered(server, body='{"名": [1]}'.encode(), content_type="application/json")
    body = {"variables": {"NOTE": "a,b\r\n张"}}
    async with opened(server) as client:
        assert await client.ari.post("channels", query={"app": "line"}, body=body) == {"名": [1]}
        assert await client.ari.put("channels", "x", body=body) == {"名": [1]}
        assert await client.ari.get("channels") == {"名": [1]}
        assert await client.ari.delete("channels", "x", query={"reason": "busy"}) == {"名": [1]}
        await answered(server, status=204)
        assert await client.ari.post("channels", "x", "answer") is None
        await answered(server, body=b"RIFF", content_type="audio/x-wav")
        assert await client.ari.get("recordings", "stored", "x", "file") == b"RIFF"
    methods = [r.method for r in server.requests if r.path != "/ari/events"]
    assert methods == ["POST", "PUT", "GET", "DELETE", "POST", "GET"]
    assert [json.loads(sent) for sent in server.bodies[:2]] == [body, body]
    assert server.bodies[2:] == [b""] * 4


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"message": "Channel not found"}', "Channel not found"),
        (b'{"error": "Allocation failed"}', "Allocation failed"),
        (b"<html>", "Not Found"),
        (b"", "Not Found"),
        (b"[]", "Not Found"),
    ],
)
async def test_a_refusal_carries_asterisks_reason(
    server: AriServer, body: bytes, reason: str
) -> None:
    await answered(server, status=404, body=body)
    async with opened(server) as client:
        with pytest.raises(AriRefused) as refused:
            await client.ari.post("channels", "x", "answer")
    fault = refused.value
    assert (fault.status, fault.reason) == (404, reason)
    assert (fault.method, fault.path) == ("POST", "channels/x/answer")


async def test_a_redirection_is_a_refusal_and_is_not_followed(server: AriServer) -> None:
    await answered(server, status=302, headers={"Location": "http://127.0.0.1:1/"})
    async with opened(server) as client:
        with pytest.raises(AriRefused, match="302"):
            await client.ari.get("channels")


async def test_an_answer_that_is_not_json_is_a_loss(server: AriServer) -> None:
    await answered(server, body=b"{", content_type="application/json")
    async with opened(server) as client:
        with pytest.raises(AriLost, match="not JSON"):
            await client.ari.get("channels")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_a_request_whose_connection_falls_is_lost(server: AriServer, method: str) -> None:
    asked: list[str] = []

    async def drop(request: web.BaseRequest) -> web.Response:
        asked.append(request.method)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    server.answer = drop
    async with opened(server) as client:
        with pytest.raises(AriLost, match=rf"{method} channels/x: "):
            await client.ari.request(method, ("channels", "x"))
    # aiohttp asks once more where HTTP allows it; a repeated POST could dial a citizen twice.
    assert len(asked) == (1 if method == "POST" else 2)


async def test_a_slow_answer_is_a_loss_and_blocks_no_other_request(server: AriServer) -> None:
    stuck = asyncio.Event()

    async def slow(request: web.BaseRequest) -> web.Response:
        if request.path.endswith("slow"):
            await stuck.wait()
        return web.Response(status=204)

    server.answer = slow
    async with opened(server, timeout_s=0.2) as client:
        waiting = asyncio.create_task(client.ari.get("slow"))
        for _ in range(20):
            await client.ari.post("channels", "x", "answer")
        with pytest.raises(AriLost, match=r"GET slow: no answer within 0\.2 s"):
            await waiting
        stuck.set()


async def test_requests_share_a_bounded_pool_of_kept_connections(server: AriServer) -> None:
    async with opened(server, connections=4) as client:
        await client.ari.up(5)
        for _ in range(5):
            await asyncio.gather(*(client.ari.post("channels", str(n)) for n in range(40)))
    assert 1 <= len(server.peers) <= 4


async def test_a_pool_of_one_is_not_used_up_by_the_websocket(server: AriServer) -> None:
    async with opened(server, connections=1) as client:
        await client.ari.up(5)
        await client.ari.post("channels", "x", "answer")


async def test_a_server_that_is_not_there_is_a_loss() -> None:
    async with ari_server() as gone:
        pass
    async with opened(gone) as client:
        with pytest.raises(AriLost, match="ClientConnectorError"):
            await client.ari.post("channels")
        with pytest.raises(AriLost, match="no websocket"):
            await client.ari.up(0.1)


async def test_events_of_a_known_type_reach_the_listener_typed(server: AriServer) -> None:
    async with opened(server) as client:
        await client.ari.up(5)
        await server.say('{"type": "StasisEnd", "channel": {"id": "leg-1"}}')
        event = await asyncio.wait_for(client.events.get(), 5)
    assert isinstance(event, StasisEnd)
    assert event.channel.id == "leg-1"
