"""Callers and seats on an engine, in virtual time: what the exchange and the people would do.

The world carries out the engine's commands (a prompt lasts as long as it lasts, a phone rings and
is picked up or not) and turns what comes of them into the events that telephony would send. It
reads the engine's state and never changes it; it decides for people only, never for the line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random

import msgspec

from router import commands as c
from router import events as e
from router import facts as f
from router.engine import Engine, Step
from router.sim.agenda import Agenda
from router.sim.callers import Caller, score
from router.sim.roster import Duty
from router.sim.workers import Manners, Worker

_NOTICED = (f.Queued, f.WrapupStarted, f.SeatNotReady)

Record = Callable[[Sequence[f.Fact]], None]

SIGNAL_S = 0.2
"""From a command to what the telephone network makes of it."""

AT_ONCE = 0.0
"""Share of a prompt by which a key is pressed before anything is heard of it."""

PIECE_S = 2.0
"""Length of a prompt that nobody told the length of."""

_AWAY = ("missed", "rejected", "unreachable")
"""Reasons for which the engine itself makes a seat not ready."""


class _Live(msgspec.Struct):
    """A caller on the line."""

    caller: Caller
    play_id: str = ""
    pressed: int = 0
    """How many of its planned keys have been pressed or passed over."""
    question: int = 0
    offered_message: bool = False
    recording_id: str = ""
    wrong: int = 0
    waits: bool = False


class World:
    """`callers` in order of arrival, `duties` in any. `prompt_s`: prompt → seconds."""

    def __init__(
        self,
        engine: Engine,
        callers: Iterable[Caller],
        duties: Iterable[Duty],
        *,
        seed: str,
        record: Record,
        prompt_s: Mapping[str, float] | None = None,
        manners: Manners | None = None,
        dialled: str = "12348",
        ingress: str = "",
        found_dead_s: float | None = None,
    ) -> None:
        """`found_dead_s`: phones that are answered never say that they ring, and a dead one is told
        of after so long; for a bare line (router.sim.bare). None: as telephones do."""
        self._engine = engine
        self._callers = iter(callers)
        self._record = record
        self._prompt_s = prompt_s or {}
        self._dialled, self._ingress = dialled, ingress
        self._found_dead_s = found_dead_s
        self._agenda = Agenda()
        self._live: dict[str, _Live] = {}
        self._legs: dict[str, str] = {}
        """Legs that ring or talk → phone."""
        self._workers: dict[str, Worker] = {}
        self.now = 0.0
        like = manners or Manners()
        for duty in duties:
            if duty.phone not in self._workers:
                # Each by its own chance: one more call for one seat changes no other seat's day.
                chance = Random(f"{seed} {duty.seat_id}")  # noqa: S311 - a model, no secret
                self._workers[duty.phone] = Worker(duty.seat_id, like, chance)
            self._agenda.at(duty.begins, self._begins_duty, duty)
        self._phones = {worker.seat_id: phone for phone, worker in self._workers.items()}
        self._next_caller()

    def run(self, until: float = math.inf) -> None:
        """Let happen what is due up to `until` (epoch s); by itself it ends when every call is
        closed and everybody has gone home."""
        engine, agenda = self._engine, self._agenda
        while True:
            due, happens = engine.deadline(), agenda.next()
            if min(happens or math.inf, due or math.inf) > until:
                return
            if due is not None and (happens is None or due <= happens):
                self.now = due
                self._take(engine.tick(due))
            elif happens is not None:
                todo = agenda.pop()
                self.now = todo.at
                todo.do(*todo.with_)
            else:
                return

    # ---- engine in, engine out ----

    def _tell(self, event: e.Event) -> Step:
        step = self._engine.handle(event, self.now)
        self._take(step)
        return step

    def _take(self, step: Step) -> None:
        if step.facts:
            self._record(step.facts)
            for fact in step.facts:
                if type(fact.body) in _NOTICED:
                    self._notice(fact.body)
        for command in step.commands:
            self._perform(command)

    def _in(self, seconds: float, do: Callable[..., None], *with_: object) -> None:
        self._agenda.at(self.now + seconds, do, *with_)

    def _notice(self, body: f.Body) -> None:
        """What a fact makes people do."""
        match body:
            case f.Queued():
                live = self._live.get(body.call_id)
                if live is not None and not live.waits:
                    live.waits = True
                    self._in(live.caller.patience_s, self._loses_patience, live)
            case f.WrapupStarted():
                worker = self._workers[self._phones[body.seat_id]]
                done_s = worker.wrapup_s()
                if done_s < body.until - self.now:
                    self._in(done_s, self._ask, e.EndWrapup(body.seat_id))
            case f.SeatNotReady() if body.reason in _AWAY:
                worker = self._workers[self._phones[body.seat_id]]
                self._in(worker.away_s(), self._ask, e.Ready(body.seat_id))
            case _:
                pass

    def _perform(self, command: c.Command) -> None:
        match command:
            case c.Play():
                self._play(command)
            case c.StopPlay():
                live = self._live.get(command.call_id)
                if live is not None and live.play_id == command.play_id:
                    live.play_id = ""
            case c.RingSeat():
                self._ring(command)
            case c.CancelLeg():
                self._legs.pop(command.leg_id, None)
            case c.Connect():
                self._talk(command)
            case c.RecordVoicemail():
                self._leave_message(command)
            case c.Dismiss():
                self._in(SIGNAL_S, self._leave, command.call_id)
            case _:
                pass  # music, the fallback's queues: nobody acts on them

    # ---- callers ----

    def _next_caller(self) -> None:
        caller = next(self._callers, None)
        if caller is not None:
            self._agenda.at(caller.arrives_at, self._calls, caller)

    def _calls(self, caller: Caller) -> None:
        self._next_caller()
        live = self._live[caller.id] = _Live(caller)
        if caller.leaves_menu_s < math.inf:
            self._in(caller.leaves_menu_s, self._tires_of_menu, live)
        self._tell(
            e.CallArrived(
                caller.id, caller.number, dialled=self._dialled, ingress=self._ingress
            )
        )  # fmt: skip

    def _leave(self, call_id: str) -> None:
        live = self._live.pop(call_id, None)
        if live is None:
            return
        live.play_id = ""
        if live.recording_id:
            # Both are told at once; which of them comes first must not matter to anybody.
            recorded = self._recorded(live)
            self._tell(e.CallerHungUp(call_id, 16))
            self._tell(recorded)
        else:
            self._tell(e.CallerHungUp(call_id, 16))

    def _tires_of_menu(self, live: _Live) -> None:
        call = self._engine.state.calls.get(live.caller.id)
        if call is not None and call.stage in ("greeting", "menu"):
            self._leave(call.id)

    def _loses_patience(self, live: _Live) -> None:
        call = self._engine.state.calls.get(live.caller.id)
        if call is not None and call.stage in ("queue", "ringing"):
            self._leave(call.id)

    def _play(self, play: c.Play) -> None:
        live = self._live.get(play.call_id)
        if live is None:
            return
        live.play_id = play.play_id
        lasts = sum(self._prompt_s.get(prompt, PIECE_S) for prompt in play.prompts)
        self._in(lasts, self._heard, live, play.play_id)
        call = self._engine.state.calls.get(play.call_id)
        if call is None:
            return
        match call.stage:
            case "greeting":
                if live.caller.hasty and live.caller.presses:
                    self._press_next(live, lasts)
            case "menu":
                live.question += 1
                self._press_next(live, lasts)
            case "queue" if play.prompts[-1] == "queue-voicemail-offer":
                if live.caller.rather_message and not live.offered_message:
                    live.offered_message = True
                    key = self._engine.line.queue.voicemail_key
                    self._in(lasts * 0.95, self._presses, live, live.question, key)
            case "rating" if call.rating is None and not call.rating_missed:
                self._rate(live, lasts)
            case "voicemail" if not call.recording_id and not live.caller.message_s:
                self._in(lasts * (0.3 + 0.6 * live.caller.mood), self._leave, call.id)
            case _:
                pass

    def _heard(self, live: _Live, play_id: str) -> None:
        if live.play_id == play_id:
            live.play_id = ""
            self._tell(e.PlayEnded(live.caller.id, play_id))

    def _press_next(self, live: _Live, lasts: float) -> None:
        if live.pressed < len(live.caller.presses):
            press = live.caller.presses[live.pressed]
            if press.share <= AT_ONCE:
                self._presses_planned(live, live.question, press)
                return
            self._in(press.share * lasts + 0.5, self._presses_planned, live, live.question, press)

    def _presses_planned(self, live: _Live, question: int, press: object) -> None:
        call = self._engine.state.calls.get(live.caller.id)
        if call is None or call.stage not in ("greeting", "menu") or live.question != question:
            return
        planned = live.caller.presses[live.pressed]
        assert planned is press
        live.pressed += 1
        self._presses(live, question, planned.key)

    def _presses(self, live: _Live, question: int, key: str) -> None:
        if live.caller.id in self._live and live.question == question:
            self._tell(e.KeyPressed(live.caller.id, key))

    def _rate(self, live: _Live, lasts: float) -> None:
        caller = live.caller
        when = lasts * (0.45 + 0.7 * caller.mood) + 0.6
        wrong = {"mistypes_once": 1, "mistypes": self._engine.line.rating.max_wrong + 1}
        if caller.rating == "silent":
            return
        if caller.rating == "hangs_up":
            self._in(when * 0.6, self._leave, caller.id)
        elif live.wrong < wrong.get(caller.rating, 0):
            live.wrong += 1
            self._in(when, self._presses, live, live.question, "9")
        elif caller.rating != "mistypes":
            self._in(when, self._presses, live, live.question, str(score(caller, self._wait(live))))

    def _wait(self, live: _Live) -> float:
        """Seconds between asking for a human and the talk, as far as the caller felt them."""
        call = self._engine.state.calls[live.caller.id]
        return max(0.0, self.now - (call.entered_at or self.now) - live.caller.talk_s)

    def _leave_message(self, command: c.RecordVoicemail) -> None:
        live = self._live.get(command.call_id)
        if live is None:
            return
        live.recording_id = command.recording_id
        says_s = min(live.caller.message_s, float(command.max_s))
        if live.caller.message_hangs_up:
            self._in(says_s, self._leave, live.caller.id)
        else:
            self._in(says_s, self._ends_message, live)

    def _ends_message(self, live: _Live) -> None:
        if live.caller.id in self._live and live.recording_id:
            self._tell(self._recorded(live))

    def _recorded(self, live: _Live) -> e.VoicemailRecorded:
        id, live.recording_id = live.recording_id, ""
        seconds = round(live.caller.message_s, 2)
        return e.VoicemailRecorded(live.caller.id, id, f"{id}.wav", seconds)

    # ---- seats ----

    def _begins_duty(self, duty: Duty) -> None:
        self._ask(
            e.SignIn(duty.seat_id, duty.person_id, duty.phone, dict(duty.skills), duty.provider)
        )
        self._in(duty.ready_after_s, self._ask, e.Ready(duty.seat_id))
        for rest in duty.rests:
            self._agenda.at(rest.begins, self._ask, e.NotReady(duty.seat_id, rest.reason))
            self._agenda.at(rest.ends, self._ask, e.Ready(duty.seat_id))
        self._agenda.at(duty.ends, self._ends_duty, duty.seat_id)

    def _ends_duty(self, seat_id: str, tried: bool = False) -> None:
        refusal = self._tell(e.SignOut(seat_id)).refusal
        if refusal is not None and refusal.code == "seat-in-call":
            # Finishes the talk, takes no other call, and goes.
            if not tried:
                self._ask(e.NotReady(seat_id, self._engine.line.not_ready_reasons[-1]))
            self._in(15.0, self._ends_duty, seat_id, True)

    def _ask(self, request: e.Request) -> None:
        """What the engine refuses (nobody is at the seat any more) leads to nothing."""
        self._tell(request)

    def _ring(self, command: c.RingSeat) -> None:
        worker = self._workers[command.phone]
        self._legs[command.leg_id] = command.phone
        reaction, after_s = worker.reacts()
        match reaction:
            case "dead":
                if self._found_dead_s is not None:
                    self._in(self._found_dead_s, self._refuses, command.leg_id, "unreachable", 0)
            case "busy":
                self._in(SIGNAL_S, self._refuses, command.leg_id, "busy", 17)
            case _:
                if reaction != "answers" or self._found_dead_s is None:
                    self._in(2 * SIGNAL_S, self._rings, command.leg_id)
                if reaction == "rejects":
                    self._in(after_s, self._refuses, command.leg_id, "rejected", 21)
                elif reaction == "answers":
                    self._in(after_s, self._answers, command.leg_id)

    def _rings(self, leg_id: str) -> None:
        if leg_id in self._legs:
            self._tell(e.LegRinging(leg_id))

    def _answers(self, leg_id: str) -> None:
        if leg_id in self._legs:
            self._tell(e.LegAnswered(leg_id))

    def _refuses(self, leg_id: str, end: e.LegEnd, cause: int) -> None:
        if self._legs.pop(leg_id, None) is not None:
            self._tell(e.LegEnded(leg_id, end, cause))

    def _talk(self, command: c.Connect) -> None:
        live = self._live[command.call_id]
        live.play_id = ""
        self._in(live.caller.talk_s, self._ends_talk, live, command.leg_id)
        worker = self._workers[self._legs[command.leg_id]]
        hold = worker.holds(live.caller.talk_s)
        if hold is not None:
            self._in(hold[0], self._ask, e.Hold(worker.seat_id))
            self._in(hold[1], self._ask, e.Resume(worker.seat_id))

    def _ends_talk(self, live: _Live, leg_id: str) -> None:
        if leg_id not in self._legs:
            return
        if live.caller.hangs_up_first:
            self._leave(live.caller.id)
        else:
            del self._legs[leg_id]
            self._tell(e.LegEnded(leg_id, "hung_up", 16))
