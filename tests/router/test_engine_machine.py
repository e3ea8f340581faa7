"""Random lives of a line against what must always hold.

Ids are drawn from what exists (and from what once existed), never invented: blind ids miss bugs
that live ones find at once.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from config.model import Line
from config.policy import HeadStart, Order, Pairing, Reserve, Sharing, Step, When
from queues.ladder import Ladder
from queues.needs import holds
from queues.plain import decide
from queues.policy import ladder
from queues.rules import Rules
from queues.ticket import Decision, Place, Ranking, Ticket
from router import commands as c
from router import events as e
from router import facts as f
from router import interpreting, pair
from router.call import Call
from router.engine import RETRY_S, Engine
from router.engine import Step as Said
from router.party import Interpreter
from router.standing import in_line, may_be_rung
from router.state import Snapshot, State
from tests.router.line import LINE, POLICIES

SKILLS = (
    {"lang:cmn": 3, "law:general": 3},
    {"lang:cmn": 3, "law:labour": 4},
    {"lang:cmn": 2, "lang:khg": 5, "law:general": 2},
    {"lang:cmn": 3, "law:general": 3, "law:labour": 3, "group:migrant": 4},
    {"lang:cmn": 2, "lang:khg": 4, "interpreter": 3},
)
SEATS = ("8001", "8002", "8003", "8004")
PURCHASED = ("8002", "8003")
FLOOR = {language.id: language.skill for language in LINE.languages}
REQUESTS = (e.Ready, e.SignOut, e.EndWrapup, e.HangUp, e.Hold, e.Resume, e.Rejoin)
Asked = type[e.Ready | e.SignOut | e.EndWrapup | e.HangUp | e.Hold | e.Resume | e.Rejoin]
ENDS: Sequence[e.LegEnd] = ("rejected", "busy", "no_answer", "unreachable", "hung_up")


def alone(way: Ladder) -> Ladder:
    """One seat is kept for a callback, never two."""
    return replace(way, rungs=tuple(replace(rung, pair=None) for rung in way.rungs))


def decided_from(line: Line, state: State, now: float) -> list[Decision]:
    """By the plain scan, from nothing but what the facts made of the line."""
    policy = state.policy or line.policy
    waiting = [call for call in state.calls.values() if in_line(call)]
    tickets = [
        Ticket(
            call.id,
            call.entered_at or 0.0,
            call.waits_from or 0.0,
            ladder(policy, call.language, call.service),
            call.head_start_s,
            call.head_start_why,
            call.declined,
            call.owner_seat,
            call.owner_until,
        )
        for call in waiting
    ]
    kept = [callback for callback in state.callbacks.values() if callback.due]
    tickets += [
        Ticket(
            callback.id,
            callback.entered_at,
            callback.entered_at,
            alone(ladder(policy, callback.language, callback.service)),
            callback.head_start_s,
            callback.head_start_why,
        )
        for callback in kept
    ]
    return decide(
        tickets,
        {one.id: one.step for one in (*waiting, *kept)},
        [
            Place(s.id, s.skills, s.provider, s.idle_since, may_be_rung(state, s, now))
            for s in state.seats.values()
        ],
        now,
        Rules(
            policy.version,
            policy.share.purchased,
            policy.reserve.after_s,
            policy.order.greatest_head_start_s,
        ),
        state.answered,
        {call.id: offer.since for call in waiting for offer in call.rung},
    )


class LineMachine(RuleBasedStateMachine):
    line = LINE

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_780_000_000.0
        self.engine = Engine(self.line, State())
        self.facts: list[f.Fact] = []
        self.legs: dict[str, str] = {}
        """Ringing or talking legs in Asterisk: leg → `ringing` or `up`."""
        self.past_legs: list[str] = ["none-L1"]
        self.plays: dict[str, str] = {}
        self.past_plays: list[tuple[str, str]] = [("none", "none-P1")]
        self.music: set[str] = set()
        """Callers for whom hold music runs."""
        self.bridged: dict[str, str] = {}
        """Caller → the seat's leg in the same bridge, as long as both are there."""
        self.joined: dict[str, str] = {}
        """An interpreter's leg → the bridge it was brought into."""
        self.callers: list[str] = []
        self.gone: list[str] = ["none"]
        self.recording: dict[str, str] = {}
        self.dials: dict[str, str] = {}
        """Callers who are being rung: call → callback."""
        self.count = 0
        self.take(self.engine.start(self.now))
        self.handle(e.PbxSeen(self.now, ()))

    # ---- Asterisk, as far as a line needs it ----

    def take(self, step: Said) -> None:
        self.facts += step.facts
        for command in step.commands:
            self.obey(command)

    def obey(self, command: c.Command) -> None:
        match command:
            case c.RingSeat():
                assert command.call_id in self.engine.state.calls, "a closed call is rung"
                signed_in = {seat.phone for seat in self.engine.state.seats.values()}
                assert command.phone in signed_in, "somebody signed off is rung"
                self.legs[command.leg_id] = "ringing"
                self.past_legs.append(command.leg_id)
            case c.CancelLeg():
                self.drop(command.leg_id)
            case c.DialCaller():
                assert command.callback_id not in self.dials.values(), "rung twice at a time"
                assert command.call_id not in (*self.dials, *self.callers, *self.gone)
                self.dials[command.call_id] = command.callback_id
            case c.CancelDial():
                self.dials.pop(command.call_id, None)
                self.gone.append(command.call_id)
            case c.Play():
                self.music.discard(command.call_id)
                self.plays[command.call_id] = command.play_id
                self.past_plays.append((command.call_id, command.play_id))
            case c.StopPlay():
                self.plays.pop(command.call_id, None)
            case c.Connect():
                self.plays.pop(command.call_id, None)
                self.music.discard(command.call_id)
                if self.legs.get(command.leg_id) == "up":
                    self.bridged[command.call_id] = command.leg_id
            case c.Join():
                self.music.discard(command.leg_id)
                if self.legs.get(command.leg_id) == "up":
                    self.joined[command.leg_id] = command.bridge_id
            case c.StartHold():
                self.music.add(command.leg_id or command.call_id)
            case c.Hold():
                self.music.add(command.call_id)
                self.bridged.pop(command.call_id, None)
            case c.StopHold():
                self.music.discard(command.call_id)
            case c.Disconnect():
                self.bridged.pop(command.call_id, None)
                for leg in [leg for leg, into in self.joined.items() if into == command.bridge_id]:
                    del self.joined[leg]
            case c.RecordVoicemail():
                self.recording[command.call_id] = command.recording_id
            case c.Dismiss():
                assert command.call_id in (*self.callers, *self.gone)
            case _:
                pass

    def drop(self, leg: str) -> None:
        """A leg is gone, and with it whoever heard it hears nothing."""
        self.legs.pop(leg, None)
        self.joined.pop(leg, None)
        self.music.discard(leg)
        for call_id in [one for one, other in self.bridged.items() if other == leg]:
            del self.bridged[call_id]

    def handle(self, event: e.Event) -> None:
        self.watch()
        self.take(self.engine.handle(event, self.now))

    def watch(self) -> None:
        """From now on, whatever the index decides is what the plain scan makes of the facts."""
        line, engine, dispatch = self.line, self.engine, self.engine._turn.standing.dispatch
        if "match" in vars(dispatch):
            return
        by_index = dispatch.match

        def match(now: float) -> list[Decision]:
            expected = decided_from(line, engine.state, now)
            decisions = by_index(now)
            assert decisions == expected, "the index is out of step with the facts"
            return decisions

        vars(dispatch)["match"] = match

    # ---- what can happen ----

    @rule(seconds=st.sampled_from((0.0, 0.1, 1.0, 5.0, 21.0, 60.0, 400.0)))
    def time_passes(self, seconds: float) -> None:
        until = self.now + seconds
        for _ in range(1000):
            due = self.engine.deadline()
            if due is None or due > until:
                break
            self.now = max(self.now, due)
            self.watch()
            self.take(self.engine.tick(self.now))
        else:
            raise AssertionError("the engine never comes to rest")
        self.now = until

    @initialize(
        seats=st.lists(st.sampled_from(SEATS), unique=True),
        talks=st.integers(0, 2),
        interpreted=st.sampled_from(("", "", "rung", "one", "talking", "callback")),
        pages=st.booleans(),
    )
    def a_day_begins(self, seats: list[str], talks: int, interpreted: str, pages: bool) -> None:
        """Perhaps in the middle of it: with talks under way, with two seats rung at once, or with
        somebody being rung back."""
        if interpreted == "callback":
            self.a_person_signs_in("8001", SKILLS[0], pages)
            self.a_caller_arrives("0")
            self.answer(sorted(self.legs)[0])
            self.a_caller_arrives("0")
            self.time_passes(61.0)
            self.handle(e.KeyPressed("c2", "2"))
            self.end("c2")
            self.end("c1")
            self.handle(e.EndWrapup("8001"))
            assert list(self.dials) == ["c2-C1-A1"]
            return
        if interpreted:
            self.a_person_signs_in("8001", SKILLS[0], pages)
            self.a_person_signs_in("8002", SKILLS[4], pages)
            self.a_person_signs_in("8003", SKILLS[2])
            self.handle(e.NotReady("8003", "break"))
            self.a_caller_arrives("2")
            self.time_passes(6.0)
            assert len(self.legs) == 2, "the queue rings two at once"
            for leg in sorted(self.legs)[: {"rung": 0, "one": 1, "talking": 2}[interpreted]]:
                self.answer(leg)
            return
        for n, (seat, skills) in enumerate(zip(seats, SKILLS, strict=False)):
            self.a_person_signs_in(seat, skills, n % 2 == 0)
        for _ in range(talks):
            self.a_caller_arrives("0")
        for leg in sorted(self.legs):
            self.answer(leg)

    @precondition(lambda self: len(self.callers) < 8)
    @rule(keys=st.sampled_from(("", "0", "0", "2", "11", "12", "13", "3")))
    def a_caller_arrives(self, keys: str) -> None:
        """With the keys of somebody who knows the way: without them few would get to a seat."""
        self.count += 1
        call_id = f"c{self.count}"
        self.callers.append(call_id)
        self.handle(e.CallArrived(call_id, f"1380000000{self.count % 4}"))
        for key in keys:
            self.handle(e.KeyPressed(call_id, key))

    @precondition(lambda self: self.callers)
    @rule(data=st.data())
    def a_caller_hangs_up(self, data: st.DataObject) -> None:
        self.end(data.draw(st.sampled_from(self.callers)))

    def end(self, call_id: str) -> None:
        self.callers.remove(call_id)
        self.gone.append(call_id)
        self.plays.pop(call_id, None)
        self.handle(e.CallerHungUp(call_id, 16))

    @precondition(lambda self: self.callers)
    @rule(data=st.data(), key=st.sampled_from("0123456789*#"))
    def a_key_is_pressed(self, data: st.DataObject, key: str) -> None:
        self.handle(e.KeyPressed(data.draw(st.sampled_from(self.callers)), key))

    @precondition(lambda self: any(call.waiting for call in self.engine.state.calls.values()))
    @rule(data=st.data())
    def a_caller_asks_to_be_rung_back(self, data: st.DataObject) -> None:
        waiting = sorted(call.id for call in self.engine.state.calls.values() if call.waiting)
        call_id = data.draw(st.sampled_from(waiting))
        self.time_passes(60.0)
        if call_id in self.callers:
            self.handle(e.KeyPressed(call_id, "2"))
            call = self.engine.state.calls.get(call_id)
            if call is not None and call.stage == "callback":
                self.end(call_id)

    @precondition(lambda self: self.dials)
    @rule(
        data=st.data(),
        end=st.sampled_from((None, None, "no_answer", "rejected", "busy", "unreachable", "lost")),
    )
    def a_dial_ends(self, data: st.DataObject, end: Literal["busy"] | None) -> None:
        """None: the caller answers."""
        call_id = data.draw(st.sampled_from(sorted(self.dials)))
        if end == "lost":  # and rings on
            self.handle(e.CommandRefused("DialCaller", call_id, reason="lost"))
            return
        del self.dials[call_id]
        if end is None:
            self.callers.append(call_id)
            self.handle(e.CallArrived(call_id, "13800000001"))
        else:
            self.gone.append(call_id)
            self.handle(e.DialEnded(call_id, end))

    @rule(number=st.integers(0, 3), seat=st.sampled_from(("", *SEATS)))
    def a_case_is_kept(self, number: int, seat: str) -> None:
        owner = (f"p{seat}", self.now + 86400.0) if seat else ("", 0.0)
        self.handle(e.OwnersChanged({f"1380000000{number}": owner}))

    @precondition(lambda self: self.plays)
    @rule(data=st.data())
    def a_prompt_ends(self, data: st.DataObject) -> None:
        call_id = data.draw(st.sampled_from(sorted(self.plays)))
        self.handle(e.PlayEnded(call_id, self.plays.pop(call_id)))

    @precondition(lambda self: self.legs)
    @rule(data=st.data())
    def a_phone_rings(self, data: st.DataObject) -> None:
        self.handle(e.LegRinging(data.draw(st.sampled_from(sorted(self.legs)))))

    @precondition(lambda self: "ringing" in self.legs.values())
    @rule(data=st.data())
    def a_phone_answers(self, data: st.DataObject) -> None:
        ringing = sorted(leg for leg, state in self.legs.items() if state == "ringing")
        self.answer(data.draw(st.sampled_from(ringing)))

    def answer(self, leg: str) -> None:
        self.legs[leg] = "up"
        self.handle(e.LegAnswered(leg))

    def decide(self, call_id: str, specialist: str, interpreter: str) -> None:
        """The queue rings two seats at once for a call."""
        ranking = Ranking(0, 0.0, 0, 0.0, specialist)
        order = (self.now, self.now, call_id)
        turn = self.engine._begin(self.now)
        decided = Decision(call_id, specialist, 1, ranking, order, 1, "test", interpreter)
        pair.offer(turn, self.engine.state.calls[call_id], decided)
        self.take(self.engine._end())

    @precondition(lambda self: any(call.waiting for call in self.engine.state.calls.values()))
    @rule(data=st.data())
    def two_seats_are_decided_for(self, data: st.DataObject) -> None:
        """Whichever two: what may not be rung now must lead to nothing at all."""
        state = self.engine.state
        waiting = sorted(call.id for call in state.calls.values() if call.waiting)
        call = state.calls[data.draw(st.sampled_from(waiting))]
        able = [seat.id for seat in state.seats.values() if FLOOR[call.language] in seat.skills]
        if able and state.pbx_up:
            specialist = data.draw(st.sampled_from(sorted(state.seats)))
            self.decide(call.id, specialist, data.draw(st.sampled_from(sorted(able))))

    def parties(self) -> list[Interpreter]:
        calls = self.engine.state.calls.values()
        return [one for call in calls if (one := interpreting.present(call)) is not None]

    @precondition(lambda self: self.parties())
    @rule(data=st.data(), what=st.sampled_from((e.Hold, e.Resume, e.Rejoin, e.HangUp, None)))
    def an_interpreter_acts(
        self,
        data: st.DataObject,
        what: type[e.Hold | e.Resume | e.Rejoin | e.HangUp] | None,
    ) -> None:
        """Asks at its screen, or (None) its phone is gone."""
        one = data.draw(st.sampled_from(self.parties()))
        if what is not None:
            self.handle(what(one.seat_id))
        elif one.leg_id in self.legs:
            self.drop(one.leg_id)
            self.handle(e.LegEnded(one.leg_id, "hung_up"))

    def talks(self) -> list[Call]:
        return [call for call in self.engine.state.calls.values() if call.talk is not None]

    @precondition(lambda self: self.talks())
    @rule(data=st.data(), what=st.sampled_from((e.Hold, e.Resume, e.Rejoin)))
    def a_talking_seat_asks(
        self, data: st.DataObject, what: type[e.Hold | e.Resume | e.Rejoin]
    ) -> None:
        talk = data.draw(st.sampled_from(self.talks())).talk
        assert talk is not None
        self.handle(what(talk.seat_id))

    @precondition(lambda self: self.talks())
    @rule(data=st.data())
    def a_talking_phone_is_gone(self, data: st.DataObject) -> None:
        talk = data.draw(st.sampled_from(self.talks())).talk
        assert talk is not None
        if talk.leg_id in self.legs:
            self.drop(talk.leg_id)
            self.handle(e.LegEnded(talk.leg_id, "hung_up"))

    def rung_again(self) -> list[str]:
        legs = [one.rejoin_leg for one in self.parties()]
        legs += [call.talk.rejoin_leg for call in self.talks() if call.talk is not None]
        return [leg for leg in legs if leg in self.legs]

    @precondition(lambda self: self.rung_again())
    @rule(data=st.data(), comes=st.booleans())
    def a_seat_comes_back(self, data: st.DataObject, comes: bool) -> None:
        leg = data.draw(st.sampled_from(self.rung_again()))
        if comes:
            self.answer(leg)
        else:
            self.drop(leg)
            self.handle(e.LegEnded(leg, "unreachable"))

    @precondition(lambda self: self.legs)
    @rule(data=st.data(), end=st.sampled_from(ENDS))
    def a_leg_ends(self, data: st.DataObject, end: e.LegEnd) -> None:
        leg = data.draw(st.sampled_from(sorted(self.legs)))
        self.drop(leg)
        self.handle(e.LegEnded(leg, end))

    @precondition(lambda self: self.recording)
    @rule(data=st.data(), seconds=st.sampled_from((0.5, 9.0)), ok=st.booleans())
    def a_message_ends(self, data: st.DataObject, seconds: float, ok: bool) -> None:
        call_id = data.draw(st.sampled_from(sorted(self.recording)))
        id = self.recording.pop(call_id)
        self.handle(e.VoicemailRecorded(call_id, id, f"{id}.wav", seconds, ok))

    @rule(data=st.data(), end=st.sampled_from(ENDS))
    def an_old_story_is_told_again(self, data: st.DataObject, end: e.LegEnd) -> None:
        leg = data.draw(st.sampled_from(self.past_legs))
        call_id, play_id = data.draw(st.sampled_from(self.past_plays))
        gone = data.draw(st.sampled_from(self.gone))
        late: tuple[e.Event, ...] = (
            e.LegRinging(leg),
            e.PlayEnded(call_id, play_id) if self.plays.get(call_id) != play_id else e.PbxLost(),
            e.CallerHungUp(gone),
            e.KeyPressed(gone, "1"),
            e.VoicemailRecorded(gone, f"{gone}-V1", "x.wav", 9.0),
            e.LegEnded(leg, end) if leg not in self.legs else e.KeyPressed(gone, "2"),
        )
        self.handle(data.draw(st.sampled_from(late)))

    @rule(seat=st.sampled_from(SEATS), skills=st.sampled_from(SKILLS), page=st.booleans())
    def a_person_signs_in(self, seat: str, skills: dict[str, int], page: bool = False) -> None:
        phone = f"web{seat:0>20}" if page else f"phone{seat}"
        if page:
            self.handle(e.PhoneChanged(phone, True))
        provider = "purchased" if seat in PURCHASED else "staff"
        self.handle(e.SignIn(seat, f"p{seat}", phone, skills, provider))
        self.handle(e.Ready(seat))

    @rule(
        seat=st.sampled_from(SEATS),
        what=st.sampled_from(REQUESTS),
    )
    def a_seat_asks(self, seat: str, what: Asked) -> None:
        self.handle(what(seat))

    @precondition(lambda self: any(s.call_id for s in self.engine.state.seats.values()))
    @rule(
        data=st.data(),
        what=st.sampled_from(REQUESTS),
    )
    def a_seat_with_a_call_asks(self, data: st.DataObject, what: Asked) -> None:
        engaged = sorted(s.id for s in self.engine.state.seats.values() if s.call_id)
        self.handle(what(data.draw(st.sampled_from(engaged))))

    @rule(seat=st.sampled_from(SEATS))
    def a_seat_takes_a_break(self, seat: str) -> None:
        self.handle(e.NotReady(seat, "break"))

    @rule(seat=st.sampled_from(SEATS), reachable=st.booleans())
    def a_phone_changes(self, seat: str, reachable: bool) -> None:
        sitting = self.engine.state.seats.get(seat)
        phone = sitting.phone if sitting is not None else f"phone{seat}"
        self.handle(e.PhoneChanged(phone, reachable))

    @rule(name=st.sampled_from(sorted(POLICIES)))
    def the_policy_changes(self, name: str) -> None:
        """Whoever waits keeps place and waited time, and phones that ring go on ringing."""
        state = self.engine.state
        before = {call.id: (call.entered_at, call.waits_from) for call in state.calls.values()}
        ringing = {offer.leg_id for call in state.calls.values() for offer in call.rung}
        old, wanted = state.policy, POLICIES[name]
        known = state.policies.get(wanted.version, wanted.digest)
        self.handle(e.PolicyChanged(wanted, "chief"))
        sound = name != "against-the-floor" and known == wanted.digest
        assert state.policy == (wanted if sound else old)
        after = {call.id: (call.entered_at, call.waits_from) for call in state.calls.values()}
        assert after == before
        assert ringing <= {offer.leg_id for call in state.calls.values() for offer in call.rung}

    @precondition(lambda self: self.legs)
    @rule(data=st.data(), reason=st.sampled_from(("gone", "unreachable", "lost")))
    def a_ring_is_refused(self, data: st.DataObject, reason: str) -> None:
        leg = data.draw(st.sampled_from(sorted(self.legs)))
        if self.legs[leg] == "up":
            return
        self.drop(leg)
        self.handle(e.CommandRefused("RingSeat", e.call_of(leg), leg, reason=reason))

    @precondition(lambda self: self.plays)
    @rule(data=st.data())
    def a_prompt_is_refused(self, data: st.DataObject) -> None:
        call_id = data.draw(st.sampled_from(sorted(self.plays)))
        play_id = self.plays.pop(call_id)
        self.handle(e.CommandRefused("Play", call_id, play_id=play_id, reason="missing"))

    @precondition(lambda self: self.callers)
    @rule(data=st.data(), seen=st.booleans(), outcome=st.sampled_from(("answered", "abandoned")))
    def the_dialplan_serves_a_caller(
        self, data: st.DataObject, seen: bool, outcome: Literal["answered", "abandoned"]
    ) -> None:
        """The watchdog took one away while we did not look; perhaps we look before it is over."""
        call_id = data.draw(st.sampled_from(self.callers))
        call = self.engine.state.calls.get(call_id)
        if call is not None and call.talk is not None:
            self.drop(call.talk.leg_id)  # only a caller left alone is taken
            if (third := interpreting.present(call)) is not None:
                self.drop(third.leg_id)
        self.callers.remove(call_id)
        self.gone.append(call_id)
        self.plays.pop(call_id, None)
        if seen:
            self.look(away=(call_id,))
        self.handle(e.FallbackServed(call_id, "", self.now - 9, self.now, outcome))
        self.handle(e.FallbackServed(call_id, "", self.now - 9, self.now, outcome))

    @rule(restart=st.booleans(), hidden=st.integers(0, 2), lost=st.integers(0, 1))
    def asterisk_is_seen(self, restart: bool, hidden: int, lost: int) -> None:
        """A new connection, perhaps of a router born again, with a few hang-ups unseen."""
        if restart:
            self.engine = Engine.restore(self.line, Snapshot(0, 0.0), tuple(self.facts))
            self.take(self.engine.start(self.now))
        self.time_passes(2.0)
        for call_id in self.callers[:hidden]:
            self.callers.remove(call_id)
            self.gone.append(call_id)
        for leg in sorted(self.legs)[:lost]:
            self.drop(leg)
        for call_id in sorted(self.dials)[:lost]:
            del self.dials[call_id]
            self.gone.append(call_id)
        self.look()

    def look(self, away: tuple[str, ...] = ()) -> None:
        self.plays.clear()
        channels = [e.SeenChannel(call_id, up=True) for call_id in self.callers]
        channels += [
            e.SeenChannel(e.call_of(leg), leg, up=state == "up") for leg, state in self.legs.items()
        ]
        bridges: dict[str, tuple[str, ...]] = {
            call.talk.bridge_id: (
                *((call.id,) if call.id in self.bridged else ()),
                *((call.talk.leg_id,) if call.talk.leg_id in self.legs else ()),
                *(leg for leg, into in self.joined.items() if into == call.talk.bridge_id),
            )
            for call in self.engine.state.calls.values()
            if call.talk is not None
        }
        self.handle(e.PbxSeen(self.now, tuple(channels), bridges, away, True, tuple(self.dials)))

    # ---- what must hold ----

    @invariant()
    def one_place_per_call_and_per_seat(self) -> None:
        held = []
        for call in self.engine.state.calls.values():
            assert not call.rung or call.talk is None
            third = interpreting.present(call)
            for ours in (*call.rung, call.talk, third):
                if ours is None:
                    continue
                held.append(ours.seat_id)
                seat = self.engine.state.seats[ours.seat_id]
                assert seat.call_id == call.id
                assert seat.state == ("offered" if call.rung else "talking")
                assert call.stage == ("ringing" if call.rung else "talking")
        assert len(held) == len(set(held))
        busy = {s.id for s in self.engine.state.seats.values() if s.state in ("offered", "talking")}
        assert busy == set(held)

    @invariant()
    def a_seat_is_kept_for_who_is_being_rung(self) -> None:
        state = self.engine.state
        kept = [one.seat_id for one in state.callbacks.values() if one.seat_id]
        assert sorted(kept) == sorted(s.id for s in state.seats.values() if s.state == "reserved")
        for one in state.callbacks.values():
            assert one.dial is not None or not one.seat_id
            assert one.dial is None or not one.due
            if one.dial is None:
                assert one.id not in self.dials.values(), "rung although we gave up"

    @invariant()
    def nobody_able_is_idle_while_somebody_waits(self) -> None:
        turn = self.engine._turn
        if not self.engine.state.pbx_up:
            return
        for call in self.engine.state.calls.values():
            awaited = call.owner_seat in self.engine.state.seats and call.owner_until > turn.now
            if not call.waiting or awaited:
                continue
            for seat in self.engine.state.seats.values():
                declined = call.declined.get(seat.id, 0.0) > turn.now
                rungs = turn.standing.ladder(call).rungs[: call.step + 1]
                assert rungs[-1] == turn.standing.ladder(call).rungs[call.step]
                able = any(holds(rung.needs, seat.skills) for rung in rungs) and not declined
                assert not (able and may_be_rung(turn.state, seat, turn.now)), (
                    f"{seat.id} idle, {call.id} waits"
                )

    @invariant()
    def a_pair_is_both_or_neither(self) -> None:
        """And neither seat is held longer than it may be rung, whoever has answered."""
        longest = self.line.ring.timeout_s + (0 if self.engine.state.pbx_up else RETRY_S)
        for call in self.engine.state.calls.values():
            roles = [offer.role for offer in call.rung]
            assert roles in ([], [""], ["specialist", "interpreter"])
            for offer in call.rung:
                assert self.now <= offer.since + longest or not self.engine.state.pbx_up
                if offer.up_at is not None and self.legs.get(offer.leg_id) == "up":
                    assert offer.leg_id in self.music, f"{offer.seat_id} waits in silence"

    @invariant()
    def an_interpreter_is_heard_or_on_the_way_back(self) -> None:
        for one in self.parties():
            call = self.engine.state.calls[e.call_of(one.leg_id)]
            assert call.talk is not None
            if self.legs.get(one.leg_id) == "up" and call.id in self.callers:
                assert self.joined.get(one.leg_id) == call.talk.bridge_id
            assert one.leg_up or one.away

    @invariant()
    def no_call_is_forgotten(self) -> None:
        """Whatever stage a call is in, something is bound to happen to it."""
        turn = self.engine._turn
        due = {timer.id for timer in turn.timers.pending()}
        for call in self.engine.state.calls.values():
            assert (
                (call.talk is not None and not call.talk.away)
                or call.id in turn.playing
                or call.id in due
                or call.id in turn.dismissed
                or not self.engine.state.pbx_up
            ), f"{call.id} is stuck in {call.stage}"

    @invariant()
    def nobody_in_a_talk_is_left_in_silence(self) -> None:
        for call in self.engine.state.calls.values():
            if call.talk is None or call.id not in self.callers:
                continue
            hears = (
                call.id in self.plays
                or call.id in self.music
                or self.legs.get(self.bridged.get(call.id, "")) == "up"
            )
            assert hears, f"{call.id} hears nothing: {call.talk}"
            assert call.talk.apart == (call.id not in self.bridged)

    @invariant()
    def a_language_is_never_given_up(self) -> None:
        for fact in self.facts:
            if isinstance(fact.body, f.Queued):
                self.language = {
                    **getattr(self, "language", {}),
                    fact.body.call_id: fact.body.language,
                }
            if isinstance(fact.body, f.SeatSignedIn):
                self.skills = {**getattr(self, "skills", {}), fact.body.seat_id: fact.body.skills}
            if isinstance(fact.body, f.Offered) and fact.body.role != "specialist":
                assert FLOOR[self.language[fact.body.call_id]] in self.skills[fact.body.seat_id]

    @invariant()
    def every_call_closes_once(self) -> None:
        closed = [fact.body.call_id for fact in self.facts if isinstance(fact.body, f.CallClosed)]
        assert len(closed) == len(set(closed))

    @invariant()
    def facts_are_all_there_is(self) -> None:
        restored = Engine.restore(self.line, Snapshot(0, 0.0), tuple(self.facts))
        assert msgspec.json.encode(restored.snapshot()) == msgspec.json.encode(
            self.engine.snapshot()
        )

    def teardown(self) -> None:
        """Everybody hangs up: nothing of them is left, and every call came to one end."""
        if not self.engine.state.pbx_up:
            self.handle(e.PbxSeen(self.now, (), {}))
        for call_id in list(self.callers):
            self.end(call_id)
        for _ in range(12):  # until every callback is given up
            for call_id in list(self.dials):
                del self.dials[call_id]
                self.handle(e.DialEnded(call_id, "no_answer"))
            self.time_passes(400.0)
        assert not self.engine.state.callbacks
        for _ in range(3):
            self.time_passes(400.0)
            self.look()  # who hung up unseen may have been too fresh for the view before
        assert not self.engine.state.calls
        assert not self.legs, "a phone still rings or talks although its call is over"
        opened = [fact.body.call_id for fact in self.facts if isinstance(fact.body, f.CallOpened)]
        ends = (f.CallClosed, f.FallbackImported)
        closed = [fact.body.call_id for fact in self.facts if isinstance(fact.body, ends)]
        assert set(opened) <= set(closed)
        assert len(closed) == len(set(closed))
        for seat in self.engine.state.seats.values():
            assert seat.state in ("ready", "not_ready")
        turn = self.engine._turn
        assert not turn.playing and not turn.hung_up and not turn.dismissed


class SteeredMachine(LineMachine):
    """By a policy that has everything: pairs, a share, seats kept, head starts."""

    line = replace(
        LINE,
        policy=replace(
            LINE.policy,
            version="p-2",
            order=Order(
                greatest_head_start_s=40,
                head_starts=(
                    HeadStart(name="labour", seconds=30, when=When(services=("labour",))),
                    HeadStart(name="khg", seconds=20, when=When(languages=("khg",))),
                ),
            ),
            kinds=tuple(
                replace(kind, relax=(Step(after_s=5, dimension="interpreter"), *kind.relax))
                for kind in LINE.policy.kinds
            ),
            pair=Pairing(languages=("khg",), bridge="anybody"),
            share=Sharing(purchased=0.5),
            reserve=Reserve(after_s=3.0),
        ),
    )


LIVES = settings(
    max_examples=int(os.environ.get("HOTLINE_EXAMPLES", "150")),
    stateful_step_count=40,
    deadline=None,
    derandomize="HOTLINE_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
LineMachine.TestCase.settings = SteeredMachine.TestCase.settings = LIVES
TestLine = pytest.mark.machine(LineMachine.TestCase)
TestSteeredLine = pytest.mark.machine(SteeredMachine.TestCase)
