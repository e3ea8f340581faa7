"""Call slips (话务工单) over HTTP. One per call, found by the call's id or by the slip's number."""

from __future__ import annotations

from typing import Annotated

import msgspec

from cases.records import SlipChange, SlipRecord
from web.route import Asked, Route


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


async def slip(asked: Asked) -> SlipRecord:
    return await asked.deps.access.get_slip(asked.viewer, asked.path["call"])


async def change(asked: Asked) -> SlipRecord:
    body: SlipBody = asked.body
    wanted = SlipChange(**{name: getattr(body, name) for name in SlipChange.__struct_fields__})
    return await asked.deps.access.update_slip(
        asked.viewer, asked.path["call"], wanted, body.version, asked.now
    )


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
        errors=("slip-unknown", "version-conflict", "forbidden"),
    ),
)
