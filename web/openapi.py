"""The OpenAPI 3.1 document, made from the route table and the msgspec types and nothing else.

PURE. The same rows build the router, so the document cannot promise what is not there; that the
answers look as promised is what tests/web/test_openapi.py asks schemathesis.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from web.problems import STATUS, ProblemBody
from web.route import Route

Schema = dict[str, Any]

_REF = "#/components/schemas/{name}"
_PATH_PART: Schema = {"type": "string", "minLength": 1, "maxLength": 100}
_LANGUAGE: Schema = {
    "name": "Accept-Language",
    "in": "header",
    "description": "zh-CN or en; anything else is Chinese.",
    "schema": {"type": "string"},
}
_KNOWN: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of the answer the client has.",
    "schema": {"type": "string"},
}
_RANGE: Schema = {
    "name": "Range",
    "in": "header",
    "description": "One range of bytes; anything else is ignored.",
    "schema": {"type": "string"},
}


def document(routes: Sequence[Route], *, prefix: str, title: str, version: str) -> Schema:
    """The whole document as plain data. `prefix`: where the routes are mounted."""
    types = {ProblemBody} | {
        kind
        for route in routes
        for kind in (route.body, route.reply, *route.sends, *route.also.values())
        if kind is not None
    }
    _, components = msgspec.json.schema_components(sorted(types, key=_name), ref_template=_REF)
    paths: dict[str, dict[str, Schema]] = {}
    for route in routes:
        paths.setdefault(prefix + route.path, {})[route.method.lower()] = _operation(route)
    made = {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": (
                "Times are epoch seconds (UTC), durations seconds. Problems have a stable `code`; "
                "`message` is in Chinese or English by Accept-Language. With the cookie of "
                "POST /session, requests that change something need the header X-Hotline."
            ),
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "hotline_session"},
            },
        },
    }
    # Through JSON once: what comes from the types (tuples as defaults) is plain data afterwards.
    plain: Schema = msgspec.json.decode(msgspec.json.encode(made))
    return plain


def problem_codes(route: Route) -> tuple[str, ...]:
    """Every code this row can answer with: its own and those that its columns bring along."""
    codes = [*route.errors, "bad-request", "field-unknown"]
    if not route.open:
        codes += ["not-signed-in", "csrf-header-missing"]
        codes += [] if route.while_must_change else ["password-must-change"]
        codes += ["forbidden"] if route.needs else []
    if "{" in route.path:
        codes.append("route-unknown")
    if route.body is not None:
        codes += ["bad-json", "body-too-large", "content-type-unsupported", "field-missing"]
    if route.body is not None or route.query is not None:
        codes.append("value-invalid")
    return tuple(dict.fromkeys([*codes, "internal", "store-unavailable"]))


def _operation(route: Route) -> Schema:
    operation: Schema = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "tags": [route.path.split("/")[1]],
        "parameters": _parameters(route),
        "responses": _responses(route),
        "security": [] if route.open else [{"bearer": []}, {"cookie": []}],
    }
    if route.needs:
        operation["x-right"] = route.needs
    if route.sends:
        operation["x-sends"] = [_ref(kind) for kind in route.sends]
    if route.body is not None:
        operation["requestBody"] = {
            "required": not route.body_optional,
            "content": {"application/json": {"schema": _ref(route.body)}},
        }
    return operation


def _operation_id(route: Route) -> str:
    words = [word for word in re.split(r"[/{}.-]+", route.path) if word]
    return "-".join([route.method.lower(), *words])


def _parameters(route: Route) -> list[Schema]:
    parameters: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": _PATH_PART}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    if route.query is not None:
        _, components = msgspec.json.schema_components([route.query], ref_template=_REF)
        schema = components[_name(route.query)]
        for name, kind in schema["properties"].items():
            required = name in schema.get("required", ())
            parameters.append(
                {"name": name, "in": "query", "required": required, "schema": _plain(kind)}
            )
    if route.media == "audio/wav":
        parameters.append(_RANGE)
    if route.by_language:
        parameters.append(_LANGUAGE)
    if route.etag:
        parameters.append(_KNOWN)
    return parameters


def _plain(kind: Schema) -> Schema:
    """A query parameter is there or it is not: null and the default of an optional one go."""
    choices = [choice for choice in kind.get("anyOf", ()) if choice.get("type") != "null"]
    plain = dict(choices[0]) if len(choices) == 1 else dict(kind)
    if kind.get("default") is not None:
        plain["default"] = kind["default"]
    return plain


def _responses(route: Route) -> dict[str, Schema]:
    answers: dict[str, Schema] = {str(route.status): _answer(route)}
    if route.media == "audio/wav":
        answers["206"] = {**_answer(route), "description": "The range that was asked for"}
        answers["304"] = {"description": "The client has it already (If-None-Match)"}
    if route.etag:
        answers["304"] = {"description": "The client has it already (If-None-Match)"}
    for status, kind in route.also.items():
        answers[str(status)] = {"description": route.summary, "content": _json(kind)}
    by_status: dict[int, list[str]] = {}
    for code in problem_codes(route):
        by_status.setdefault(STATUS[code], []).append(code)
    for status, codes in sorted(by_status.items()):
        if status not in route.also:
            answers[str(status)] = {"description": ", ".join(codes), "content": _json(ProblemBody)}
    return answers


def _answer(route: Route) -> Schema:
    answer: Schema = {"description": route.summary}
    if route.media == "audio/wav":
        length = {"schema": {"type": "string"}, "description": "SHA-256 of the whole file"}
        answer["headers"] = {"ETag": length}
        if route.method != "HEAD":
            answer["content"] = {"audio/wav": {}}
    elif route.media != "application/json":
        answer["content"] = {route.media: {}}
    elif route.reply is not None:
        answer["content"] = _json(route.reply)
        if route.etag:
            answer["headers"] = {"ETag": {"schema": {"type": "string"}}}
    elif route.media == "application/json" and route.status == 200:
        answer["content"] = {"application/json": {"schema": {"type": "object"}}}
    return answer


def _json(kind: type) -> Mapping[str, Schema]:
    return {"application/json": {"schema": _ref(kind)}}


def _ref(kind: type) -> Schema:
    return {"$ref": _REF.format(name=_name(kind))}


def _name(kind: type) -> str:
    return kind.__name__
