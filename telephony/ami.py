"""The manager interface (AMI) of Asterisk, for what ARI does not give.

`run` keeps a connection: it signs in, has `on_up` read the state again, asks for a Ping at
intervals so that a frozen Asterisk is noticed, and connects again with back-off after a loss.
This module must never repeat an action by itself (an Originate whose reply was lost would dial a
citizen twice) and never write what it carries to the log.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, NoReturn

from telephony.ami_socket import AmiSocket
from telephony.ami_wire import AmiEvent, Field, Reply, action
from telephony.faults import AmiLost
from telephony.link import Link

__all__ = ["Ami", "AmiEvent", "Reply"]

NO_FIELDS: Mapping[str, Field] = MappingProxyType({})


class Ami:
    """A kept connection to the manager interface.

    `on_event` is called in the event loop, in the order sent; what it raises is logged and
    changes nothing. It also gets what happens while `on_up` runs, but not the items of lists.
    `on_up` runs after every connect; while it runs requests work, and an error in it ends the
    connection. `on_down` is called once after each loss. Durations are in seconds;
    `backoff_s` is the first and the longest wait between two attempts.
    """

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        secret: str,
        *,
        on_event: Callable[[AmiEvent], None],
        on_up: Callable[[], Awaitable[None]] | None = None,
        on_down: Callable[[], None] | None = None,
        ping_every_s: float = 5.0,
        ping_within_s: float = 5.0,
        connect_within_s: float = 5.0,
        backoff_s: tuple[float, float] = (0.1, 2.0),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._username = username
        self._secret = secret
        self._on_event = on_event
        self._ping_every_s = ping_every_s
        self._ping_within_s = ping_within_s
        self._connect_within_s = connect_within_s
        self._tls = tls
        self._socket: AmiSocket | None = None
        self._link = Link("ami", AmiLost, on_up=on_up, on_down=on_down, backoff_s=backoff_s)

    @property
    def connected(self) -> bool:
        """Whether we are signed in. `up` also waits for `on_up`."""
        return self._link.connected

    async def run(self) -> NoReturn:
        """Keep the connection until cancelled; then nothing of it is left, thread or socket."""
        await self._link.keep(self._session)

    async def up(self, within_s: float) -> None:
        """Return once connected and `on_up` is done; raise AmiLost after `within_s` seconds."""
        await self._link.up(within_s)

    async def request(
        self, name: str, fields: Mapping[str, Field] = NO_FIELDS, *, timeout_s: float = 5.0
    ) -> Reply:
        """Ask for one action; a list action (`QueueStatus`) returns with its whole list.

        A value that is a list is sent as repeated headers. Mind that Asterisk splits the header
        `Variable` at commas; set what a caller may have written through ARI, which does not.

        Raises AmiRefused, AmiTimeout, AmiLost, and ValueError, naming the field, for a line
        break or NUL in any of them.
        """
        if self._socket is None:
            raise AmiLost("not connected")
        return await self._socket.send_action(action(name, fields), timeout_s)

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Callable[[], Coroutine[Any, Any, None]]]:
        line = AmiSocket(self._host, self._port, on_event=self._on_event, tls=self._tls)
        try:
            await line.connect(self._connect_within_s)
            await line.login(self._username, self._secret, self._connect_within_s)
            self._socket = line
            yield self._watch
        finally:
            self._socket = None
            line.disconnect()

    async def _watch(self) -> None:
        """Ping at intervals until the connection is lost. Raises AmiLost or AmiTimeout."""
        line = self._socket
        assert line is not None
        while True:
            try:
                async with asyncio.timeout(self._ping_every_s):
                    await line.lost()
            except TimeoutError:
                await line.send_action(action("Ping", {}), self._ping_within_s)
