"""The engine's answer to a person's request when it is no."""

from __future__ import annotations

import msgspec


class Refusal(msgspec.Struct, frozen=True):
    """Why the engine did not do what a person asked. `code` is stable, e.g. `seat-taken`."""

    code: str
    field: str = ""
