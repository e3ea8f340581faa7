"""The live board in the running program: follows the router, tells the screens, never holds it up.

A screen gets the whole board first and changes after it. A screen that cannot keep up is cut off
and starts again (calls are never dropped, screens are). Must never raise into the pump.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

import msgspec
import structlog

from config.model import Settings
from router.facts import Fact
from router.ports import Clock, Desk
from web import views as v
from web.board import Board
from web.pipe import Pipe
from web.screens import CLOSE_SIGNED_OUT, Screen

log = structlog.get_logger(__name__)

GATHER_S = 0.05
"""Changes are gathered this long, so that a burst is one message and not hundreds."""

LOOK_S = 1.0
"""How each part is, is looked at this often; looking costs nothing."""
NO_PARTS: Mapping[str, Callable[[], v.Part]] = {}


class LiveBoard(msgspec.Struct, frozen=True, tag_field="type", tag="board"):
    """The whole board. `now` is the server's clock, for showing how long something lasts.

    `behind_s`, `stale`: as in a beat.
    """

    now: float
    board: v.BoardView
    behind_s: float = 0.0
    stale: bool = False


class Delta(msgspec.Struct, frozen=True, tag_field="type", tag="changes"):
    """What changed since the message before; `seq` becomes the board's."""

    now: float
    seq: int
    changes: Sequence[v.Change]


class Beat(msgspec.Struct, frozen=True, tag_field="type", tag="beat"):
    """Sent regularly: the connection is alive, and this is the server's clock.

    `behind_s`: seconds since the board was last known to be everything the router has recorded.
    `stale`: it may be wrong by now, and a screen says so; sent at once when that changes.
    """

    now: float
    seq: int
    behind_s: float = 0.0
    stale: bool = False


encode = msgspec.json.Encoder().encode


