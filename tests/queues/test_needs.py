"""Requirement expressions: read, written, judged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues.needs import ANYBODY, All, Any, BadNeed, Has, Need, Not, both, holds, lacks, parse, text

SKILLS = ["lang:cmn", "lang:khg", "law:labour", "aid", "group:trainee"]

ATOMS = st.builds(Has, st.sampled_from(SKILLS), st.integers(1, 5))
NEEDS: st.SearchStrategy[Need] = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, min_size=2, max_size=3).map(lambda of: All(tuple(of))),
        st.lists(inner, min_size=2, max_size=3).map(lambda of: Any(tuple(of))),
    ),
    max_leaves=8,
)
PEOPLE = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5))


@given(NEEDS, PEOPLE)
def test_what_is_written_is_read_back(need: Need, skills: dict[str, int]) -> None:
    assert parse(text(need)) == need
    assert holds(parse(text(need)), skills) == holds(need, skills)


@given(NEEDS, PEOPLE)
def test_somebody_lacks_something_exactly_when_it_does_not_hold(
    need: Need, skills: dict[str, int]
) -> None:
    assert bool(lacks(need, skills)) != holds(need, skills)


def test_not_binds_before_and_and_and_before_or() -> None:
    assert parse("a or not b and c>=2") == Any((Has("a"), All((Not(Has("b")), Has("c", 2)))))


def test_both_is_flat_and_without_doubles() -> None:
    assert both(All((Has("a"), Has("b"))), Has("a"), ANYBODY) == All((Has("a"), Has("b")))


def test_what_is_lacking_is_named() -> None:
    need = parse("lang:khg and law:labour>=3 and aid")
    assert lacks(need, {"lang:khg": 2, "law:labour": 1}) == ("law:labour>=3", "aid")


@pytest.mark.parametrize(
    ("source", "reason", "at"),
    [
        ("", "a skill is missing", 0),
        ("a and", "a skill is missing", 5),
        ("(a or b", "a closing parenthesis is missing", 7),
        ("a>=9", "a level is 1 to 5", 1),
        ("a b", "unexpected 'b'", 2),
        ("a & b", "unexpected '&'", 2),
        ("(" * 40 + "a" + ")" * 40, "nested too deeply", 32),
    ],
)
def test_bad_text_is_refused_with_its_place(source: str, reason: str, at: int) -> None:
    with pytest.raises(BadNeed, match=f"^{reason.replace('(', '.')}$") as refused:
        parse(source)
    assert refused.value.at == at
