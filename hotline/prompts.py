"""`hotline prompts`: which prompts are recorded in which language, and what a caller hears.

With `--install` it makes the telephone formats first, which set-up does too.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from config.model import Settings
from config.words import Words, words
from hotline.cli import DONE, Refused
from hotline.table import table
from telephony.places import Places
from telephony.prompts import Manifest, PromptProblem, Row, load_manifest, status
from telephony.sounds import Report, install


def arguments(parser: argparse.ArgumentParser) -> None:
    book = words(parser.get_default("lang"))
    parser.add_argument("--install", action="store_true", help=book.text("cli.prompts.install"))
    parser.add_argument("--language", metavar="khg", help=book.text("cli.prompts.language"))


def main(args: argparse.Namespace, settings: Settings) -> int:
    book = words(args.lang)
    if args.install:
        report = install_sounds(settings, args.lang)
        fields = {"made": report.made, "kept": report.kept, "removed": report.removed}
        print(book.text("cli.prompts.installed", **fields))
        for finding in report.findings:
            print(finding.text(args.lang))
        return DONE
    manifest = _manifest(args.lang)
    rows = status(manifest, Places.of(settings).sounds)
    if args.language is None:
        print("\n".join(_summary(manifest, rows, book)))
    elif args.language in manifest.languages:
        print("\n".join(_one_language(manifest, rows, args.language, book)))
    else:
        known = ", ".join(manifest.languages)
        raise Refused(book.text("cli.prompts.no-language", found=args.language, known=known))
    for row in rows:
        for finding in row.findings:
            print(finding.text(args.lang))
    return DONE


def install_sounds(settings: Settings, tag: str) -> Report:
    """Bring the telephone formats in step with the recordings. Raises Refused."""
    places = Places.of(settings)
    site = Path(settings.paths.prompts) if settings.paths.prompts else None
    try:
        return install(_manifest(tag), site, places.sounds, places.moh)
    except PromptProblem as problem:
        raise Refused(problem.text(tag)) from problem


def _manifest(tag: str) -> Manifest:
    try:
        return load_manifest()
    except PromptProblem as problem:
        raise Refused(problem.text(tag)) from problem


def _summary(manifest: Manifest, rows: list[Row], book: Words) -> list[str]:
    """One line for each language: how many of its prompts are in which state, and its fallback."""
    states = ("site", "master", "slot", "not-installed")
    head = [book.text("cli.prompts.column.language"), ""]
    head += [book.text(f"cli.prompts.count.{state}") for state in states]
    lines = [[*head, book.text("cli.prompts.column.fallback")]]
    for language, about in manifest.languages.items():
        count: Counter[str] = Counter(row.state for row in rows if row.language == language)
        counts = [str(count[state]) if count[state] else "-" for state in states]
        lines.append([language, about.name, *counts, " → ".join(about.fallback) or "-"])
    return [*table(lines), "", book.text("cli.prompts.more")]


def _one_language(manifest: Manifest, rows: list[Row], language: str, book: Words) -> list[str]:
    """Every prompt of a language, with the text that the first language says in its place."""
    columns = ("id", "state", "plays", "text")
    lines = [[book.text(f"cli.prompts.column.{column}") for column in columns]]
    meant = manifest.text[manifest.default]
    for row in rows:
        if row.language == language:
            state = book.text(f"prompts.state.{row.state}")
            lines.append([row.id, state, row.plays or "-", row.text or meant[row.id]])
    return [*table(lines), "", book.text("cli.prompts.slot", language=language)]
