"""What a waiting caller is told, as prompt ids: place in the queue and perhaps a time."""

from __future__ import annotations

from router.speech import number_pieces


def wait_prompts(
    ahead: int, minutes: int | None, *, voicemail_offered: bool, callback_offered: bool = False
) -> tuple[str, ...]:
    """Prompt ids. `ahead`: calls before this one; `minutes`: wait to be expected, None untold."""
    prompts = ["queue-next"] if ahead == 0 else ["queue-ahead", *_count(ahead), "queue-callers"]
    if minutes is not None:
        if minutes <= 1:
            prompts += ["queue-wait", "queue-under-minute"]
        else:
            prompts += ["queue-wait", *number_pieces(minutes), "unit-minutes"]
    if callback_offered:
        prompts.append("queue-callback-offer")
    prompts.append("queue-voicemail-offer" if voicemail_offered else "queue-hold-on")
    return tuple(prompts)


def _count(number: int) -> tuple[str, ...]:
    return number_pieces(min(number, 9999), counter=True)
