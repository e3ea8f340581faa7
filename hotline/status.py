"""`hotline status`: how the line is, for a person at a terminal and for a container's health check.

With Redis the router's own word is asked for there, which works beside a router that serves no
screens; without, the interface is asked. Exit code 1: callers are not served as they should be, or
nobody can say.
"""

from __future__ import annotations

import argparse
import asyncio
import urllib.error
import urllib.request
from collections.abc import Mapping

import msgspec

from config.model import Settings
from config.words import Words, words
from hotline.cli import DONE, FAILED, Refused
from router.apart.link import AWAY, Link, why
from router.apart.pulse import newest
from router.apart.wire import Keys
from web.health import Health
from web.route import Part

LATE_S = 5.0
"""The router gives a sign of life every second."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """None: the settings say where to ask."""


def main(args: argparse.Namespace, settings: Settings) -> int:
    book = words(args.lang)
    if settings.redis.url:
        return asyncio.run(_of_router(settings, book))
    return _of_interface(settings, book)


async def _of_router(settings: Settings, book: Words) -> int:
    link = Link(settings.redis.url)
    try:
        pulse = await newest(link, Keys(settings.line.centre.id))
    except AWAY as error:
        raise Refused(book.text("cli.status.redis-away", reason=why(error))) from error
    finally:
        await link.close()
    if pulse is None:
        raise Refused(book.text("cli.status.never"))
    seconds = f"{pulse.age_s:.1f}"
    if pulse.age_s > LATE_S:
        raise Refused(book.text("cli.status.silent", seconds=seconds))
    print(book.text("cli.status.alive", seconds=seconds, facts=pulse.beat.recorded))
    return _told({name: msgspec.convert(p, Part) for name, p in pulse.beat.parts.items()}, book)


def _of_interface(settings: Settings, book: Words) -> int:
    url = f"http://{settings.web.host}:{settings.web.port}/api/v1/health"
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            raw = reply.read()
    except urllib.error.HTTPError as error:
        raw = error.read()
    except OSError as error:
        raise Refused(book.text("cli.status.no-interface", url=url)) from error
    return _told(msgspec.json.decode(raw, type=Health).parts, book)


def _told(parts: Mapping[str, Part], book: Words) -> int:
    for name, part in parts.items():
        behind = book.text("cli.status.behind", n=part.behind) if part.behind else ""
        print(f"{name:<8}  {book.text(f'cli.status.{part.state}')}{behind}")
    return FAILED if any(part.state == "down" for part in parts.values()) else DONE
