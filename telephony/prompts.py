"""Recorded prompts: what the manifest declares, and which file is played for a prompt id.

A language without its own recording plays the one that the manifest declares for it; a sentence
is never put together from two languages. This module never speaks, converts or repairs anything:
`scripts/prompts` renders, `telephony.sounds` makes the telephone formats.
"""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Literal

import msgspec

from config.words import words

PACKAGED = Path(__file__).resolve().parent.parent / "config" / "prompts" / "manifest.toml"
"""The manifest of this project; its masters stand beside it."""

INDEX = "installed.json"
"""In the directory of installed sounds: what `telephony.sounds` put there."""

TONES = "tones"
"""Folder of the masters of sounds without words: the same in every language."""
MUSIC = "moh"
"""Folder of the masters of hold music."""

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

Source = Literal["master", "site"]
FindingCode = Literal[
    "unreadable", "silent", "short", "long", "quiet", "loud", "clipped", "altered", "missing",
    "unknown",
]  # fmt: skip


class PromptProblem(Exception):
    """What keeps prompts from being used: `code` names the sentence `prompts.problem.<code>`."""

    def __init__(self, code: str, **fields: object) -> None:
        self.code = code
        self.fields = fields
        super().__init__(self.text("en"))

    def text(self, tag: str = "zh-CN") -> str:
        return words(tag).text(f"prompts.problem.{self.code}", **self.fields)


class UnknownPrompt(LookupError):
    """No recording in any language that may be played: the site's menu names it, or we forgot."""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Language(_Entry, frozen=True):
    """`fallback`: what is played instead, best first. `voice`: whose machine voice may read it."""

    name: str
    fallback: tuple[str, ...]
    voice: str = ""
    readings: dict[str, str] = {}


class Voice(_Entry, frozen=True):
    model: str
    licence: str
    weights: str = ""
    style: str = ""


class Level(_Entry, frozen=True):
    """dBFS; of the active parts of speech (see `telephony.loudness`), and of the peak."""

    speech: float
    quietest: float
    loudest: float
    peak: float
    music: float


class Master(_Entry, frozen=True):
    """A packaged recording. `source` is the digest of what it was rendered from."""

    seconds: float
    voice: str
    sha256: str
    source: str


class Manifest(_Entry, frozen=True):
    """`audio` is keyed `<folder>/<id>`; the folder is a language, `tones` or `moh`."""

    languages: dict[str, Language]
    voices: dict[str, Voice]
    level: Level
    pieces: tuple[str, ...]
    """Patterns of ids that are parts of a sentence; neighbours are played in one language."""
    tones: dict[str, tuple[tuple[float, float], ...]]
    music: dict[str, str]
    text: dict[str, dict[str, str]]
    audio: dict[str, Master] = {}
    folder: Path = Path()

    @property
    def default(self) -> str:
        """The language every chain ends with, and the one for a language nobody declared."""
        return next(iter(self.languages))

    @property
    def prompts(self) -> tuple[str, ...]:
        """Ids of everything with words, in the manifest's order."""
        return tuple(self.text[self.default])

    def chain(self, language: str) -> tuple[str, ...]:
        """The languages to try for a caller of `language`, best first."""
        known = self.languages.get(language)
        return (language, *known.fallback) if known else (self.default,)

    def recordings(self) -> Iterator[str]:
        """`<folder>/<id>` of everything that could be recorded, slots included."""
        for language in self.languages:
            yield from (f"{language}/{prompt}" for prompt in self.prompts)
        yield from (f"{TONES}/{prompt}" for prompt in self.tones)
        yield from (f"{MUSIC}/{title}" for title in self.music)


class Finding(msgspec.Struct, frozen=True):
    """Something a person should know of one recording. `detail` is a figure or a tool's words."""

    key: str
    source: Source
    code: FindingCode
    detail: str = ""

    def text(self, tag: str = "zh-CN") -> str:
        book = words(tag)
        said = book.text(f"prompts.finding.{self.code}", detail=self.detail)
        whose = book.text(f"prompts.source.{self.source}")
        return book.text("prompts.finding-line", key=self.key, source=whose, said=said)


class Installed(msgspec.Struct, frozen=True):
    """One recording in telephone formats; `sha256` is that of the file it was made from."""

    source: Source
    sha256: str
    seconds: float
    level: float
    peak: float
    findings: tuple[Finding, ...] = ()


class Index(msgspec.Struct, frozen=True):
    """What is installed, by key. `recipe` changes when the conversion does."""

    recipe: int = 0
    sounds: dict[str, Installed] = {}


class Row(msgspec.Struct, frozen=True):
    """One prompt in one language, for `hotline prompts`. Levels in dBFS.

    `plays`: the folder that is heard, `language` itself when `state` is `master` or `site`, else
    the fallback, and empty when nothing would be heard.
    """

    id: str
    language: str
    state: Literal["master", "site", "slot", "not-installed"]
    plays: str
    text: str
    seconds: float | None
    level: float | None
    peak: float | None
    findings: tuple[Finding, ...]


