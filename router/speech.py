"""Numbers as prompt ids: what is spoken from recorded pieces. Pure."""

from __future__ import annotations


def number_pieces(number: int, *, counter: bool = False) -> tuple[str, ...]:
    """Prompt ids that say `number` (0-9999) in Mandarin; `counter`: 两 before a measure word."""
    if not 0 <= number <= 9999:
        raise ValueError(f"number out of 0-9999: {number}")
    if number == 2 and counter:
        return ("num-liang",)
    if number < 10:
        return (f"num-{number}",)
    pieces: list[str] = []
    gap = False
    for unit, name in ((1000, "num-thousand"), (100, "num-hundred"), (10, "num-ten"), (1, "")):
        digit, number_left = divmod(number, unit)
        number = number_left
        if digit == 0:
            gap = bool(pieces)
            continue
        if gap:
            pieces.append("num-0")
            gap = False
        if not (unit == 10 and digit == 1 and not pieces):
            pieces.append(f"num-{digit}")
        if name:
            pieces.append(name)
    return tuple(pieces)
