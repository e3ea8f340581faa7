"""The policy in force, and another one taken from its file while callers wait.

The file is read and judged here, so that a person is told file, line and key of what is wrong; the
router judges once more and decides from then on by what it was handed. Nothing is kept here.
"""

from __future__ import annotations

import asyncio

import msgspec
from aiohttp import hdrs

from config.policy import Policy
from config.policyfile import read
from config.problems import Problem as Wrong
from config.problems import SettingsError
from config.sources import placed
from queues.deadends import dead_ends
from queues.policycheck import problems
from router import events as e
from web.problems import Problem, of_refusal, tongue
from web.route import Asked, Route
from web.seats import ROUTER_S


class PolicyView(msgspec.Struct, frozen=True):
    """`digest`: of the whole content; `versions`: every version there has been, with its own."""

    version: str
    digest: str
    policy: Policy
    versions: dict[str, str]


class PolicyTaken(msgspec.Struct, frozen=True):
    """`remarks`: callers whom nobody who works here can serve by it, in words."""

    version: str
    remarks: tuple[str, ...]


async def show(asked: Asked) -> PolicyView:
    state = asked.deps.desk.snapshot()
    policy = state.policy or asked.deps.settings.line.policy
    return PolicyView(policy.version, policy.digest, policy, state.policies)


async def reload(asked: Asked) -> PolicyTaken:
    line, tag = asked.deps.settings.line, _tongue(asked)
    try:
        policy, source = await asyncio.to_thread(read, asked.deps.policy_file)
    except SettingsError as error:
        raise _wrong(error.problems, tag) from None
    if found := problems(policy, line):
        raise _wrong(placed(found, [source]), tag)
    try:
        async with asyncio.timeout(ROUTER_S):
            refusal = await asked.deps.desk.ask(e.PolicyChanged(policy, asked.person.id))
    except TimeoutError:
        raise Problem("not-ready", headers={"Retry-After": "5"}) from None
    if refusal is not None:
        raise of_refusal(refusal)
    await asked.deps.access.note_policy(asked.viewer, policy.version, asked.now)
    people = await asked.deps.people.list(active_only=True)
    skilled = [person.skills for person in people if person.skills]
    remarks = placed(dead_ends(policy, line, skilled), [source]) if skilled else []
    return PolicyTaken(policy.version, tuple(remark.text(tag) for remark in remarks))


def _wrong(found: tuple[Wrong, ...] | list[Wrong], tag: str) -> Problem:
    told = "\n".join(problem.text(tag) for problem in found)
    return Problem("policy-bad", "policy", detail={"n": len(found), "problems": told})


def _tongue(asked: Asked) -> str:
    return tongue(asked.request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))


ROUTES = (
    Route(
        method="GET",
        path="/policy",
        handler=show,
        summary="The policy in force, and the versions there have been",
        reply=PolicyView,
        needs="policy.change",
    ),
    Route(
        method="POST",
        path="/policy/reload",
        handler=reload,
        summary="Read the policy's file and let it decide from now on, also for who waits",
        reply=PolicyTaken,
        needs="policy.change",
        by_language=True,
        errors=("policy-bad", "policy-version", "not-ready", "router-away"),
    ),
)