class Live:
    """`history`, `names` (person → name), `valid` (is this session still good) and `given`
    (hashed session → its phone in the browser) may fail: the board goes on without and asks again
    at the next beat. `parts`: how each part of the house is.
    """

    def __init__(
        self,
        settings: Settings,
        desk: Desk,
        clock: Clock,
        *,
        history: Callable[[float], Awaitable[Sequence[Fact]]],
        names: Callable[[], Awaitable[Mapping[str, str]]],
        valid: Callable[[str], Awaitable[bool]],
        given: Callable[[], Awaitable[Mapping[str, str]]],
        beat_s: float,
        parts: Mapping[str, Callable[[], v.Part]] = NO_PARTS,
    ) -> None:
        self._settings = settings
        self._desk = desk
        self._clock = clock
        self._history = history
        self._names = names
        self._valid = valid
        self._given = given
        self._beat_s = beat_s
        self._parts = parts
        self._pending: list[Fact] = []
        self._timer: asyncio.TimerHandle | None = None
        self._screens: set[Screen] = set()
        self._pipes: set[Pipe] = set()
        self._closed = asyncio.Event()
        self._hurry = asyncio.Event()
        # Following first, then the snapshot: nothing can fall in between, and what is in both
        # is passed over by its number.
        self._unfollow = desk.follow(self._take)
        self._fresh = desk.fresh()
        self._board = self._built()

    # ---- what the handlers ask ----

    def board(self) -> Board:
        """The board with everything the router has recorded up to now."""
        self._flush()
        return self._board

    def whole(self) -> LiveBoard:
        board, fresh = self.board(), self._desk.fresh()
        return LiveBoard(self._clock.now(), board.view(), fresh.behind_s, fresh.stale)

    def name(self, person_id: str, name: str) -> None:
        """From now on the board shows `name` for this person."""
        self._tell(self.board().name({person_id: name}))

    # ---- screens ----

    def join(self, screen: Screen) -> None:
        screen.show(encode(self.whole()))
        self._screens.add(screen)

    def leave(self, screen: Screen) -> None:
        self._screens.discard(screen)

    @property
    def screens(self) -> int:
        return len(self._screens)

    def attach(self, pipe: Pipe) -> None:
        """A page's phone speaks through this server; it ends when its sign-in has it no longer."""
        self._pipes.add(pipe)

    def detach(self, pipe: Pipe) -> None:
        self._pipes.discard(pipe)

    async def close_stale(self) -> None:
        """Close the screens whose sessions are over, and phones that their sessions lost."""
        tokens = {screen.token for screen in self._screens}
        over = {token for token in tokens if not await self._valid(token)}
        for screen in [screen for screen in self._screens if screen.token in over]:
            screen.close(CLOSE_SIGNED_OUT)
        given = await self._given() if self._pipes else {}
        for pipe in [pipe for pipe in self._pipes if given.get(pipe.key) != pipe.phone]:
            pipe.close(CLOSE_SIGNED_OUT)

    def close(self, code: int) -> None:
        """Stop following, end the beat and close every screen; a second time does nothing."""
        if self._closed.is_set():
            return
        self._unfollow()
        self._closed.set()
        self._hurry.set()
        if self._timer is not None:
            self._timer.cancel()
        for screen in self._screens:
            screen.close(code)
        for pipe in self._pipes:
            pipe.close(code)

    # ---- following ----

    def _built(self) -> Board:
        board = Board(self._desk.snapshot(), self._settings, self._clock.now())
        board.health(self._looked())
        return board

    def _looked(self, *, steady: bool = False) -> dict[str, v.Part]:
        """The parts as they are. `steady`: a number alone that has changed is not told yet."""
        found = {name: look() for name, look in self._parts.items()}
        if not steady:
            return found
        shown = self._board.view().parts
        return {
            name: part
            for name, part in found.items()
            if (known := shown.get(name)) is None
            or (known.state, known.detail) != (part.state, part.detail)
        }

    def _take(self, facts: Sequence[Fact]) -> None:
        # Called by the pump between two steps: keep it to this.
        self._pending.extend(facts)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_S, self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        facts, self._pending = self._pending, []
        before, self._fresh = self._fresh, self._desk.fresh()
        if self._fresh.thread != before.thread:
            self._start_over()
            return
        if facts:
            try:
                self._tell(self._board.apply(facts))
            except Exception as error:
                # A board that is wrong is built anew; the line must not suffer for it.
                kind = type(error).__name__
                log.error("the board lost its thread, built anew", seq=facts[-1].seq, error=kind)
                self._start_over()
        if self._fresh.stale != before.stale:
            self._show(self._beat())

    def _start_over(self) -> None:
        known, self._board = self._board.names, self._built()
        self._board.name(known)
        self._show(self.whole())
        self._hurry.set()  # today's counters are not known any more

    def _tell(self, changes: Sequence[v.Change]) -> None:
        if changes:
            self._show(Delta(self._clock.now(), self._board.seq, changes))

    def _show(self, message: LiveBoard | Delta | Beat) -> None:
        if self._screens:
            text = encode(message)
            for screen in tuple(self._screens):
                screen.show(text)

    # ---- now and then ----

    async def beat(self) -> None:
        """Until closed: fetch what the board lacks, turn the day, close stale screens."""
        while not self._closed.is_set():
            try:
                await self._catch_up()
                await self.close_stale()
            except Exception as error:
                log.warning("the board waits for the store", error=type(error).__name__)
            self._tell(self.board().turn(self._clock.now()))
            self._tell(self._board.health(self._looked()))
            self._show(self._beat())
            await self._pause()

    async def _pause(self) -> None:
        """Until the next beat is due or wanted; parts that fail meanwhile are told at once."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._beat_s
        while not self._hurry.is_set() and (left := ends - loop.time()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, LOOK_S)):
                    await self._hurry.wait()
            if not self._closed.is_set():
                self._tell(self._board.health(self._looked(steady=True)))
        if not self._closed.is_set():
            self._hurry.clear()

    def _beat(self) -> Beat:
        fresh = self._desk.fresh()
        return Beat(self._clock.now(), self._board.seq, fresh.behind_s, fresh.stale)

    async def _catch_up(self) -> None:
        # At first everybody's: who signs in at another process is then known here already.
        if self._board.nameless() or not self._board.names:
            names = await self._names()
            self._tell(self.board().name(names))
        board = self.board()
        since = board.wants_since
        if since is not None:
            facts = await self._history(since)
            self._flush()
            if board is self._board and board.wants_since == since:
                self._tell(board.recall(facts))
