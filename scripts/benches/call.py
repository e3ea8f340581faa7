"""The router against app_queue on the same Asterisk, in one run, side by side.

Both do the plain job: answer, record, ring a free seat, join, and when a seat gets free ring it
for the caller who waits. Measured where the parties are: from the caller's INVITE to the seat's,
and from the seat's BYE to its next INVITE. Everything is real and on loopback; only the phones are
ours, and they carry no sound unless asked to (`--sound`). A bench, not a test: it asserts nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from hotline.onlooker import Onlooker
from hotline.table import table
from telephony import sipp
from telephony.amiline import AmiLine
from telephony.process import Deadline
from telephony.softphone import Account
from telephony.wirephone import WirePhone
from tests.e2e.house import House

RATES = (10, 20, 30, 40, 50)
STEP_S = 10
"""Each rate is held this long."""

COST_AT = 20
"""Calls per second at which CPU per call is compared."""

HOLD_S = 1.2
"""A caller under load hangs up this long after the line's answer."""

SEATS = 80
"""Enough for the highest rate: a call takes a seat for about `HOLD_S`."""

_LINE = """
[line.centre]
id = "bench"
[line]
default_language = "cmn"
[line.menu]
welcome = ""
start = ""
[line.rating]
enabled = false
[line.wrapup]
seconds = 0.0
[line.queue]
announce_first_s = 3600.0
announce_every_s = 3600.0
""" + "".join(f'[[seats]]\nid = "{n}"\nname = "{n}"\n' for n in range(1, SEATS + 1))

_QUEUE = """
[{name}]
strategy = rrmemory
autofill = yes
ringinuse = no
timeout = 20
retry = 1
wrapuptime = 0
"""

ALL, ONE = "93481", "93482"
"""Numbers of the plain app_queue: with every seat, and with the first only."""


@dataclass(slots=True)
class Figures:
    """What one of the two did. Milliseconds, unless said."""

    offered: list[float] = field(default_factory=list)
    freed: list[float] = field(default_factory=list)
    pbx_cpu: float = 0.0
    """Asterisk's CPU per call at `COST_AT`."""
    router_cpu: float | None = None
    steps: list[tuple[int, int, int]] = field(default_factory=list)
    """(calls per second, calls, calls that failed)."""
    router_mb: float | None = None

    @property
    def highest(self) -> int:
        """The highest rate with no failed call, before the first with one; 0: none."""
        best = 0
        for rate, _, failed in self.steps:
            if failed:
                break
            best = rate
        return best


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="./scripts/bench call", description=__doc__)
    parser.add_argument("--sound", action="store_true", help="callers under load send a tone")
    parser.add_argument("--waiting", type=int, default=60, help="callers in the waiting measure")
    parser.add_argument("--offers", type=int, default=100, help="calls in the offering measure")
    parser.add_argument("--rates", type=int, nargs="+", default=list(RATES))
    parser.add_argument("--keep", type=Path, metavar="DIR", help="new directory: its files stay")
    args = parser.parse_args(argv)
    with _directory(args.keep) as directory:
        house = House(Path(directory), _LINE)
        try:
            print("starting the line …", flush=True)
            house.start()
            print(f"hiring {SEATS} agents …", flush=True)
            house.hire(SEATS)
            router, plain = uvloop.run(Bench(house, Path(directory), args).run())
        finally:
            house.stop()
    print()
    print("\n".join(report(router, plain)))


def _directory(keep: Path | None) -> AbstractContextManager[str]:
    if keep is None:
        return tempfile.TemporaryDirectory(prefix="hotline-bench-")
    keep.mkdir(parents=True)
    return nullcontext(str(keep.resolve()))


