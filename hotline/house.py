"""The running hotline: every part made, joined and started in order, and stopped in reverse.

Order of the start: database, prompts, journal, lease, Asterisk, router, screens. A failing part
ends the whole with its reason; Asterisk's dialplan then serves the callers. Screens in processes of
their own are `hotline.screens`. Nothing is decided here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from cases.access import Access
from cases.browserphones import BrowserPhones
from cases.history import facts_since
from cases.journal import FileJournal
from cases.people import People
from cases.recordings import Recordings
from cases.region import region_of
from cases.sessions import Sessions
from cases.store import Store, migrate, store_url
from cases.writer import StoreWriter
from config.model import Settings
from config.policyfile import PACKAGED
from hotline.clock import SteadyClock
from hotline.owners import Owners
from hotline.pbx import spoken
from hotline.phones import accounts, provision
from hotline.publishing import Publishing
from reports.archive import Archive
from reports.fonts import Fonts
from reports.press import Press
from router.facts import Fact
from router.runner import Pump, recover
from telephony.browsers import Browsers
from telephony.exchange import Exchange
from telephony.pbx import PrivatePbx
from telephony.places import PROJECT, Places
from telephony.program import find_program
from telephony.prompts import Sounds, load_manifest
from telephony.secrets import kept_secrets
from telephony.sounds import install
from web.route import Deps, Part
from web.server import WebServer
from web.today import COUNTED

log = structlog.get_logger(__name__)

DISK_EVERY_S: Final = 30
OWNERS_EVERY_S: Final = 10
"""A case that was opened or closed on a slip is known to the router so much later at most."""
LEAST_ROOM: Final = 2 * 1024**3
"""Bytes left for recordings before the board warns: some eighteen hours of talk, both voices."""

DRAIN_S: Final = 5.0
"""At the end the database gets this long for what is in the log; the rest waits there."""

LAST_FACTS_S: Final = 1.0
"""At the end screens elsewhere get the last facts, when Redis is there."""

Say = Callable[[str], None]


async def open_store(settings: Settings) -> Store:
    """The database, brought to the newest schema."""
    url = store_url(settings.store.url, Places.of(settings).data)
    await migrate(url)
    return await Store.open(url)


@asynccontextmanager
async def running(
    settings: Settings,
    store: Store,
    say: Say,
    *,
    screens: bool = True,
    policy: Path = PACKAGED,
) -> AsyncIterator[int | None]:
    """Serve the line until the block is left. `say` is told which step begins (a word).

    `screens`: serve them here too; the value is their port. `policy`: the file that a changed
    policy is read from. Raises PbxProblem, PromptProblem,
    JournalHeld, LeaseHeld, OSError with the reason when a part fails.
    """
    clock, places = SteadyClock(), Places.of(settings)
    line = settings.line
    people, sessions = People(store), Sessions(store, settings.web.session_hours)
    access = Access(store, places.recordings, line.centre, open_days=line.owners.days)
    recordings = Recordings(store, places.recordings)
    async with AsyncExitStack() as stack:
        say("prompts")
        sounds = await _prompts(settings, places)

        say("journal")
        journal = FileJournal(places.data / "journal")
        stack.callback(journal.close)
        pump = Pump(recover(line, journal), journal, clock)
        zone = ZoneInfo(line.centre.timezone)
        writer = StoreWriter(
            store,
            journal,
            zone=zone,
            region=region_of(line.centre.divisions, line.centre.area_code),
            flush_s=settings.store.flush_s,
            flush_rows=settings.store.flush_rows,
            committed=recordings.notice,
        )
        stack.callback(pump.follow(writer.follow))
        health = {
            "store": _store_part(writer),
            "journal": _journal_part(journal),
            "recordings": _recordings_part(recordings),
        }
        publishing = None
        if settings.redis.url:
            say("lease")
            publishing = await _led(Publishing(settings, journal, pump, store, health), pump, stack)
            health["redis"] = publishing.part

        say("pbx")
        began = await _pbx_up(settings, people, stack)

        exchange = Exchange(
            settings,
            kept_secrets(places.secrets),
            ledger=places.ledger,
            mark=places.data / "fallback-read.json",
            resolve=sounds.media,
            clock=clock,
            post=pump.post,
        )

        async def history(since: float) -> Sequence[Fact]:
            await writer.caught_up(journal.last_seq, DRAIN_S)
            return await facts_since(store, since, [kind.__name__ for kind in COUNTED])

        async def tell_phones() -> None:
            await provision(settings, people)

        deps = Deps(
            settings=settings,
            desk=pump,
            access=access,
            people=people,
            sessions=sessions,
            clock=clock,
            health=health,
            history=history,
            provision=tell_phones,
            policy_file=policy,
            reports=Archive(store, settings),
            press=Press(Fonts.of(settings.reports)),
            phones=BrowserPhones(store),
            browsers=await stack.enter_async_context(
                Browsers(settings, kept_secrets(places.secrets))
            ),
        )
        async with asyncio.TaskGroup() as parts:
            tasks = [
                parts.create_task(writer.run(), name="store writer"),
                parts.create_task(recordings.run(clock), name="recordings"),
            ]
            call_path = [
                parts.create_task(pump.run(exchange), name="pump"),
                parts.create_task(exchange.run(), name="exchange"),
            ]
            if publishing is not None:
                tasks.append(parts.create_task(publishing.run(), name="publishing"))
            say("router")
            await exchange.up(30.0)
            scheduler = _sweeps(
                settings,
                sessions,
                recordings,
                clock,
                partial(_draft_report, deps.reports, writer, journal, clock),
                owners=Owners(store, pump, clock, line.centre.area_code),
            )
            try:
                async with _screens(deps if screens else None, say) as port:
                    yield port
            finally:
                scheduler.shutdown(wait=False)
                if not began:
                    # Asterisk goes on without us: whoever waits is served there, and at once.
                    with suppress(TimeoutError):
                        await pump.hand_over(DRAIN_S)
                await _end(call_path)
                await _last_facts(writer, journal, publishing)
                await _end(tasks)


async def _prompts(settings: Settings, places: Places) -> Sounds:
    manifest = load_manifest()
    site = PROJECT / settings.paths.prompts if settings.paths.prompts else None
    await asyncio.to_thread(install, manifest, site, places.sounds, places.moh)
    return Sounds(manifest, places.sounds)


async def _led(publishing: Publishing, pump: Pump, stack: AsyncExitStack) -> Publishing:
    stack.push_async_callback(publishing.end)
    await publishing.lead()
    stack.callback(pump.follow(publishing.follow))
    return publishing


@asynccontextmanager
async def _screens(deps: Deps | None, say: Say) -> AsyncIterator[int | None]:
    """Screens in this process, and the port they are served on; None: no screens here."""
    if deps is None:
        yield None
        return
    say("web")
    server = WebServer(deps)
    try:
        yield await server.start()
    finally:
        await server.stop()


async def _last_facts(
    writer: StoreWriter, journal: FileJournal, publishing: Publishing | None
) -> None:
    try:
        await writer.caught_up(journal.last_seq, DRAIN_S)
    except TimeoutError:
        log.warning("the database is behind; facts wait in the log")
    if publishing is not None:
        with suppress(TimeoutError):
            await publishing.caught_up(LAST_FACTS_S)


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def _pbx_up(settings: Settings, people: People, stack: AsyncExitStack) -> bool:
    if not settings.pbx.manage:
        await provision(settings, people)  # nobody else knows our people's phones
        return False
    places = Places.of(settings)
    pbx = PrivatePbx(settings, kept_secrets(places.secrets), places, find_program(settings, places))
    phones = await accounts(people)
    started = await asyncio.to_thread(pbx.start, phones, language=spoken(settings))
    if started == "outdated":
        log.warning("asterisk runs with older settings; restart it when no call is in")
    if started != "started":
        return False
    stack.push_async_callback(asyncio.to_thread, pbx.stop)
    return True


def _sweeps(
    settings: Settings,
    sessions: Sessions,
    recordings: Recordings,
    clock: SteadyClock,
    draft_report: Callable[[], Awaitable[None]],
    *,
    owners: Owners,
) -> AsyncIOScheduler:
    """Periodic work. Only a trigger: what is to be done stands in the database."""

    async def forget_sessions() -> None:
        await sessions.forget_expired(clock.now())

    async def tidy_recordings() -> None:
        await recordings.tidy()

    # APScheduler's defaults drop a run that is a second late, and read times in the host's zone.
    scheduler = AsyncIOScheduler(
        timezone=ZoneInfo(settings.line.centre.timezone),
        job_defaults={"misfire_grace_time": 3600, "coalesce": True, "max_instances": 1},
    )
    scheduler.add_job(forget_sessions, "interval", hours=1)
    scheduler.add_job(tidy_recordings, "interval", hours=1)
    scheduler.add_job(recordings.look_at_disk, "interval", seconds=DISK_EVERY_S)
    scheduler.add_job(recordings.look_at_disk, "date")
    scheduler.add_job(owners.tell, "interval", seconds=OWNERS_EVERY_S)
    scheduler.add_job(owners.tell, "date")
    hour, minute = map(int, settings.reports.draft_at.split(":"))
    # Every day, though the first is meant: a draft that could not be made then (no database, say)
    # is made on the next day and not a month later. One that is there is left alone.
    scheduler.add_job(draft_report, "cron", hour=hour % 24, minute=minute)
    scheduler.add_job(draft_report, "date")  # at once: the first may have passed without us
    scheduler.start()
    return scheduler


async def _draft_report(
    archive: Archive, writer: StoreWriter, journal: FileJournal, clock: SteadyClock
) -> None:
    """The past month's, unless it exists; not before the database has all of it."""
    await writer.caught_up(journal.last_seq, DRAIN_S)
    report = await archive.draft(clock.now())
    if report is not None:
        log.info("monthly report drafted", month=report.month, version=report.version)


def _store_part(writer: StoreWriter) -> Callable[[], Part]:
    return lambda: Part("degraded" if writer.failing else "ok", behind=writer.behind())


def _recordings_part(recordings: Recordings) -> Callable[[], Part]:
    def part() -> Part:
        if recordings.free is not None and recordings.free < LEAST_ROOM:
            return Part("degraded", behind=recordings.waiting, detail="disk-low")
        state: Literal["ok", "degraded"] = "degraded" if recordings.failing else "ok"
        return Part(state, behind=recordings.waiting)

    return part


def _journal_part(journal: FileJournal) -> Callable[[], Part]:
    return lambda: Part("ok", behind=journal.last_seq - journal.synced_seq)
