"""The line of `scripts/bench board`: router, journal, database, and screens unless they are apart.

Only the telephone exchange is the shipped fake. Told by lines on standard input: `go RATE SECONDS`,
`end`; answers with JSON lines. Writes down when it recorded which fact.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
import uvloop

from cases.access import Access
from cases.browserphones import BrowserPhones
from cases.history import facts_since
from cases.journal import FileJournal
from cases.people import People
from cases.sessions import Sessions
from cases.store import Store, migrate, store_url
from cases.writer import StoreWriter
from config.loader import load
from config.model import Settings
from hotline.clock import SteadyClock
from hotline.publishing import Publishing
from reports.archive import Archive
from reports.fonts import Fonts
from reports.press import Press
from router import events as e
from router import facts as f
from router.runner import Pump, recover
from telephony.fake import FakePbx
from web.route import Deps, Part
from web.server import WebServer
from web.today import COUNTED

TALK_S = 1.0
TICK_S = 0.1
SHOWN = (f.CallOpened, f.Queued, f.Offered, f.Connected, f.CallClosed)
"""Facts that always change what a board shows."""


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def used() -> dict[str, float]:
    """CPU seconds and MB of this process so far."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu": own.ru_utime + own.ru_stime, "mb": own.ru_maxrss / 1024}


async def main(folder: Path) -> None:
    settings = load(folder / "hotline.toml", {})
    url = store_url(settings.store.url, Path(settings.paths.data))
    await migrate(url)
    store = await Store.open(url)
    clock = SteadyClock()
    journal = FileJournal(Path(settings.paths.data) / "journal")
    pump = Pump(recover(settings.line, journal), journal, clock)
    pbx = FakePbx(pump.post, clock)
    writer = StoreWriter(
        store,
        journal,
        zone=ZoneInfo(settings.line.centre.timezone),
        flush_s=settings.store.flush_s,
        flush_rows=settings.store.flush_rows,
    )
    pump.follow(writer.follow)
    recorded: list[tuple[int, float]] = []

    def note(facts: Sequence[f.Fact]) -> None:
        recorded.extend((fact.seq, fact.at) for fact in facts if isinstance(fact.body, SHOWN))

    pump.follow(note)
    async with AsyncExitStack() as stack:
        tasks = [pbx.run(), writer.run(), ticking(pbx)]
        if settings.redis.url:
            publishing = Publishing(settings, journal, pump, store, {"journal": lambda: Part("ok")})
            await publishing.lead()
            pump.follow(publishing.follow)
            tasks.append(publishing.run())
        running = [asyncio.ensure_future(work) for work in (pump.run(pbx), *tasks)]
        token = await hired(store, clock.now())
        await seated(settings, pump, pbx)
        port = 0
        if not settings.redis.url:
            server = WebServer(deps(settings, store, pump, pbx, writer))
            port = await server.start()
            stack.push_async_callback(server.stop)
        say(port=port, token=token, pid=os.getpid())
        await told(pbx, recorded, folder)
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    journal.close()
    await store.close()


async def ticking(pbx: FakePbx) -> None:
    """Time passes at the exchange."""
    while True:
        await asyncio.sleep(TICK_S)
        pbx.elapse(TICK_S)


async def hired(store: Store, now: float) -> str:
    """One who watches, signed in; the session's token."""
    people = People(store)
    added = await people.add(
        name="观看者", username="watcher", role="supervisor", phone="", skills={}, now=now
    )
    await people.change_password(added.person.id, added.password, "watch the board 2026", now)
    return await Sessions(store, 12.0).open(added.person.id, now)


async def seated(settings: Settings, pump: Pump, pbx: FakePbx) -> None:
    skills = {"lang:cmn": 3, "law:general": 3}
    await asyncio.sleep(0.2)  # the exchange connects
    for seat in settings.seats:
        phone = f"phone-{seat.id}"
        pbx.phone(phone)
        await asyncio.sleep(0)
        for request in (
            e.SignIn(seat.id, f"p-{seat.id}", phone, skills, "staff"),
            e.Ready(seat.id),
        ):
            refusal = await pump.ask(request)
            assert refusal is None, refusal


def deps(settings: Settings, store: Store, pump: Pump, pbx: FakePbx, writer: StoreWriter) -> Deps:
    async def history(since: float) -> Sequence[f.Fact]:
        await writer.caught_up(pump.snapshot().seq, 5.0)
        return await facts_since(store, since, [kind.__name__ for kind in COUNTED])

    async def provision() -> None:
        pass

    return Deps(
        settings=settings,
        desk=pump,
        access=Access(store, Path(settings.paths.data), settings.line.centre),
        people=People(store),
        sessions=Sessions(store, 12.0),
        clock=SteadyClock(),
        health={"journal": lambda: Part("ok")},
        history=history,
        provision=provision,
        reports=Archive(store, settings),
        press=Press(Fonts.of(settings.reports)),
        phones=BrowserPhones(store),
        browsers=pbx.browsers,
    )


async def told(pbx: FakePbx, recorded: list[tuple[int, float]], folder: Path) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while (line := (await reader.readline()).decode().split()) and line[0] != "end":
        rate, seconds = int(line[1]), float(line[2])
        before, began, from_ = used(), loop.time(), len(recorded)
        await load_up(pbx, rate, seconds)
        lasted, after = loop.time() - began, used()
        facts = recorded[from_:]
        (folder / "facts.json").write_text(json.dumps(facts))
        busy = (after["cpu"] - before["cpu"]) / lasted
        say(facts=len(facts), cpu=busy, mb=after["mb"], seconds=lasted)


async def load_up(pbx: FakePbx, rate: int, seconds: float) -> None:
    """`rate` calls per second, each of which talks for `TALK_S` and hangs up."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    calls: set[asyncio.Task[Any]] = set()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
        calls.add(asyncio.create_task(one_call(pbx, number)))
    await asyncio.wait(calls)


async def one_call(pbx: FakePbx, number: int) -> None:
    caller = pbx.dial(f"1990{number:07d}")
    await asyncio.sleep(TALK_S)
    caller.hang_up()


if __name__ == "__main__":
    quiet = structlog.make_filtering_bound_logger(40)
    structlog.configure(
        wrapper_class=quiet, logger_factory=structlog.PrintLoggerFactory(sys.stderr)
    )
    with suppress(KeyboardInterrupt):
        uvloop.run(main(Path(sys.argv[1])))
