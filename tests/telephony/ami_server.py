"""An AMI server at the level of bytes, for what a real Asterisk cannot be made to do on demand."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
BOOTED = b"Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n"

Answer = Callable[[str], bytes]


def success(*lines: str) -> Answer:
    """Answer an action with `Response: Success` and these headers."""

    def answer(action_id: str) -> bytes:
        text = "\r\n".join(["Response: Success", f"ActionID: {action_id}", *lines])
        return text.encode() + b"\r\n\r\n"

    return answer


def refusal(message: str) -> Answer:
    def answer(action_id: str) -> bytes:
        return f"Response: Error\r\nActionID: {action_id}\r\nMessage: {message}\r\n\r\n".encode()

    return answer


def silence(action_id: str) -> bytes:
    """Answer nothing."""
    return b""


class AmiServer:
    """Signs everyone in, answers Ping, and otherwise what `answers` says for an action's name."""

    def __init__(self) -> None:
        self.banner = BANNER
        self.answers: dict[str, Answer] = {
            "Login": lambda action_id: success("Message: in")(action_id) + BOOTED,
            "Ping": success("Ping: Pong"),
        }
        #: Every action received, whole and without its end, login and Ping included.
        self.actions: list[bytes] = []
        self.connections: list[asyncio.StreamWriter] = []
        self.reading = asyncio.Event()
        self.reading.set()
        self.port = 0
        self._received: asyncio.Queue[bytes] = asyncio.Queue()

    async def received(self, name: str) -> bytes:
        """Wait for the next action of this name."""
        while True:
            action = await asyncio.wait_for(self._received.get(), 10)
            if action.startswith(f"Action: {name}\r\n".encode()):
                return action

    async def say(self, data: bytes) -> None:
        """Send bytes on the newest connection."""
        self.connections[-1].write(data)
        await self.connections[-1].drain()

    def reset(self) -> None:
        """End the newest connection with a TCP RST."""
        self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connections[-1].transport.abort()

    def hang_up(self) -> None:
        """End the newest connection with a FIN."""
        self.connections[-1].close()

    def _socket(self) -> socket.socket:
        found: socket.socket = self.connections[-1].get_extra_info("socket")
        return found

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        try:
            writer.write(self.banner)
            while True:
                await self.reading.wait()
                action = (await reader.readuntil(b"\r\n\r\n"))[:-4]
                self.actions.append(action)
                self._received.put_nowait(action)
                headers = dict(line.split(b": ", 1) for line in action.split(b"\r\n"))
                answer = self.answers.get(headers[b"Action"].decode(), success())
                writer.write(answer(headers[b"ActionID"].decode()))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def ami_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[AmiServer]:
    """Serve on a free port of the loopback address until the block ends."""
    server = AmiServer()
    listening = await asyncio.start_server(
        server.serve, "127.0.0.1", 0, limit=64 * 1024 * 1024, ssl=tls
    )
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        server.reading.set()
        for writer in server.connections:
            writer.transport.abort()
        await listening.wait_closed()
