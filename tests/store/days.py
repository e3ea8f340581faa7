"""Facts as the real engine records them: a seeded day of callers and seats, in virtual time.

Ids are drawn from what exists. The same seed gives the same facts.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from router import commands as c
from router import events as e
from router import facts as f
from router.engine import Engine, Step
from router.state import State
from tests.router.line import LINE

SKILLS = (
    {"lang:cmn": 3, "law:general": 3},
    {"lang:cmn": 3, "law:labour": 4},
    {"lang:cmn": 2, "lang:khg": 5, "law:general": 2},
)
PHONES = ("sip1", f"web{2:020x}", f"web{3:020x}")
"""Two of the seats have their phones in a browser."""
MORNING = 1_795_312_800.0
NAMES = ("", "བསོད་ནམས", "ꆈꌠ", "张\u2028三", "nul\x00name")
WAYS = ("", "0", "11", "12", "13", "2", "9", "99990")


class Day:
    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.seed = seed
        self.now = MORNING
        self.engine = Engine(LINE, State())
        self.facts: list[f.Fact] = []
        self.callers: list[str] = []
        self.legs: dict[str, bool] = {}
        self.plays: dict[str, str] = {}
        self.messages: dict[str, str] = {}
        self.count = 0
        self._take(self.engine.start(self.now))
        self._handle(e.PbxSeen(self.now, ()))
        for number, skills in enumerate(SKILLS, start=1):
            seat = f"800{number}"
            self._handle(e.PhoneChanged(PHONES[number - 1], True))
            self._handle(e.SignIn(seat, f"p{number}", PHONES[number - 1], skills, "staff"))
            self._handle(e.Ready(seat))

    def live(self, steps: int) -> list[f.Fact]:
        """So many things happen; returns all facts so far."""
        doings: list[tuple[int, Callable[[], None]]] = [
            (3, self._time), (3, self._arrive), (1, self._hang_up), (2, self._key),
            (4, self._prompt), (3, self._ring), (3, self._answer), (2, self._leg_end),
            (2, self._message), (1, self._fallback), (2, self._seat), (1, self._lose),
        ]  # fmt: skip
        weights, moves = zip(*doings, strict=True)
        for _ in range(steps):
            self.chance.choices(moves, weights)[0]()
        return self.facts

    def end(self) -> list[f.Fact]:
        """Everybody hangs up, Asterisk is empty, and time goes on until nothing more is due."""
        for call_id in list(self.callers):
            self._gone(call_id)
        # More than one look: what changed a moment before a look is left alone by it.
        for _ in range(4):
            self._pass(7.25)
            self._handle(e.PbxSeen(self.now, ()))
        self._pass(10_000)
        return self.facts

    def _take(self, step: Step) -> None:
        self.facts += step.facts
        for command in step.commands:
            match command:
                case c.RingSeat():
                    self.legs[command.leg_id] = False
                case c.CancelLeg():
                    self.legs.pop(command.leg_id, None)
                case c.Play():
                    self.plays[command.call_id] = command.play_id
                case c.RecordVoicemail():
                    self.messages[command.call_id] = command.recording_id
                case c.Dismiss() if command.call_id in self.callers:
                    self._gone(command.call_id)
                case _:
                    pass

    def _handle(self, event: e.Event) -> None:
        self._take(self.engine.handle(event, self.now))

    def _pick(self, things: object) -> str | None:
        found = sorted(things)  # type: ignore[call-overload]
        return self.chance.choice(found) if found else None

    def _pass(self, seconds: float) -> None:
        until = self.now + seconds
        while (due := self.engine.deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self._take(self.engine.tick(self.now))
        self.now = until

    def _time(self) -> None:
        self._pass(self.chance.choice((0.0, 0.25, 1.5, 7.0, 30.0, 200.0)))

    def _arrive(self) -> None:
        if len(self.callers) < 6:
            self.count += 1
            call_id = f"{self.seed}.{self.count}"
            self.callers.append(call_id)
            number = f"1380000{self.count:04d}"
            self._handle(e.CallArrived(call_id, number, self.chance.choice(NAMES), "12348", "t1"))
            for key in self.chance.choice(WAYS):
                self._handle(e.KeyPressed(call_id, key))

    def _gone(self, call_id: str) -> None:
        self.callers.remove(call_id)
        self.plays.pop(call_id, None)
        self._handle(e.CallerHungUp(call_id, 16))

    def _hang_up(self) -> None:
        if call_id := self._pick(self.callers):
            self._gone(call_id)

    def _key(self) -> None:
        if call_id := self._pick(self.callers):
            self._handle(e.KeyPressed(call_id, self.chance.choice("0123459*#")))

    def _prompt(self) -> None:
        if call_id := self._pick(self.plays):
            self._handle(e.PlayEnded(call_id, self.plays.pop(call_id)))

    def _ring(self) -> None:
        if leg_id := self._pick(self.legs):
            self._handle(e.LegRinging(leg_id))

    def _answer(self) -> None:
        if leg_id := self._pick(leg for leg, up in self.legs.items() if not up):
            self.legs[leg_id] = True
            self._handle(e.LegAnswered(leg_id))

    def _leg_end(self) -> None:
        if leg_id := self._pick(self.legs):
            up = self.legs.pop(leg_id)
            ends: tuple[e.LegEnd, ...] = ("rejected", "busy", "no_answer", "unreachable")
            end: e.LegEnd = "hung_up" if up else self.chance.choice(ends)
            self._handle(e.LegEnded(leg_id, end, 17))

    def _message(self) -> None:
        if call_id := self._pick(self.messages):
            name, seconds = self.messages.pop(call_id), self.chance.choice((0.5, 12.0))
            self._handle(e.VoicemailRecorded(call_id, name, f"{name}.wav", seconds))

    def _fallback(self) -> None:
        self.count += 1
        outcome = self.chance.choice(("answered", "voicemail", "abandoned"))
        call_id = self._pick(self.callers) if self.chance.random() < 0.3 else None
        call_id = call_id or f"{self.seed}.{self.count}"
        if call_id in self.callers:
            self.callers.remove(call_id)
            self.plays.pop(call_id, None)
        path = f"{call_id}-fallback.wav" if outcome == "voicemail" else ""
        began = self.now - 60
        self._handle(
            e.FallbackServed(call_id, "083655500001", began, self.now, outcome, "sip1", path, 5.0)
        )

    def _seat(self) -> None:
        seat = f"800{self.chance.randint(1, 3)}"
        number = int(seat[-1])
        doings: tuple[e.Request, ...] = (
            e.Ready(seat), e.NotReady(seat, "meal"), e.EndWrapup(seat), e.HangUp(seat),
            e.SignOut(seat),
            e.SignIn(seat, f"p{number}", PHONES[number - 1], SKILLS[number - 1], "purchased"),
            e.Ready(seat), e.Hold(seat), e.Resume(seat), e.Rejoin(seat),
        )  # fmt: skip
        self._handle(self.chance.choice(doings))

    def _lose(self) -> None:
        """The router was away for a moment: some callers are gone when it looks again."""
        seen = tuple(
            e.SeenChannel(call_id, up=True)
            for call_id in self.callers
            if self.chance.random() < 0.8
        )
        legs = tuple(
            e.SeenChannel(e.call_of(leg), leg, up) for leg, up in sorted(self.legs.items())
        )
        self._pass(5.0)
        left = {ch.call_id for ch in seen}
        self.callers = [call_id for call_id in self.callers if call_id in left]
        self._handle(e.PbxSeen(self.now, seen + legs, {}, reconnected=True))


def a_day(seed: int, steps: int = 150) -> list[f.Fact]:
    """A whole day: everybody has hung up at its end."""
    day = Day(seed)
    day.live(steps)
    return day.end()
