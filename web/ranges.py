"""Which bytes a client asked for (RFC 9110, section 14): PURE. Never opens the file.

One range only, as every audio element asks for. A list of ranges, another unit or a malformed
header is ignored, which the RFC allows: the client gets the whole.
"""

from __future__ import annotations

import re

_ONE_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


class Unsatisfiable(Exception):
    """The range begins after the end: answered with 416 and the size."""


def wanted_bytes(header: str | None, size: int) -> range | None:
    """The byte positions asked for, or None for the whole file of `size` bytes.

    Raises Unsatisfiable when the range holds no byte of the file.
    """
    found = _ONE_RANGE.fullmatch((header or "").strip().lower().replace(" ", ""))
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < int(first):
            return None  # malformed, not unsatisfiable
    if start >= stop:
        raise Unsatisfiable
    return range(start, stop)
