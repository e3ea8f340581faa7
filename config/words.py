"""Every sentence a person reads, by language: the only way from a key to user-facing text.

Catalogues are TOML files `config/words/<language>/<package>.toml`. A key is the file's name, then
the tables, then the entry: `api.seat-taken`, `settings.hint.port`. Both languages have the same
keys and placeholders (tests/test_words.py). Never put code, log keys or spoken prompts here.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final, Literal

Tongue = Literal["zh-CN", "en"]
TONGUES: Final[tuple[Tongue, ...]] = ("zh-CN", "en")
_FOLDER: Final = Path(__file__).parent / "words"


class UnknownWord(LookupError):
    """The catalogue has no such key, or a placeholder was not given: a mistake of ours."""


class Words:
    """One language's catalogue. `words(...)` hands these out; read-only."""

    def __init__(self, tongue: Tongue, entries: dict[str, str]) -> None:
        self.tongue = tongue
        self.entries = entries
        """Key → sentence with `{placeholders}`."""

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def text(self, key: str, /, **fields: object) -> str:
        """The sentence for `key` with its placeholders filled from `fields`.

        Raises UnknownWord for a key that is in no catalogue and for a placeholder without a field.
        """
        try:
            sentence = self.entries[key]
        except KeyError:
            raise UnknownWord(f"no entry {key!r} in the {self.tongue} catalogue") from None
        try:
            return sentence.format(**fields)
        except (KeyError, IndexError) as missing:
            raise UnknownWord(f"{key!r} needs the field {missing}") from None


def words(tag: str = "zh-CN") -> Words:
    """The catalogue for a language tag or locale: `zh-CN`, `zh_CN.UTF-8`, `en`, `C`, empty."""
    return _catalogue(tongue_of(tag))


def tongue_of(tag: str) -> Tongue:
    """Chinese for whatever starts with `zh`, English for everything else."""
    return "zh-CN" if tag.strip().lower().startswith("zh") else "en"


@cache
def _catalogue(tongue: Tongue) -> Words:
    entries: dict[str, str] = {}
    for file in sorted((_FOLDER / tongue).glob("*.toml")):
        _flatten(file.stem, tomllib.loads(file.read_text("utf-8")), entries)
    return Words(tongue, entries)


def _flatten(prefix: str, table: dict[str, object], into: dict[str, str]) -> None:
    for name, value in table.items():
        key = f"{prefix}.{name}"
        if isinstance(value, dict):
            _flatten(key, value, into)
        elif isinstance(value, str):
            into[key] = value
        else:
            raise TypeError(f"{key}: a catalogue holds sentences, not {type(value).__name__}")
