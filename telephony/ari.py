"""The REST and event interface (ARI) of Asterisk: requests out, events in.

One websocket carries the events; while it is open Asterisk knows our application and sends it
channels. Requests go over a pool of kept connections and do not need the websocket. Events are
delivered by one reader in the order received. This module must never put credentials into an
address, never write a body, query or event to the log, never repeat a POST by itself (aiohttp
asks once more after a lost connection where HTTP allows it: GET, PUT, DELETE), and never take the
application back from a program that took it from us.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from functools import partial
from types import TracebackType
from typing import Any, NoReturn, Self
from urllib.parse import quote

import aiohttp
import msgspec
import structlog
from aiohttp import WSMsgType
from yarl import URL

from telephony.ari_events import ApplicationReplaced, AriEvent, decode
from telephony.faults import AriLost, AriRefused, AriReplaced, described
from telephony.link import Link

log = structlog.get_logger(__name__)

#: Asterisk drops a kept connection that was idle for 15 s (`session_keep_alive` in http.conf). A
#: POST sent at that moment fails without a trace of whether it was carried out, so we let go first.
KEEP_IDLE_S = 5.0

#: How long a closing websocket waits for the farewell of an Asterisk that may be frozen.
FAREWELL_S = 1.0


class Ari:
    """A client of one ARI application; `async with` holds its connection pool, `run` its events.

    `on_event` is called in the event loop, in the order received; what it raises is logged and
    changes nothing. Events keep coming while `on_up` reads the state again, so what it reads
    may be older or newer than they are. `on_up` runs after every connect, when the
    application is registered; an error in it ends the connection. `on_down` is called once
    after each loss. Durations are in seconds; `backoff_s` is the first and the longest wait
    between two attempts. `connections` bounds the pool; the websocket has one more. At 40 calls/s
    with 10 requests of 5 ms each two are busy on average; 32 leaves room for bursts and stays
    well below the 100 sessions Asterisk allows by default (`sessionlimit` in http.conf).
    """

    def __init__(
        self,
        base_url: str,
        username: str,
        password: str,
        app: str,
        *,
        on_event: Callable[[AriEvent], None],
        on_up: Callable[[], Awaitable[None]] | None = None,
        on_down: Callable[[], None] | None = None,
        connections: int = 32,
        timeout_s: float = 5.0,
        heartbeat_s: float = 5.0,
        backoff_s: tuple[float, float] = (0.1, 2.0),
    ) -> None:
        self._base = URL(base_url.rstrip("/"))
        token = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}"}
        self._app = app
        self._on_event = on_event
        self._connections = connections
        self._timeout_s = timeout_s
        self._heartbeat_s = heartbeat_s
        self._link = Link("ari", AriLost, on_up=on_up, on_down=on_down, backoff_s=backoff_s)
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self._connections + 1, keepalive_timeout=KEEP_IDLE_S
            ),
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._timeout_s),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._http is not None:
            await self._http.close()

    @property
    def connected(self) -> bool:
        """Whether the websocket is open. `up` also waits for `on_up`."""
        return self._link.connected

    async def run(self) -> NoReturn:
        """Keep the event websocket until cancelled.

        Raises AriReplaced when another program registers our application.
        """
        await self._link.keep(self._session)

    async def up(self, within_s: float) -> None:
        """Return once connected and `on_up` is done; raise AriLost after `within_s` seconds."""
        await self._link.up(within_s)

    async def get(self, *path: str, query: Mapping[str, str] | None = None) -> Any:
        """GET; see `request`."""
        return await self.request("GET", path, query=query)

    async def post(
        self, *path: str, query: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        """POST; see `request`."""
        return await self.request("POST", path, query=query, body=body)

    async def put(
        self, *path: str, query: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        """PUT; see `request`."""
        return await self.request("PUT", path, query=query, body=body)

    async def delete(self, *path: str, query: Mapping[str, str] | None = None) -> Any:
        """DELETE; see `request`."""
        return await self.request("DELETE", path, query=query)

    async def request(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Any:
        """Send one request and return the decoded answer: JSON, None for no content, or bytes.

        Each part of `path` is one segment, encoded here: `("endpoints", "PJSIP", "8001")`.

        Raises AriRefused for any status but 2xx, AriLost when the connection fails or there is
        no answer in time, ValueError for a segment that cannot be one.
        """
        if self._http is None:
            raise AriLost("not open")
        named = "/".join(_segment(part) for part in path)
        try:
            async with self._http.request(
                method,
                URL(f"{self._base}/{named}", encoded=True).update_query(query or {}),
                data=None if body is None else msgspec.json.encode(body),
                headers={} if body is None else {"Content-Type": "application/json"},
                allow_redirects=False,
            ) as answer:
                content = await answer.read()
        except TimeoutError:
            raise AriLost(f"{method} {named}: no answer within {self._timeout_s:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise AriLost(f"{method} {named}: {type(error).__name__}") from None
        if not 200 <= answer.status < 300:
            raise AriRefused(answer.status, _reason(answer, content), method, named)
        if answer.content_type != "application/json":
            return content or None
        try:
            return msgspec.json.decode(content) if content else None
        except msgspec.DecodeError:
            raise AriLost(f"{method} {named}: the answer is not JSON") from None

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Callable[[], Coroutine[Any, Any, None]]]:
        socket = await self._open()
        try:
            yield partial(self._read, socket)
        finally:
            await socket.close()

    async def _open(self) -> aiohttp.ClientWebSocketResponse[bool]:
        """Open the event websocket, which registers the application."""
        if self._http is None:
            raise AriLost("not open")
        try:
            return await self._http.ws_connect(
                (self._base / "events").with_query(app=self._app),
                heartbeat=self._heartbeat_s,
                timeout=aiohttp.ClientWSTimeout(ws_close=FAREWELL_S),
                # Left as bytes: a name that is not UTF-8 must not cost the websocket.
                decode_text=False,
            )
        except aiohttp.WSServerHandshakeError as error:
            raise AriRefused(error.status, error.message, "GET", "events") from None
        except TimeoutError:
            raise AriLost(f"no websocket within {self._timeout_s:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise AriLost(f"no websocket: {type(error).__name__}") from None

    async def _read(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        """Deliver events until the websocket is lost. Raises AriLost or AriReplaced."""
        while True:
            message = await socket.receive()
            match message.type:
                case WSMsgType.TEXT:
                    self._deliver(message.data)
                case WSMsgType.ERROR:
                    raise AriLost(f"websocket failed: {type(message.data).__name__}")
                case WSMsgType.CLOSE | WSMsgType.CLOSING | WSMsgType.CLOSED:
                    raise AriLost(f"websocket closed ({socket.close_code})")
                case _:
                    log.warning("ari message of no known kind", kind=message.type.name)

    def _deliver(self, line: bytes) -> None:
        try:
            event = decode(line)
        except msgspec.DecodeError as error:
            # msgspec names the place and the expected type, never the value.
            log.error("ari event not understood", error=str(error), size=len(line))
            return
        try:
            self._on_event(event)
        except Exception as error:
            log.error(
                "ari event callback failed", name=type(event).__name__, error=described(error)
            )
        if isinstance(event, ApplicationReplaced) and event.application == self._app:
            raise AriReplaced(f"application {self._app} was registered by another program")


def _segment(part: str) -> str:
    """Encode one path segment. A dot segment would be resolved away, an empty one be lost."""
    if part in {"", ".", ".."} or "\0" in part:
        raise ValueError("ARI path: empty, dotted or NUL segment")
    return quote(part, safe="")


def _reason(answer: aiohttp.ClientResponse, content: bytes) -> str:
    """Asterisk's own sentence, which it puts under one of two names, or the HTTP one."""
    try:
        said = msgspec.json.decode(content, type=dict[str, Any])
    except msgspec.DecodeError:
        said = {}
    return str(said.get("message") or said.get("error") or answer.reason or "")
