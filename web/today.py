"""The counters of one local day as a PURE fold of facts, and the day's indicators made of them.

A call belongs to the day on which it came, as in the rows of the store and in the report: a call
of before midnight counts to yesterday however long it lasts, and what is counted of a day ties out
at every moment (`offered == sum of the outcomes + open`). A call that talks counts as answered from
the answer on. Never shows a call, never counts what no fact says (seat hours, messages handled).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

import msgspec

from config.model import Line, Targets
from reports.indicators import INDICATORS, WITHIN_S, Counts, value
from router import facts as f
from router.events import is_dial
from router.state import Snapshot
from web.views import Figure, Today

LONGEST_S: Final = 3 * 3600.0
"""A call of yesterday that lasts on is known to be one when it came within this of midnight."""
NOTHING: Final = Snapshot(0, 0.0)
COUNTED: Final[tuple[type[f.Body], ...]] = (
    f.CallOpened,
    f.CallbackAsked,
    f.CallbackGivenUp,
    f.Queued,
    f.Connected,
    f.TalkEnded,
    f.Rated,
    f.RatingMissed,
    f.VoicemailKept,
    f.CallClosed,
    f.FallbackImported,
)
"""Facts that change a counter: what `Deps.history` must bring."""

_UNSAID: Final = {"messages_handled", "seat_s", "seat_purchased_s"}
"""Counters that no fact of the day's calls says."""

SHOWN: Final = tuple(
    one for one in INDICATORS.values() if not _UNSAID & {*one.numerator, *one.denominator}
)
"""The indicators of the wall, in the dictionary's order."""


Sums = defaultdict[str, float]
"""Counter of `Counts` → so far."""


class _Tally(msgspec.Struct):
    """What is known of one call of the day, enough to count it. Times are epoch seconds."""

    opened_at: float
    queued_at: float | None = None
    special: bool = False
    """Wanted another language or service than the line's default ones."""
    answered: bool = False
    wait_s: float = 0.0
    provider: str = ""
    talk_s: float = 0.0
    ratings: dict[str, str] = {}
    """Service act → counter; the first rating of an act stands, the last act's is counted."""
    messages: set[str] = set()
    outcome: f.Outcome | None = None
    left_s: float = 0.0

    def add_to(self, total: Sums) -> None:
        """Count the call by the definitions of `reports.indicators.Counts`."""
        answered = self.answered and self.outcome in (None, "answered")
        total["offered"] += 1
        total["answered" if answered else self.outcome or "open"] += 1
        total["talk_s"] += self.talk_s
        total["messages"] += len(self.messages)
        for counter in list(self.ratings.values())[-1:]:
            total[counter] += 1
        if self.queued_at is None:
            return
        total["queued"] += 1
        total["specialist_queued"] += self.special
        if answered:
            total["specialist_answered"] += self.special
            total["answered_purchased"] += self.provider == "purchased"
            total["wait_s"] += self.wait_s
            total["entry_s"] += self.queued_at - self.opened_at
            for most in WITHIN_S:
                total[f"within_{most}"] += self.wait_s <= most
        elif self.outcome in ("abandoned_queue", "abandoned_ringing"):
            total["left_s"] += self.left_s


