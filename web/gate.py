"""The one way in: who asks, may they, what do they want, and the answer or the refusal as JSON.

Every row of the route table passes here in this order: session, cross-site check, password,
right, path, query, body, handler. Never decides for a call and never logs who or what was asked
for: the log has the row's path, the status and the request's number.
"""

from __future__ import annotations

import re
import secrets
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from aiohttp import hdrs, web
from sqlalchemy.exc import InterfaceError, OperationalError

from cases.access import require
from cases.errors import CaseError
from cases.records import Person
from config.words import Tongue
from router.ports import RouterAway
from web.limits import Tries
from web.live import Live
from web.problems import Problem, of_case, of_validation, tongue
from web.route import Asked, Deps, Route

log = structlog.get_logger(__name__)

API: Final = "/api/v1"
COOKIE: Final = "hotline_session"
CSRF_HEADER: Final = "X-Hotline"
"""A page of another site cannot send it without asking us first (CORS), and we never agree."""

MAX_BODY: Final = 256 * 1024
"""A full call slip, every character of it escaped, fits twice."""
_MAX_PATH_PART: Final = 100
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

DEPS: Final = web.AppKey("deps", Deps)
LIVE: Final = web.AppKey("live", Live)
NUMBER: Final = web.RequestKey("number", str)
TRIES: Final = web.AppKey("tries", Mapping[str, Tries])
CATALOGUE: Final = web.AppKey("catalogue", Mapping[Tongue, tuple[bytes, str]])
"""Language → body and ETag."""

encode = msgspec.json.Encoder().encode

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


# ---- around everything ----


@web.middleware
async def outermost(request: web.Request, handler: Any) -> web.StreamResponse:
    """Number the request, turn whatever is raised into an answer, log one line."""
    number = request[NUMBER] = secrets.token_hex(8)
    began = time.perf_counter()
    with structlog.contextvars.bound_contextvars(request=number):
        try:
            response: web.StreamResponse = await handler(request)
        except Exception as error:
            response = refused(request, _problem(request, error))
        log.info(
            "request",
            method=request.method,
            path=_row_path(request),
            status=response.status,
            ms=round((time.perf_counter() - began) * 1000, 1),
        )
        return response


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`: a recording begins to be sent before its handler is done."""
    response.headers["X-Request-Id"] = request.get(NUMBER, "")
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)


def _row_path(request: web.Request) -> str:
    # The row's path and never the real one: ids and searches may say something about a person.
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


def _problem(request: web.Request, error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case CaseError():
            return of_case(error, request.app[DEPS].clock.now())
        case web.HTTPRequestEntityTooLarge():
            return Problem("body-too-large")
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            return Problem("method-not-allowed", headers={hdrs.ALLOW: allowed})
        case web.HTTPNotFound():
            return Problem("route-unknown")
        case web.HTTPException() if error.status < 500:
            return Problem("bad-request")
        case RouterAway():
            return Problem("router-away", headers={hdrs.RETRY_AFTER: "5"})
        case OperationalError() | InterfaceError() | ConnectionError():
            log.error("the store cannot be reached", error=type(error).__name__)
            return Problem("store-unavailable", headers={hdrs.RETRY_AFTER: "5"})
        case _:
            # Neither the message nor the locals: both may hold what a caller said or a token.
            frames = traceback.extract_tb(error.__traceback__)
            where = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-6:]]
            log.error(
                "request failed",
                path=_row_path(request),
                error=type(error).__name__,
                where=" ".join(where),
            )
            return Problem("internal")


def refused(request: web.BaseRequest, problem: Problem) -> web.Response:
    tag = tongue(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
    response = json_answer(problem.body(tag), problem.status)
    response.headers.update(problem.headers)
    response.headers[hdrs.CONTENT_LANGUAGE] = tag
    response.headers[hdrs.VARY] = hdrs.ACCEPT_LANGUAGE
    if problem.status == 401:
        response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    return response


def json_answer(reply: object, status: int = 200) -> web.Response:
    return web.Response(
        body=encode(reply), status=status, content_type="application/json", charset="utf-8"
    )


# ---- one row ----


async def answer(route: Route, request: web.Request) -> web.StreamResponse:
    """Serve one request of a row. Raises Problem, CaseError."""
    deps = request.app[DEPS]
    now = deps.clock.now()
    token, person = await _who(route, request, deps, now)
    asked = Asked(
        deps,
        request.app[LIVE],
        request.app[TRIES],
        request,
        now,
        _path(request),
        _query(route, request),
        await _body(route, request),
        token,
        person,
    )
    reply = await route.handler(asked)
    if isinstance(reply, web.StreamResponse):
        return reply
    if reply is None:
        return web.Response(status=204)
    return json_answer(reply, route.status)


async def _who(
    route: Route, request: web.Request, deps: Deps, now: float
) -> tuple[str, Person | None]:
    if route.open:
        return "", None
    token, by_cookie = _token(request)
    if not token:
        raise Problem("not-signed-in")
    person = await deps.sessions.person(token, now)
    changes = request.method not in ("GET", "HEAD")
    if by_cookie and changes and CSRF_HEADER not in request.headers:
        raise Problem("csrf-header-missing")
    if person.must_change_password and not route.while_must_change:
        raise Problem("password-must-change")
    if route.needs is not None:
        require(person.viewer, route.needs)
    return token, person


def _token(request: web.Request) -> tuple[str, bool]:
    """The session's token and whether a cookie brought it. A bearer token goes first."""
    kind, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return token.strip(), False
    return request.cookies.get(COOKIE, ""), True


def _path(request: web.Request) -> Mapping[str, str]:
    for part in request.match_info.values():
        if len(part) > _MAX_PATH_PART or _CONTROL.search(part):
            raise Problem("route-unknown")
    return dict(request.match_info)


def _query(route: Route, request: web.Request) -> Any:
    if route.query is None:
        for name in request.query:
            raise Problem("field-unknown", name)
        return None
    lists = {
        field.encode_name
        for field in msgspec.structs.fields(route.query)
        if field.default_factory is not msgspec.NODEFAULT or field.default == ()
    }
    given: dict[str, object] = {}
    for name in request.query:
        values = request.query.getall(name)
        if name not in lists and len(values) > 1:
            raise Problem("value-invalid", name)
        if any(_CONTROL.search(value) for value in values):
            raise Problem("value-invalid", name)
        given[name] = values if name in lists else values[0]
    try:
        query = msgspec.convert(given, type=route.query, strict=False)
    except msgspec.ValidationError as error:
        raise of_validation(error) from None
    for field in msgspec.structs.fields(route.query):
        # msgspec reads the word `null` as None; a parameter is left out or has a value.
        if field.encode_name in given and getattr(query, field.name) is None:
            raise Problem("value-invalid", field.encode_name)
    return query


async def _body(route: Route, request: web.Request) -> Any:
    if route.body is None:
        return None
    if route.body_optional and not request.body_exists:
        return route.body()
    if request.content_type != "application/json":
        raise Problem("content-type-unsupported")
    raw = await request.read()
    try:
        return msgspec.json.decode(raw, type=route.body)
    except msgspec.ValidationError as error:
        raise of_validation(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem("bad-json") from None
