"""The catalogues say the same things in both languages."""

from __future__ import annotations

import string

import pytest

from config.words import TONGUES, UnknownWord, tongue_of, words


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_both_languages_have_the_same_keys() -> None:
    chinese, english = (set(words(tongue).entries) for tongue in TONGUES)
    assert chinese - english == set(), "missing in English"
    assert english - chinese == set(), "missing in Chinese"
    assert chinese


@pytest.mark.parametrize("key", sorted(words("en").entries))
def test_both_languages_fill_the_same_placeholders(key: str) -> None:
    chinese, english = (words(tongue).entries[key] for tongue in TONGUES)
    assert placeholders(chinese) == placeholders(english)
    assert all(name.isidentifier() for name in placeholders(english)), "named placeholders only"


@pytest.mark.parametrize("tongue", TONGUES)
def test_no_sentence_is_empty(tongue: str) -> None:
    assert [key for key, sentence in words(tongue).entries.items() if not sentence.strip()] == []


@pytest.mark.parametrize(
    ("tag", "tongue"),
    [
        ("zh-CN", "zh-CN"),
        ("zh_CN.UTF-8", "zh-CN"),
        ("ZH", "zh-CN"),
        ("en", "en"),
        ("en_GB.UTF-8", "en"),
        ("C", "en"),
        ("", "en"),
    ],
)
def test_a_locale_chooses_a_language(tag: str, tongue: str) -> None:
    assert tongue_of(tag) == tongue
    assert words(tag).tongue == tongue


def test_a_sentence_is_filled_from_fields_as_they_are() -> None:
    text = words("en").text("settings.problem.reference", expected="an id", found="{x} 张三")
    assert text == "Expected an id; {x} 张三 does not exist."


def test_an_unknown_key_and_a_missing_field_are_named() -> None:
    with pytest.raises(UnknownWord, match="no-such-word"):
        words("en").text("settings.no-such-word")
    with pytest.raises(UnknownWord, match="found"):
        words("en").text("settings.problem.timezone")
    assert "settings.no-such-word" not in words("en")
