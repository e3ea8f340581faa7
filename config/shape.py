"""Holds a merged table against the settings model and finds everything that does not fit.

msgspec stops at the first error; this walks the model field by field, lets msgspec judge each
value, and goes on. What fits is kept, so that the cross checks can still look at sound sections.
It never knows where a value came from.
"""

from __future__ import annotations

import difflib
import math
import tomllib
import types
from functools import cache
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from config.problems import Place, Problem
from config.sources import EnvText

_BROKEN: Final = object()
"""Stands for a value that could not be made."""


def fitted(table: dict[str, object], model: type[msgspec.Struct]) -> tuple[Any, list[Problem]]:
    """The model's value made from `table`, with a problem for each place that does not fit.

    A misfit is replaced by the field's default; a list element that cannot be made is left out.
    The model itself needs no required fields.
    """
    problems: list[Problem] = []
    return _struct(table, model, (), problems), problems


def _value(value: object, hint: Any, place: Place, problems: list[Problem]) -> Any:
    bare = _bare(hint)
    origin, arguments = get_origin(bare), get_args(bare)
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return _struct(value, bare, place, problems)
    if isinstance(value, EnvText):
        value = _read(value, bare)
    if origin is tuple and isinstance(value, list):
        items = [_value(v, arguments[0], (*place, i), problems) for i, v in enumerate(value)]
        return tuple(item for item in items if item is not _BROKEN)
    if origin is dict and isinstance(value, dict):
        result = {}
        for name, inner in value.items():
            key = _value(name, arguments[0], (*place, name), problems)
            made_inner = _value(inner, arguments[1], (*place, name), problems)
            if key is not _BROKEN and made_inner is not _BROKEN:
                result[key] = made_inner
        return result
    try:
        made = msgspec.convert(value, hint)
        if not isinstance(made, float) or math.isfinite(made):
            return made
    except msgspec.ValidationError:
        pass
    word, fields = _expected(hint)
    problems.append(_misfit(value, place, word, fields))
    return _BROKEN


def _struct(
    value: object, model: type[msgspec.Struct], place: Place, problems: list[Problem]
) -> Any:
    if not isinstance(value, dict):
        problems.append(_misfit(value, place, "table", {}))
        return _BROKEN
    hints = _hints(model)
    for name in value:
        if name not in hints:
            problems.append(_unknown(name, list(hints), place))
    made = {}
    for field in msgspec.structs.fields(model):
        if field.name in value:
            inner = _value(value[field.name], hints[field.name], (*place, field.name), problems)
            if inner is not _BROKEN:
                made[field.name] = inner
        elif field.required:
            problems.append(Problem(code="missing", place=(*place, field.name)))
    required = {field.name for field in msgspec.structs.fields(model) if field.required}
    return model(**made) if required <= made.keys() else _BROKEN


def _misfit(value: object, place: Place, word: str, fields: dict[str, str]) -> Problem:
    fields = fields | {"found": _shown(value)}
    return Problem(code="misfit", place=place, fields=fields, expected=word, hint=word)


def _unknown(name: str, known: list[str], place: Place) -> Problem:
    close = difflib.get_close_matches(name, known, n=1)
    fields = {"known": ", ".join(known)} | ({"close": close[0]} if close else {})
    hint = "close" if close else "unknown"
    return Problem(code="unknown", place=(*place, name), fields=fields, hint=hint)


@cache
def _hints(model: type[msgspec.Struct]) -> dict[str, Any]:
    return get_type_hints(model, include_extras=True)


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _read(text: EnvText, bare: Any) -> object:
    """An environment variable's text as the field wants it: numbers, lists and so on as TOML."""
    if bare is str or get_origin(bare) is Literal:
        return str(text)
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return str(text)


def _expected(hint: Any) -> tuple[str, dict[str, str]]:
    """The word for what a field wants (`settings.expected.<word>`), and what the word needs."""
    bare = _bare(hint)
    for extra in get_args(hint)[1:] if get_origin(hint) is Annotated else ():
        if isinstance(extra, msgspec.Meta) and extra.extra:
            return str(extra.extra["word"]), {}
    origin = get_origin(bare)
    if origin is Literal:
        return "one-of", {"choices": " | ".join(map(str, get_args(bare)))}
    if origin in (Union, types.UnionType):
        return _expected(next(a for a in get_args(bare) if a is not type(None)))
    return _WORDS[origin or bare], {}


_WORDS: Final[dict[Any, str]] = {
    str: "text",
    bool: "yes-no",
    int: "whole-number",
    float: "number",
    tuple: "list",
    dict: "table",
}


def _shown(value: object) -> str:
    text = (
        value if isinstance(value, EnvText) else msgspec.json.encode(value, enc_hook=str).decode()
    )
    return text if len(text) <= 60 else text[:57] + "…"
