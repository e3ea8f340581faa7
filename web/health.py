"""Is the line well? For monitors and the image's health check: no sign-in, nothing confidential."""

from __future__ import annotations

from typing import Literal

import msgspec
from aiohttp import web

from web.gate import json_answer
from web.route import Asked, Part, Route


class Health(msgspec.Struct, frozen=True):
    """`status` is the worst of the parts; with `down` the answer is 503."""

    status: Literal["ok", "degraded", "down"]
    parts: dict[str, Part]


async def health(asked: Asked) -> web.Response:
    parts = {"pbx": Part("ok" if asked.live.board().pbx_up else "down")}
    parts |= {name: look() for name, look in asked.deps.health.items()}
    states = {part.state for part in parts.values()}
    status: Literal["ok", "degraded", "down"] = "degraded" if "degraded" in states else "ok"
    if "down" in states:
        status = "down"
    return json_answer(Health(status, parts), 503 if status == "down" else 200)


ROUTES = (
    Route(
        method="GET",
        path="/health",
        handler=health,
        summary="How the parts are; 503 when callers are not served as they should be",
        reply=Health,
        also={503: Health},
        open=True,
    ),
)
