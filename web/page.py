"""The screens at `/`: the files that `scripts/ui` built, and for every other path the page itself.

The page finds its way by the address (history mode), so whatever is not a file and not the API is
the page. Nothing inline, nothing from another host: the policy below says so and browsers hold to
it. Never answers for a path below /api, never serves a file from outside the built folder.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from config.words import words
from web.gate import API
from web.problems import Problem, tongue

DIST: Final = Path(__file__).parent / "ui" / "dist"
"""Where the build leaves the screens."""

PATHS: Final = "/{path:(?!api(?:/|$)).*}"
_ASSETS: Final = "assets/"
_NAME: Final = re.compile(r"(?:assets/)?[A-Za-z0-9_-][A-Za-z0-9_.-]*\.[A-Za-z0-9]+")

_FILE: Final = re.compile(r"\.[A-Za-z][A-Za-z0-9]*$")
"""What is a file's path and no page's. Ids of calls have a point too, with digits behind it."""

_YEAR: Final = "public, max-age=31536000, immutable"
"""For files with a digest in their name: another content has another name."""

HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "img-src 'self' data:",
            "media-src 'self' blob:",
            "font-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    # The seat's phone is in the page; nothing else of the machine is asked for.
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), display-capture=()",
}


async def screens(request: web.Request) -> web.StreamResponse:
    """A built file, or the page. Raises Problem for a file that is not there."""
    path = request.match_info["path"]
    file = DIST / path
    if _NAME.fullmatch(path) and file.is_file():
        lasting = {"Cache-Control": _YEAR} if path.startswith(_ASSETS) else {}
        return web.FileResponse(file, headers=HEADERS | lasting)
    if path.startswith(_ASSETS) or _FILE.search(path):
        raise Problem("route-unknown")
    index = DIST / "index.html"
    return web.FileResponse(index, headers=HEADERS) if index.is_file() else _not_built(request)


def _not_built(request: web.Request) -> web.Response:
    tag = tongue(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
    book = words(tag)

    def say(key: str) -> str:
        return escape(book.text(f"api.page.{key}"))

    page = (
        f'<!doctype html>\n<html lang="{tag}">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{say("title")}</title>\n'
        f"<h1>{say('title')}</h1>\n<p>{say('not-built')}</p>\n<ul>\n"
        f'<li><a href="{API}/openapi.json">{say("document")}</a></li>\n'
        f'<li><a href="{API}/health">{say("health")}</a></li>\n</ul>\n</html>\n'
    )
    return web.Response(
        text=page,
        status=503,
        content_type="text/html",
        charset="utf-8",
        headers=HEADERS | {hdrs.CONTENT_LANGUAGE: tag, hdrs.VARY: hdrs.ACCEPT_LANGUAGE},
    )