class Bench:
    def __init__(self, house: House, directory: Path, args: argparse.Namespace) -> None:
        self._house = house
        self._directory = directory
        self._args = args
        self._seats: list[WirePhone] = []

    async def run(self) -> tuple[Figures, Figures]:
        """The router first, then app_queue with the router gone; same phones, same Asterisk."""
        house, number = self._house, self._house.settings.line.centre.number
        for player in house.players:
            account = Account(
                user=player.person.phone, server=house.sip, password=player.sip_password
            )
            phone = await WirePhone.start(account, manner="answer")
            self._seats.append(phone)
            await phone.register(3600)
        try:
            async with Onlooker(house.address, house.supervisor.token) as line:
                await self._sit_down(line, 0)
                router = Figures()
                print("router: a seat gets free …", flush=True)
                router.freed = await self._freed(number)
                for n in range(1, SEATS):
                    await self._sit_down(line, n)
            print("router: calls are offered …", flush=True)
            router.offered = await self._offered(number)
            await self._load("router", number, router, router_pid=house.pid)
            router.router_mb = _peak_mb(house.pid)

            house.kill()
            self._plain_queues()
            plain = Figures()
            print("app_queue: a seat gets free …", flush=True)
            plain.freed = await self._freed(ONE)
            print("app_queue: calls are offered …", flush=True)
            plain.offered = await self._offered(ALL)
            await self._load("app_queue", ALL, plain, router_pid=None)
            return router, plain
        finally:
            for phone in self._seats:
                await phone.stop()

    async def _sit_down(self, line: Onlooker, n: int) -> None:
        player, seat = self._house.players[n], f"/seats/{n + 1}"
        phones, phone = line.phones, player.person.phone
        await line.until(f"the phone {phone}", lambda: phones.get(phone))
        await line.post(f"{seat}/sign-in", player.token)
        await line.post(f"{seat}/ready", player.token)

    def _plain_queues(self) -> None:
        """Give Asterisk the same job without us: answer, record as the line does, queue."""
        house, etc = self._house, self._house.places.etc
        names = {ALL: "bench-all", ONE: "bench-one"}
        recordings = house.places.recordings
        members = [f"member => PJSIP/{player.person.phone}\n" for player in house.players]
        with (etc / "extensions.conf").open("a", encoding="utf-8") as file:
            file.write("\n[from-trunk](+)\n")
            for number, name in names.items():
                file.write(
                    f"exten => {number},1,Answer()\n same => n,MixMonitor(,"
                    f"r({recordings}/${{UNIQUEID}}-caller.wav)"
                    f"t({recordings}/${{UNIQUEID}}-seat.wav))\n"
                    f" same => n,Queue({name})\n same => n,Hangup()\n"
                )
        with (etc / "queues.conf").open("a", encoding="utf-8") as file:
            file.write(_QUEUE.format(name=names[ALL]) + "".join(members))
            file.write(_QUEUE.format(name=names[ONE]) + members[0])
        pbx, secret = house.settings.pbx, house.pbx.secrets.ami_secret
        with AmiLine(pbx.host, pbx.ami_port, pbx.ami_user, secret, Deadline(10)) as ami:
            ami.ask("Reload", Module="pbx_config.so")
            ami.ask("Reload", Module="app_queue.so")

    # ---- the measures ----

    async def _freed(self, number: str) -> list[float]:
        """The one seat hangs up, again and again, while callers wait: BYE → next INVITE."""
        seat, found = self._seats[0], list[float]()
        seat.log.skip()
        callers = [
            await WirePhone.start(Account(user=f"1380002{n:04}", server=self._house.sip))
            for n in range(self._args.waiting)
        ]
        try:
            for caller in callers:
                await caller.dial(number)
            await seat.expect("ACK", deadline_s=10)
            for n in range(1, len(callers)):
                # Talks of many lengths: app_queue looks once a second whether it is a caller's
                # turn, so with equal ones the outcome would be where in that second they end.
                await asyncio.sleep(0.1 + 0.37 * n % 1.0)
                await seat.hang_up()
                bye = next(e for e in reversed(seat.log.all) if e.what == "BYE_SENT")
                invite = await seat.expect("INVITE", deadline_s=10)
                found.append(1000 * (invite.at - bye.at))
                await seat.expect("ACK", deadline_s=10)
            await seat.hang_up()
            for caller in callers:
                await caller.expect("BYE", deadline_s=20)
        finally:
            for caller in callers:
                await caller.stop()
        return found

    async def _offered(self, number: str) -> list[float]:
        """One call after the other while every seat is free: the caller's INVITE → the seat's."""
        found = []
        caller = await WirePhone.start(Account(user="13800030000", server=self._house.sip))
        try:
            for _ in range(self._args.offers):
                for phone in self._seats:
                    phone.log.skip()
                begun = {phone: len(phone.log.all) for phone in self._seats}
                await caller.dial(number)
                seat, at = await self._rung(begun)
                sent = next(e for e in reversed(caller.log.all) if e.what == "INVITE_SENT")
                found.append(1000 * (at - sent.at))
                await seat.expect("ACK", deadline_s=5)
                await caller.hang_up()
                await seat.expect("BYE", deadline_s=5)
        finally:
            await caller.stop()
        return found

    async def _rung(self, begun: dict[WirePhone, int]) -> tuple[WirePhone, float]:
        """The seat that was rung after `begun`, and when."""
        async with asyncio.timeout(10):
            while True:
                for phone, before in begun.items():
                    for event in phone.log.all[before:]:
                        if event.what == "INVITE":
                            return phone, event.at
                await asyncio.sleep(0.005)

    async def _load(
        self, who: str, number: str, figures: Figures, *, router_pid: int | None
    ) -> None:
        for rate in self._args.rates:
            calls = rate * STEP_S
            answered = self._answered()
            load = sipp.Load(
                target=self._house.sip,
                number=number,
                calls=calls,
                rate=rate,
                hold_s=HOLD_S,
                tone_hz=440 if self._args.sound else 0,
            )
            pbx, router = Cpu(self._house.pbx.pid()), Cpu(router_pid)
            result = await sipp.run(self._directory / f"{who}-{rate}", load, deadline_s=STEP_S + 30)
            await asyncio.sleep(2)  # what the calls leave to do is theirs too: recordings, rows
            lost = calls - (self._answered() - answered)
            failed = max(result.failed, lost)
            figures.steps.append((rate, calls, failed))
            print(f"{who}: {rate}/s, {calls} calls, {failed} failed", flush=True)
            if rate == COST_AT:
                figures.pbx_cpu = pbx.spent_ms() / calls
                figures.router_cpu = router.spent_ms() / calls if router_pid else None
            if failed:
                break

    def _answered(self) -> int:
        return sum(event.what == "ACK" for phone in self._seats for event in phone.log.all)


