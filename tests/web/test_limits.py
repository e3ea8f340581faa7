from __future__ import annotations

from web.limits import Tries


def test_tries_are_counted_within_the_window() -> None:
    tries = Tries(most=3, window_s=60)
    for second in range(3):
        assert tries.wait_s("zhang", second) == 0
        tries.begin("zhang", second)
    assert tries.wait_s("zhang", 3) == 57
    assert tries.wait_s("li", 3) == 0
    assert tries.wait_s("zhang", 59.5) == 1
    assert tries.wait_s("zhang", 60) == 0


def test_a_success_does_not_count_and_does_not_wash_away_failures() -> None:
    tries = Tries(most=2, window_s=60)
    tries.begin("zhang", 0)
    tries.begin("zhang", 1)
    tries.give_back("zhang")
    assert tries.wait_s("zhang", 2) == 0
    tries.begin("zhang", 2)
    assert tries.wait_s("zhang", 2) > 0


def test_invented_names_do_not_fill_the_memory() -> None:
    tries = Tries(most=1, window_s=60, keys=10)
    for name in range(100):
        tries.begin(str(name), 0)
    assert len(tries._times) == 10
    assert tries.wait_s("99", 0) > 0
    assert tries.wait_s("0", 0) == 0
