"""`hotline serve` without telephones: run as a program by tests/split/test_processes.py.

Everything is the real thing but for the exchange, which is the shipped fake, and the prompts, which
nobody hears. It reads lines on its standard input: `phone NAME` registers a phone that answers,
`calls N` makes N callers come one after the other and stay for a moment, `stay N` N who stay.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from itertools import count
from typing import Any, NoReturn

from hotline import house
from hotline.cli import main
from telephony.fake import FakePbx

EVERY_S = 0.02
STAY_S = 0.05


class FakeExchange:
    """Stands in for `telephony.exchange.Exchange`."""

    def __init__(self, *_: object, clock: Any, post: Any, **__: object) -> None:
        self._pbx = FakePbx(post, clock)
        # Ids are unique for ever, also over a restart of this program.
        self._pbx._numbers = count(int(clock.now() * 1000) % 10_000_000_000)
        self.perform = self._pbx.perform
        self._numbers = count(1)
        self._calls: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pbx.run())
            tasks.create_task(self._listen())
            tasks.create_task(self._tick())

    async def up(self, _within_s: float) -> None:
        while not self._pbx.connected:  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    async def _tick(self) -> NoReturn:
        while True:
            await asyncio.sleep(0.01)
            self._pbx.elapse(0.01)

    async def _listen(self) -> None:
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := (await reader.readline()).decode().split():
            match line:
                case ["phone", name]:
                    self._pbx.phone(name)
                case [("calls" | "stay") as what, many]:
                    task = asyncio.create_task(self._come(int(many), stay=what == "stay"))
                    self._calls.add(task)
                    task.add_done_callback(self._calls.discard)

    async def _come(self, many: int, *, stay: bool) -> None:
        for _ in range(many):
            await asyncio.sleep(EVERY_S)
            caller = self._pbx.dial(f"1990000{next(self._numbers) % 10_000:04}")
            caller.press("0")
            if not stay:
                asyncio.get_running_loop().call_later(STAY_S, caller.hang_up)


async def no_pbx(*_: object) -> bool:
    """Nobody to start; and, as with an Asterisk of others, nobody to end."""
    return False


def no_prompts(*_: object) -> None:
    pass


def run(argv: Sequence[str]) -> int:
    house.Exchange = FakeExchange  # type: ignore[misc, assignment]
    house._pbx_up = no_pbx  # type: ignore[assignment]
    house.install = no_prompts  # type: ignore[assignment]
    return main(argv)


CODE = "import sys; from tests.split.fakeline import run; sys.exit(run(sys.argv[1:]))"
