"""Where things stand in a TOML text, also in one that is written oddly."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lines import lines
from config.loader import project_root

ODD = '''\
# a comment with [brackets] and key = 1
"quoted key" = 1
'literal.key' = 2
a.b."c.d" = 3 # the last of a dotted key

text = """
[not.a.table]
not_a_key = 1 \\
\\""" still in it """
raw = \'\'\'
[[nor.this]]
it's = 'so' \'\'\'
quotes = """two at the end"""""
list = [
  1, # [2
  { inner = "}", other = [ "]", "#" ] },
  [ 3,
    4 ],
]
date = 1979-05-27 07:32:00
  [ table . "x" ] # indented
  k = { a = 1, b.c = [{ d = 2 }, { d = 3 }] }
[[rows]]
id = 1
[rows.sub]
deep = true
[[rows.subs]]
n = 1
[[rows.subs]]
n = 2
[[rows]]
[[rows.subs]]
n = 3
'''

FOUND = {
    ("quoted key",): 2,
    ("literal.key",): 3,
    ("a",): 4,
    ("a", "b", "c.d"): 4,
    ("text",): 6,
    ("raw",): 10,
    ("quotes",): 13,
    ("list",): 14,
    ("list", 0): 15,
    ("list", 1): 16,
    ("list", 1, "inner"): 16,
    ("list", 1, "other", 1): 16,
    ("list", 2): 17,
    ("list", 2, 0): 17,
    ("list", 2, 1): 18,
    ("date",): 20,
    ("table", "x"): 21,
    ("table", "x", "k", "b", "c", 1, "d"): 22,
    ("rows",): 23,
    ("rows", 0): 23,
    ("rows", 0, "id"): 24,
    ("rows", 0, "sub", "deep"): 26,
    ("rows", 0, "subs", 0, "n"): 28,
    ("rows", 0, "subs", 1, "n"): 30,
    ("rows", 1): 31,
    ("rows", 1, "subs", 0, "n"): 33,
}


def places(value: object, here: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return {here}.union(*(places(inner, (*here, step)) for step, inner in inside))


def test_odd_toml() -> None:
    found = lines(ODD)
    assert {place: found.get(place) for place in FOUND} == FOUND
    assert set(found) | {()} == places(tomllib.loads(ODD))


def test_windows_line_ends_count_once() -> None:
    assert lines("a = 1\r\n\r\n[b]\r\nc = 2\r\n") == {("a",): 1, ("b",): 3, ("b", "c"): 4}


@pytest.mark.parametrize("file", sorted((project_root() / "config").rglob("*.toml")), ids=str)
def test_every_place_of_every_packaged_file_has_a_line(file: Path) -> None:
    text = file.read_text("utf-8")
    assert set(lines(text)) | {()} == places(tomllib.loads(text))


@given(st.text("ab=\"'[]{}.,#\n\\ 1", max_size=40))
def test_whatever_is_toml_has_its_places_and_nothing_breaks_it(text: str) -> None:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(lines(text)) | {()} == places(data)
