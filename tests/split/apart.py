"""The whole hotline of the end-to-end tests, with router and screens as two processes.

Does what `tests.e2e.house.House` does: a suite that takes a house can be given either.
"""

from __future__ import annotations

from pathlib import Path

from tests.e2e.house import House
from tests.split.shape import Shape


class HouseApart(House):
    """`redis`: the address of a server that runs. `start`, `kill` are about the router."""

    def __init__(self, directory: Path, line: str, redis: str) -> None:
        super().__init__(directory, line)
        self._env["HOTLINE__REDIS__URL"] = redis
        self.shape = Shape(self._file, "apart", redis=redis)

    def start(self, within_s: float = 90.0) -> None:
        self.shape.start()

    def kill(self) -> None:
        self.shape.router.kill()

    def stop(self) -> None:
        self.shape.stop()
        super().stop()

    def runs(self) -> bool:
        return self.shape.router.runs()

    @property
    def pid(self) -> int:
        return self.shape.router.pid

    def said(self) -> str:
        return self.shape.router.said() + self.shape.web.said()