def load_manifest(path: Path = PACKAGED) -> Manifest:
    """Read a manifest. Raises PromptProblem naming the key that is wrong."""
    try:
        told = tomllib.loads(path.read_text("utf-8"))
        manifest = msgspec.convert({**told, "folder": path.parent}, Manifest)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise PromptProblem("manifest", path=path, error=error) from None
    for place, expected in _mistakes(manifest):
        raise PromptProblem("manifest", path=path, error=f"{place}: {expected}")
    return manifest


def _mistakes(manifest: Manifest) -> Iterator[tuple[str, str]]:
    languages = manifest.languages
    if not languages or manifest.default not in manifest.text:
        yield "text", "the first language must have texts"
        return
    for language, settings in languages.items():
        if strange := [f for f in settings.fallback if f not in languages or f == language]:
            yield f"languages.{language}.fallback", f"not another language: {strange[0]}"
        if language != manifest.default and settings.fallback[-1:] != (manifest.default,):
            yield f"languages.{language}.fallback", f"must end with {manifest.default}"
    ids = [*manifest.prompts, *manifest.tones, *manifest.music]
    for name in ids:
        if not _ID.fullmatch(name):
            yield name, "an id has small letters, digits and single hyphens"
    for name in manifest.tones:
        if name in manifest.prompts:
            yield f"tones.{name}", "is a prompt with words already"
    for language, texts in manifest.text.items():
        if language not in languages:
            yield f"text.{language}", "no such language"
        if strange := [name for name in texts if name not in manifest.prompts]:
            yield f"text.{language}.{strange[0]}", f"{manifest.default} has no such prompt"
    if strange := [p for p in manifest.pieces if not fnmatch.filter(manifest.prompts, p)]:
        yield "pieces", f"no such prompt: {strange[0]}"


def read_index(sounds: Path) -> Index:
    """What is installed in `sounds`; empty when nothing is, or when it cannot be read."""
    try:
        return msgspec.json.decode((sounds / INDEX).read_bytes(), type=Index)
    except (FileNotFoundError, msgspec.DecodeError):
        return Index()


def installed_at(key: str, sounds: Path, music: Path) -> Path:
    """Where a recording is installed, without the format's suffix.

    Tones stand at the top: Asterisk itself looks there for its `beep`.
    """
    folder, name = key.split("/")
    return {TONES: sounds / name, MUSIC: music / name}.get(folder, sounds / folder / name)


class Sounds:
    """Finds the file for a prompt id. Reads the index once: make a new one after an install."""

    def __init__(self, manifest: Manifest, sounds: Path) -> None:
        self._manifest = manifest
        self._folder = sounds.resolve()
        self._there = frozenset(read_index(sounds).sounds)
        self._pieces = frozenset(
            prompt
            for pattern in manifest.pieces
            for prompt in fnmatch.filter(manifest.prompts, pattern)
        )

    def media(self, prompts: Sequence[str], language: str) -> tuple[str, ...]:
        """ARI media URIs that say `prompts` one after the other to a caller of `language`.

        Raises UnknownPrompt when one of them has no recording in any language of the chain.
        """
        found: list[str] = []
        for glued, run in groupby(prompts, self._pieces.__contains__):
            for sentence in [tuple(run)] if glued else [(prompt,) for prompt in run]:
                found += self._sentence(sentence, language)
        return tuple(found)

    def _sentence(self, prompts: tuple[str, ...], language: str) -> list[str]:
        for folder in (*self._manifest.chain(language), TONES):
            keys = [f"{folder}/{prompt}" for prompt in prompts]
            if self._there.issuperset(keys):
                places = (installed_at(key, self._folder, self._folder) for key in keys)
                return [f"sound:{place}" for place in places]
        raise UnknownPrompt(f"no recording of {' '.join(prompts)} for {language}")


def status(manifest: Manifest, sounds: Path) -> list[Row]:
    """Every prompt in every language, and what a caller hears for it; then tones and music."""
    installed = read_index(sounds).sounds
    rows = []
    for key in manifest.recordings():
        folder, prompt = key.split("/")
        chain = manifest.chain(folder) if folder in manifest.languages else (folder,)
        plays = next((f for f in chain if f"{f}/{prompt}" in installed), "")
        heard = installed.get(f"{plays}/{prompt}")
        state: Literal["master", "site", "slot", "not-installed"]
        if plays == folder and heard:
            state = heard.source
        else:
            state = "not-installed" if key in manifest.audio else "slot"
        rows.append(
            Row(
                id=prompt,
                language=folder,
                state=state,
                plays=plays,
                text=manifest.text.get(folder, {}).get(prompt, ""),
                seconds=heard.seconds if heard else None,
                level=heard.level if heard else None,
                peak=heard.peak if heard else None,
                findings=heard.findings if heard and plays == folder else (),
            )
        )
    return rows
