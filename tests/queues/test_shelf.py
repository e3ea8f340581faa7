"""The shelf against a sorted list, with runs so short that they split and join all the time."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from queues import shelf
from queues.shelf import Key, Shelf

KEYS = st.integers(0, 60).map(lambda n: (float(n // 2), float(n % 3), f"c{n:02}"))
MARKS = st.integers(0, 31)
EVENTS = st.tuples(st.sampled_from(("put", "drop", "drop", "mark")), KEYS, MARKS)


def agree(one: Shelf, there: dict[Key, int], key: Key) -> None:
    assert len(one) == len(there)
    assert one.before(key) == sum(other < key for other in there)
    for marks in (1, 2, 4, 8, 16, 31):
        bearing = [k for k in sorted(there) if there[k] & marks]
        assert list(one.all(marks)) == bearing
        assert one.first(marks) == (bearing[0] if bearing else None)


@given(st.dictionaries(KEYS, MARKS, min_size=30), st.lists(EVENTS, min_size=20, max_size=80))
def test_a_shelf_is_a_list_in_order(at_first: dict[Key, int], events: list[tuple]) -> None:
    with patch.object(shelf, "RUN", 8):
        there = dict(at_first)
        one = Shelf(sorted(there.items()))
        for what, key, marks in events:
            if what == "put":
                one.put(key, marks)
                there[key] = marks
                if not marks:
                    del there[key]
            elif key in there and what == "drop":
                one.drop(key)
                del there[key]
            elif key in there:
                one.mark(key, marks)
                there[key] = marks
            agree(one, there, key)
