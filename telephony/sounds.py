"""Makes the telephone formats of the prompts at set-up, and checks level and length.

A site's own recording replaces the master of the same language and id. What is unchanged, by
hash, is left alone, and a file is replaced in one step: Asterisk may be playing it. A recording is
never made louder, softer or shorter; what is wrong with it is reported, and what cannot be played
at all is passed over for the master or the fallback. Needs the program `sox`.
"""

from __future__ import annotations

import array
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from telephony.loudness import Loudness, loudness
from telephony.prompts import (
    INDEX,
    MUSIC,
    TONES,
    Finding,
    Index,
    Installed,
    Manifest,
    PromptProblem,
    Source,
    installed_at,
    read_index,
)

SITE_SUFFIXES = (".wav", ".flac", ".ogg", ".aiff", ".mp3")
"""Formats a site may record in, the best first (.mp3 needs Debian's libsox-fmt-mp3)."""

FORMATS: dict[str, tuple[str, ...]] = {
    ".sln16": ("-r", "16000", "-e", "signed-integer", "-b", "16", "-L"),
    ".sln": ("-r", "8000", "-e", "signed-integer", "-b", "16", "-L"),
    ".alaw": ("-r", "8000", "-e", "a-law", "-b", "8"),
    ".ulaw": ("-r", "8000", "-e", "mu-law", "-b", "8"),
}
"""Asterisk's suffix → how sox writes it: G.711 as a call carries it, and plain samples for all
else. The first is the source of the others and of the measurement."""

RECIPE = 1
"""Counted up when the conversion changes, so that everything is converted again."""

_RATE = 16000
_SHORTEST_S = 0.1
_LONGEST_S = {MUSIC: 900.0}
_LONGEST_PROMPT_S = 60.0
"""A caller must get to a human: a menu of a minute is a mistake in the recording."""
_SILENT_DBFS = -60.0
_PATIENCE_S = 120.0


class Report(msgspec.Struct, frozen=True):
    """What an install did. `made` and `kept` count recordings; `findings` concern people."""

    made: int
    kept: int
    removed: int
    findings: tuple[Finding, ...]


class _Candidate(msgspec.Struct, frozen=True):
    key: str
    source: Source
    file: Path


def install(manifest: Manifest, site: Path | None, sounds: Path, music: Path) -> Report:
    """Bring `sounds` and `music` in step with the masters and the site's recordings.

    Blocks, for a first time some seconds. Raises PromptProblem where sox is missing, where `site`
    is no directory, and where a file cannot be written.
    """
    if shutil.which("sox") is None:
        raise PromptProblem("no-sox")
    if site is not None and not site.is_dir():
        raise PromptProblem("no-site", path=site)
    try:
        return _install(manifest, site, sounds, music)
    except OSError as error:
        raise PromptProblem("not-written", error=error) from None


def _install(manifest: Manifest, site: Path | None, sounds: Path, music: Path) -> Report:
    before = read_index(sounds)
    there = before.sounds if before.recipe == RECIPE else {}
    after: dict[str, Installed] = {}
    findings = list(_strangers(manifest, site)) if site else []
    made = 0
    for key in manifest.recordings():
        target = installed_at(key, sounds, music)
        for candidate in _candidates(manifest, site, key):
            result, fresh = _bring(candidate, target, manifest, there.get(key))
            made += fresh
            if isinstance(result, Installed):
                after[key] = result
                findings += result.findings
                break
            findings.append(result)
    gone = [key for key in before.sounds if key not in after]
    for key in gone:
        _remove(installed_at(key, sounds, music))
    _write_whole(sounds / INDEX, msgspec.json.format(msgspec.json.encode(Index(RECIPE, after))))
    return Report(made, len(after) - made, len(gone), tuple(findings))


def _candidates(manifest: Manifest, site: Path | None, key: str) -> Iterator[_Candidate]:
    """The site's recording first, then the master."""
    if site is not None:
        for suffix in SITE_SUFFIXES:
            if (file := site / f"{key}{suffix}").is_file():
                yield _Candidate(key, "site", file)
                break
    if key in manifest.audio:
        yield _Candidate(key, "master", manifest.folder / f"{key}.flac")


