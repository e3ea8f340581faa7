"""The engine: the only owner of live state. One event in, facts and commands out.

Rule 1: nothing changes state but a fact, and every fact is folded by `State.apply`.
Rule 2: time is an argument. The engine reports when it wants to be woken (`deadline`) and is woken
by `tick`; there is no clock, no wait, no I/O and no chance in here.
Rule 3: an event that comes late, twice or for something unknown has its row in the tables below
like any other; it is answered, never raised.

Theory of operation: `handle` looks up the call or seat an event speaks of and gives it to the
module that decides at that stage (entry, waiting, talk, message; desk for people; heal for
Asterisk's own view). Those modules say facts and commands through the `Turn`. At the end of every
step the queue's index, which every fact was told to (`router.standing`), is asked who is to be
rung now.
"""

from __future__ import annotations

import msgspec

from config.model import Line
from router import (
    closing,
    desk,
    entry,
    heal,
    interpreting,
    legs,
    message,
    owners,
    rejoin,
    ringback,
    ruling,
    rungs,
    seats,
    talk,
    waiting,
)
from router import events as e
from router import facts as f
from router.call import Call
from router.callback import Callback
from router.commands import Command, StartHold, StopPlay
from router.legs import GONE, LOST, RETRY_S
from router.phones import is_browser
from router.state import Snapshot, State
from router.turn import Timer, Turn
from router.verdict import Refusal

UNREPORTED = "unreported"
"""Reason of a failed `Play` whose end Asterisk never told: the caller must not be left in it."""


class Step(msgspec.Struct, frozen=True):
    """What one event led to. Facts are to be recorded before any command is carried out."""

    facts: tuple[f.Fact, ...] = ()
    commands: tuple[Command, ...] = ()
    refusal: Refusal | None = None


class Engine:
    """One centre's line. Not thread-safe: one owner calls it, one event at a time."""

    def __init__(self, line: Line, state: State | None = None) -> None:
        self._turn = Turn(line, state or State())
        heal.rearm(self._turn)

    @classmethod
    def restore(cls, line: Line, snapshot: Snapshot, facts: tuple[f.Fact, ...] = ()) -> Engine:
        """The engine as it was after `facts`, which follow `snapshot`.

        Raises ValueError when the facts do not follow without a gap.
        """
        state = State.restore(snapshot)
        for fact in facts:
            state.apply(fact)
        return cls(line, state)

    def snapshot(self) -> Snapshot:
        return self._turn.state.snapshot()

    @property
    def line(self) -> Line:
        return self._turn.line

    @property
    def state(self) -> State:
        """The live state; for reading only."""
        return self._turn.state

    def playing(self, call_id: str) -> str:
        """Id of the prompt the caller hears now; empty: none."""
        playing = self._turn.playing.get(call_id)
        return playing.play_id if playing is not None else ""

    def start(self, now: float) -> Step:
        """Say that the router works; to be called once, before the first event."""
        turn = self._begin(now)
        turn.fact(f.LineStarted(turn.line.version, len(turn.state.calls)))
        ruling.begin(turn)
        heal.lost(turn)  # whatever was true before the restart: not connected yet
        return self._end()

    def handle(self, event: e.Event, now: float) -> Step:
        """Decide on one event at `now` (epoch s; a `now` before the last fact counts as that)."""
        turn = self._begin(now)
        refusal = None
        match event:
            case e.CallArrived():
                entry.arrived(turn, event)
            case e.PbxSeen():
                heal.seen(turn, event)
            case e.PbxLost():
                heal.lost(turn)
            case e.PhoneChanged():
                _phone_changed(turn, event)
            case e.FallbackServed():
                _import(turn, event)
            case e.LegRinging() | e.LegAnswered() | e.LegEnded():
                legs.heard(turn, event)
            case e.DialEnded():
                callback = turn.state.dialled(event.call_id)
                if callback is not None:
                    ringback.ended(turn, callback, event.end, event.cause)
            case e.OwnersChanged():
                owners.learn(turn, event)
            case e.CommandRefused():
                _refused(turn, event)
            case e.CallerHungUp() | e.KeyPressed() | e.PlayEnded() | e.VoicemailRecorded():
                call = turn.state.calls.get(event.call_id)
                if call is not None:
                    _of_call(turn, call, event)
            case _:
                refusal = desk.ask(turn, event)
        return self._end(refusal)

    def deadline(self) -> float | None:
        """When `tick` must be called at the latest (epoch s); None: no need."""
        turn = self._turn
        timer = turn.timers.next()
        lapse = turn.standing.deadline() if turn.state.pbx_up else None
        if timer is None or lapse is None:
            return lapse if timer is None else timer
        return min(timer, lapse)

    def tick(self, now: float) -> Step:
        """Do what is due at `now`."""
        turn = self._begin(now)
        while (timer := turn.timers.pop(turn.now)) is not None:
            _due(turn, timer)
        return self._end()

    def stop(self, now: float) -> Step:
        """Say what is to be done before the router stops on purpose; it does not match again."""
        turn = self._begin(now)
        waiting_calls = sorted(turn.state.calls.values(), key=lambda call: call.entered_at or now)
        for call in waiting_calls if turn.state.pbx_up else ():
            waiting.hand_over(turn, call)
        return self._end(match=False)

    def _begin(self, now: float) -> Turn:
        # Wall clocks are set back sometimes; facts never run backwards.
        self._turn.now = max(now, self._turn.state.at)
        return self._turn

    def _end(self, refusal: Refusal | None = None, *, match: bool = True) -> Step:
        turn = self._turn
        if match and turn.state.pbx_up:
            waiting.offer_all(turn)
        step = Step(tuple(turn.facts), tuple(turn.commands), refusal)
        turn.facts.clear()
        turn.commands.clear()
        return step


