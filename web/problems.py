"""How the API says no: one body, stable codes, a status per code, words in two languages.

Whoever refuses raises `Problem(code)`; the gate turns it, the store's errors and the engine's
refusals into an answer. Codes are promised to clients and never change their meaning; sentences
are in `config/words/*/api.toml`. Never carries a traceback, a path or somebody's data.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from cases.errors import (
    CaseError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PhoneElsewhere,
    SignInRefused,
)
from config.words import Tongue, words
from router.verdict import Refusal

STATUS: Final[Mapping[str, int]] = {
    "bad-request": 400,
    "bad-json": 400,
    "not-signed-in": 401,
    "sign-in-wrong": 401,
    "forbidden": 403,
    "password-must-change": 403,
    "csrf-header-missing": 403,
    "origin-refused": 403,
    "not-your-seat": 403,
    "route-unknown": 404,
    "seat-unknown": 404,
    "call-unknown": 404,
    "slip-unknown": 404,
    "recording-unknown": 404,
    "voicemail-unknown": 404,
    "person-unknown": 404,
    "report-unknown": 404,
    "report-form-unknown": 404,
    "method-not-allowed": 405,
    "seat-taken": 409,
    "person-has-seat": 409,
    "phone-taken": 409,
    "phone-unknown": 409,
    "phone-missing": 409,
    "phone-not-issued": 409,
    "phone-elsewhere": 409,
    "seat-not-signed-in": 409,
    "seat-in-call": 409,
    "not-in-wrapup": 409,
    "not-in-call": 409,
    "not-in-talk": 409,
    "only-specialist": 409,
    "version-conflict": 409,
    "policy-bad": 409,
    "policy-version": 409,
    "body-too-large": 413,
    "content-type-unsupported": 415,
    "range-not-satisfiable": 416,
    "value-invalid": 422,
    "field-unknown": 422,
    "field-missing": 422,
    "reason-unknown": 422,
    "password-old-wrong": 422,
    "bad-format": 422,
    "check-digit": 422,
    "empty": 422,
    "out-of-range": 422,
    "same": 422,
    "taken": 422,
    "too-long": 422,
    "too-short": 422,
    "twice": 422,
    "unknown-value": 422,
    "month-format": 422,
    "month-future": 422,
    "sign-in-locked": 429,
    "too-many-tries": 429,
    "internal": 500,
    "report-not-printed": 500,
    "not-ready": 503,
    "exchange-unavailable": 503,
    "router-away": 503,
    "store-unavailable": 503,
}
"""Code → HTTP status: every code there is, those of the engine and of the store included."""


class ProblemBody(msgspec.Struct, frozen=True):
    """`field` names what was wrong in the request, with a path such as `skills.law`."""

    code: str
    field: str | None
    message: str
    detail: dict[str, int | float | str] | msgspec.UnsetType = msgspec.UNSET


class Problem(Exception):
    """A request that is refused. `headers` go with the answer, e.g. Retry-After."""

    def __init__(
        self,
        code: str,
        field: str | None = None,
        *,
        detail: Mapping[str, int | float | str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.detail = dict(detail or {})
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        return STATUS[self.code]

    def body(self, tag: str) -> ProblemBody:
        """The answer in the language of `tag` (`zh-CN`, `en`)."""
        message = words(tag).text(f"api.problem.{self.code}", field=self.field or "", **self.detail)
        return ProblemBody(self.code, self.field, message, self.detail or msgspec.UNSET)


def tongue(accept_language: str) -> Tongue:
    """The first of Chinese and English that an Accept-Language header names; else Chinese."""
    ranked: list[tuple[float, int, str]] = []
    for place, entry in enumerate(accept_language.split(",")):
        tag, _, weight = entry.strip().partition(";")
        if tag.lower().split("-")[0] in ("zh", "en"):
            found = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", weight)
            ranked.append((-float(found[1]) if found else -1.0, place, tag))
    wanted = min((entry for entry in ranked if entry[0] < 0), default=(0.0, 0, "zh"))[2]
    return "en" if wanted.lower().startswith("en") else "zh-CN"


def of_refusal(refusal: Refusal) -> Problem:
    """The engine's no. Its field names are those of its events, not of our bodies."""
    field = {"reason": "reason", "seat_id": "seat", "policy": "policy", "version": "version"}.get(
        refusal.field
    )
    return Problem(refusal.code, field)


def of_case(error: CaseError, now: float) -> Problem:
    """The store's no."""
    match error:
        case NotFound(kind=kind):
            return Problem("not-signed-in" if kind == "session" else f"{kind}-unknown")
        case SignInRefused(code="sign-in-locked", until=until):
            wait_s = max(1, math.ceil((until or now) - now))
            return locked("sign-in-locked", wait_s)
        case SignInRefused():
            return Problem("sign-in-wrong")
        case Forbidden(right=right):
            return Problem("forbidden", detail={"right": right})
        case Conflict(actual=actual):
            return Problem("version-conflict", "version", detail={"version": actual})
        case PhoneElsewhere(code=code):
            return Problem(code)
        case Invalid(field=field, code=code):
            return Problem(code, field)
        case _:
            raise error


def locked(code: str, wait_s: int) -> Problem:
    return Problem(code, detail={"wait_s": wait_s}, headers={"Retry-After": str(wait_s)})


_AT = re.compile(r" - at `(?:key in )?\$\.?(?P<path>.*)`$", re.DOTALL)
_NAMED = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<name>.*?)`")


def of_validation(error: msgspec.ValidationError) -> Problem:
    """msgspec's first complaint as a code and the path of a field, e.g. `skills[0].level`."""
    text = str(error)
    at = _AT.search(text)
    path = at["path"] if at else ""
    named = _NAMED.match(text)
    if named is None:
        return Problem("value-invalid", path or None)
    path = f"{path}.{named['name']}" if path else named["name"]
    return Problem(
        "field-missing" if named["what"] == "missing required" else "field-unknown", path
    )
