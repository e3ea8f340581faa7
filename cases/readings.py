"""Rows of the database → records, masked as told. PURE; asks nobody and decides nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row

from cases.mask import mask_name, mask_number
from cases.records import (
    CallbackRecord,
    CallRecord,
    DialRecord,
    FactRecord,
    LegRecord,
    LiveCall,
    OfferRecord,
    Person,
    RatingRecord,
    RecordingRecord,
    SlipRecord,
    VoicemailRecord,
)

_PERSONAL = {"caller_number": mask_number, "caller_name": mask_name}
"""Fields of facts that tell who the caller is."""


def call_of(row: Row[Any], *, masked: bool) -> CallRecord:
    """A row of `calls` with `slip_number` and `score`."""
    values = _values(row)
    if masked:
        values["caller_number"] = mask_number(row.caller_number)
        values["caller_name"] = mask_name(row.caller_name)
    return msgspec.convert(values | {"masked": masked}, CallRecord)


def live_of(row: Row[Any]) -> LiveCall:
    """A row of `calls` as if it were live; the number is in full and must not leave the door."""
    return LiveCall(
        call_id=row.call_id,
        caller_number=row.caller_number,
        language=row.language,
        service=row.service,
        stage=row.stage,
        opened_at=row.opened_at,
        entered_at=row.queued_at,
        people=(row.person_id,) if row.person_id else (),
    )


def fact_of(row: Row[Any], *, masked: bool) -> FactRecord:
    body = dict(row.body)
    if masked:
        for field, mask in _PERSONAL.items():
            if field in body:
                body[field] = mask(body[field])
    return FactRecord(seq=row.seq, at=row.at, type=row.type, body=body)


def leg_of(row: Row[Any]) -> LegRecord:
    return msgspec.convert(_values(row), LegRecord)


def offer_of(row: Row[Any]) -> OfferRecord:
    return msgspec.convert(_values(row), OfferRecord)


def rating_of(row: Row[Any]) -> RatingRecord:
    return msgspec.convert(_values(row), RatingRecord)


def callback_of(row: Row[Any], dials: Sequence[Row[Any]]) -> CallbackRecord:
    tried = tuple(msgspec.convert(_values(dial), DialRecord) for dial in dials)
    return msgspec.convert(_values(row) | {"dials": tried}, CallbackRecord)


def recording_of(row: Row[Any]) -> RecordingRecord:
    return msgspec.convert(_values(row), RecordingRecord)


def slip_of(row: Row[Any]) -> SlipRecord:
    values = _values(row)
    return msgspec.convert(values | {"open": row.open_until is not None}, SlipRecord)


def voicemail_of(row: Row[Any]) -> VoicemailRecord:
    """A row of `voicemails` with `slip_number` and `caller_number`, which is masked."""
    values = _values(row) | {"caller_number": mask_number(row.caller_number)}
    return msgspec.convert(values, VoicemailRecord)


def person_of(row: Row[Any]) -> Person:
    """The public side of a row of `people`."""
    return Person(
        id=row.person_id,
        name=row.name,
        username=row.username,
        role=row.role,
        phone=row.phone or "",
        skills=row.skills,
        provider=row.provider,
        active=row.active,
        must_change_password=row.must_change_password,
    )


def _values(row: Row[Any]) -> dict[str, Any]:
    """The columns by name; labels come as a subclass of str, which msgspec does not take."""
    return {str(name): value for name, value in row._mapping.items()}
