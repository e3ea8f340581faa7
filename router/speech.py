"""Numbers as prompt ids: what is spoken from recorded pieces. Pure.

Up to 99 a number is one recording (`num-42`), so that every language counts in its own way; above
that the pieces follow Mandarin. Nothing here knows which recordings exist.
"""

from __future__ import annotations

MOST = 9999


def number_pieces(number: int, *, counter: bool = False) -> tuple[str, ...]:
    """Prompt ids that say `number` (0-9999); `counter`: a measure word follows, 2 is 两.

    Raises ValueError outside 0-9999.
    """
    if not 0 <= number <= MOST:
        raise ValueError(f"number out of 0-{MOST}: {number}")
    if number == 2 and counter:
        return ("num-liang",)
    if number < 100:
        return (f"num-{number}",)
    thousands, below = divmod(number, 1000)
    hundreds, rest = divmod(below, 100)
    pieces: list[str] = []
    if thousands:  # 两千, but 二百: the usual reading of 2200 is 两千二百
        pieces += ["num-liang" if thousands == 2 else f"num-{thousands}", "num-thousand"]
    if hundreds:
        pieces += [f"num-{hundreds}", "num-hundred"]
    if rest:
        # One 零 for whatever is left out between the digits: 一千零五, 一千零一十, 一百零五.
        if not hundreds or rest < 10:
            pieces.append("num-0")
        if 10 <= rest < 20:  # 一百一十二: within a number the ten is 一十
            pieces.append("num-1")
        pieces.append(f"num-{rest}")
    return tuple(pieces)


def digit_pieces(digits: str) -> tuple[str, ...]:
    """Prompt ids that read `digits` out one by one, 1 as 幺, as numbers are read on the telephone.

    Raises ValueError when there is anything but the digits 0-9; the message does not quote it.
    """
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("digits: expected one or more of 0-9")
    return tuple("num-yao" if digit == "1" else f"num-{digit}" for digit in digits)
