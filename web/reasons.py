"""`GET /calls/{call}/why`: why a call waited and why its seats were chosen, for who may know it."""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec
from aiohttp import hdrs, web

from config.words import Tongue
from router.recount import account
from web.gate import json_answer
from web.names import speech
from web.problems import tongue
from web.route import Asked, Route
from web.why import Question, explained


class Why(msgspec.Struct, frozen=True):
    """In the order in which it happened; `tongue` is the language of the sentences. `notes`: of
    the whole, as what cannot be told any more."""

    call_id: str
    tongue: Tongue
    questions: tuple[Question, ...]
    notes: tuple[str, ...]


async def why(asked: Asked) -> web.Response:
    tag = tongue(asked.request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
    call_id, settings = asked.path["call"], asked.deps.settings
    recalled = await asked.deps.access.recall(asked.viewer, call_id)
    # Reckoned beside the loop, in which a line may be at work.
    line = recalled.line
    found = await asyncio.to_thread(
        partial(
            account,
            call_id,
            line.state,
            line.apply,
            recalled.facts,
            settings.line.policy,
            whole=line.whole,
        )
    )
    told = explained(found, speech(settings, tag, recalled.people))
    response = json_answer(Why(call_id, tag, told.questions, told.notes))
    response.headers[hdrs.CONTENT_LANGUAGE] = tag
    response.headers[hdrs.VARY] = hdrs.ACCEPT_LANGUAGE
    return response


ROUTES = (
    Route(
        method="GET",
        path="/calls/{call}/why",
        handler=why,
        summary="Why a call waited and why its seats were chosen, in words by Accept-Language",
        reply=Why,
        errors=("call-unknown",),
        by_language=True,
    ),
)
