"""Voicemail: for the closed line, for nobody on duty, for a wait too long, or because asked for.

A message that was begun is never lost: when the caller hangs up, the call stays open until the
recording is reported, and when that report never comes the file is kept for the store to measure.
"""

from __future__ import annotations

from router import events as e
from router import facts as f
from router.call import Call
from router.commands import RecordVoicemail, StopHold
from router.turn import Turn

PROMPTS: dict[f.VoicemailWhy, tuple[str, ...]] = {
    "closed": ("voicemail-closed",),
    "no_seat": ("voicemail-no-seat",),
    "too_long": ("voicemail-too-long",),
    "chosen": ("voicemail-chosen",),
}

REPORT_S = 5.0
"""How long after its end a recording may be unreported (one healing interval)."""


def invite(turn: Turn, call: Call, why: f.VoicemailWhy) -> None:
    was_waiting = call.waiting
    turn.fact(f.VoicemailInvited(call.id, why))
    if was_waiting:
        turn.do(StopHold(call.id))
    turn.play(call, "invite", *PROMPTS[why], "emergency", "voicemail-how")


def record(turn: Turn, call: Call) -> None:
    """The invitation was heard out."""
    limits = turn.line.voicemail
    turn.fact(f.VoicemailStarted(call.id, f"{call.id}-V1"))
    turn.timers.set("message", call.id, turn.now + limits.max_s + REPORT_S)
    turn.do(
        RecordVoicemail(call.id, call.recording_id, limits.max_s, limits.silence_s, limits.end_key)
    )


def caller_left(turn: Turn, call: Call, cause: int) -> bool:
    """Whether the call must stay open until the recording is reported."""
    if not recording(call):
        return False
    turn.hung_up[call.id] = cause
    turn.timers.set("message", call.id, turn.now + REPORT_S)
    return True


def recording(call: Call) -> bool:
    return call.stage == "voicemail" and bool(call.recording_id) and not call.message_done


def recorded(turn: Turn, call: Call, event: e.VoicemailRecorded) -> None:
    if event.recording_id != call.recording_id or not recording(call):
        return
    turn.timers.cancel(call.id, "message")
    if event.ok and event.seconds >= turn.line.voicemail.min_s:
        turn.fact(f.VoicemailKept(call.id, event.recording_id, event.path, event.seconds))
        after = "voicemail-thanks"
    else:
        turn.fact(f.VoicemailEmpty(call.id, event.recording_id, event.seconds, not event.ok))
        after = "voicemail-empty"
    if call.id not in turn.hung_up:
        turn.play(call, "goodbye", after)


def unreported(turn: Turn, call: Call) -> None:
    """The recording's end was never reported: keep the file, the store measures it."""
    if recording(call):
        turn.timers.cancel(call.id, "message")
        path = f"{call.recording_id}.wav"
        turn.fact(f.VoicemailKept(call.id, call.recording_id, path, 0.0))
        if call.id not in turn.hung_up:
            turn.play(call, "goodbye", "voicemail-thanks")
