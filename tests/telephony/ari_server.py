"""An ARI server of our own, for what a real Asterisk cannot be made to do on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web


class AriServer:
    """Accepts event websockets and answers every request with what `answer` returns."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[web.BaseRequest] = []
        self.bodies: list[bytes] = []
        self.peers: set[object] = set()
        self.websockets: list[web.WebSocketResponse] = []
        self.transports: list[asyncio.Transport] = []
        #: Whether a websocket answers pings, as a live Asterisk does and a frozen one does not.
        self.alive = True
        self._arrived: asyncio.Queue[str] = asyncio.Queue()
        self.answer: Callable[[web.BaseRequest], Awaitable[web.Response]] = no_content

    async def arrived(self, path: str) -> None:
        """Wait for the next request of this path, or for the next open websocket."""
        while await asyncio.wait_for(self._arrived.get(), 10) != path:
            pass

    async def say(self, line: str) -> None:
        """Send one event on the newest websocket."""
        await self.websockets[-1].send_str(line)

    def say_in_bytes(self, line: bytes) -> None:
        """Send one event as a message of one-byte frames, so that characters are cut."""
        for at in range(len(line)):
            final = 0x80 if at == len(line) - 1 else 0
            opcode = WSMsgType.TEXT if at == 0 else WSMsgType.CONTINUATION
            self.transports[-1].write(bytes([final | opcode, 1, line[at]]))

    def reset(self) -> None:
        """End the newest websocket without a farewell."""
        self.transports[-1].abort()

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append(request)
        if request.path == "/ari/events" and request.headers.get("Upgrade"):
            return await self._websocket(request)
        self.bodies.append(await request.read())
        self._arrived.put_nowait(request.path)
        assert request.transport is not None
        self.peers.add(request.transport.get_extra_info("peername"))
        return await self.answer(request)

    async def _websocket(self, request: web.BaseRequest) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse(autoping=self.alive)
        await websocket.prepare(request)
        assert request.transport is not None
        self.transports.append(request.transport)
        self.websockets.append(websocket)
        self._arrived.put_nowait(request.path)
        async for _ in websocket:
            pass
        return websocket


async def no_content(request: web.BaseRequest) -> web.Response:
    return web.Response(status=204)


@asynccontextmanager
async def ari_server() -> AsyncIterator[AriServer]:
    """Serve on a free port of the loopback address until the block ends."""
    server = AriServer()
    runner = web.ServerRunner(web.Server(server.serve), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}/ari"
    try:
        yield server
    finally:
        for transport in server.transports:
            transport.abort()
        await runner.cleanup()
