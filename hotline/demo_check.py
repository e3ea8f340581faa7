"""The demonstration compared with the store: what each call came to, against what it should.

Reads through the guarded door like any viewer (its playbacks are audit rows). It repairs nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from cases.access import Access
from cases.errors import NotFound
from cases.records import CallDetail, RecordingRecord, Viewer
from hotline.demo_plan import Part
from hotline.demo_play import Played
from telephony.tones import tone_seconds

READY_S = 20.0
"""A recording is combined, measured and hashed after its call: that long at most."""

HEARD_S = 1.0
"""A voice counts as recorded when its tone dominates for this long."""

LEFT, RIGHT = 0, 1


class Finding(msgspec.Struct, frozen=True):
    """One difference. `what` is a key of the catalogue."""

    what: str
    found: str
    expected: str


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A call with what the store has of it; `detail` None: the store does not know it."""

    played: Played
    detail: CallDetail | None
    seconds: float | None
    """Length of the recording; None: there is none."""
    findings: tuple[Finding, ...]


async def check(
    played: Played,
    access: Access,
    viewer: Viewer,
    *,
    parts: Mapping[str, Part],
    tones: Mapping[str, int],
) -> Checked:
    """Compare one call. `parts`: person → part; `tones`: seat → what its phone says (Hz)."""
    findings: list[Finding] = []
    if played.trouble:
        findings.append(Finding("script", played.trouble, ""))
    detail, paths = await _read(played, access, viewer)
    if detail is None:
        findings.append(Finding("call", "", "1"))
        return Checked(played=played, detail=None, seconds=None, findings=tuple(findings))

    def differ(what: str, found: object, expected: object) -> None:
        if found != expected:
            findings.append(Finding(what, str(found), str(expected)))

    expected, call = played.planned.expected, detail.call
    differ("outcome", call.outcome, expected.outcome)
    answered = tuple(p for p in (parts.get(call.person_id or ""),) if p)
    if expected.parts:
        differ("seat", bool(set(answered) & set(expected.parts)), True)
    else:
        differ("seat", answered, ())
    differ("offers", tuple(offer.end for offer in detail.offers), expected.offers)
    ratings = [rating.missed or rating.score for rating in detail.ratings]
    differ("rating", ratings, [] if expected.rating is None else [expected.rating])
    differ("slip", detail.slip.call_id, call.call_id)
    findings += _sound(played, detail, paths, tones)
    lengths = [recording.seconds for recording in detail.recordings if recording.kind == "call"]
    return Checked(
        played=played,
        detail=detail,
        seconds=lengths[0] if lengths else None,
        findings=tuple(findings),
    )


async def _read(
    played: Played, access: Access, viewer: Viewer
) -> tuple[CallDetail | None, dict[str, Path]]:
    """The call once it has ended in the store and its recordings are ready, with their files."""
    detail = None
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        try:
            detail = await access.get_call(viewer, played.call_id, time.time())
        except NotFound:
            detail = None
        if detail is not None and detail.call.outcome and _settled(detail.recordings):
            break
        await asyncio.sleep(0.25)  # the store tells nobody when it is through
    paths = {}
    for recording in detail.recordings if detail is not None else ():
        if recording.status == "ready":
            id = recording.recording_id
            paths[id] = (await access.recording_file(viewer, id, time.time())).path
    return detail, paths


def _settled(recordings: tuple[RecordingRecord, ...]) -> bool:
    return bool(recordings) and all(recording.status != "pending" for recording in recordings)


def _sound(
    played: Played, detail: CallDetail, paths: Mapping[str, Path], tones: Mapping[str, int]
) -> list[Finding]:
    """Each party said a tone of its own: the recording must hold it, on its own side."""
    planned, findings = played.planned, []
    kinds = {recording.kind: recording for recording in detail.recordings}
    wanted = [("call", "caller_voice", LEFT, planned.tone_hz)]
    if planned.expected.sound == "both":
        wanted.append(("call", "seat_voice", RIGHT, tones.get(detail.call.seat_id or "", 0)))
    if planned.expected.outcome == "voicemail":
        wanted.append(("voicemail", "message", LEFT, planned.tone_hz))
    for kind, what, channel, hz in wanted:
        recording = kinds.get(kind)  # type: ignore[call-overload]
        path = paths.get(recording.recording_id) if recording is not None else None
        heard = tone_seconds(path, hz, channel=channel) if path is not None and hz else 0.0
        if heard < HEARD_S:
            status = recording.status if recording is not None else "none"
            findings.append(Finding(what, f"{status}, {heard:.1f} s", f"{HEARD_S} s"))
    return findings
