"""What a waiting caller is told, as prompt ids: place in the queue and expected wait."""

from __future__ import annotations

from router.speech import number_pieces

SAY_MINUTES_UP_TO = 30
"""A longer estimate is not told as a number: nobody can promise it."""


def wait_prompts(
    ahead: int, wait_s: float | None, *, voicemail_offered: bool, callback_offered: bool = False
) -> tuple[str, ...]:
    """Prompt ids. `ahead`: calls before this one; `wait_s`: expected seconds, None untold."""
    prompts = ["queue-next"] if ahead == 0 else ["queue-ahead", *_count(ahead), "queue-callers"]
    if wait_s is not None and wait_s <= SAY_MINUTES_UP_TO * 60:
        minutes = round(wait_s / 60)
        if minutes < 1:
            prompts += ["queue-wait", "queue-under-minute"]
        else:
            prompts += ["queue-wait", *number_pieces(minutes), "unit-minutes"]
    if callback_offered:
        prompts.append("queue-callback-offer")
    prompts.append("queue-voicemail-offer" if voicemail_offered else "queue-hold-on")
    return tuple(prompts)


def _count(number: int) -> tuple[str, ...]:
    return number_pieces(min(number, 9999), counter=True)
