"""`hotline user add|list`: people and their one-time passwords, from the machine itself.

Whoever can run this can read the database: it asks for no right. Passwords are printed once and
kept nowhere.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from typing import get_args

from cases.errors import Invalid
from cases.people import People
from cases.records import Person, Provider, Role
from config.model import Settings
from config.words import Words, words
from hotline.cli import DONE, Refused
from hotline.opened import opened
from hotline.phones import provision
from hotline.table import table


def arguments(parser: argparse.ArgumentParser) -> None:
    book = words(parser.get_default("lang"))
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="add|list")
    add = verbs.add_parser("add", help=book.text("cli.user.add"))
    add.add_argument("username", help=book.text("cli.user.username"))
    add.add_argument("--name", required=True, help=book.text("cli.user.name"))
    add.add_argument(
        "--role", choices=get_args(Role), default="seat", help=book.text("cli.user.role")
    )
    add.add_argument("--phone", default="", help=book.text("cli.user.phone"))
    add.add_argument(
        "--skill",
        action="append",
        default=[],
        metavar="lang:khg=3",
        help=book.text("cli.user.skill"),
    )
    add.add_argument(
        "--provider",
        choices=get_args(Provider),
        default="staff",
        help=book.text("cli.user.provider"),
    )
    verbs.add_parser("list", help=book.text("cli.user.list"))


def main(args: argparse.Namespace, settings: Settings) -> int:
    asyncio.run(_add(args, settings) if args.verb == "add" else _list(args, settings))
    return DONE


async def _add(args: argparse.Namespace, settings: Settings) -> None:
    book = words(args.lang)
    async with opened(settings, args.lang) as store:
        people = People(store)
        try:
            new = await people.add(
                name=args.name,
                username=args.username,
                role=args.role,
                phone=args.phone,
                skills=_skills(args.skill),
                provider=args.provider,
                now=time.time(),
            )
        except Invalid as invalid:
            raise Refused(_invalid(invalid, book)) from invalid
        print(book.text("cli.user.added", username=new.person.username, password=new.password))
        if new.sip_password:
            server = f"{settings.sip.host}:{settings.sip.port}"
            fields = {"phone": new.person.phone, "password": new.sip_password, "server": server}
            print(book.text("cli.user.phone-added", **fields))
            if not await provision(settings, people):
                print(book.text("cli.user.phone-later"))


async def _list(args: argparse.Namespace, settings: Settings) -> None:
    book = words(args.lang)
    async with opened(settings, args.lang) as store:
        found = await People(store).list()
    if not found:
        print(book.text("cli.user.nobody"))
        return
    columns = ("username", "name", "role", "phone", "provider", "skills", "active")
    head = [book.text(f"cli.user.column.{column}") for column in columns]
    print("\n".join(table([head, *(_row(person, book) for person in found)])))


def _row(person: Person, book: Words) -> list[str]:
    skills = " ".join(f"{skill}={level}" for skill, level in sorted(person.skills.items()))
    return [
        person.username,
        person.name,
        book.text(f"cli.user.roles.{person.role}"),
        person.phone,
        book.text(f"cli.user.providers.{person.provider}"),
        skills,
        book.text("cli.user.yes" if person.active else "cli.user.no"),
    ]


def _skills(given: Sequence[str]) -> dict[str, int]:
    """`lang:khg=3` → skill and level. Raises Invalid; the store knows which levels there are."""
    skills = {}
    for text in given:
        skill, _, level = text.partition("=")
        if not level.isdecimal():
            raise Invalid("skill", "bad-format")
        skills[skill] = int(level)
    return skills


def _invalid(invalid: Invalid, book: Words) -> str:
    key = f"cli.user.invalid.{invalid.code}"
    return book.text(
        key if key in book else "cli.user.invalid.other", field=invalid.field, code=invalid.code
    )
