"""A policy against the people and the versions that the store knows, for the commands that check.

Only reads: a database that is not there yet is not made. What could not be looked at is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from cases.history import facts_since
from cases.people import People
from cases.store import Store, StoreUnready, store_url
from config.model import Settings
from config.policy import Policy
from config.problems import Problem
from config.sources import Source, placed
from config.words import Words
from queues.deadends import dead_ends
from router.facts import PolicyAdopted


class Known(msgspec.Struct, frozen=True):
    """`skills`: of everybody active who has any. `adopted`: version → digest, newest last."""

    skills: Sequence[Mapping[str, int]] = ()
    adopted: dict[str, str] = {}
    unread: str = ""
    """Why nothing could be read; empty: it could."""


def known(settings: Settings) -> Known:
    """What the store says now."""
    url = store_url(settings.store.url, Path(settings.paths.data))
    file = url.removeprefix("sqlite:///")
    if file != url and not Path(file).exists():
        return Known()  # nobody has been entered yet; opening it would make it
    return asyncio.run(_read(url))


async def _read(url: str) -> Known:
    try:
        store = await Store.open(url)
    except (StoreUnready, OSError, SQLAlchemyError) as error:
        return Known(unread=str(error) or type(error).__name__)
    try:
        people = await People(store).list(active_only=True)
        facts = await facts_since(store, 0.0, [PolicyAdopted.__name__])
    except (OSError, SQLAlchemyError) as error:
        return Known(unread=str(error) or type(error).__name__)
    finally:
        await store.close()
    adopted = [fact.body.policy for fact in facts if isinstance(fact.body, PolicyAdopted)]
    return Known(
        [person.skills for person in people if person.skills],
        {policy.version: policy.digest for policy in adopted},
    )


def judged(policy: Policy, source: Source, settings: Settings, store: Known) -> list[Problem]:
    """Dead ends, and a version that has stood for something else, with file and line."""
    found: list[Problem] = []
    if store.adopted.get(policy.version, policy.digest) != policy.digest:
        fields = {"found": policy.version}
        found.append(Problem(code="policy-version", place=("version",), fields=fields))
    if store.skills:
        found += dead_ends(policy, settings.line, store.skills)
    return placed(found, [source])


def looked_at(store: Known, book: Words) -> str:
    """One line: whose skills the policy was held against."""
    if store.unread:
        return book.text("cli.policy.unread", reason=store.unread)
    if not store.skills:
        return book.text("cli.policy.nobody")
    return book.text("cli.policy.people", n=len(store.skills))
