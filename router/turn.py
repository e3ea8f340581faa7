"""The engine at work: live state, settings and what the step under way has said so far.

The modules that decide (`entry`, `waiting`, `talk`, `message`, `seats`, `heal`) are functions over
a `Turn`. Facts are folded the moment they are said, so a later line of the same step sees them.
What is kept here besides the state is volatile: it is rebuilt by `heal.resume` after a restart.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Literal, NamedTuple

from config.model import Language, Line, Service
from config.policy import Policy
from router import facts as f
from router.call import Call
from router.commands import Command, Dismiss, Play, StopPlay
from router.standing import Standing
from router.state import State

TimerKind = Literal[
    "play",
    "menu",
    "relax",
    "announce",
    "max_wait",
    "reserve",
    "ring",
    "dead",
    "rating",
    "message",
    "rejoin",
    "interpreter",
    "wrapup",
    "pause",
    "dial",
    "retry",
    "keep",
]

PLAY_S = 45.0
"""No prompt lasts longer; an end that is not reported by then is taken as come."""

Purpose = Literal["welcome", "menu", "to_human", "position", "held", "rating", "invite", "goodbye"]


class Timer(NamedTuple):
    kind: TimerKind
    id: str
    """Call, seat or callback."""


class Playing(NamedTuple):
    play_id: str
    purpose: Purpose


class Timers:
    """Deadlines in epoch seconds, one per (kind, id); setting one again moves it."""

    def __init__(self) -> None:
        self._due: dict[str, dict[TimerKind, float]] = {}
        self._heap: list[tuple[float, TimerKind, str]] = []

    def set(self, kind: TimerKind, id: str, at: float) -> None:
        self._due.setdefault(id, {})[kind] = at
        heapq.heappush(self._heap, (at, kind, id))

    def cancel(self, id: str, *kinds: TimerKind) -> None:
        due = self._due.get(id)
        if due is not None:
            for kind in kinds:
                due.pop(kind, None)

    def forget(self, id: str) -> None:
        """Cancel every one of it."""
        self._due.pop(id, None)

    def pending(self) -> Iterator[Timer]:
        return (Timer(kind, id) for id, due in self._due.items() for kind in due)

    def next(self) -> float | None:
        while self._heap:
            at, kind, id = self._heap[0]
            due = self._due.get(id)
            if due is not None and due.get(kind) == at:
                return at
            heapq.heappop(self._heap)
        return None

    def pop(self, now: float) -> Timer | None:
        """The earliest timer due at `now`, which is then no longer set."""
        at = self.next()
        if at is None or at > now:
            return None
        _, kind, id = heapq.heappop(self._heap)
        del self._due[id][kind]
        return Timer(kind, id)


class Turn:
    """State, settings, and the facts and commands of the step under way."""

    def __init__(self, line: Line, state: State) -> None:
        self.line = line
        self.state = state
        self.now = state.at
        self.timers = Timers()
        self.playing: dict[str, Playing] = {}
        self.hung_up: dict[str, int] = {}
        """Calls whose caller left while a voicemail was being recorded, with the cause."""
        self.dismissed: set[str] = set()
        """Calls we asked Asterisk to hang up."""
        self.strangers: set[tuple[str, str]] = set()
        """What the last view of Asterisk showed and we did not know."""
        self.owned: dict[str, dict[str, None]] = {}
        """Person → calls in the queue whose case that person keeps; some may have left."""
        self.facts: list[f.Fact] = []
        self.commands: list[Command] = []
        self.standing = Standing(line, state)
        self._plays = 0
        self._run = state.seq
        self.languages: dict[str, Language] = {lang.id: lang for lang in line.languages}
        self.services: dict[str, Service] = {service.id: service for service in line.services}

    @property
    def policy(self) -> Policy:
        """The one in force."""
        return self.standing.policy

    def fact(self, body: f.Body) -> None:
        """Record a fact and fold it."""
        fact = f.Fact(self.state.seq + 1, self.now, body)
        self.state.apply(fact)
        self.standing.after(body, self.now)
        self.facts.append(fact)

    def do(self, command: Command) -> None:
        self.commands.append(command)
        if isinstance(command, Dismiss):
            self.dismissed.add(command.call_id)

    def play(self, call: Call, purpose: Purpose, *prompts: str) -> None:
        """Play prompts in the call's language, in place of whatever is playing."""
        self.stop_play(call)
        self._plays += 1
        # The run's first sequence number keeps ids unique over restarts of the router.
        play_id = f"{call.id}-P{self._run}.{self._plays}"
        self.playing[call.id] = Playing(play_id, purpose)
        self.timers.set("play", call.id, self.now + PLAY_S)
        self.do(Play(call.id, play_id, prompts, self.prompt_language(call)))

    def stop_play(self, call: Call) -> None:
        playing = self.played(call)
        if playing is not None:
            self.do(StopPlay(call.id, playing.play_id))

    def played(self, call: Call) -> Playing | None:
        """What was playing to the call and no longer is."""
        self.timers.cancel(call.id, "play")
        return self.playing.pop(call.id, None)

    def forget(self, call: Call) -> None:
        """Drop everything volatile about a call that is closing."""
        self.played(call)
        self.hung_up.pop(call.id, None)
        self.dismissed.discard(call.id)
        self.timers.forget(call.id)

    def language(self, call: Call) -> Language:
        chosen = self.languages.get(call.language) or self.languages.get(self.line.default_language)
        return chosen or Language(id="cmn", name="普通话", skill="lang:cmn")

    def prompt_language(self, call: Call) -> str:
        return self.language(call).prompts

    def service(self, call: Call) -> Service:
        chosen = self.services.get(call.service) or self.services.get(self.line.default_service)
        return chosen or Service(id="general", name="general")

    def fallback_queue(self, call: Call) -> str:
        """The app_queue that would serve the call without us; who speaks the language first."""
        return self.language(call).fallback_queue or self.service(call).fallback_queue
