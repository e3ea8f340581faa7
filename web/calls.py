"""Calls, voicemails and what can be heard of them, through the guarded door of `cases.access`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import hdrs, web

from cases.records import (
    Brief,
    CallDetail,
    CallFilter,
    CallPage,
    MyDay,
    VoicemailRecord,
    VoicemailState,
)
from cases.vocabulary import GROUPS, KINDS, MATTER_HEADS, MATTERS, one_of
from config.words import Tongue
from router.facts import Fact, Outcome
from web.audio import play
from web.gate import json_answer
from web.names import speech
from web.problems import tongue
from web.route import Asked, Route
from web.story import Line
from web.story import story as tell

_Time = Annotated[float, msgspec.Meta(ge=0, le=32503680000)]
_Word = Annotated[str, msgspec.Meta(max_length=100)]
_Limit = Annotated[int, msgspec.Meta(ge=1, le=200)]


class CallQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`from` ≤ opened_at < `to`, epoch seconds. Repeated parameters are alternatives."""

    from_: _Time | None = msgspec.field(default=None, name="from")
    to: _Time | None = None
    outcome: tuple[Outcome, ...] = ()
    language: tuple[_Word, ...] = ()
    service: tuple[_Word, ...] = ()
    seat: _Word | None = None
    person: _Word | None = None
    live: bool | None = None
    """True: not ended yet; false: ended."""
    kind: tuple[Annotated[str, one_of("", *KINDS)], ...] = ()
    matter: tuple[Annotated[str, one_of("", *MATTERS, *MATTER_HEADS)], ...] = ()
    """A heading stands for what lies under it: `A`, `A03`; empty: not written yet."""
    group: tuple[Annotated[str, one_of(*GROUPS)], ...] = ()
    place: tuple[_Word, ...] = ()
    """A division stands for what lies in it."""
    emotion: tuple[Annotated[int, msgspec.Meta(ge=1, le=4)], ...] = ()
    score: tuple[Annotated[int, msgspec.Meta(ge=1, le=5)], ...] = ()
    recorded: bool | None = None
    demo: bool | None = None
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    """Part of the slip's text or place detail, or of its number."""
    number: Annotated[str, msgspec.Meta(min_length=4, max_length=20)] | None = None
    """The last digits of the caller's number, at least four; every search is an audit row."""
    after: _Word | None = None
    """`next` of the page before."""
    limit: _Limit = 50


class VoicemailQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    state: VoicemailState | None = None
    limit: _Limit = 50


class Voicemails(msgspec.Struct, frozen=True):
    """Oldest first."""

    voicemails: tuple[VoicemailRecord, ...]


async def calls(asked: Asked) -> CallPage:
    query: CallQuery = asked.query
    wanted = CallFilter(
        since=query.from_,
        until=query.to,
        outcomes=query.outcome,
        services=query.service,
        languages=query.language,
        person_id=query.person,
        seat_id=query.seat,
        live=query.live,
        kinds=query.kind,
        matters=query.matter,
        groups=query.group,
        places=query.place,
        emotions=query.emotion,
        scores=query.score,
        recorded=query.recorded,
        demo=query.demo,
        text=query.text,
        number=query.number,
    )
    return await asked.deps.access.list_calls(
        asked.viewer, wanted, after=query.after, limit=query.limit, now=asked.now
    )


async def call(asked: Asked) -> CallDetail:
    return await asked.deps.access.get_call(asked.viewer, asked.path["call"], asked.now)


async def brief(asked: Asked) -> Brief:
    call_id = asked.path["call"]
    live = asked.live.board().live_call(call_id)
    return await asked.deps.access.brief(asked.viewer, call_id, live)


