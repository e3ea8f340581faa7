"""Facts → the rows of callbacks and of each time their callers were rung. PURE.

A callback lives on when its call is long over, and changes seldom: nothing is held here, every fact
is an insert or sets some columns of a row that is there.
"""

from __future__ import annotations

import msgspec

from cases.rows import Row
from router import facts as f


class Changes(msgspec.Struct):
    """To be carried out in this order. `ended`: rows with `callback_id`, `tried`: with `call_id`,
    and the columns to set."""

    asked: list[Row] = []
    dialled: list[Row] = []
    tried: list[Row] = []
    ended: list[Row] = []


class Callbacks:
    """Collects changes until `harvest`."""

    def __init__(self) -> None:
        self._changes = Changes()
        self._kept: dict[str, tuple[str, str]] = {}
        """Call that is about to be made → seat and person; the next fact dials it."""

    def harvest(self) -> Changes:
        changes, self._changes = self._changes, Changes()
        return changes

    def apply(self, fact: f.Fact) -> None:
        body, at = fact.body, fact.at
        match body:
            case f.CallbackAsked():
                self._changes.asked.append(
                    {
                        "callback_id": body.callback_id,
                        "call_id": body.call_id,
                        "state": "waiting",
                        "why": None,
                        "attempts": 0,
                        "reached_call_id": None,
                        "entered_at": body.entered_at,
                        "asked_at": at,
                        "ended_at": None,
                    }
                )
            case f.SeatReserved():
                self._kept = {body.call_id: (body.seat_id, body.person_id)}
            case f.CallerDialled():
                seat_id, person_id = self._kept.pop(body.call_id, ("", ""))
                self._changes.dialled.append(
                    {
                        "call_id": body.call_id,
                        "callback_id": body.callback_id,
                        "attempt": body.attempt,
                        "seat_id": seat_id,
                        "person_id": person_id,
                        "dialled_at": at,
                        "ended_at": None,
                        "end": None,
                        "cause": None,
                    }
                )
            case f.DialEnded():
                self._tried(body.call_id, at, body.end, body.cause)
            case f.CallbackReached():
                self._tried(body.call_id, at, "answered", None)
                self._ended(
                    body.callback_id,
                    at,
                    "reached",
                    attempts=body.attempt,
                    reached_call_id=body.call_id,
                )
            case f.CallbackGivenUp():
                self._ended(body.callback_id, at, "given_up", attempts=body.attempts, why=body.why)
            case _:
                pass

    def _tried(self, call_id: str, at: float, end: str, cause: int | None) -> None:
        self._changes.tried.append({"call_id": call_id, "ended_at": at, "end": end, "cause": cause})

    def _ended(self, callback_id: str, at: float, state: str, **known: object) -> None:
        row = {"callback_id": callback_id, "state": state, "why": None, "reached_call_id": None}
        self._changes.ended.append({**row, **known, "ended_at": at})