def _of_call(
    turn: Turn,
    call: Call,
    event: e.CallerHungUp | e.KeyPressed | e.PlayEnded | e.VoicemailRecorded,
) -> None:
    match event:
        case e.CallerHungUp():
            closing.caller_gone(turn, call, event.cause)
        case e.KeyPressed():
            _pressed(turn, call, event.key)
        case e.PlayEnded():
            _played(turn, call, event.play_id)
        case e.VoicemailRecorded():
            message.recorded(turn, call, event)
            closing.close_after_message(turn, call)


def _pressed(turn: Turn, call: Call, key: str) -> None:
    """Stage × key. Keys in talk go to the other party, keys in a voicemail end it by themselves."""
    match call.stage:
        case "greeting" | "menu":
            entry.pressed(turn, call, key)
        case "queue" | "ringing":
            waiting.pressed(turn, call, key)
        case "rating":
            talk.pressed(turn, call, key)
        case "talking" | "voicemail" | "fallback" | "callback":
            pass


def _played(turn: Turn, call: Call, play_id: str) -> None:
    """Purpose of the prompt that ended → what comes next. An older play's end says nothing."""
    playing = turn.playing.get(call.id)
    if playing is None or playing.play_id != play_id:
        return
    turn.played(call)
    match playing.purpose:
        case "welcome":
            entry.greeted(turn, call)
        case "menu":
            entry.asked(turn, call)
        case "to_human" | "position":
            waiting.hold(turn, call)
        case "held" if call.talk is not None and call.talk.apart:
            turn.do(StartHold(call.id))
        case "held":
            pass
        case "invite":
            message.record(turn, call)
        case "rating":
            talk.invited(turn, call)
        case "goodbye":
            talk.goodbye(turn, call)


def _refused(turn: Turn, event: e.CommandRefused) -> None:
    if event.reason != GONE:
        turn.fact(f.CommandFailed(event.command, event.call_id, event.leg_id, event.reason))
    if event.reason == LOST:
        heal.lost(turn)
    callback = turn.state.dialled(event.call_id)
    if callback is not None and event.command == "DialCaller" and event.reason != LOST:
        # Lost: whether it rings is not known. The next view of Asterisk tells.
        ringback.ended(turn, callback, "failed")
    call = turn.state.calls.get(event.call_id)
    if call is None:
        return
    match event.command:
        case "RingSeat":
            legs.not_rung(turn, call, event.leg_id, event.reason)
        case "Play" if event.reason != LOST:
            # A missing recording must not stop a caller: go on as if it had been heard.
            _played(turn, call, event.play_id)
        case "RecordVoicemail" if event.reason != LOST:
            failed = e.VoicemailRecorded(call.id, call.recording_id, "", 0.0, ok=False)
            message.recorded(turn, call, failed)
        case _:
            pass


