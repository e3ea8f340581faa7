"""Listening and letting go: the application on a port. Never decides what is served."""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import web

from web.app import make_app
from web.gate import refused
from web.problems import Problem
from web.route import Deps

log = structlog.get_logger(__name__)

SHUTDOWN_S = 5.0
"""Requests under way and screens get this long to end."""


class _Connection(web.RequestHandler):
    """aiohttp's own, except that what is not even HTTP is refused in our words too."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        # The exception's text holds what the client sent: it is not logged.
        if status < 500:
            log.info("not http", status=status, error=type(exc).__name__)
        else:
            log.error("request failed outside the gate", error=type(exc).__name__)
        response = refused(request, Problem("bad-request" if status < 500 else "internal"))
        response.force_close()
        return response


class WebServer:
    """One listening server; `start` once, `stop` once."""

    def __init__(self, deps: Deps) -> None:
        self._runner = web.AppRunner(make_app(deps), shutdown_timeout=SHUTDOWN_S)
        self._listener: asyncio.Server | None = None
        self._web = deps.settings.web

    async def start(self) -> int:
        """Listen; returns the port, which matters when the settings say 0. Raises OSError."""
        await self._runner.setup()
        server = self._runner.server
        assert server is not None
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            # None turns aiohttp's own access log off, which has addresses and real paths in it.
            lambda: _Connection(server, loop=loop, access_log=None),  # type: ignore[arg-type]
            self._web.host,
            self._web.port,
        )
        port: int = self._listener.sockets[0].getsockname()[1]
        log.info("web listens", host=self._web.host, port=port)
        return port

    async def stop(self) -> None:
        """Take no more, let requests under way end, close the screens. Also after a failure."""
        if self._listener is not None:
            self._listener.close()
        await self._runner.cleanup()
