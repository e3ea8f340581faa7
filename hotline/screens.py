"""Screens in a process of their own (`hotline serve --role web`): no journal, no router.

What it needs of them it gets from elsewhere: facts and answers over Redis, people, sessions and
what is counted from the database, recordings and Asterisk's passwords from the data directory that
it shares with the router. It changes no schema and runs no periodic work: the router does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final, Literal, NoReturn

import msgspec
import structlog

from cases.access import Access
from cases.browserphones import BrowserPhones
from cases.history import facts_since, stored_up_to
from cases.people import People
from cases.sessions import Sessions
from cases.store import Store, StoreUnready, store_url
from config.model import Settings
from config.policyfile import PACKAGED
from hotline.clock import SteadyClock
from hotline.house import DRAIN_S, Say
from hotline.phones import provision
from reports.archive import Archive
from reports.fonts import Fonts
from reports.press import Press
from router.apart.desk import FarDesk
from router.apart.link import Link
from router.apart.wire import Keys
from router.facts import Fact
from telephony.browsers import Browsers
from telephony.places import Places
from telephony.secrets import kept_secrets
from web.route import Deps, Part
from web.server import WebServer
from web.today import COUNTED

log = structlog.get_logger(__name__)

PROBE_S: Final = 5.0
LOOK_S: Final = 0.1
"""How often the database is asked whether it has caught up with the router."""


async def open_store(settings: Settings) -> Store:
    """The database as the router made it. Raises StoreUnready when it has not, or not this one."""
    url = store_url(settings.store.url, Places.of(settings).data)
    file = url.removeprefix("sqlite:///")
    if file != url and not Path(file).exists():
        raise StoreUnready("schema-missing")  # opening it would make an empty one
    return await Store.open(url)


@asynccontextmanager
async def showing(
    settings: Settings, store: Store, say: Say, *, policy: Path = PACKAGED
) -> AsyncIterator[int]:
    """Serve screens until the block is left; the port they are served on. Raises OSError."""
    clock, places = SteadyClock(), Places.of(settings)
    people, keys = People(store), Keys(settings.line.centre.id)
    async with AsyncExitStack() as stack:
        say("redis")
        following, asking = Link(settings.redis.url), Link(settings.redis.url)
        stack.push_async_callback(following.close)
        stack.push_async_callback(asking.close)
        desk, probe = FarDesk(following, asking, keys), Probe(store)

        async def tell_phones() -> None:
            await provision(settings, people)

        secrets = kept_secrets(places.secrets)
        deps = Deps(
            settings=settings,
            desk=desk,
            access=Access(
                store,
                places.recordings,
                settings.line.centre,
                open_days=settings.line.owners.days,
            ),
            people=people,
            sessions=Sessions(store, settings.web.session_hours),
            clock=clock,
            health=parts(desk, probe),
            history=partial(history, store, desk),
            provision=tell_phones,
            policy_file=policy,
            reports=Archive(store, settings),
            press=Press(Fonts.of(settings.reports)),
            phones=BrowserPhones(store),
            browsers=await stack.enter_async_context(Browsers(settings, secrets)),
        )
        async with asyncio.TaskGroup() as tasks:
            both = [
                tasks.create_task(desk.run(), name="far desk"),
                tasks.create_task(probe.run(), name="store probe"),
            ]
            say("web")
            server = WebServer(deps)
            port = await server.start()
            try:
                yield port
            finally:
                await server.stop()
                for task in both:
                    task.cancel()


async def history(store: Store, desk: FarDesk, since: float) -> Sequence[Fact]:
    """What today's counters are made of, from the database that the router writes.

    It may lag: the board began with everything that the desk had, so that is waited for. Raises
    TimeoutError; the board then asks again.
    """
    began = desk.seq
    async with asyncio.timeout(DRAIN_S):
        while await stored_up_to(store) < began:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(LOOK_S)
    return await facts_since(store, since, [kind.__name__ for kind in COUNTED])


class Probe:
    """Whether this process reaches the database, asked now and then."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.failing = False

    async def run(self) -> NoReturn:
        while True:
            try:
                async with asyncio.timeout(PROBE_S):
                    await stored_up_to(self._store)
                self.failing = False
            except Exception as error:
                if not self.failing:
                    log.error("the database cannot be reached", error=type(error).__name__)
                self.failing = True
            await asyncio.sleep(PROBE_S)


def parts(desk: FarDesk, probe: Probe) -> dict[str, Callable[[], Part]]:
    """How the parts are, seen from here: the router's own, and the way to it."""
    worse: Final = ("ok", "degraded", "down")

    def told(name: str) -> Part:
        """As the router said with its last sign of life."""
        try:
            return msgspec.convert(desk.parts[name], Part)
        except (KeyError, msgspec.ValidationError):
            return Part("degraded", detail="unknown")

    def store() -> Part:
        part = told("store")
        state: Literal["ok", "degraded", "down"] = "degraded" if probe.failing else "ok"
        return msgspec.structs.replace(part, state=max(part.state, state, key=worse.index))

    def router() -> Part:
        # With Redis away nobody here can know how the line is: callers may well be served.
        if desk.router_seen():
            return Part("degraded", detail="behind") if desk.fresh().stale else Part("ok")
        return Part("degraded", detail="unseen") if desk.failing else Part("down")

    return {
        "router": router,
        "redis": lambda: Part("degraded" if desk.failing else "ok"),
        "store": store,
        "journal": lambda: told("journal"),
        "recordings": lambda: told("recordings"),
    }
