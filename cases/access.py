"""The one guarded door to calls, slips, voicemails and recordings.

Who may see a row is part of the query, so that nothing is fetched and hidden afterwards. What a
viewer may not see does not exist for them (NotFound); what a role never does is Forbidden.
Numbers are masked in every list; one call read by the staff member who served it shows the
number, and that is an audit row. Playback is an audit row too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from cases.records import (
    CallDetail,
    CallFilter,
    CallPage,
    RecordingRecord,
    SlipChange,
    SlipRecord,
    Viewer,
    VoicemailRecord,
    VoicemailState,
)
from cases.store import Store

EVERY_CALL = CallFilter()
Right = Literal[
    "calls.all",
    "recordings.hear",
    "slips.write",
    "voicemails.handle",
    "seats.manage",
    "people.manage",
    "audit.read",
]


def require(viewer: Viewer, right: Right) -> None:
    """Raises Forbidden when the viewer's role does not have the right at all."""
    raise NotImplementedError


class PlayableFile(msgspec.Struct, frozen=True):
    """A recording on disk; the audit row has been written already."""

    recording: RecordingRecord
    path: Path


class Access:
    def __init__(self, store: Store, recordings: Path) -> None: ...

    async def list_calls(
        self,
        viewer: Viewer,
        filter: CallFilter = EVERY_CALL,
        *,
        after: str | None = None,
        limit: int = 50,
    ) -> CallPage:
        """Newest first. Raises Invalid("after" | "limit" (1-200), …)."""
        raise NotImplementedError

    async def get_call(self, viewer: Viewer, call_id: str, now: float) -> CallDetail:
        raise NotImplementedError

    async def get_slip(self, viewer: Viewer, call_id: str) -> SlipRecord:
        raise NotImplementedError

    async def slip_by_number(self, viewer: Viewer, number: str) -> SlipRecord:
        """Raises Invalid("number", "check-digit") for a misheard number, NotFound."""
        raise NotImplementedError

    async def update_slip(
        self, viewer: Viewer, call_id: str, change: SlipChange, expected_version: int, now: float
    ) -> SlipRecord:
        """Raises Conflict, Invalid(field, code), Forbidden, NotFound."""
        raise NotImplementedError

    async def list_voicemails(
        self, viewer: Viewer, state: VoicemailState | None = None, *, limit: int = 50
    ) -> tuple[VoicemailRecord, ...]:
        """Oldest first."""
        raise NotImplementedError

    async def handle_voicemail(
        self, viewer: Viewer, recording_id: str, now: float
    ) -> VoicemailRecord:
        """Mark as handled by the viewer; a second time changes nothing."""
        raise NotImplementedError

    async def recording_file(self, viewer: Viewer, recording_id: str, now: float) -> PlayableFile:
        """A ready recording, audited. `recording_id`: call id, or the voicemail's id.

        Raises Forbidden, NotFound (also while it is pending, or when its file is missing).
        """
        raise NotImplementedError
