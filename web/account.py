"""Signing in and out, and oneself. Never keeps a password or token, never says which was wrong."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from cases.errors import SignInRefused
from cases.records import Person
from web import phones
from web.gate import COOKIE, json_answer
from web.limits import Tries
from web.problems import Problem, locked
from web.route import Asked, Route
from web.views import SeatView

Password = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern="^[^\\x00]*$")]
UserName = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern="^[^\\x00]*$")]


def sign_in_limits() -> dict[str, Tries]:
    """Wrong passwords allowed in five minutes: per user name, and per address (an office's)."""
    return {"user": Tries(most=10, window_s=300), "address": Tries(most=30, window_s=300)}


class SignInBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    username: UserName
    password: Password


class SignedIn(msgspec.Struct, frozen=True):
    """`token`: send as `Authorization: Bearer …`; browsers have it in a cookie already."""

    token: str
    must_change: bool
    """With a one-time password nothing else opens before it is changed."""
    person: Person


class Me(msgspec.Struct, frozen=True):
    person: Person
    seat: SeatView | None
    """The seat this person is signed in at."""


class PasswordBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    old: Password
    new: Password


async def sign_in(asked: Asked) -> web.Response:
    body: SignInBody = asked.body
    keys = {"user": body.username, "address": asked.request.remote or ""}
    waits = [asked.tries[name].wait_s(key, asked.now) for name, key in keys.items()]
    if max(waits):
        raise locked("too-many-tries", max(waits))
    for name, key in keys.items():
        asked.tries[name].begin(key, asked.now)
    person = await asked.deps.people.verify(body.username, body.password, asked.now)
    for name, key in keys.items():
        asked.tries[name].give_back(key)
    return await _opened(asked, person)


async def _opened(asked: Asked, person: Person) -> web.Response:
    token = await asked.deps.sessions.open(person.id, asked.now)
    response = json_answer(SignedIn(token, person.must_change_password, person))
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(asked.deps.settings.web.session_hours * 3600),
        path="/api",
        httponly=True,
        samesite="Strict",
        secure=_over_tls(asked.request),
    )
    return response


def _over_tls(request: web.Request) -> bool:
    # A proxy in front speaks TLS for us; a client that lies here only harms its own cookie.
    return request.secure or request.headers.get("X-Forwarded-Proto", "") == "https"


async def sign_out(asked: Asked) -> web.Response:
    await phones.take_back(asked)
    await asked.deps.sessions.revoke(asked.token, asked.now)
    await asked.live.close_stale()
    response = web.Response(status=204)
    response.del_cookie(COOKIE, path="/api", httponly=True, samesite="Strict")
    return response


async def me(asked: Asked) -> Me:
    seats = asked.live.board().seats()
    return Me(asked.person, next((s for s in seats if s.person_id == asked.person.id), None))


async def change_password(asked: Asked) -> web.Response:
    """Ends every session of the person and opens a new one for this client."""
    body: PasswordBody = asked.body
    try:
        await asked.deps.people.change_password(asked.person.id, body.old, body.new, asked.now)
    except SignInRefused as error:
        if error.code == "sign-in-locked":
            raise
        raise Problem("password-old-wrong", "old") from None
    await asked.live.close_stale()
    return await _opened(asked, await asked.deps.people.get(asked.person.id))


ROUTES = (
    Route(
        method="POST",
        path="/session",
        handler=sign_in,
        summary="Sign in; also sets a cookie for browsers",
        body=SignInBody,
        reply=SignedIn,
        open=True,
        errors=("sign-in-wrong", "sign-in-locked", "too-many-tries"),
    ),
    Route(
        method="DELETE",
        path="/session",
        handler=sign_out,
        summary="Sign out",
        status=204,
        while_must_change=True,
    ),
    Route(
        method="GET",
        path="/me",
        handler=me,
        summary="Who I am and where I sit",
        reply=Me,
        while_must_change=True,
    ),
    Route(
        method="POST",
        path="/me/password",
        handler=change_password,
        summary="Change my password; all my sessions end and a new one begins",
        body=PasswordBody,
        reply=SignedIn,
        while_must_change=True,
        errors=("password-old-wrong", "sign-in-locked"),
    ),
)
