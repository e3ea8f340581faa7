"""The pump: one task that owns the engine. Everybody else posts to its inbox.

Order of every step: the engine decides, the journal has the facts, followers see them, then the
commands go out. Commands of one lane keep their order in a queue of that lane, so that a slow
request on one call never delays another. The call path never waits for the database or a screen.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import msgspec
import structlog

from config.model import Line
from router.commands import Command, lane
from router.engine import Engine, Step
from router.events import CommandRefused, Event, Request
from router.facts import Fact
from router.ports import Clock, Freshness, Journal, Telephony
from router.state import Snapshot
from router.verdict import Refusal

log = structlog.get_logger(__name__)

SNAPSHOT_EVERY = 5000
"""Facts between two snapshots: what a restart has to fold, about a tenth of a second."""

Follower = Callable[[Sequence[Fact]], None]

_AT_ONCE = Freshness()
"""Who follows the pump itself has every fact before its commands go out."""


def recover(line: Line, journal: Journal) -> Engine:
    """The engine as the journal knows it: newest snapshot and the facts after it.

    A snapshot of another version of this program that no longer decodes is passed over, and the
    log is folded from its beginning. Raises ValueError when facts are missing in between.
    """
    snapshot = Snapshot(0, 0.0)
    kept = journal.snapshot()
    if kept is not None:
        try:
            snapshot = msgspec.msgpack.decode(kept[1], type=Snapshot)
        except msgspec.ValidationError as error:
            log.warning("snapshot does not decode, folding the whole log", error=str(error))
    return Engine.restore(line, snapshot, tuple(journal.read(snapshot.seq)))


class Pump:
    """Implements `router.ports.Desk`; `post` is the inbox that telephony is built with."""

    def __init__(self, engine: Engine, journal: Journal, clock: Clock) -> None:
        self._engine = engine
        self._journal = journal
        self._clock = clock
        self._inbox: deque[tuple[Event, asyncio.Future[Refusal | None] | None]] = deque()
        self._wake = asyncio.Event()
        self._followers: list[Follower] = []
        self._lanes: dict[str, deque[Command]] = {}
        self._since_snapshot = 0
        self._recorded = 0
        self._leaving = False
        self._left = asyncio.Event()
        self._workers: set[asyncio.Task[None]] = set()

    # ---- the inbox ----

    def post(self, event: Event) -> None:
        """Hand an event to the engine; from the loop's own thread, never blocks."""
        self._inbox.append((event, None))
        self._wake.set()

    async def ask(self, request: Request) -> Refusal | None:
        """Put a person's request to the engine; None: done and recorded."""
        answer: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
        self._inbox.append((request, answer))
        self._wake.set()
        return await answer

    def snapshot(self) -> Snapshot:
        return self._engine.snapshot()

    def owners(self) -> dict[str, tuple[str, float]]:
        """Number → who keeps its open case, until when: as the engine knows it."""
        return dict(self._engine.state.owners)

    def follow(self, follower: Follower) -> Callable[[], None]:
        self._followers.append(follower)
        return lambda: self._followers.remove(follower)

    def fresh(self) -> Freshness:
        return _AT_ONCE

    async def hand_over(self, within_s: float) -> None:
        """Before a planned stop: give those who wait to the fallback, and let lanes run dry."""
        self._leaving = True
        self._wake.set()
        async with asyncio.timeout(within_s):
            await self._left.wait()

    # ---- the work ----

    async def run(self, telephony: Telephony) -> None:
        """Pump until cancelled, or until `hand_over` is done.

        Raises OSError (in a group) when the journal cannot be written.
        """
        async with asyncio.TaskGroup() as lanes:

            def send(commands: Sequence[Command]) -> None:
                for command in commands:
                    self._send(command, lanes, telephony)

            try:
                send(self._record(self._engine.start(self._clock.now())))
                while True:
                    await self._woken()
                    while self._inbox:
                        event, answer = self._inbox.popleft()
                        step = self._engine.handle(event, self._clock.now())
                        send(self._record(step))
                        if answer is not None and not answer.done():
                            answer.set_result(step.refusal)
                    if self._leaving:
                        send(self._record(self._engine.stop(self._clock.now())))
                        while self._lanes:
                            await asyncio.wait(self._workers)
                        self._left.set()
                        return
                    due = self._engine.deadline()
                    if due is not None and due <= self._clock.now():
                        send(self._record(self._engine.tick(self._clock.now())))
            finally:
                for _, answer in self._inbox:
                    if answer is not None:
                        answer.cancel()
                self._keep_snapshot()

    async def _woken(self) -> None:
        """Until there is an event or the engine wants to be woken."""
        if self._inbox:
            # Let others run between two bursts; the inbox is drained as a whole each time.
            await asyncio.sleep(0)
            return
        self._wake.clear()
        due = self._engine.deadline()
        if due is None:
            await self._wake.wait()
            return
        delay = max(0.0, due - self._clock.now())
        timer = asyncio.get_running_loop().call_later(delay, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()

    def _record(self, step: Step) -> Sequence[Command]:
        if step.facts:
            self._journal.append(step.facts)
            self._recorded = step.facts[-1].seq
            for follower in self._followers:
                follower(step.facts)
            self._since_snapshot += len(step.facts)
            if self._since_snapshot >= SNAPSHOT_EVERY:
                self._keep_snapshot()
        return step.commands

    def _keep_snapshot(self) -> None:
        self._since_snapshot = 0
        snapshot = self._engine.snapshot()
        # A state that the journal refused must not come back from a snapshot.
        if snapshot.seq == self._recorded:
            self._journal.keep_snapshot(snapshot.seq, msgspec.msgpack.encode(snapshot))

    # ---- lanes ----

    def _send(self, command: Command, lanes: asyncio.TaskGroup, telephony: Telephony) -> None:
        name = lane(command)
        waiting = self._lanes.get(name)
        if waiting is not None:
            waiting.append(command)
            return
        self._lanes[name] = deque([command])
        worker = lanes.create_task(self._work(name, telephony), name=f"lane {name}")
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def _work(self, name: str, telephony: Telephony) -> None:
        waiting = self._lanes[name]
        try:
            while waiting:
                command = waiting.popleft()
                try:
                    await telephony.perform(command)
                except Exception as error:
                    # A fault of ours must not stop the line: the engine decides what follows.
                    kind = type(command).__name__
                    log.exception("command failed", command=kind, error=type(error).__name__)
                    self.post(
                        CommandRefused(
                            kind,
                            getattr(command, "call_id", ""),
                            getattr(command, "leg_id", ""),
                            getattr(command, "play_id", ""),
                            "fault",
                        )
                    )
        finally:
            del self._lanes[name]
