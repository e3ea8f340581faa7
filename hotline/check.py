"""`hotline check`: says whether the settings can be used, and what they come to.

The loader has found every problem by the time this runs; what is left is what Asterisk's files
would refuse, and callers whom nobody who works here can serve. Starts nothing and writes nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from config import policyfile
from config.loader import policy_file, site_file
from config.model import Settings
from config.words import words
from hotline.cli import DONE, FAILED, USAGE
from hotline.deadends import judged, known, looked_at
from telephony.places import Places
from telephony.problem import PbxProblem
from telephony.provision import render
from telephony.secrets import Secrets


def arguments(parser: argparse.ArgumentParser) -> None:
    """None: the settings are all it looks at."""


def main(args: argparse.Namespace, settings: Settings) -> int:
    book = words(args.lang)
    if settings.pbx.manage:
        try:
            render(
                settings,
                Secrets(ari_password="0" * 32, ami_secret="0" * 32),
                (),
                places=Places.of(settings),
                modules=Path("/usr/lib/asterisk/modules"),
            )
        except PbxProblem as problem:
            print(problem.text(args.lang), file=sys.stderr)
            return USAGE
    file = args.settings or site_file(os.environ)
    line = settings.line
    print(book.text("cli.check.file", file=file) if file else book.text("cli.check.no-file"))
    print(
        book.text(
            "cli.check.line",
            name=line.centre.name,
            number=line.centre.number,
            version=line.version,
            languages=len(line.languages),
            services=len(line.services),
            seats=len(settings.seats),
        )
    )
    print(
        book.text(
            "cli.check.ports",
            web=f"{settings.web.host}:{settings.web.port}",
            sip=f"{settings.sip.host}:{settings.sip.port}",
            pbx=f"{settings.pbx.host}:{settings.pbx.http_port}, {settings.pbx.ami_port}",
            data=settings.paths.data,
        )
    )
    policy, source = policyfile.read(policy_file(args.settings))
    print(book.text("cli.check.policy", version=policy.version, file=source.name))
    store = known(settings)
    if ends := judged(policy, source, settings, store):
        for end in ends:
            print(end.text(args.lang), file=sys.stderr)
        print(book.text("cli.policy.bad", n=len(ends)), file=sys.stderr)
        return FAILED
    print(looked_at(store, book))
    print(book.text("cli.check.good"))
    return DONE
