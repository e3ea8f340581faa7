"""What a fresh row of each table looks like. PURE; every row has every column of its table."""

from __future__ import annotations

from typing import Any

from router import facts as f

Row = dict[str, Any]

COUNTED = ("ivr_s", "queue_s", "ring_s", "talk_s", "rating_s", "fallback_s", "voicemail_s")
"""Seconds of a call by stage; their sum is the length of the call."""

DEMO = "demo-"
"""Ids of calls, persons and seats that begin so are demonstration data; settings may not use it
(`config.checks`), so that nothing real ever carries the mark."""


def clean(text: str) -> str:
    """PostgreSQL takes no NUL in a text; one from the telephone network must not stop the store."""
    return text.replace("\x00", "\ufffd")


def call_row(call_id: str, opened_at: float, **known: object) -> Row:
    """A call that begins; `known` columns are texts from outside, or whatever else is known."""
    return {
        "call_id": call_id,
        "caller_number": "",
        "number_region": "",
        "caller_name": "",
        "dialled": "",
        "ingress": "",
        "within_hours": True,
        "language": "",
        "service": "",
        "line_version": "",
        "stage": "greeting",
        "outcome": None,
        "hangup_by": None,
        "cause": None,
        "talk_ended_by": None,
        "voicemail_why": None,
        "callback_id": "",
        "opened_at": opened_at,
        "queued_at": None,
        "ringing_at": None,
        "answered_at": None,
        "ended_at": None,
        **dict.fromkeys(COUNTED, 0.0),
        "counting": "ivr_s",
        "counted_at": opened_at,
        "hold_s": 0.0,
        "wait_s": None,
        "offers": 0,
        "seat_id": None,
        "person_id": None,
        "provider": None,
        "healed": False,
        "fallback": False,
        "fallback_by": None,
        "demo": call_id.startswith(DEMO),
        **{
            name: clean(value) if isinstance(value, str) else value for name, value in known.items()
        },
    }


def caller_leg(call_id: str, at: float) -> Row:
    return {
        "leg_id": call_id,
        "call_id": call_id,
        "kind": "caller",
        "seat_id": None,
        "person_id": None,
        "phone": None,
        "started_at": at,
        "rang_at": None,
        "answered_at": at,
        "ended_at": None,
        "ended_by": None,
        "cause": None,
    }


def seat_leg(body: f.Offered | f.RejoinRung, at: float, *, interprets: bool = False) -> Row:
    return caller_leg(body.call_id, at) | {
        "leg_id": body.leg_id,
        "kind": "interpreter" if interprets else "seat",
        "seat_id": body.seat_id,
        "person_id": body.person_id,
        "phone": body.phone,
        "answered_at": None,
    }


def offer_row(body: f.Offered, at: float) -> Row:
    return {
        "offer_id": body.offer_id,
        "call_id": body.call_id,
        "leg_id": body.leg_id,
        "seat_id": body.seat_id,
        "person_id": body.person_id,
        "phone": body.phone,
        "rung": body.rung,
        "ranking": {
            "cost": body.ranking.cost,
            "spare": body.ranking.spare,
            "share": body.ranking.share,
            "idle_since": body.ranking.idle_since,
        },
        "able": body.able,
        "policy": body.policy,
        "offered_at": at,
        "waited_s": body.waited_s,
        "rang_at": None,
        "ended_at": None,
        "end": None,
        "cause": None,
        "rang_s": None,
        "role": body.role,
    }


def rating_row(body: f.Rated | f.RatingMissed, at: float) -> Row:
    return {
        "leg_id": body.leg_id,
        "call_id": body.call_id,
        "person_id": body.person_id,
        "at": at,
        "score": body.score if isinstance(body, f.Rated) else None,
        "missed": body.why if isinstance(body, f.RatingMissed) else None,
    }


def call_recording(call_id: str, at: float) -> Row:
    """`at`: when the recording ended. Length and sum are found out from the file afterwards."""
    return {
        "recording_id": call_id,
        "call_id": call_id,
        "kind": "call",
        "path": f"{call_id}.wav",
        "status": "pending",
        "ended_at": at,
        "seconds": None,
        "sha256": None,
        "bytes": None,
    }


def voicemail_rows(body: f.VoicemailKept, why: str, at: float) -> tuple[Row, Row]:
    """The recording and the message."""
    recording = call_recording(body.call_id, at) | {
        "recording_id": body.recording_id,
        "kind": "voicemail",
        "path": clean(body.path),
    }
    message = {
        "recording_id": body.recording_id,
        "call_id": body.call_id,
        "why": why,
        "seconds": body.seconds,
        "left_at": at,
        "state": "new",
        "handled_by": None,
        "handled_at": None,
    }
    return recording, message
