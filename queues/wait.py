"""How long a caller will probably wait, told honestly and never made to grow.

app_queue's announced hold time grows once the caller has outlived it, because it takes the absolute
value of a difference; here a caller is never told more than the time told before.
"""

from __future__ import annotations


def expected_wait(ahead: int, able: int, handle_s: float) -> float | None:
    """Expected seconds until a seat is free for a caller with `ahead` callers before it.

    `able`: seats on duty that can serve the call. With all of them busy and memoryless talks of
    mean `handle_s`, one of them becomes free every `handle_s / able` seconds. None: nobody can say.
    """
    if able <= 0:
        return None
    return (ahead + 1) * handle_s / able


def told_wait(expected: float | None, told_before: float | None) -> float | None:
    """What the caller hears: the estimate, but never more than it heard before."""
    if expected is None or told_before is None:
        return expected
    return min(expected, told_before)