async def my_day(asked: Asked) -> MyDay:
    midnight = datetime.fromtimestamp(asked.now, _zone(asked)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return await asked.deps.access.my_day(asked.viewer, midnight.timestamp())


class Story(msgspec.Struct, frozen=True):
    """In the order in which it happened; `tongue` is the language of the sentences."""

    call_id: str
    tongue: Tongue
    lines: tuple[Line, ...]


async def story(asked: Asked) -> web.Response:
    tag = tongue(asked.request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
    call_id = asked.path["call"]
    told = await asked.deps.access.story(asked.viewer, call_id)
    facts = [
        msgspec.convert(
            {"seq": fact.seq, "at": fact.at, "body": {"type": fact.type, **fact.body}}, Fact
        )
        for fact in told.facts
    ]
    lines = tell(facts, speech(asked.deps.settings, tag, told.people))
    response = json_answer(Story(call_id, tag, lines))
    response.headers[hdrs.CONTENT_LANGUAGE] = tag
    response.headers[hdrs.VARY] = hdrs.ACCEPT_LANGUAGE
    return response


def _zone(asked: Asked) -> ZoneInfo:
    return ZoneInfo(asked.deps.settings.line.centre.timezone)


async def recording(asked: Asked) -> web.StreamResponse:
    return await play(asked, asked.path["call"])


async def voicemails(asked: Asked) -> Voicemails:
    query: VoicemailQuery = asked.query
    return Voicemails(
        await asked.deps.access.list_voicemails(asked.viewer, query.state, limit=query.limit)
    )


async def voicemail_audio(asked: Asked) -> web.StreamResponse:
    return await play(asked, asked.path["voicemail"])


async def voicemail_handled(asked: Asked) -> VoicemailRecord:
    return await asked.deps.access.handle_voicemail(
        asked.viewer, asked.path["voicemail"], asked.now
    )


_AUDIO = ("recording-unknown", "range-not-satisfiable", "forbidden")

ROUTES = (
    Route(
        method="GET",
        path="/calls",
        handler=calls,
        summary="Calls, newest first, numbers masked",
        query=CallQuery,
        reply=CallPage,
        errors=("bad-format", "unknown-value", "too-short", "forbidden"),
    ),
    Route(
        method="GET",
        path="/calls/{call}",
        handler=call,
        summary="One call with its slip, legs, offers, ratings, recordings and time line",
        reply=CallDetail,
        errors=("call-unknown",),
    ),
    Route(
        method="GET",
        path="/calls/{call}/brief",
        handler=brief,
        summary="What is known of the caller, for the seat that is offered or has the call",
        reply=Brief,
        errors=("call-unknown",),
    ),
    Route(
        method="GET",
        path="/calls/{call}/story",
        handler=story,
        summary="What happened to a call, in plain words by Accept-Language",
        reply=Story,
        errors=("call-unknown",),
        by_language=True,
    ),
    Route(
        method="GET",
        path="/me/today",
        handler=my_day,
        summary="The calls I answered today",
        reply=MyDay,
    ),
    Route(
        method="GET",
        path="/calls/{call}/recording",
        handler=recording,
        summary="What was said: left the caller, right what the caller heard",
        media="audio/wav",
        errors=_AUDIO,
    ),
    Route(
        method="HEAD",
        path="/calls/{call}/recording",
        handler=recording,
        summary="Length and fingerprint of the recording",
        media="audio/wav",
        errors=_AUDIO,
    ),
    Route(
        method="GET",
        path="/voicemails",
        handler=voicemails,
        summary="Voicemails, oldest first",
        query=VoicemailQuery,
        reply=Voicemails,
    ),
    Route(
        method="POST",
        path="/voicemails/{voicemail}/handled",
        handler=voicemail_handled,
        summary="I have dealt with this voicemail",
        reply=VoicemailRecord,
        errors=("voicemail-unknown", "forbidden"),
    ),
    Route(
        method="GET",
        path="/voicemails/{voicemail}/audio",
        handler=voicemail_audio,
        summary="The message the caller left",
        media="audio/wav",
        errors=_AUDIO,
    ),
    Route(
        method="HEAD",
        path="/voicemails/{voicemail}/audio",
        handler=voicemail_audio,
        summary="Length and fingerprint of the message",
        media="audio/wav",
        errors=_AUDIO,
    ),
)