def _strangers(manifest: Manifest, site: Path) -> Iterator[Finding]:
    """Files of the site that nothing will ever play: a misspelt id is worth a word."""
    known = set(manifest.recordings())
    for file in sorted(site.glob("*/*")):
        key = f"{file.parent.name}/{file.stem}"
        if file.is_file() and (key not in known or file.suffix not in SITE_SUFFIXES):
            yield Finding(f"{file.parent.name}/{file.name}", "site", "unknown")


def _bring(
    candidate: _Candidate, target: Path, manifest: Manifest, there: Installed | None
) -> tuple[Installed | Finding, bool]:
    """Install one recording, or say why it cannot be; and whether anything was converted."""
    key, source = candidate.key, candidate.source
    if not candidate.file.is_file():
        return Finding(key, source, "missing"), False
    sha256 = hashlib.sha256(candidate.file.read_bytes()).hexdigest()
    complete = all(Path(f"{target}{suffix}").is_file() for suffix in FORMATS)
    if there and complete and (there.source, there.sha256) == (source, sha256):
        return there, False
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        measured = _convert(candidate.file, target, key)
    except _Unusable as unusable:
        return unusable.finding(key, source), False
    findings = list(_judge(candidate, sha256, measured, manifest))
    return (
        Installed(source, sha256, measured.seconds, measured.level, measured.peak, tuple(findings)),
        True,
    )


class _Unusable(Exception):
    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(code)

    def finding(self, key: str, source: Source) -> Finding:
        return msgspec.convert(
            {"key": key, "source": source, "code": self.code, "detail": self.detail}, Finding
        )


def _convert(file: Path, target: Path, key: str) -> Loudness:
    """Write every format of one recording; nothing is replaced before all of it is known good."""
    drafts = {suffix: target.with_name(f".{target.name}.new{suffix}") for suffix in FORMATS}
    try:
        plain = drafts[".sln16"]
        _sox([str(file.resolve())], ".sln16", plain)
        measured = loudness(_samples(plain), _RATE)
        longest = _LONGEST_S.get(_folder(key), _LONGEST_PROMPT_S)
        if measured.seconds < _SHORTEST_S:
            raise _Unusable("short", f"{measured.seconds:.2f}")
        if measured.seconds > longest:
            raise _Unusable("long", f"{measured.seconds:.0f}")
        if measured.level < _SILENT_DBFS:
            raise _Unusable("silent", f"{measured.level:.1f}")
        for suffix, draft in drafts.items():
            if draft != plain:
                _sox(["-t", "raw", *FORMATS[".sln16"], "-c", "1", str(plain)], suffix, draft)
        for suffix, draft in drafts.items():
            draft.replace(f"{target}{suffix}")
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
    return measured


def _sox(source: list[str], suffix: str, into: Path) -> None:
    # -D: no dither, so that the same recording gives the same bytes. -G: no clipping by filters.
    command = ["sox", "-V1", "-D", "-G", *source, "-t", "raw", *FORMATS[suffix], "-c", "1"]
    try:
        done = subprocess.run(
            [*command, str(into.resolve())], capture_output=True, timeout=_PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise _Unusable("unreadable", f"sox: {_PATIENCE_S:.0f} s") from None
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip().splitlines() or ["sox"]
        raise _Unusable("unreadable", told[-1])


def _samples(plain: Path) -> array.array[int]:
    samples = array.array("h", plain.read_bytes())
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _judge(
    candidate: _Candidate, sha256: str, measured: Loudness, manifest: Manifest
) -> Iterator[Finding]:
    key, source = candidate.key, candidate.source
    if source == "master" and manifest.audio[key].sha256 != sha256:
        yield Finding(key, source, "altered")
    if measured.clipped:
        yield Finding(key, source, "clipped")
    if _folder(key) in (TONES, MUSIC):
        return
    if measured.level < manifest.level.quietest:
        yield Finding(key, source, "quiet", f"{measured.level:.1f}")
    if measured.level > manifest.level.loudest:
        yield Finding(key, source, "loud", f"{measured.level:.1f}")


def _folder(key: str) -> str:
    return key.partition("/")[0]


def _remove(target: Path) -> None:
    for suffix in FORMATS:
        Path(f"{target}{suffix}").unlink(missing_ok=True)


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_bytes(content)
    draft.replace(path)
