"""What it costs to have screens in another process: a fact's way there, and the router's work.

The same calls twice: without Redis, and with the publisher on and a desk that follows in a process
of its own. Engine, journal and Redis are real, on loopback; the exchange is the shipped fake, so
the router's work here is its own and not Asterisk's. A bench, not a test: it asserts nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import msgspec
import uvloop

from cases.journal import FileJournal
from config.model import Rating, Wrapup
from hotline.clock import SteadyClock
from hotline.table import table
from router import events as e
from router.apart.counter import Counter
from router.apart.desk import FarDesk
from router.apart.lease import Lease
from router.apart.link import Link
from router.apart.publisher import Publisher
from router.apart.wire import Keys
from router.facts import Fact
from router.ports import RouterAway
from router.runner import Pump, recover
from telephony.fake import FakePbx
from tests.router.line import LINE as SMALL
from tests.split.redisserver import RedisServer

KEYS = Keys("bench")
LINE = msgspec.structs.replace(SMALL, wrapup=Wrapup(seconds=0.0), rating=Rating(enabled=False))
SEATS = 60
TALK_S = 1.0
SKILLS = {"lang:cmn": 3, "law:general": 3}


class Run:
    """One run: when each fact was recorded, and the processor time that a call took."""

    def __init__(self) -> None:
        self.recorded: dict[int, float] = {}
        self.cpu_ms = 0.0
        self.facts = 0


class Screens(NamedTuple):
    """What the other process saw: when each fact came, how long requests took, its CPU."""

    seen: dict[int, float]
    asked_ms: list[float]
    cpu_s: float


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="./scripts/bench split", description=__doc__)
    parser.add_argument("--rate", type=int, default=20, help="calls per second")
    parser.add_argument("--calls", type=int, default=400, help="calls in each run")
    args = parser.parse_args(argv)
    alone = uvloop.run(_line(args.rate, args.calls, None))
    server = RedisServer(keeps=False)
    try:
        server.start()
        ours, theirs = multiprocessing.Pipe()
        screens = multiprocessing.get_context("spawn").Process(
            target=_screens, args=(server.url, theirs)
        )
        screens.start()
        ours.recv()
        apart = uvloop.run(_line(args.rate, args.calls, server.url))
        ours.send(max(apart.recorded))
        screens_said: Screens = ours.recv()
        screens.join()
    finally:
        server.end()
    seen = screens_said.seen
    ways = sorted((seen[seq] - at) * 1000 for seq, at in apart.recorded.items() if seq in seen)
    print("\n".join(table(_report(args.calls, alone, apart, ways, screens_said))))


def _report(
    calls: int, alone: Run, apart: Run, ways: list[float], screens: Screens
) -> list[list[str]]:
    asked = sorted(screens.asked_ms)
    return [
        [f"{calls} calls", "one process", "with Redis"],
        ["facts per call", f"{alone.facts / calls:.1f}", f"{apart.facts / calls:.1f}"],
        ["router's CPU per call, ms", f"{alone.cpu_ms:.2f}", f"{apart.cpu_ms:.2f}"],
        ["screens' CPU per call, ms", "-", f"{screens.cpu_s * 1000 / calls:.2f}"],
        ["facts that came", "-", f"{len(ways)} of {len(apart.recorded)}"],
        ["fact to the other process, ms: p50", "-", f"{_at(ways, 0.5):.2f}"],
        ["  p99", "-", f"{_at(ways, 0.99):.2f}"],
        ["  longest", "-", f"{ways[-1]:.2f}"],
        ["request and answer, ms: p50", "-", f"{_at(asked, 0.5):.2f}"],
        ["  p99", "-", f"{_at(asked, 0.99):.2f}"],
    ]


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


async def _line(rate: int, calls: int, url: str | None) -> Run:
    run, clock = Run(), SteadyClock()
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        journal = FileJournal(Path(folder))
        pump = Pump(recover(LINE, journal), journal, clock)
        pbx = FakePbx(pump.post, clock, prompt_s=0.2)

        def note(facts: Sequence[Fact]) -> None:
            now = time.monotonic()
            run.recorded |= dict.fromkeys((fact.seq for fact in facts), now)

        pump.follow(note)
        works = [pump.run(pbx), pbx.run(), _elapse(pbx)]
        links = [Link(url), Link(url)] if url else []
        if links:
            lease = Lease(links[0], KEYS, journal.holder)

            async def read(after: int, most: int) -> Sequence[Fact]:
                return await asyncio.to_thread(journal.read, after, most)

            publisher = Publisher(
                links[0], KEYS, lease, recorded=0, read=read, snapshot=pump.snapshot
            )
            pump.follow(publisher.follow)
            works += [
                publisher.run(),
                Counter(links[1], KEYS, lease, publisher, pump.ask).run(),
            ]
        tasks = [asyncio.ensure_future(work) for work in works]
        for n in range(SEATS):
            pbx.phone(f"phone{n}")
            await pump.ask(e.SignIn(f"s{n}", f"p{n}", f"phone{n}", SKILLS))
            await pump.ask(e.Ready(f"s{n}"))
        await asyncio.sleep(1.0)
        before, cpu = journal.last_seq, time.process_time()
        run.recorded.clear()
        await _calls(pbx, rate, calls)
        await asyncio.sleep(3.0)  # the last talks, ratings and wrap-ups
        run.cpu_ms = (time.process_time() - cpu) * 1000 / calls
        run.facts = journal.last_seq - before
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for link in links:
            await link.close()
        journal.close()
    return run


async def _elapse(pbx: FakePbx) -> None:
    while True:
        await asyncio.sleep(0.05)
        pbx.elapse(0.05)


async def _calls(pbx: FakePbx, rate: int, calls: int) -> None:
    loop, numbers = asyncio.get_running_loop(), count(1)
    begins = loop.time()
    for n in range(calls):
        await asyncio.sleep(max(0.0, begins + n / rate - loop.time()))
        caller = pbx.dial(f"1990000{next(numbers):04}")
        caller.press("0")
        loop.call_later(TALK_S, caller.hang_up)


# ---- the other process ----


def _screens(url: str, told: Connection) -> None:
    uvloop.run(_follow(url, told))


async def _follow(url: str, told: Connection) -> None:
    seen: dict[int, float] = {}
    following, asking = Link(url), Link(url)
    desk = FarDesk(following, asking, KEYS)

    def note(facts: Sequence[Fact]) -> None:
        now = time.monotonic()
        seen.update(dict.fromkeys((fact.seq for fact in facts), now))

    desk.follow(note)
    task = asyncio.ensure_future(desk.run())
    told.send("ready")
    began_cpu, asked = time.process_time(), list[float]()
    while not told.poll():
        await asyncio.sleep(0.1)
        began = time.monotonic()
        with suppress(RouterAway):  # before the line opens, and after it has closed
            await desk.ask(e.HangUp("nobody's"))
            asked.append((time.monotonic() - began) * 1000)
    last: int = told.recv()
    async with asyncio.timeout(10):
        while desk.seq < last:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    told.send(Screens(seen, asked, time.process_time() - began_cpu))
    task.cancel()
    await asyncio.wait([task])
    await following.close()
    await asking.close()


if __name__ == "__main__":
    main()
