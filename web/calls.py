"""Calls, voicemails and what can be heard of them, through the guarded door of `cases.access`."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from cases.records import CallDetail, CallFilter, CallPage, VoicemailRecord, VoicemailState
from router.facts import Outcome
from web.audio import play
from web.route import Asked, Route

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
    )
    return await asked.deps.access.list_calls(
        asked.viewer, wanted, after=query.after, limit=query.limit
    )


async def call(asked: Asked) -> CallDetail:
    return await asked.deps.access.get_call(asked.viewer, asked.path["call"], asked.now)


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
