"""Who may do what, and which calls somebody may know of: as a condition of the query.

A seat knows the calls it served; supervisors, analysts and administrators know all. Analysts never
hear anybody. Persons of a purchased provider see no number and hear no recording, not even of
their own calls: the provider processes data on our behalf and keeps none (PIPL art. 21, network
data regulation art. 15-16; shared domain notes 5).
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from cases import tables as t
from cases.errors import Forbidden, NotFound, known_id
from cases.records import Role, Viewer

Right = Literal[
    "calls.all",
    "recordings.hear",
    "slips.write",
    "voicemails.handle",
    "seats.manage",
    "people.manage",
    "audit.read",
    "numbers.search",
    "reports.read",
    "reports.make",
    "policy.change",
]

_SEAT: frozenset[Right] = frozenset(
    {"recordings.hear", "slips.write", "voicemails.handle", "numbers.search"}
)
_REPORTS: frozenset[Right] = frozenset({"reports.read", "reports.make"})
_SUPERVISOR: frozenset[Right] = (
    _SEAT | _REPORTS | {"calls.all", "seats.manage", "audit.read", "policy.change"}
)
_RIGHTS: dict[Role, frozenset[Right]] = {
    "seat": _SEAT,
    "supervisor": _SUPERVISOR,
    "analyst": _REPORTS | {"calls.all"},
    "admin": _SUPERVISOR | {"people.manage"},
}
_NOT_PURCHASED: frozenset[Right] = frozenset(
    {"recordings.hear", "voicemails.handle", "numbers.search"}
)


def may(viewer: Viewer, right: Right) -> bool:
    if viewer.provider == "purchased" and right in _NOT_PURCHASED:
        return False
    return right in _RIGHTS[viewer.role]


def require(viewer: Viewer, right: Right) -> None:
    """Raises Forbidden when the viewer's role does not have the right at all."""
    if not may(viewer, right):
        raise Forbidden(right)


def served(viewer: Viewer) -> ColumnElement[bool]:
    """Of a row of `calls`: the viewer talked to the caller, or took on the caller's message."""
    # Asked once for all rows, not row by row: a seat's list is short, the centre's is long. And
    # uncorrelated: the query around may speak of legs and messages of its own.
    talked = select(t.legs.c.call_id).where(
        t.legs.c.person_id == viewer.person_id, t.legs.c.answered_at.is_not(None)
    )
    handled = select(t.voicemails.c.call_id).where(t.voicemails.c.handled_by == viewer.person_id)
    call_id = t.calls.c.call_id
    return or_(call_id.in_(talked.correlate(None)), call_id.in_(handled.correlate(None)))


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """Of a row of `calls`: the viewer may know of it."""
    return true() if may(viewer, "calls.all") else served(viewer)


def open_to(viewer: Viewer) -> ColumnElement[bool]:
    """Of a row of `voicemails`: seats take from what nobody has handled."""
    if may(viewer, "calls.all"):
        return true()
    return or_(t.voicemails.c.state == "new", t.voicemails.c.handled_by == viewer.person_id)


async def must_see(conn: AsyncConnection, viewer: Viewer, call_id: str) -> None:
    """Raises NotFound when the viewer may not know of the call."""
    wanted = select(t.calls.c.call_id).where(
        t.calls.c.call_id == known_id("call", call_id), visible(viewer)
    )
    if (await conn.execute(wanted)).one_or_none() is None:
        raise NotFound("call")