class Day:
    """The day that holds epoch second `now` where the centre is.

    `began`: the state from which facts follow. What it holds already is counted after `recall`.
    """

    def __init__(
        self, line: Line, targets: Targets, zone: tzinfo, now: float, began: Snapshot = NOTHING
    ) -> None:
        self._line = line
        self._targets = targets
        self._zone = zone
        self._began = began.seq
        self._whole = not began.seq
        self._begin(datetime.fromtimestamp(now, zone).date())
        for call in began.calls:
            (self._older if call.opened_at < self.starts else self._unknown).add(call.id)

    def _begin(self, day: date) -> None:
        self.day = day
        self.starts, self.ends = (
            datetime.combine(day + timedelta(days=days), time(), self._zone).timestamp()
            for days in (0, 1)
        )
        """The day's first second, and the next day's (epoch)."""
        self._live: dict[str, _Tally] = {}
        self._unknown: set[str] = set()
        """Live calls of the day that `recall` is to bring."""
        self._older: set[str] = set()
        """Live calls that came on another day."""
        self._asked: set[str] = set()
        """Callbacks that calls of the day asked for and that have not come to an end."""
        self._rung: dict[str, str] = {}
        """Calls by which we rang somebody back and nobody has answered yet → callback."""
        self._over: Sums = defaultdict(float)
        """Of the day's calls that have ended."""
        self._unplaced: list[f.Fact] = []

    @property
    def whole(self) -> bool:
        return self._whole

    @property
    def wants_since(self) -> float:
        """Facts from here on (epoch s) are enough for `recall`."""
        return self.starts - LONGEST_S

    def turn(self, now: float) -> bool:
        """Whether a new day has begun by `now`; it starts from nothing."""
        if now < self.ends:
            return False
        older = self._older | self._unknown | self._live.keys()
        self._begin(datetime.fromtimestamp(now, self._zone).date())
        self._older = older
        self._whole = True
        return True

    def recall(self, history: Iterable[f.Fact]) -> None:
        """Count what was before the beginning. `history`: counted facts since `wants_since`."""
        before = Day(self._line, self._targets, self._zone, self.starts)
        for fact in history:
            if fact.seq <= self._began:
                before.apply(fact)
        for fact in self._unplaced:
            before.apply(fact)
        self._live = before._live | self._live
        self._asked |= before._asked
        self._rung = before._rung | self._rung
        self._unknown = set()
        for name, amount in before._over.items():
            self._over[name] += amount
        self._unplaced = []
        self._whole = True

    def apply(self, fact: f.Fact) -> bool:
        """Fold the next fact; whether a counter may have changed. Call `turn` before."""
        body = fact.body
        match body:
            case f.CallOpened() if body.callback_id:
                self._older.add(body.call_id)  # we rang: no call that came
                self._rung[body.call_id] = body.callback_id
                return False
            case f.Connected() if body.call_id in self._rung:
                return self._callback("callbacks_answered", self._rung.pop(body.call_id), fact)
            case f.CallbackAsked():
                if body.call_id in self._live:
                    self._asked.add(body.callback_id)
                    return False
                return self._not_placed(fact)
            case f.CallbackGivenUp():
                return self._callback("callbacks_given_up", body.callback_id, fact)
            case f.CallOpened():
                if self._open(body.call_id, fact.at):
                    return True
                self._older.add(body.call_id)
                return False
            case f.FallbackImported():
                return self._import(fact, body)
            case _ if isinstance(body, COUNTED):
                call_id = getattr(body, "call_id", "")
                tally = self._live.get(call_id)
                if tally is None:
                    if isinstance(body, f.CallClosed):
                        self._older.discard(call_id)
                        self._unknown.discard(call_id)
                    return self._not_placed(fact)
                self._tell(tally, body, fact.at)
                if tally.outcome is not None:
                    self._end(call_id)
                return True
            case _:
                return False

    def _callback(self, counter: str, callback_id: str, fact: f.Fact) -> bool:
        """What came of a callback, counted to the day on which the caller had called."""
        if callback_id not in self._asked:
            return self._not_placed(fact)
        self._asked.remove(callback_id)
        self._over[counter] += 1
        return True

    def _not_placed(self, fact: f.Fact) -> bool:
        # Of another day, or of a call from before the beginning.
        if not self._whole:
            self._unplaced.append(fact)
        return False

    def _open(self, call_id: str, at: float) -> bool:
        if not self.starts <= at < self.ends:
            return False
        self._live[call_id] = _Tally(at)
        return True

    def _end(self, call_id: str) -> None:
        """Of a call of the day."""
        self._live.pop(call_id).add_to(self._over)

    def _import(self, fact: f.Fact, body: f.FallbackImported) -> bool:
        """The same call, if it waited with us before; else one that only the dialplan saw."""
        if is_dial(body.call_id):
            return False  # we rang: no call that came
        if body.call_id in self._older:
            self._older.remove(body.call_id)
            return False
        if body.call_id not in self._live:
            self._unknown.discard(body.call_id)
            if not self._whole:
                return self._not_placed(fact)
            if not self._open(body.call_id, body.started_at):
                return False
        tally = self._live[body.call_id]
        tally.outcome = body.outcome
        if body.voicemail_path:
            tally.messages.add(f"{body.call_id}-V1")  # as the store names it
        self._end(body.call_id)
        return True

    def _tell(self, tally: _Tally, body: f.Body, at: float) -> None:
        match body:
            case f.Queued():
                if tally.queued_at is None:
                    tally.queued_at = body.entered_at
                tally.special = (body.language, body.service) != (
                    self._line.default_language,
                    self._line.default_service,
                )
            case f.Connected():
                if not tally.answered:
                    tally.answered, tally.wait_s = True, body.waited_s
                tally.provider = body.provider
            case f.TalkEnded():
                tally.talk_s += body.talk_s
            case f.Rated():
                tally.ratings.setdefault(body.leg_id, f"rated_{body.score}")
            case f.RatingMissed():
                tally.ratings.setdefault(body.leg_id, f"unrated_{body.why}")
            case f.VoicemailKept():
                tally.messages.add(body.recording_id)
            case f.CallClosed():
                tally.outcome = body.outcome
                tally.left_s = at - (at if tally.queued_at is None else tally.queued_at)
            case _:
                pass

    def counts(self) -> Counts:
        """As of now."""
        total = self._over.copy()
        for tally in self._live.values():
            tally.add_to(total)
        return msgspec.convert(dict(total), Counts, strict=False)

    def view(self) -> Today:
        counts = self.counts()
        figures = {one.id: _figure(one.id, one.target, counts, self._targets) for one in SHOWN}
        return Today(self.day.isoformat(), counts, figures, self._whole)


def _figure(id: str, target: str, counts: Counts, targets: Targets) -> Figure:
    found = value(id, counts)
    aim = getattr(targets, target) if target else None
    return Figure(found.n, found.d, found.value, aim)
