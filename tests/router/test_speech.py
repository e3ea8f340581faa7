from __future__ import annotations

import pytest

from router.speech import digit_pieces, number_pieces

DIGITS = "零一二三四五六七八九"
UNITS = {"hundred": "百", "thousand": "千", "liang": "两", "yao": "幺"}


def said(pieces: tuple[str, ...]) -> str:
    """What the recordings say, in characters."""
    words = ""
    for piece in pieces:
        name = piece.removeprefix("num-")
        words += UNITS.get(name) or below_hundred(int(name))
    return words


def below_hundred(number: int) -> str:
    tens, ones = divmod(number, 10)
    if not tens:
        return DIGITS[ones]
    return ("" if tens == 1 else DIGITS[tens]) + "十" + (DIGITS[ones] if ones else "")


def understood(words: str) -> int:
    """What a listener makes of a Mandarin number, unit by unit."""
    total = digit = 0
    for word in words.replace("零", "").replace("两", "二"):
        if word in DIGITS:
            digit = DIGITS.index(word)
        else:
            total += max(digit, 1) * {"十": 10, "百": 100, "千": 1000}[word]
            digit = 0
    return total + digit


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "零"),
        (2, "二"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (99, "九十九"),
        (100, "一百"),
        (105, "一百零五"),
        (110, "一百一十"),
        (112, "一百一十二"),
        (200, "二百"),
        (342, "三百四十二"),
        (1000, "一千"),
        (1005, "一千零五"),
        (1010, "一千零一十"),
        (1015, "一千零一十五"),
        (1050, "一千零五十"),
        (1100, "一千一百"),
        (1105, "一千一百零五"),
        (2000, "两千"),
        (2222, "两千二百二十二"),
        (9999, "九千九百九十九"),
    ],
)
def test_numbers_are_said_as_people_say_them(number: int, words: str) -> None:
    assert said(number_pieces(number)) == words


def test_every_number_is_understood_as_itself() -> None:
    assert [understood(said(number_pieces(n))) for n in range(10_000)] == list(range(10_000))


def test_only_two_changes_before_a_measure_word() -> None:
    assert said(number_pieces(2, counter=True)) == "两"
    changed = [n for n in range(10_000) if number_pieces(n, counter=True) != number_pieces(n)]
    assert changed == [2]


def test_up_to_99_one_recording_serves_any_language() -> None:
    assert [number_pieces(n) for n in (0, 45, 99)] == [("num-0",), ("num-45",), ("num-99",)]


@pytest.mark.parametrize("number", [-1, 10_000])
def test_what_cannot_be_said_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="0-9999"):
        number_pieces(number)


def test_digits_are_read_one_by_one() -> None:
    assert said(digit_pieces("20261122")) == "二零二六幺幺二二"
    assert said(digit_pieces("12348")) == "幺二三四八"


@pytest.mark.parametrize("digits", ["", "12a", "１２", "-1", "1 2", "²"])
def test_anything_but_digits_is_refused_and_not_repeated(digits: str) -> None:
    with pytest.raises(ValueError, match=r"^digits: expected one or more of 0-9$"):
        digit_pieces(digits)
