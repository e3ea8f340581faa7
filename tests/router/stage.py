"""A stage for stories: people and phones in plain words in, facts and commands in plain words out.

Lines of a story (times are seconds since its beginning; `+5` is five later than the line before):

    seat 8001 zhang lang:cmn=3 law:general=3        signs in and is ready
    seat 8001 zhang purchased lang:cmn=3 law:general=3   the same, of a law firm
    page 8001 zhang lang:cmn=3 law:general=3        the same, with the phone in the browser
    +1 call A from 13800000001                      a caller arrives
    +3 heard A                                      the prompt playing to A ends
    +1 key A 2            +1 hangs-up A             the caller acts
    +1 rings A            +2 answers A              the phone of the seat offered to A
    +2 leg A rejected     (busy, no_answer, unreachable, hung_up)
    +9 recorded A 12.5    (seconds; `failed` when it failed)
    +1 ready 8001         +1 not-ready 8001 break   +1 end-wrapup 8001
    +1 sign-out 8001      +1 seat-hangs-up 8001
    +1 holds 8001         +1 resumes 8001
    +1 rejoins 8001       the seat's page was loaded again; `rings`, `answers` and `leg` now speak
                          of its new leg, and of the talk's own:
    +1 old-leg A hung_up
    +1 phone zhang lost   (or reachable)
    +0 wait               nothing happens, time passes
    +0 restart            the router dies and comes back from its facts
    +0 sees A A/leg B/away  what Asterisk holds: callers, legs, callers in the fallback
                          (`A/leg2`: the interpreter's, in the bridge of the talk)
    +9 served A answered  the fallback's ledger tells of A (voicemail, abandoned)
    +9 policy soon        another policy is to decide (those of tests/router/line.py)
    +0 stops                                        the router is stopped on purpose
    +0 loses              the connection to Asterisk is lost
    +0 refuses RingSeat A unreachable
    +5 picks-up A-C1-A1   a caller whom we ring answers; its call has that id from then on
    +5 dial A-C1-A1 busy  or does not (no_answer, rejected, unreachable)
    +0 sees A-C1-A1/dial  Asterisk rings it
    +0 keeps zhang 13800000001      a slip says that zhang keeps that caller's open case; `nobody`
    +1 rings A/2          `A/2` is the interpreter's leg when two are rung: `+2 leg A/2 busy`
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from config.model import Line
from router import events as e
from router.call import Call
from router.commands import Command
from router.engine import Engine, Step
from router.facts import Fact
from router.state import Snapshot, State
from tests.router.line import POLICIES

STORIES = Path(__file__).parent.parent / "stories"
START = 1_780_000_000.0
_QUIET = {"call_id", "type"}


class Stage:
    def __init__(self, line: Line) -> None:
        self._line = line
        self._now = START
        self.facts: list[Fact] = []
        self.engine = Engine(line, State())
        self._take(self.engine.start(START))
        self._take(self.engine.handle(e.PbxSeen(START, ()), START))

    def tell(self, line: str) -> list[str]:
        """Play one line of a story; every fact and command it led to, in words."""
        words = line.split()
        if words[0] in ("seat", "page"):
            skills = {s.split("=")[0]: int(s.split("=")[1]) for s in words[3:] if "=" in s}
            provider = "purchased" if "purchased" in words else "staff"
            phone = words[2] if words[0] == "seat" else _page(words[2])
            here = self._handle(e.PhoneChanged(phone, True)) if words[0] == "page" else []
            return [
                *here,
                *self._handle(e.SignIn(words[1], words[2], phone, skills, provider)),
                *self._handle(e.Ready(words[1])),
            ]
        return [
            *self._pass_time(self._now + float(words[0])),
            *self._act(words[1], words[2:]),
        ]

    def _pass_time(self, until: float) -> Iterator[str]:
        while (due := self.engine.deadline()) is not None and due <= until:
            self._now = max(self._now, due)
            yield from self._take(self.engine.tick(self._now))
        self._now = until

    def _act(self, verb: str, args: list[str]) -> list[str]:
        if verb == "wait":
            return []
        if verb == "restart":
            self.engine = Engine.restore(self._line, Snapshot(0, 0.0), tuple(self.facts))
            return self._take(self.engine.start(self._now))
        if verb == "stops":
            return self._take(self.engine.stop(self._now))
        if verb == "sees":
            return self._handle(self._view(args))
        return self._handle(self._event(verb, args))

    def _event(self, verb: str, args: list[str]) -> e.Event:
        match verb, args:
            case "call", [who, "from", number]:
                return e.CallArrived(who, number)
            case "heard", [who]:
                return e.PlayEnded(who, self.engine.playing(who))
            case "key", [who, key]:
                return e.KeyPressed(who, key)
            case "hangs-up", [who]:
                return e.CallerHungUp(who, 16)
            case "rings", [who]:
                return e.LegRinging(self._leg(who))
            case "answers", [who]:
                return e.LegAnswered(self._leg(who))
            case "old-leg", [who, end]:
                talk = self._call(who.removesuffix("/2")).talk
                party = talk.interpreter if talk is not None and who.endswith("/2") else talk
                assert party is not None
                return e.LegEnded(party.leg_id, msgspec.convert(end, e.LegEnd))
            case "holds", [seat]:
                return e.Hold(seat)
            case "resumes", [seat]:
                return e.Resume(seat)
            case "rejoins", [seat]:
                return e.Rejoin(seat)
            case "page", [person, state]:
                return e.PhoneChanged(_page(person), state == "reachable")
            case "leg", [who, end]:
                return e.LegEnded(self._leg(who), msgspec.convert(end, e.LegEnd))
            case "recorded", [who, "failed"]:
                return e.VoicemailRecorded(who, f"{who}-V1", f"{who}-V1.wav", 0.0, ok=False)
            case "recorded", [who, seconds]:
                return e.VoicemailRecorded(who, f"{who}-V1", f"{who}-V1.wav", float(seconds))
            case "ready", [seat]:
                return e.Ready(seat)
            case "not-ready", [seat, reason]:
                return e.NotReady(seat, reason)
            case "end-wrapup", [seat]:
                return e.EndWrapup(seat)
            case "sign-out", [seat]:
                return e.SignOut(seat)
            case "seat-hangs-up", [seat]:
                return e.HangUp(seat)
            case "phone", [phone, state]:
                return e.PhoneChanged(phone, state == "reachable")
            case "picks-up", [who]:
                return e.CallArrived(who, "13800000009", ingress="trunk-out")
            case "dial", [who, end]:
                how = msgspec.convert(end, Literal["no_answer", "rejected", "busy", "unreachable"])
                return e.DialEnded(who, how)
            case "keeps", ["nobody", number]:
                return e.OwnersChanged({number: ("", 0.0)})
            case "keeps", [person, number]:
                return e.OwnersChanged({number: (person, START + 86400)})
            case "policy", [name]:
                return e.PolicyChanged(POLICIES[name], "chief")
            case "loses", []:
                return e.PbxLost()
            case "served", [who, outcome]:
                served = msgspec.convert(outcome, Literal["answered", "voicemail", "abandoned"])
                return e.FallbackServed(who, "13800000009", START, self._now, served)
            case "refuses", [command, who, reason]:
                leg = self._leg(who) if command in ("RingSeat", "Connect") else ""
                play = self.engine.playing(who) if command == "Play" else ""
                return e.CommandRefused(command, who.removesuffix("/2"), leg, play, reason)
        raise ValueError(f"a story has no line like: {verb} {args}")

    def _view(self, names: list[str]) -> e.PbxSeen:
        channels: list[e.SeenChannel] = []
        bridges: dict[str, tuple[str, ...]] = {}
        away = tuple(name.removesuffix("/away") for name in names if name.endswith("/away"))
        dials = tuple(name.removesuffix("/dial") for name in names if name.endswith("/dial"))
        for name in names:
            who = name.partition("/")[0]
            if name.endswith(("/away", "/dial")):
                continue
            if name.endswith("/leg2"):
                up = self._call(who).talk is not None
                channels.append(e.SeenChannel(who, self._leg(f"{who}/2"), up=up))
                for bridge in bridges:
                    bridges[bridge] += (self._leg(f"{who}/2"),)
            elif name != who:
                channels.append(
                    e.SeenChannel(who, self._leg(who), up=self._call(who).talk is not None)
                )
                talk = self._call(who).talk
                if talk is not None:
                    bridges[talk.bridge_id] = (talk.leg_id,) if talk.apart else (who, talk.leg_id)
            else:
                channels.append(e.SeenChannel(who, up=True, caller_number="13800000009"))
        return e.PbxSeen(self._now, tuple(channels), bridges, away, reconnected=True, dials=dials)

    def _call(self, who: str) -> Call:
        return self.engine.state.calls[who]

    def _leg(self, who: str) -> str:
        who, second, _ = who.partition("/2")
        call = self.engine.state.calls.get(who)
        talk = call.talk if call is not None else None
        party = talk.interpreter if talk is not None and second else talk
        if party is not None and party.rejoin_leg:
            return party.rejoin_leg
        offer = (call.second if second else call.offer) if call is not None else None
        ours = party or offer
        return ours.leg_id if ours is not None else f"{who}-L{2 if second else 1}"

    def _handle(self, event: e.Event) -> list[str]:
        return self._take(self.engine.handle(event, self._now))

    def _take(self, step: Step) -> list[str]:
        self.facts += step.facts
        told = [f"  {fact.at - START:g} {_words(fact.body)}" for fact in step.facts]
        told += [f"    do {_words(command)}" for command in step.commands]
        if step.refusal is not None:
            told.append(f"  refused {step.refusal.code} {step.refusal.field}")
        return told


def played(story: str, line: Line) -> list[Fact]:
    """The facts of tests/stories/`story`.txt."""
    stage = Stage(line)
    for told in (STORIES / f"{story}.txt").read_text("utf-8").splitlines():
        if told and not told.startswith(("#", " ")):
            stage.tell(told)
    return stage.facts


def _page(person: str) -> str:
    """The account of a person's phone in the browser, made of the name."""
    return f"web{person.encode().hex():0<20.20}"


def _words(said: Command | msgspec.Struct) -> str:
    """`Offered A seat_id=8001 …`: the call first, then what is not empty."""
    fields = msgspec.to_builtins(said)
    words = [fields["type"]] + ([fields["call_id"]] if "call_id" in fields else [])
    if isinstance(fields.get("policy"), dict):
        del fields["policy"]  # the whole of it; its version stands beside
    for name, value in fields.items():
        if name not in _QUIET and value not in ("", None, {}, [], (), 0, False):
            words.append(f"{name}={_short(value)}")
    return " ".join(words)


def _short(value: object) -> str:
    match value:
        case float() if value >= START:
            return f"@{value - START:g}"
        case bool():
            return "yes"
        case float():
            return f"{value:g}" if value == round(value, 1) else f"{value:.1f}"
        case dict():
            return ",".join(f"{k}={_short(v)}" for k, v in value.items())
        case list() | tuple():
            return "+".join(map(_short, value))
        case _:
            return str(value)
