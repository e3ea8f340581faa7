"""One AMI connection from its opening to its loss: socket, reader thread, dispatch in the loop.

The client class of the package asterisk-ami with its socket, reader and dispatch replaced. Its
own reader ends without a word after three idle seconds, after a listener's exception and on a
deprecated call; its `send` cuts long actions short; it does not collect lists.

Here the reader thread only receives and cuts; parsing, lists, futures and callbacks run in the
event loop, which it wakes once per batch. One writer thread sends, so that actions leave whole
and in order and a frozen Asterisk blocks nobody else's threads. This module must never connect
again by itself (telephony.ami does) and never let a callback end the reader.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import structlog
from asterisk.ami import Action, AMIClient, LoginAction

from telephony.ami_pipe import Pipe, TlsPipe
from telephony.ami_wire import END, AmiEvent, AmiResponse, Cutter, Headers, Reply, encode, parse
from telephony.faults import AmiLost, AmiRefused, AmiTimeout, described

log = structlog.get_logger(__name__)


class AmiSocket(AMIClient):  # type: ignore[misc]  # the package carries no types
    """One connection. `on_event` gets every event that is not an item of a list we asked for."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        on_event: Callable[[AmiEvent], None],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(address=host, port=port)
        self._on_event = on_event
        self._tls = tls
        # Asterisk copies the ActionID of another program's Originate into events for everyone,
        # so an id must be ours alone, not just new.
        self._id_prefix = secrets.token_hex(6)
        self._futures: dict[str, asyncio.Future[Reply | AmiRefused | AmiLost]] = {}
        self._lists: dict[str, tuple[Headers, list[AmiEvent]]] = {}
        self._blocks: deque[bytes] = deque()
        self._armed = False
        self._greeted = False
        self._pipe: Pipe | None = None
        self._thread: threading.Thread | None = None
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="ami-writer")
        self._loop = asyncio.get_running_loop()
        self._loss: str | None = None
        self._lost = asyncio.Event()
        self._booted = asyncio.Event()

    async def connect(self, within_s: float) -> None:
        """Open the connection and start reading.

        Raises AmiLost when nobody answers, or TLS fails, within `within_s` seconds.
        """
        try:
            async with asyncio.timeout(within_s):
                sock = await self._dial()
                self._pipe = Pipe(sock) if self._tls is None else self._secure(sock, within_s)
                await self._loop.run_in_executor(self._writer, self._pipe.greet)
        except TimeoutError:
            raise AmiLost(f"no connection within {within_s:g} s") from None
        except OSError as error:
            raise AmiLost(described(error)) from None
        self._thread = threading.Thread(target=self.listen, name="ami-reader", daemon=True)
        self._thread.start()

    def disconnect(self) -> None:
        """End the connection, both threads and all that waits. May be called twice.

        Blocks for the moment the threads take to notice, never for the network.
        """
        if self._pipe is not None:
            self._pipe.hang_up()
        if self._thread is not None:
            self._thread.join()
        # Sends still queued run now and fail at once, as AmiLost of whoever asked.
        self._writer.shutdown()
        if self._pipe is not None:
            self._pipe.close()
        self._ended("closed by us")

    async def login(self, username: str, secret: str, within_s: float) -> None:
        """Sign in and wait until Asterisk has loaded all its modules.

        Before that its queues are empty and their actions unknown. The event which tells
        reaches users with the read class `system` only.

        Raises AmiRefused for wrong credentials, AmiTimeout, AmiLost.
        """
        await self.send_action(LoginAction(username, secret), within_s)
        try:
            async with asyncio.timeout(within_s):
                await self._booted.wait()
        except TimeoutError:
            raise AmiTimeout("FullyBooted (needs read = system)", within_s) from None
        self._must_live()

    async def send_action(self, action: Action, within_s: float) -> Reply:
        """Ask for one action and return the reply with its whole list.

        Raises AmiRefused, AmiTimeout, AmiLost, and ValueError for what must not be sent.
        """
        action_id = self.next_action_id()
        written = encode(action, action_id)
        self._must_live()
        future = self._futures[action_id] = self._loop.create_future()
        try:
            async with asyncio.timeout(within_s):
                await self.send(written)
                answer = await future
        except TimeoutError:
            raise AmiTimeout(action.name, within_s) from None
        except OSError as error:
            raise AmiLost(described(error)) from None
        finally:
            del self._futures[action_id]
            self._lists.pop(action_id, None)
        if isinstance(answer, Reply):
            return answer
        if isinstance(answer, AmiLost):
            raise answer
        raise AmiRefused(action.name, answer.message)

    async def send(self, pack: bytes) -> None:
        """Send all of `pack`. Cancelling does not cut it: a running send is carried through."""
        if self._pipe is None:
            raise AmiLost("not connected")
        await self._loop.run_in_executor(self._writer, self._pipe.send, pack)

    async def lost(self) -> None:
        """Wait for the loss of the connection. Raises it as AmiLost."""
        await self._lost.wait()
        self._must_live()

    def next_action_id(self) -> str:
        """Return an id no other connection to this Asterisk uses."""
        return f"{self._id_prefix}-{super().next_action_id()}"

    def listen(self) -> None:
        """Body of the reader thread: receive, cut, wake the loop once per batch."""
        assert self._pipe is not None
        cutter = Cutter()
        reason = "closed by Asterisk"
        try:
            while segment := self._pipe.receive():
                if block := cutter.feed(segment):
                    self._blocks.append(block)
                    if not self._armed:
                        self._armed = True
                        self._loop.call_soon_threadsafe(self._drain)
        except ValueError as error:
            reason = str(error)
        except OSError as error:
            reason = described(error)
        finally:
            # The loop is closed when a test or program ended without disconnecting.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._ended, reason)

    def _drain(self) -> None:
        """Dispatch one block (at most one receive, or one large reply), then let others run."""
        # Disarmed first: a block that arrives from here on arms again, so none is left lying.
        self._armed = False
        if self._blocks:
            self._dispatch(self._blocks.popleft())
        if self._blocks and not self._armed:
            self._armed = True
            self._loop.call_soon(self._drain)

    def _dispatch(self, block: bytes) -> None:
        if not self._greeted:
            banner, _, block = block.partition(b"\r\n")
            self._greeted = True
            if not self.asterisk_start_regex.match(banner.decode("ascii", "replace")):
                assert self._pipe is not None
                self._pipe.hang_up()
                self._ended("the peer does not greet like AMI")
                return
        for message in block.split(END):
            if message:
                self.fire_recv_pack(message)

    def fire_recv_pack(self, pack: bytes) -> None:
        """Take one message to whom it concerns."""
        message = parse(pack)
        if isinstance(message, AmiEvent):
            self.fire_recv_event(message)
        elif message is not None:
            self.fire_recv_reponse(message)
        elif pack.strip():
            log.warning("ami message of no known kind", size=len(pack))

    def fire_recv_reponse(self, response: AmiResponse) -> None:
        """Settle the action that is answered, or open the list it announces."""
        action_id = response.keys.get("ActionID", "")
        if action_id not in self._futures:
            # A reply that came too late, or to a message Asterisk could not read.
            log.info("ami response nobody waits for", status=response.status)
        elif response.is_error():
            self._settle(action_id, AmiRefused("", response.keys.get("Message", "")))
        elif response.keys.get("EventList", "").lower() == "start":
            self._lists[action_id] = (response.keys, [])
        else:
            self._settle(action_id, Reply(response.keys))

    def fire_recv_event(self, event: AmiEvent) -> None:
        """Add the event to the list it belongs to, or hand it on."""
        action_id = event.keys.get("ActionID", "")
        listed = self._lists.get(action_id)
        if listed is None:
            self._tell(event)
            return
        fields, events = listed
        events.append(event)
        match event.keys.get("EventList", "").lower():
            case "complete":
                del self._lists[action_id]
                self._settle(action_id, Reply(fields, tuple(events)))
            case "cancelled":
                del self._lists[action_id]
                self._settle(action_id, AmiRefused("", "list cancelled"))

    def _tell(self, event: AmiEvent) -> None:
        if event.name == "FullyBooted":
            self._booted.set()
        try:
            self._on_event(event)
        except Exception as error:
            log.error("ami event callback failed", name=event.name, error=described(error))

    def _settle(self, action_id: str, answer: Reply | AmiRefused | AmiLost) -> None:
        future = self._futures.get(action_id)
        if future is not None and not future.done():
            future.set_result(answer)

    def _ended(self, reason: str) -> None:
        """Dispatch what had still arrived, then fail whatever waits. Only the first call counts."""
        while self._blocks:
            self._dispatch(self._blocks.popleft())
        if self._loss is not None:
            return
        self._loss = reason
        for action_id in list(self._futures):
            self._settle(action_id, AmiLost(reason))
        self._booted.set()
        self._lost.set()

    def _must_live(self) -> None:
        if self._loss is not None:
            raise AmiLost(self._loss)

    async def _dial(self) -> socket.socket:
        """Connect without blocking, to the first address that answers (IPv6 included)."""
        found = await self._loop.getaddrinfo(self._address, self._port, type=socket.SOCK_STREAM)
        refusal: OSError = OSError("no address")
        for family, kind, protocol, _, address in found:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setblocking(False)
                await self._loop.sock_connect(sock, address)
            except OSError as error:
                sock.close()
                refusal = error
            except BaseException:
                sock.close()
                raise
            else:
                return sock
        raise refusal

    def _secure(self, sock: socket.socket, within_s: float) -> Pipe:
        assert self._tls is not None
        return TlsPipe(sock, self._tls, self._address, within_s)
