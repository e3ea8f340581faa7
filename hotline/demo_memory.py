"""What is remembered of each simulated call while its facts go by: enough to write its slip.

A fold over facts, like everything else; it never decides and never asks the engine.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from router import facts as f


class Remembered(msgspec.Struct):
    """One call. Times are epoch seconds; `person_id` and `talk_ended_at` are of the last talk."""

    call_id: str
    opened_at: float
    language: str = ""
    service: str = ""
    queued_at: float = 0.0
    answered_at: float = 0.0
    person_id: str = ""
    talk_s: float = 0.0
    talk_ended_at: float = 0.0
    voicemail_id: str = ""
    voicemail_s: float = 0.0
    outcome: str = ""
    ended_at: float = 0.0


class Memory:
    """`calls` in the order in which they came; `closed` counts those that have ended."""

    def __init__(self) -> None:
        self.calls: dict[str, Remembered] = {}
        self.closed = 0

    def follow(self, facts: Sequence[f.Fact]) -> None:
        for fact in facts:
            body = fact.body
            if isinstance(body, f.CallOpened):
                self.calls[body.call_id] = Remembered(body.call_id, fact.at)
                continue
            call = self.calls.get(getattr(body, "call_id", ""))
            if call is not None:
                self._note(call, body, fact.at)

    def _note(self, call: Remembered, body: f.Body, at: float) -> None:
        match body:
            case f.Queued():
                call.language, call.service = body.language, body.service
                call.queued_at = call.queued_at or at
            case f.Connected():
                call.person_id, call.answered_at = body.person_id, at
            case f.TalkEnded():
                call.talk_s, call.talk_ended_at = body.talk_s, at
            case f.VoicemailKept():
                call.voicemail_id, call.voicemail_s = body.recording_id, body.seconds
            case f.CallClosed():
                call.outcome, call.ended_at = body.outcome, at
                self.closed += 1
            case _:
                pass
