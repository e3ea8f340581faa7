"""How far something is: a bar that fills on a terminal, a line now and then anywhere else."""

from __future__ import annotations

from typing import TextIO

from hotline.table import width

_CELLS = 28
_LINES = 4
"""Where nobody watches: a line for every quarter."""


class Progress:
    """Of `total` things. Call `at` as often as you like, `done` once."""

    def __init__(self, out: TextIO, total: int) -> None:
        self._out = out
        self._total = max(1, total)
        self._live = out.isatty()
        self._shown = ""
        self._quarter = 0

    def at(self, count: int, text: str) -> None:
        """So many are done; `text` says of what."""
        share = min(1.0, count / self._total)
        if self._live:
            full = int(share * _CELLS)
            line = f"[{'█' * full}{'·' * (_CELLS - full)}] {share:4.0%} {text}"
            if line != self._shown:
                # What is left of a longer line is blanked out.
                rest = " " * max(0, width(self._shown) - width(line))
                print(f"\r{line}{rest}", end="", file=self._out, flush=True)
                self._shown = line
        elif int(share * _LINES) > self._quarter:
            self._quarter = int(share * _LINES)
            print(f"{share:4.0%} {text}", file=self._out, flush=True)

    def done(self) -> None:
        if self._live and self._shown:
            print(file=self._out, flush=True)
            self._shown = ""
