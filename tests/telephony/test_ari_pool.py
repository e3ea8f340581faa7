"""Requests over kept connections: against a server of ours, and byte by byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from telephony.ari_pool import AriPool
from telephony.faults import AriLost, AriRefused
from tests.pbx import RunningPbx
from tests.telephony.ari_server import AriServer, ari_server


@pytest.fixture
async def server() -> AsyncIterator[AriServer]:
    async with ari_server() as server:
        yield server


@asynccontextmanager
async def pool_of(
    server: AriServer, *, connections: int = 32, timeout_s: float = 5.0
) -> AsyncIterator[AriPool]:
    host, _, port = server.url.removeprefix("http://").removesuffix("/ari").rpartition(":")
    async with AriPool(
        host, int(port), "user", "secret", connections=connections, timeout_s=timeout_s
    ) as pool:
        yield pool


@asynccontextmanager
async def speaking(*pieces: bytes, close: bool = False) -> AsyncIterator[AriPool]:
    """A pool whose server says these bytes, one by one, to whatever it is asked."""
    done = asyncio.Event()

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            for at in range(len(piece)):
                writer.write(piece[at : at + 1])
                await writer.drain()
        if not close:
            await done.wait()
        writer.close()

    listening = await asyncio.start_server(say, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with AriPool("127.0.0.1", port, "user", "secret", timeout_s=2.0) as pool:
        yield pool
        done.set()
    listening.close()
    await listening.wait_closed()


async def test_each_method_sends_what_it_is_given_and_decodes_the_answer(
    server: AriServer,
) -> None:
    async def told(request: web.BaseRequest) -> web.Response:
        return web.json_response({"名": [1]})

    server.answer = told
    body = {"allowed": [{"type": "Dial"}]}
    async with pool_of(server) as pool:
        assert await pool.post("channels", query={"callerId": '"张三" <1+3&4>'}) == {"名": [1]}
        assert await pool.put("applications", "a b", "eventFilter", body=body) == {"名": [1]}
        assert await pool.get("channels") == {"名": [1]}
        assert await pool.delete("channels", "x", query={"reason": "busy"}) == {"名": [1]}
    assert [request.method for request in server.requests] == ["POST", "PUT", "GET", "DELETE"]
    assert server.requests[0].query == {"callerId": '"张三" <1+3&4>'}
    assert server.requests[1].path == "/ari/applications/a b/eventFilter"
    assert json.loads(server.bodies[1]) == body
    assert all(request.headers["Authorization"].startswith("Basic ") for request in server.requests)
    assert not any("secret" in str(request.url) for request in server.requests)


@pytest.mark.parametrize(
    ("part", "written"),
    [
        ("PJSIP/8001@trunk", "PJSIP%2F8001%40trunk"),
        ("张三", "%E5%BC%A0%E4%B8%89"),
        ("x\r\nHost: y", "x%0D%0AHost%3A%20y"),
    ],
)
async def test_a_path_segment_stays_one(server: AriServer, part: str, written: str) -> None:
    async with pool_of(server) as pool:
        assert await pool.get("endpoints", part) is None
    assert server.requests[0].raw_path == f"/ari/endpoints/{written}"


@pytest.mark.parametrize("part", ["", ".", "..", "a\0b"])
async def test_a_path_segment_that_cannot_be_one_is_refused(server: AriServer, part: str) -> None:
    async with pool_of(server) as pool:
        with pytest.raises(ValueError, match="ARI path"):
            await pool.delete("channels", part)
    assert server.requests == []


async def test_a_refusal_carries_asterisks_reason(server: AriServer) -> None:
    async def refuse(request: web.BaseRequest) -> web.Response:
        texts = {"a": '{"message": "Channel not found"}', "b": '{"error": "no"}', "c": "<html>"}
        return web.Response(status=404, text=texts[request.path[-1]])

    server.answer = refuse
    reasons = []
    async with pool_of(server) as pool:
        for name in "abc":
            with pytest.raises(AriRefused) as refused:
                await pool.post("channels", name)
            reasons.append((refused.value.status, refused.value.reason))
    assert reasons == [(404, "Channel not found"), (404, "no"), (404, "")]


async def test_connections_are_kept_shared_and_bounded(server: AriServer) -> None:
    async with pool_of(server, connections=4) as pool:
        for _ in range(5):
            await asyncio.gather(*(pool.post("channels", str(n)) for n in range(40)))
        assert 1 <= len(server.peers) <= 4
        server.peers.clear()
        await pool.post("channels", "x")
        await pool.post("channels", "y")
    assert len(server.peers) == 1


async def test_a_slow_answer_is_a_loss_and_delays_no_other(server: AriServer) -> None:
    stuck = asyncio.Event()

    async def slow(request: web.BaseRequest) -> web.Response:
        if request.path.endswith("slow"):
            await stuck.wait()
        return web.Response(status=204)

    server.answer = slow
    async with pool_of(server, timeout_s=0.2) as pool:
        waiting = asyncio.create_task(pool.get("slow"))
        for _ in range(20):
            await pool.post("channels", "x")
        with pytest.raises(AriLost, match=r"GET slow: no answer within 0\.2 s"):
            await waiting
        stuck.set()
        # Its late answer must not be taken for another request's.
        assert await pool.get("channels") is None


async def test_a_cancelled_request_leaves_no_answer_behind(server: AriServer) -> None:
    stuck = asyncio.Event()

    async def slow(request: web.BaseRequest) -> web.Response:
        if request.path.endswith("slow"):
            await stuck.wait()
            return web.json_response("slow")
        return web.json_response("quick")

    server.answer = slow
    async with pool_of(server) as pool:
        waiting = asyncio.create_task(pool.get("slow"))
        await server.arrived("/ari/slow")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        stuck.set()
        assert await pool.get("channels") == "quick"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_a_request_whose_connection_falls_is_lost_and_not_repeated(
    server: AriServer, method: str
) -> None:
    async def drop(request: web.BaseRequest) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    server.answer = drop
    async with pool_of(server) as pool:
        with pytest.raises(AriLost, match=rf"{method} channels/x: "):
            await pool.request(method, ("channels", "x"), None)
    assert len(server.requests) == 1


async def test_a_server_that_is_not_there_is_a_loss() -> None:
    async with ari_server() as gone:
        pass
    async with pool_of(gone) as pool:
        with pytest.raises(AriLost, match="ConnectionRefusedError"):
            await pool.post("channels")


async def test_an_answer_cut_into_bytes_is_whole() -> None:
    body = '{"name": "张"}'.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-length:{len(body)}\r\n\r\n".encode()
    async with speaking(head, body) as pool:
        assert await pool.get("channels") == {"name": "张"}


async def test_a_connection_that_will_close_is_not_kept() -> None:
    answer = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
    async with speaking(answer) as pool:
        assert await pool.get("channels") is None
        assert await pool.get("channels") is None


@pytest.mark.parametrize(
    "answer",
    [
        b"SIP/2.0 200 OK\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{",
    ],
)
async def test_what_is_no_answer_of_asterisks_is_a_loss(answer: bytes) -> None:
    async with speaking(answer, close=True) as pool:
        with pytest.raises(AriLost, match="GET channels"):
            await pool.get("channels")


async def test_more_than_was_asked_for_is_never_somebody_elses_answer() -> None:
    answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    async with speaking(answer + answer) as pool:
        try:
            assert await pool.get("channels") is None
        except AriLost:
            return  # both answers came in one segment
        assert await pool.get("channels") is None


async def test_nothing_is_asked_after_the_end(server: AriServer) -> None:
    async with pool_of(server) as pool:
        pass
    with pytest.raises(AriLost, match="closed"):
        await pool.get("channels")
    assert server.requests == []


@pytest.mark.pbx
async def test_the_real_asterisk_answers_and_refuses(pbx: RunningPbx) -> None:
    settings = pbx.settings.pbx
    async with AriPool(pbx.host, settings.http_port, pbx.ari_username, pbx.ari_password) as pool:
        said = await asyncio.gather(*(pool.get("asterisk", "ping") for _ in range(50)))
        assert {answer["ping"] for answer in said} == {"pong"}
        with pytest.raises(AriRefused, match="404 Channel not found"):
            await pool.delete("channels", "nobody")
        assert await pool.get("channels") == []
    async with AriPool(pbx.host, settings.http_port, pbx.ari_username, "wrong") as pool:
        with pytest.raises(AriRefused, match="401"):
            await pool.get("channels")
