"""Seats: who sits where, and what a person at a seat asks of the router.

Whether it may be is the engine's decision; here it is only checked whose seat it is. The answer
is the seat as it stands after the router has recorded what was asked.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec

from cases.access import require
from router import events as e
from router.phones import PhoneKind
from web.problems import Problem, of_refusal
from web.route import Asked, Route
from web.views import SeatView

ROUTER_S = 5.0
"""The router answers in milliseconds; without it a person is told so, not kept waiting."""


class Seats(msgspec.Struct, frozen=True):
    """In the order of the settings."""

    seats: tuple[SeatView, ...]


class NotReadyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`reason`: one of the settings' `line.not_ready_reasons`."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


async def seats(asked: Asked) -> Seats:
    return Seats(asked.live.board().seats())


class SeatBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`browser`: the phone that POST /me/phone gave to this sign-in."""

    phone: PhoneKind = "own"


async def sign_in(asked: Asked) -> SeatView:
    """With the person's own phone or the one in the browser, and the person's skills."""
    seat_id, person = asked.path["seat"], asked.person
    place = next((place for place in asked.deps.settings.seats if place.id == seat_id), None)
    if place is None:
        raise Problem("seat-unknown", "seat")
    phone = await _phone(asked)
    provider = "purchased" if "purchased" in (person.provider, place.provider) else "staff"
    asked.live.name(person.id, person.name)
    return await _ask(asked, e.SignIn(seat_id, person.id, phone, dict(person.skills), provider))


async def _phone(asked: Asked) -> str:
    body: SeatBody = asked.body
    if body.phone == "browser":
        given = await asked.deps.phones.of(asked.token, asked.now)
        if given is None:
            raise Problem("phone-not-issued")
        return given.phone
    if not asked.person.phone:
        raise Problem("phone-missing")
    return asked.person.phone


async def sign_out(asked: Asked) -> SeatView:
    """One's own seat, or anybody's with the right to manage seats."""
    seat = _taken(asked)
    if seat.person_id == asked.person.id:
        return await _ask(asked, e.SignOut(seat.id))
    require(asked.viewer, "seats.manage")
    return await _ask(asked, e.SignOut(seat.id, by=asked.person.id))


async def ready(asked: Asked) -> SeatView:
    return await _ask(asked, e.Ready(_own(asked)))


async def not_ready(asked: Asked) -> SeatView:
    body: NotReadyBody = asked.body
    return await _ask(asked, e.NotReady(_own(asked), body.reason))


async def end_wrapup(asked: Asked) -> SeatView:
    return await _ask(asked, e.EndWrapup(_own(asked)))


async def hang_up(asked: Asked) -> SeatView:
    """Asks for the end of the call; the seat as answered may still show the call."""
    return await _ask(asked, e.HangUp(_own(asked)))


async def hold(asked: Asked) -> SeatView:
    return await _ask(asked, e.Hold(_own(asked)))


async def resume(asked: Asked) -> SeatView:
    return await _ask(asked, e.Resume(_own(asked)))


async def rejoin(asked: Asked) -> SeatView:
    """For the page that was loaded again in mid-talk, once its phone has registered."""
    return await _ask(asked, e.Rejoin(_own(asked)))


def _taken(asked: Asked) -> SeatView:
    seat = asked.live.board().seat(asked.path["seat"])
    if seat is None:
        raise Problem("seat-unknown", "seat")
    if seat.state == "signed_out":
        raise Problem("seat-not-signed-in", "seat")
    return seat


def _own(asked: Asked) -> str:
    seat = _taken(asked)
    if seat.person_id != asked.person.id:
        raise Problem("not-your-seat", "seat")
    return seat.id


async def _ask(asked: Asked, request: e.SeatRequest) -> SeatView:
    try:
        async with asyncio.timeout(ROUTER_S):
            refusal = await asked.deps.desk.ask(request)
    except TimeoutError:
        raise Problem("not-ready", headers={"Retry-After": "5"}) from None
    if refusal is not None:
        raise of_refusal(refusal)
    seat = asked.live.board().seat(request.seat_id)
    assert seat is not None, "the engine knows a seat that is not on the board"
    return seat


_NOT_MINE = ("seat-unknown", "seat-not-signed-in", "not-your-seat", "not-ready", "router-away")

ROUTES = (
    Route(
        method="GET",
        path="/seats",
        handler=seats,
        summary="All seats with their live state",
        reply=Seats,
    ),
    Route(
        method="POST",
        path="/seats/{seat}/sign-in",
        handler=sign_in,
        summary="Sit down at a seat, not ready yet, with my own phone or the one in the browser",
        body=SeatBody,
        body_optional=True,
        reply=SeatView,
        errors=(
            "seat-unknown",
            "phone-missing",
            "phone-not-issued",
            "seat-in-call",
            "phone-unknown",
            "phone-taken",
            "seat-taken",
            "person-has-seat",
            "not-ready",
            "router-away",
        ),
    ),
    Route(
        method="POST",
        path="/seats/{seat}/sign-out",
        handler=sign_out,
        summary="Leave a seat; supervisors may sign others out",
        reply=SeatView,
        errors=(*_NOT_MINE, "forbidden", "seat-in-call"),
    ),
    Route(
        method="POST",
        path="/seats/{seat}/ready",
        handler=ready,
        summary="Ready for calls",
        reply=SeatView,
        errors=_NOT_MINE,
    ),
    Route(
        method="POST",
        path="/seats/{seat}/not-ready",
        handler=not_ready,
        summary="Not ready, with a reason; during a call it takes effect after it",
        body=NotReadyBody,
        reply=SeatView,
        errors=(*_NOT_MINE, "reason-unknown"),
    ),
    Route(
        method="POST",
        path="/seats/{seat}/wrap-up/end",
        handler=end_wrapup,
        summary="End wrap-up before its time",
        reply=SeatView,
        errors=(*_NOT_MINE, "not-in-wrapup"),
    ),
    Route(
        method="POST",
        path="/seats/{seat}/hang-up",
        handler=hang_up,
        summary="End the seat's call",
        reply=SeatView,
        errors=(*_NOT_MINE, "not-in-call"),
    ),
    Route(
        method="POST",
        path="/seats/{seat}/hold",
        handler=hold,
        summary="Let my caller wait to music",
        reply=SeatView,
        errors=(*_NOT_MINE, "not-in-talk", "only-specialist"),
    ),
    Route(
        method="POST",
        path="/seats/{seat}/resume",
        handler=resume,
        summary="Talk to my caller again",
        reply=SeatView,
        errors=(*_NOT_MINE, "not-in-talk", "only-specialist"),
    ),
    Route(
        method="POST",
        path="/seats/{seat}/rejoin",
        handler=rejoin,
        summary="Ring my phone again for the talk I am in",
        reply=SeatView,
        errors=(*_NOT_MINE, "not-in-talk"),
    ),
)