def _phone_changed(turn: Turn, event: e.PhoneChanged) -> None:
    # Of a browser's phone nothing is kept but that it is there.
    known = False if is_browser(event.phone) else None
    if turn.state.phones.get(event.phone, known) == event.reachable:
        return
    if event.reachable:
        turn.fact(f.PhoneReachable(event.phone))
    else:
        turn.fact(f.PhoneLost(event.phone))


_FALLBACK: dict[str, f.Outcome] = {
    "answered": "fallback_answered",
    "voicemail": "fallback_voicemail",
    "abandoned": "fallback_abandoned",
}


def _import(turn: Turn, event: e.FallbackServed) -> None:
    callback = turn.state.dialled(event.call_id)
    if callback is not None:
        ringback.release(turn, callback)
        ringback.reached(turn, callback, event.call_id)
    call = turn.state.calls.get(event.call_id)
    outcome = _FALLBACK[event.outcome]
    if call is not None:
        closing.taken_away(turn, call)
        # A seat had talked to it before: that is what it came to.
        outcome = "answered" if call.served_by else outcome
    elif event.call_id in turn.state.closed:
        return
    turn.fact(
        f.FallbackImported(
            event.call_id,
            event.caller_number,
            event.started_at,
            event.ended_at,
            outcome,
            event.answered_by,
            event.voicemail_path,
            event.voicemail_seconds,
        )
    )
    ringback.phone_down(turn, event.call_id)


def _due(turn: Turn, timer: Timer) -> None:
    """Timer × what it speaks of. A timer of something that is gone says nothing."""
    if timer.kind in ("wrapup", "pause"):
        seat = turn.state.seats.get(timer.id)
        if seat is not None and timer.kind == "wrapup":
            seats.end_wrapup(turn, seat, "timer")
        elif seat is not None:
            turn.standing.seat(seat, turn.now)
        return
    call, callback = turn.state.calls.get(timer.id), turn.state.callbacks.get(timer.id)
    if call is None and callback is None:
        return
    if not turn.state.pbx_up:
        # Whatever is due would be said to nobody; late is better than lost.
        turn.timers.set(timer.kind, timer.id, turn.now + RETRY_S)
        return
    if callback is not None:
        _due_to_callback(turn, callback, timer)
    elif call is not None:
        _due_to_call(turn, call, timer)


def _due_to_callback(turn: Turn, callback: Callback, timer: Timer) -> None:
    match timer.kind:
        case "dial":
            ringback.rang_out(turn, callback)
        case "retry":
            ringback.line_up(turn, callback)
        case "relax":
            rungs.relax(turn, callback)
        case "keep":
            ringback.kept_too_long(turn, callback)


def _due_to_call(turn: Turn, call: Call, timer: Timer) -> None:
    match timer.kind:
        case "play":
            play_id = turn.playing[call.id].play_id
            turn.fact(f.CommandFailed("Play", call.id, "", UNREPORTED))
            turn.do(StopPlay(call.id, play_id))
            _played(turn, call, play_id)
        case "menu":
            entry.silent(turn, call)
        case "relax":
            rungs.relax(turn, call)
        case "announce":
            waiting.tell(turn, call)
        case "max_wait":
            waiting.waited_long(turn, call)
        case "ring":
            waiting.rang_out(turn, call)
        case "dead":
            waiting.found_dead(turn, call)
        case "reserve":
            pass  # it is time to match again, as at the end of every step
        case "rating":
            talk.unanswered(turn, call)
        case "rejoin":
            rejoin.given_up(turn, call)
        case "interpreter":
            interpreting.given_up(turn, call)
        case "message":
            message.unreported(turn, call)
            closing.close_after_message(turn, call)
