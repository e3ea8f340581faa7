"""What callers hear and say on the fake exchange: prompts, hold music, voicemail.

The rules are those seen on Asterisk: prompts of one caller wait for each other, a prompt takes the
place of the music, which does not come back by itself, whatever is stopped still ends, and silence
that ended a voicemail is cut off. Nothing here knows of legs or bridges.
"""

from __future__ import annotations

from collections.abc import Callable

from router import commands as c
from router import events as e
from telephony.fakeparties import FakeCaller, Recording
from telephony.faketime import FakeTime


class FakeAir:
    """`prompt_s`: how long each piece of a prompt lasts."""

    def __init__(self, time: FakeTime, tell: Callable[[e.Event], None], prompt_s: float) -> None:
        self._time = time
        self._tell = tell
        self._prompt_s = prompt_s

    def play(self, caller: FakeCaller, play: c.Play) -> None:
        caller.music = False
        caller.plays.append(play)
        if len(caller.plays) == 1:
            self._start(caller)

    def stop_play(self, caller: FakeCaller, play_id: str) -> bool:
        """False when it had ended already."""
        playing = [play for play in caller.plays if play.play_id == play_id]
        for play in playing:
            self._end(caller, play)
        return bool(playing)

    def record(self, caller: FakeCaller, command: c.RecordVoicemail) -> None:
        caller.music = False
        recording = caller.recording = Recording(command, self._time.now, None)
        self._time.later(command.max_s, lambda: self.stop_recording(caller, recording))
        if caller.silent:
            self.await_silence(caller)

    def await_silence(self, caller: FakeCaller) -> None:
        """The caller says nothing from now on."""
        recording = caller.recording
        if recording is not None:
            recording.silent_since = self._time.now
            silence_s = recording.command.silence_s
            self._time.later(silence_s, lambda: self.stop_recording(caller, recording))

    def stop_recording(self, caller: FakeCaller, only: Recording | None = None) -> None:
        """End the voicemail, or nothing if it is not the one meant."""
        recording = caller.recording
        if recording is None or (only is not None and recording is not only):
            return
        caller.recording = None
        command, end, silent = recording.command, self._time.now, recording.silent_since
        if silent is not None and end - silent >= command.silence_s:
            end = silent
        id = command.recording_id
        seconds = float(int(end - recording.since))  # Asterisk counts whole ones
        self._tell(e.VoicemailRecorded(caller.call_id, id, f"{id}.wav", seconds))

    def silence(self, caller: FakeCaller) -> None:
        """End whatever the caller hears or says; what a hang-up cuts short has failed."""
        caller.music = False
        plays, caller.plays = caller.plays, []
        for play in plays:
            self._tell(e.PlayEnded(caller.call_id, play.play_id, caller.where != "gone"))
        self.stop_recording(caller)

    def _start(self, caller: FakeCaller) -> None:
        if caller.plays:
            play = caller.plays[0]
            seconds = len(play.prompts) * self._prompt_s
            self._time.later(seconds, lambda: self._end(caller, play))

    def _end(self, caller: FakeCaller, play: c.Play) -> None:
        if play not in caller.plays:
            return
        first = caller.plays[0] is play
        caller.plays.remove(play)
        self._tell(e.PlayEnded(caller.call_id, play.play_id))
        if first:
            self._start(caller)
