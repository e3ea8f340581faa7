"""The screens of the small house of tests/web, served as `hotline serve --role web` serves them.

Facts, answers and requests go over a real Redis, by the same parts on both sides as in the running
line, and the screens have their own connections to the database. All of it runs in the test's loop,
so that its clock can be set by hand; processes of their own are tests/split and `line`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Any

import msgspec

from cases.access import Access
from cases.browserphones import BrowserPhones
from cases.people import People
from cases.sessions import Sessions
from cases.store import Store
from config.model import Redis
from hotline.publishing import Publishing
from hotline.screens import Probe, history, parts
from reports.archive import Archive
from router.apart.desk import FarDesk
from router.apart.link import Link
from router.apart.wire import Keys
from tests.web.house import SETTINGS, House, nowhere
from web.route import Part


@asynccontextmanager
async def screens_apart(redis: str, url: str, house: House) -> AsyncIterator[Mapping[str, Any]]:
    """What screens are given in place of the house's own parts. `url`: the house's database."""
    settings = msgspec.structs.replace(SETTINGS, redis=Redis(redis))
    # A router says how its database is; a house of ours says it only where it is the test's matter.
    house.health["store"] = lambda: Part("ok")
    async with AsyncExitStack() as stack:
        store = await Store.open(url)
        stack.push_async_callback(store.close)
        publishing = Publishing(settings, house.journal, house.pump, house.store, house.health)
        stack.push_async_callback(publishing.end)
        await publishing.lead()
        stack.callback(house.pump.follow(publishing.follow))
        following, asking = Link(redis), Link(redis)
        stack.push_async_callback(following.close)
        stack.push_async_callback(asking.close)
        desk, probe = FarDesk(following, asking, Keys(SETTINGS.line.centre.id)), Probe(store)
        works = (publishing.run(), desk.run(), probe.run())
        tasks = [asyncio.ensure_future(work) for work in works]
        stack.push_async_callback(_end, tasks)
        async with asyncio.timeout(10.0):
            while desk.fresh().stale:  # noqa: ASYNC110 - it tells followers, and there are none
                await asyncio.sleep(0.005)
        yield {
            "desk": desk,
            "access": Access(store, house.recordings),
            "people": People(store),
            "sessions": Sessions(store, SETTINGS.web.session_hours),
            "health": parts(desk, probe),
            "history": partial(history, store, desk),
            "reports": Archive(store, SETTINGS, nowhere),
            "phones": BrowserPhones(store),
        }


async def _end(tasks: Sequence[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
