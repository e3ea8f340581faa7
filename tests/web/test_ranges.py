from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.ranges import Unsatisfiable, wanted_bytes


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, None),
        ("", None),
        ("bytes=-", None),
        ("bytes=2-5", range(2, 6)),
        ("bytes = 2 - 5", range(2, 6)),
        ("BYTES=2-5", range(2, 6)),
        ("bytes=9-", range(9, 10)),
        ("bytes=-3", range(7, 10)),
        ("bytes=5-2", None),
        ("bytes=0-0,5-5", None),
        ("bytes=１-２", None),
    ],
)
def test_a_range_of_ten_bytes(header: str | None, wanted: range | None) -> None:
    assert wanted_bytes(header, 10) == wanted


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_a_range_with_nothing_in_it(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        wanted_bytes(header, 10)


@given(st.text(), st.integers(0, 100))
def test_whatever_is_sent_lies_within_the_file(header: str, size: int) -> None:
    _within(header, size)


@given(st.integers(0, 200), st.none() | st.integers(0, 200), st.integers(0, 100))
def test_every_proper_range_lies_within_the_file(first: int, last: int | None, size: int) -> None:
    _within(f"bytes={first}-{'' if last is None else last}", size)
    _within(f"bytes=-{first}", size)


def _within(header: str, size: int) -> None:
    try:
        wanted = wanted_bytes(header, size)
    except Unsatisfiable:
        return
    assert wanted is None or (0 <= wanted.start < wanted.stop <= size)