class Cpu:
    """CPU time of a process since this object was made."""

    def __init__(self, pid: int | None) -> None:
        self._pid = pid
        self._before = self._ticks()

    def spent_ms(self) -> float:
        return 1000 * (self._ticks() - self._before) / os.sysconf("SC_CLK_TCK")

    def _ticks(self) -> int:
        if self._pid is None:
            return 0
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])  # user and system time


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


def report(router: Figures, plain: Figures) -> list[str]:
    def quantile(found: Sequence[float], share: float) -> str:
        ordered = sorted(found)
        return f"{ordered[min(len(ordered) - 1, int(share * len(ordered)))]:.1f} ms"

    def steps(figures: Figures) -> str:
        return ", ".join(f"{rate}: {failed}/{calls}" for rate, calls, failed in figures.steps)

    rows = [
        ["", "router", "app_queue"],
        *(
            [f"{name}, {label}", quantile(mine, share), quantile(theirs, share)]
            for name, mine, theirs in (
                ("offered → seat ringing", router.offered, plain.offered),
                ("free seat → waiting caller's ring", router.freed, plain.freed),
            )
            for label, share in (("p50", 0.5), ("p99", 0.99))
        ),
        [f"CPU per call of Asterisk, {COST_AT}/s", f"{router.pbx_cpu:.1f} ms",
         f"{plain.pbx_cpu:.1f} ms"],
        [f"CPU per call of the router, {COST_AT}/s", f"{router.router_cpu or 0:.1f} ms", "-"],
        ["highest rate without a failure", f"{router.highest}/s", f"{plain.highest}/s"],
        ["failed/calls by rate", steps(router), steps(plain)],
        ["memory of the router at its peak", f"{router.router_mb or 0:.0f} MB", "-"],
    ]  # fmt: skip
    return table(rows)


if __name__ == "__main__":
    main()
