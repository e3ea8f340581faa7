"""What became of each simulated call: a fold over its facts, nothing besides.

Keeps one small record for each call and no fact; `taken` hands the calls over once they are
closed. Never asks the engine anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from router import facts as f


class Taken(msgspec.Struct):
    """One call that asked for a human. Times are epoch seconds."""

    id: str
    language: str
    service: str
    queued_at: float
    waited_s: float = 0.0
    """Until the answer, the hang-up, or the invitation to leave a message."""
    seat_id: str = ""
    """Who answered; empty: nobody did."""
    provider: str = ""
    talk_s: float = 0.0
    rung: int = 0
    left: bool = False
    """Hung up while waiting."""


class Tally:
    """Give `record` to the world. Calls that never asked for a human are counted only."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.calls = 0
        self.facts = 0
        self.offers = 0
        self._open: dict[str, Taken] = {}
        self._of: dict[type[Any], Callable[[Any, float], None]] = {
            f.CallOpened: self._opened,
            f.Queued: self._queued,
            f.Offered: self._offered,
            f.Connected: self._connected,
            f.TalkEnded: self._talked,
            f.VoicemailInvited: self._invited,
            f.CallClosed: self._closed,
        }

    def record(self, facts: Sequence[f.Fact]) -> None:
        self.facts += len(facts)
        for fact in facts:
            do = self._of.get(type(fact.body))
            if do is not None:
                do(fact.body, fact.at)

    def _opened(self, _body: f.CallOpened, _at: float) -> None:
        self.calls += 1

    def _queued(self, body: f.Queued, at: float) -> None:
        self._open[body.call_id] = Taken(body.call_id, body.language, body.service, at)

    def _offered(self, _body: f.Offered, _at: float) -> None:
        self.offers += 1

    def _connected(self, body: f.Connected, at: float) -> None:
        call = self._open[body.call_id]
        if not call.seat_id:
            call.seat_id, call.provider = body.seat_id, body.provider
            call.waited_s = at - call.queued_at

    def _talked(self, body: f.TalkEnded, _at: float) -> None:
        self._open[body.call_id].talk_s += body.talk_s

    def _invited(self, body: f.VoicemailInvited, at: float) -> None:
        call = self._open.get(body.call_id)
        if call is not None and not call.waited_s:
            call.waited_s = at - call.queued_at

    def _closed(self, body: f.CallClosed, at: float) -> None:
        call = self._open.pop(body.call_id, None)
        if call is None:
            return
        if body.outcome in ("abandoned_queue", "abandoned_ringing"):
            call.left, call.waited_s = True, at - call.queued_at
        self.taken.append(call)
