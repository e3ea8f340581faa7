"""The page at `/`: says what this is and where the API is written up. No script, no data."""

from __future__ import annotations

from html import escape

from aiohttp import hdrs, web

from config.words import words
from web.gate import API
from web.problems import tongue


async def front(request: web.Request) -> web.Response:
    tag = tongue(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
    book = words(tag)

    def say(key: str) -> str:
        return escape(book.text(f"api.page.{key}"))

    page = (
        f'<!doctype html>\n<html lang="{tag}">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{say("title")}</title>\n'
        f"<h1>{say('title')}</h1>\n<p>{say('what')}</p>\n<ul>\n"
        f'<li><a href="{API}/openapi.json">{say("document")}</a></li>\n'
        f'<li><a href="{API}/health">{say("health")}</a></li>\n</ul>\n</html>\n'
    )
    return web.Response(
        text=page,
        content_type="text/html",
        charset="utf-8",
        headers={hdrs.CONTENT_LANGUAGE: tag, hdrs.VARY: hdrs.ACCEPT_LANGUAGE},
    )
