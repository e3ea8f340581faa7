"""Call slips (话务工单) over HTTP. One per call, found by the call's id or by the slip's number."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

import msgspec
from aiohttp import hdrs, web

from cases.errors import Conflict, NotFound
from cases.records import SlipChange, SlipRecord
from cases.rights import may
from web.gate import json_answer
from web.problems import Problem, of_case, tongue
from web.route import Asked, Route

BEHIND_S = 3.0
"""How long a slip that must be there is waited for."""


class SlipQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`number` as read out to the caller; a misheard one is told from an unknown one."""

    number: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class Slips(msgspec.Struct, frozen=True):
    slips: tuple[SlipRecord, ...]


class SlipBody(SlipChange, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`version`: the one that was read; fields that are left out stay as they are."""

    version: Annotated[int, msgspec.Meta(ge=1, le=2**31)]


async def slips(asked: Asked) -> Slips:
    query: SlipQuery = asked.query
    return Slips((await asked.deps.access.slip_by_number(asked.viewer, query.number),))


class SlipConflict(msgspec.Struct, frozen=True):
    """Somebody else wrote first. `slip` is what stands there now, so that nothing typed is lost."""

    code: Literal["version-conflict"]
    field: str
    message: str
    detail: dict[str, int]
    slip: SlipRecord


async def slip(asked: Asked) -> SlipRecord:
    call_id = asked.path["call"]
    return await _written_down(asked, lambda: asked.deps.access.get_slip(asked.viewer, call_id))


async def change(asked: Asked) -> SlipRecord | web.Response:
    body: SlipBody = asked.body
    call_id, access = asked.path["call"], asked.deps.access
    wanted = SlipChange(**{name: getattr(body, name) for name in SlipChange.__struct_fields__})
    try:
        return await _written_down(
            asked,
            lambda: access.update_slip(asked.viewer, call_id, wanted, body.version, asked.now),
        )
    except Conflict as conflict:
        problem = of_case(conflict, asked.now)
        tag = tongue(asked.request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
        said = problem.body(tag)
        standing = await access.get_slip(asked.viewer, call_id)
        detail = {"version": standing.version}
        conflicting = SlipConflict("version-conflict", "version", said.message, detail, standing)
        response = json_answer(conflicting, problem.status)
        response.headers[hdrs.CONTENT_LANGUAGE] = tag
        response.headers[hdrs.VARY] = hdrs.ACCEPT_LANGUAGE
        return response


async def _written_down(asked: Asked, work: Callable[[], Awaitable[SlipRecord]]) -> SlipRecord:
    """What `work` gives, even in the first moment of a talk, when the database is a step behind.

    Raises Problem("store-unavailable") when it does not catch up: the page keeps what was typed.
    """
    try:
        return await work()
    except NotFound:
        board, call_id = asked.live.board(), asked.path["call"]
        # Only for those who must find it there: nobody learns from waiting that a call is live.
        if not board.has(asked.person.id, call_id) and not (
            may(asked.viewer, "calls.all") and board.live_call(call_id)
        ):
            raise
    try:
        await asked.deps.access.stored(board.folded, BEHIND_S)
    except TimeoutError:
        raise Problem("store-unavailable", headers={hdrs.RETRY_AFTER: "1"}) from None
    return await work()


ROUTES = (
    Route(
        method="GET",
        path="/slips",
        handler=slips,
        summary="The call slip with this number",
        query=SlipQuery,
        reply=Slips,
        errors=("slip-unknown",),
    ),
    Route(
        method="GET",
        path="/slips/{call}",
        handler=slip,
        summary="The call slip of a call",
        reply=SlipRecord,
        errors=("slip-unknown",),
    ),
    Route(
        method="PATCH",
        path="/slips/{call}",
        handler=change,
        summary="Write on a call slip; refused when somebody else did so since it was read",
        body=SlipBody,
        reply=SlipRecord,
        errors=("slip-unknown", "forbidden"),
        also={409: SlipConflict},
    ),
)
