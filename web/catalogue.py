"""`GET /catalogue`: every vocabulary a screen needs, with its names in the language asked for.

Made once per language from the settings, the catalogues of words and the packaged divisions; it
does not change while the hotline runs, so that a browser that has it is told so (ETag). Holds no
data of any call or person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import get_args

import msgspec
from aiohttp import hdrs, web

from cases.records import Provider, Role
from cases.vocabulary import EMOTIONS, GROUPS, KINDS, MATTER_HEADS, MATTERS
from config.divisions import divisions
from config.model import Settings, Targets
from config.policy import HERE
from config.words import TONGUES, Tongue, Words, words
from queues.policy import named_skills
from router import facts as f
from web.gate import CATALOGUE, encode
from web.names import name, own_name
from web.problems import tongue
from web.route import Asked, Route

OWN_REASONS = ("signed_in", "missed", "rejected", "unreachable")
"""Reasons for being not ready that the router gives; nobody chooses them."""


class Term(msgspec.Struct, frozen=True):
    """One word of a vocabulary: its stable code and its name."""

    code: str
    name: str


class Choice(msgspec.Struct, frozen=True):
    """A word that somebody looks for. `parent`: code of what it lies in; empty: at the top."""

    code: str
    name: str
    search: str
    """Further words to find it by, separated by spaces, with the initials of its pinyin."""
    parent: str = ""
    choosable: bool = True
    """False: a heading over others."""


class Place(msgspec.Struct, frozen=True):
    id: str
    name: str
    provider: Provider


class CentreView(msgspec.Struct, frozen=True):
    id: str
    name: str
    number: str
    area_code: str
    timezone: str


class Catalogue(msgspec.Struct, frozen=True):
    """Lists are in the order in which they are to be shown."""

    tongue: Tongue
    centre: CentreView
    languages: tuple[Term, ...]
    services: tuple[Term, ...]
    seats: tuple[Place, ...]
    not_ready_reasons: tuple[Term, ...]
    """What a seat may choose from."""
    reasons: tuple[Term, ...]
    """Every reason a seat may be shown with, those of the router included."""
    skills: tuple[Term, ...]
    kinds: tuple[Choice, ...]
    matters: tuple[Choice, ...]
    groups: tuple[Choice, ...]
    divisions: tuple[Choice, ...]
    """Provinces before their prefectures, these before their counties; `unknown` at the end."""
    emotions: tuple[Term, ...]
    """1 calm … 4 extreme."""
    scores: tuple[Term, ...]
    """1 very satisfied … 5 very dissatisfied."""
    outcomes: tuple[Term, ...]
    stages: tuple[Term, ...]
    seat_states: tuple[Term, ...]
    hangup_parties: tuple[Term, ...]
    offer_ends: tuple[Term, ...]
    dial_ends: tuple[Term, ...]
    rating_missed: tuple[Term, ...]
    voicemail_whys: tuple[Term, ...]
    providers: tuple[Term, ...]
    roles: tuple[Term, ...]
    targets: Targets
    ring_s: float
    wrapup_s: float


def catalogue(settings: Settings, tag: Tongue) -> Catalogue:
    """The whole of it in one language."""
    line, book = settings.line, words(tag)
    centre = line.centre
    skills = dict.fromkeys(
        [language.skill for language in line.languages]
        + [skill for skill in named_skills(line.policy) if skill != HERE]
    )

    def terms(section: str, codes: Iterable[object]) -> tuple[Term, ...]:
        return tuple(Term(str(code), name(book, section, str(code))) for code in codes)

    return Catalogue(
        tongue=tag,
        centre=CentreView(centre.id, centre.name, centre.number, centre.area_code, centre.timezone),
        languages=tuple(
            Term(x.id, own_name(book, "language", x.id, x.name)) for x in line.languages
        ),
        services=tuple(Term(x.id, own_name(book, "service", x.id, x.name)) for x in line.services),
        seats=tuple(Place(seat.id, seat.name, seat.provider) for seat in settings.seats),
        not_ready_reasons=terms("reason", line.not_ready_reasons),
        reasons=terms("reason", dict.fromkeys([*line.not_ready_reasons, *OWN_REASONS])),
        skills=terms("skill", skills),
        kinds=tuple(_choice(book, "kind", kind) for kind in KINDS),
        matters=_matters(book),
        groups=tuple(_choice(book, "group", group) for group in GROUPS),
        divisions=tuple(
            Choice(d.code, d.called(tag), f"{d.name} {d.english} {d.initials}", d.parent)
            for d in divisions(centre.divisions)
        ),
        emotions=terms("emotion", EMOTIONS),
        scores=terms("score", range(1, 6)),
        outcomes=terms("outcome", get_args(f.Outcome)),
        stages=terms("stage", get_args(f.Stage)),
        seat_states=terms("seat", get_args(f.SeatState)),
        hangup_parties=terms("hangup", get_args(f.HangupParty)),
        offer_ends=terms("offer_end", get_args(f.OfferEnd)),
        dial_ends=terms("dial_end", get_args(f.CallbackGivenUpWhy)),
        rating_missed=terms("rating_missed", get_args(f.RatingMissedWhy)),
        voicemail_whys=terms("voicemail_why", [*get_args(f.VoicemailWhy), "fallback"]),
        providers=terms("provider", get_args(Provider)),
        roles=terms("role", get_args(Role)),
        targets=settings.targets,
        ring_s=line.ring.timeout_s,
        wrapup_s=line.wrapup.seconds,
    )


def _choice(book: Words, section: str, code: str, parent: str = "") -> Choice:
    search = book.entries.get(f"catalogue.search.{section}.{code}", "")
    choosable = code not in MATTER_HEADS
    return Choice(code, name(book, section, code), search, parent, choosable)


def _matters(book: Words) -> tuple[Choice, ...]:
    """Each under its heading: A, then A01 … A03, A0301 … and so on."""
    codes = sorted({*MATTERS, *MATTER_HEADS})
    parents = {code: next((code[:n] for n in (3, 1) if len(code) > n), "") for code in codes}
    return tuple(_choice(book, "matter", code, parents[code]) for code in codes)


def made(settings: Settings) -> Mapping[Tongue, tuple[bytes, str]]:
    """Every answer this route gives, by language, with its ETag; made at the start."""
    answers = {}
    for tag in TONGUES:
        body = encode(catalogue(settings, tag))
        answers[tag] = body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return answers


async def show(asked: Asked) -> web.Response:
    tag = tongue(asked.request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
    body, etag = asked.request.app[CATALOGUE][tag]
    headers = {
        hdrs.ETAG: etag,
        hdrs.VARY: hdrs.ACCEPT_LANGUAGE,
        hdrs.CONTENT_LANGUAGE: tag,
        hdrs.CACHE_CONTROL: "private, no-cache",
    }
    if asked.request.headers.get(hdrs.IF_NONE_MATCH, "").strip() == etag:
        return web.Response(status=304, headers=headers)
    return web.Response(
        body=body, content_type="application/json", charset="utf-8", headers=headers
    )


ROUTES = (
    Route(
        method="GET",
        path="/catalogue",
        handler=show,
        summary="Names and search words of everything that has a code; by Accept-Language",
        reply=Catalogue,
        etag=True,
        by_language=True,
    ),
)
