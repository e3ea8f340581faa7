"""The web application, made from what it needs and the route table. Nothing is global."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Final

from aiohttp import WSCloseCode, web

from cases.errors import NotFound
from web import (
    account,
    calls,
    catalogue,
    health,
    page,
    people,
    phones,
    policy,
    reasons,
    reports,
    seats,
    sip,
    slips,
    watch,
)
from web.gate import (
    API,
    CATALOGUE,
    DEPS,
    LIVE,
    MAX_BODY,
    TRIES,
    add_headers,
    answer,
    json_answer,
    outermost,
)
from web.live import Live
from web.openapi import Schema, document
from web.route import Asked, Deps, Route


async def openapi(asked: Asked) -> web.Response:
    return json_answer(DOCUMENT)


ROUTES: Final[tuple[Route, ...]] = (
    *account.ROUTES,
    *phones.ROUTES,
    *sip.ROUTES,
    *seats.ROUTES,
    *people.ROUTES,
    *watch.ROUTES,
    *calls.ROUTES,
    *reasons.ROUTES,
    *slips.ROUTES,
    *reports.ROUTES,
    *policy.ROUTES,
    *catalogue.ROUTES,
    *health.ROUTES,
    Route(
        method="GET",
        path="/openapi.json",
        handler=openapi,
        summary="This document",
        open=True,
    ),
)

DOCUMENT: Final[Schema] = document(ROUTES, prefix=API, title="12348 hotline", version="1.0.0")


LAST_BEAT_S: Final = 2.0
"""At the end a beat that is under way gets this long."""


def make_app(deps: Deps) -> web.Application:
    """The application; it follows the router from its start-up to its clean-up."""
    app = web.Application(middlewares=[outermost], client_max_size=MAX_BODY)
    app[DEPS] = deps
    app[TRIES] = account.sign_in_limits()
    app[CATALOGUE] = catalogue.made(deps.settings)
    for route in ROUTES:
        app.router.add_route(route.method, API + route.path, partial(answer, route))
    app.router.add_get(page.PATHS, page.screens, allow_head=True)
    app.on_response_prepare.append(add_headers)
    app.cleanup_ctx.append(_follow)
    app.on_shutdown.append(_close_screens)
    return app


async def _follow(app: web.Application) -> AsyncIterator[None]:
    deps = app[DEPS]

    async def names() -> Mapping[str, str]:
        return {person.id: person.name for person in await deps.people.list()}

    async def valid(token: str) -> bool:
        try:
            await deps.sessions.person(token, deps.clock.now())
        except NotFound:
            return False
        return True

    async def given() -> Mapping[str, str]:
        return await deps.phones.given(deps.clock.now())

    app[LIVE] = Live(
        deps.settings,
        deps.desk,
        deps.clock,
        history=deps.history,
        names=names,
        valid=valid,
        given=given,
        beat_s=deps.beat_s,
        parts=deps.health,
    )
    beat = asyncio.create_task(app[LIVE].beat(), name="board beat")
    sweeping = asyncio.create_task(phones.sweeping(deps), name="browsers' phones")
    yield
    sweeping.cancel()
    app[LIVE].close(WSCloseCode.GOING_AWAY)
    # Not cancelled at once: a query cut off in the middle leaves a broken connection behind.
    await asyncio.wait([beat, sweeping], timeout=LAST_BEAT_S)
    beat.cancel()
    with suppress(asyncio.CancelledError):
        await beat


async def _close_screens(app: web.Application) -> None:
    app[LIVE].close(WSCloseCode.GOING_AWAY)
