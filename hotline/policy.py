"""`hotline policy show|check|reload`: what the policy says, whether it holds, and taking it up.

`reload` signs in at the interface like a person at a screen, because who did it must be on record;
so it works wherever the screens are, beside the router or apart from it.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import msgspec

from config import policyfile
from config.loader import policy_file
from config.model import Settings
from config.policy import Policy
from config.problems import Problem, SettingsError
from config.sources import placed
from config.words import Words, words
from hotline.cli import DONE, FAILED, USAGE, Refused
from hotline.deadends import judged, known, looked_at
from hotline.table import table
from queues.needs import text
from queues.policy import ladder
from queues.policycheck import problems

PASSWORD = "HOTLINE_PASSWORD"  # noqa: S105 - the variable's name


def arguments(parser: argparse.ArgumentParser) -> None:
    book = words(parser.get_default("lang"))
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="show|check|reload")
    show = verbs.add_parser("show", help=book.text("cli.policy.show"))
    show.add_argument("--language", default="", help=book.text("cli.policy.language"))
    show.add_argument("--json", action="store_true", help=book.text("cli.policy.json"))
    check = verbs.add_parser("check", help=book.text("cli.policy.check"))
    for verb in (show, check):
        verb.add_argument("file", nargs="?", type=Path, help=book.text("cli.policy.file"))
    take = verbs.add_parser("reload", help=book.text("cli.policy.reload"))
    take.add_argument("--user", required=True, help=book.text("cli.policy.user"))
    take.add_argument("--url", default="", help=book.text("cli.policy.url"))


def main(args: argparse.Namespace, settings: Settings) -> int:
    book = words(args.lang)
    if args.verb == "reload":
        return _reload(args, settings, book)
    try:
        policy, source = policyfile.read(args.file or policy_file(args.settings))
        found = placed(problems(policy, settings.line), [source])
    except SettingsError as error:
        found = list(error.problems)
    if found:
        return _told(found, args.lang, USAGE)
    if args.verb == "show":
        _show(policy, settings, args, book)
        return DONE
    store = known(settings)
    if ends := judged(policy, source, settings, store):
        return _told(ends, args.lang, FAILED)
    print(looked_at(store, book))
    print(book.text("cli.policy.good", version=policy.version))
    return DONE


def _told(found: list[Problem], tag: str, code: int) -> int:
    for problem in found:
        print(problem.text(tag), file=sys.stderr)
    print(words(tag).text("cli.policy.bad", n=len(found)), file=sys.stderr)
    return code


def _show(policy: Policy, settings: Settings, args: argparse.Namespace, book: Words) -> None:
    if args.json:
        print(msgspec.json.format(msgspec.json.encode(policy)).decode())
        return
    language = args.language or settings.line.default_language
    if language not in {one.id for one in settings.line.languages}:
        raise Refused(book.text("cli.policy.no-language", language=language))
    in_force = next(reversed(known(settings).adopted), "")
    print(book.text("cli.policy.version", version=policy.version, digest=policy.digest))
    if in_force:
        print(book.text("cli.policy.in-force", version=in_force))
    greatest = f"{policy.order.greatest_head_start_s:g}"
    names = ", ".join(f"{one.name} {one.seconds:g} s" for one in policy.order.head_starts)
    print(book.text("cli.policy.order", greatest=greatest, names=names or "–"))
    floor = text(ladder(policy, language, settings.line.default_service).floor)
    print(book.text("cli.policy.floor", language=language, floor=floor) + "\n")
    head = [book.text(f"cli.policy.column.{c}") for c in ("service", "after", "needs", "cost")]
    print("\n".join(table([head, *_rows(policy, language, settings, book)])))


def _rows(policy: Policy, language: str, settings: Settings, book: Words) -> list[list[str]]:
    rows = []
    for service in settings.line.services:
        for rung in ladder(policy, language, service.id).rungs:
            first = service.id if rung.after_s == 0 else ""
            rows.append([first, f"{rung.after_s:g}", text(rung.needs), str(rung.cost)])
            if rung.pair is not None:
                pair = (text(rung.pair.specialist), text(rung.pair.interpreter))
                told = book.text("cli.policy.or-pair", specialist=pair[0], interpreter=pair[1])
                rows.append(["", "", told, ""])
    return rows


# ---- reload ----


def _reload(args: argparse.Namespace, settings: Settings, book: Words) -> int:
    where = args.url or f"http://{settings.web.host}:{settings.web.port}"
    if not where.startswith(("http://", "https://")):
        raise Refused(book.text("cli.policy.no-url", url=where))
    password = os.environ.get(PASSWORD) or getpass.getpass(book.text("cli.policy.password"))
    signed_in = _ask(where, "/session", args.lang, book, "", args.user, password)
    token = signed_in["token"]
    try:
        taken = _ask(where, "/policy/reload", args.lang, book, token)
    finally:
        _ask(where, "/session", args.lang, book, token, method="DELETE")
    for remark in taken["remarks"]:
        print(remark)
    print(book.text("cli.policy.taken", version=taken["version"]))
    return DONE


def _ask(
    where: str,
    path: str,
    tag: str,
    book: Words,
    token: str,
    *who: str,
    method: str = "POST",
) -> dict[str, Any]:
    """The interface's answer. Raises Refused with its own words when it says no."""
    headers = {"Accept-Language": words(tag).tongue, "X-Hotline": "1"}
    body = None
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if who:
        headers["Content-Type"] = "application/json"
        body = json.dumps({"username": who[0], "password": who[1]}).encode()
    url = f"{where}/api/v1{path}"
    # `_reload` has refused whatever is neither http nor https: no file is ever opened.
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - no file
    try:
        with urllib.request.urlopen(request, timeout=15) as reply:  # noqa: S310 - idem
            answer = reply.read()
    except urllib.error.HTTPError as error:
        raise Refused(json.load(error)["message"]) from error
    except OSError as error:
        raise Refused(book.text("cli.status.no-interface", url=url)) from error
    return json.loads(answer) if answer else {}
