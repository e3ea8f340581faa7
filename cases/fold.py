"""Facts → rows: how a call, its legs and offers, and the duty ledger look in the database. PURE.

The fold holds the rows of live calls and open seat spells; whoever uses it hands in the rows of
calls it does not hold (`strangers`) before `apply`, and takes away what changed (`harvest`). After
a failed write it is thrown away, never mended: the database and the log know everything.

A fact about a call that nobody has (its opening was let go by retention) changes no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from cases import rows
from cases.callbacks import Callbacks, Changes
from cases.duty import Duty
from cases.region import Region, no_region
from cases.rows import Row
from router import facts as f
from router.call import Call
from router.events import call_of, is_dial

_COUNTER: dict[f.Stage, str] = {
    "greeting": "ivr_s",
    "menu": "ivr_s",
    "queue": "queue_s",
    "ringing": "ring_s",
    "talking": "talk_s",
    "rating": "rating_s",
    "fallback": "fallback_s",
    "voicemail": "voicemail_s",
    "callback": "queue_s",
}
"""End of the id under which the engine enters a call that it had held before the fallback took
it over: the same telephone call, and the same recording, as the one without."""


class Harvest(msgspec.Struct, frozen=True):
    """Rows to write. `calls`, `legs`, `offers`, `spells` replace what is there; the rest are new.

    `slips` are (call_id, opened_at): numbers are given where the running number is kept.
    """

    calls: list[Row]
    legs: list[Row]
    offers: list[Row]
    spells: list[Row]
    ratings: list[Row]
    recordings: list[Row]
    voicemails: list[Row]
    slips: list[tuple[str, float]]
    callbacks: Changes


class _Held(msgspec.Struct):
    """A live call with what hangs on it, by id."""

    call: Row
    legs: dict[str, Row] = {}
    offers: dict[str, Row] = {}


class Fold:
    """`region`: where a number was given out."""

    def __init__(self, open_spells: Iterable[Row] = (), region: Region = no_region) -> None:
        self._region = region
        self._held: dict[str, _Held] = {}
        self._duty = Duty(open_spells)
        self._callbacks = Callbacks()
        self._clear()

    def _clear(self) -> None:
        self._touched: dict[str, None] = {}
        self._ratings: dict[str, Row] = {}
        self._recordings: dict[str, Row] = {}
        self._voicemails: dict[str, Row] = {}
        self._slips: list[tuple[str, float]] = []

    def strangers(self, facts: Sequence[f.Fact]) -> set[str]:
        """Calls that `facts` speak of, that are not held here and not opened by the facts."""
        opened: set[str] = set()
        strangers: set[str] = set()
        for fact in facts:
            call_id = getattr(fact.body, "call_id", "")
            if isinstance(fact.body, f.CallOpened):
                opened.add(call_id)
            elif call_id and call_id not in opened and call_id not in self._held:
                strangers.add(call_id)
        return strangers

    def take_in(self, calls: Iterable[Row], legs: Iterable[Row], offers: Iterable[Row]) -> None:
        """Rows from the database of calls that `strangers` named."""
        for row in calls:
            self._held[row["call_id"]] = _Held(row)
        for row in legs:
            self._held[row["call_id"]].legs[row["leg_id"]] = row
        for row in offers:
            self._held[row["call_id"]].offers[row["offer_id"]] = row

    def harvest(self) -> Harvest:
        """What changed since the last harvest; ended calls are not held any longer."""
        touched = [self._held[call_id] for call_id in self._touched]
        harvest = Harvest(
            [held.call for held in touched],
            [leg for held in touched for leg in held.legs.values()],
            [offer for held in touched for offer in held.offers.values()],
            self._duty.harvest(),
            list(self._ratings.values()),
            list(self._recordings.values()),
            list(self._voicemails.values()),
            self._slips,
            self._callbacks.harvest(),
        )
        for held in touched:
            if held.call["ended_at"] is not None:
                del self._held[held.call["call_id"]]
        self._clear()
        return harvest

    def apply(self, fact: f.Fact) -> None:
        """Fold the next fact."""
        body, at = fact.body, fact.at
        match body:
            case f.CallOpened():
                self._open(body, at)
            case f.FallbackImported():
                self._import(body)
            case _:
                held = self._held.get(getattr(body, "call_id", ""))
                if held is not None:
                    self._touched[held.call["call_id"]] = None
                    self._apply_to_call(held, body, at)
        self._duty.apply(fact)
        self._callbacks.apply(fact)

    def _open(self, body: f.CallOpened, at: float) -> None:
        call = rows.call_row(
            body.call_id,
            at,
            caller_number=body.caller_number,
            number_region=self._region(body.caller_number),
            caller_name=body.caller_name,
            dialled=body.dialled,
            ingress=body.ingress,
            within_hours=body.within_hours,
            line_version=body.line_version,
            callback_id=body.callback_id,
        )
        self._hold(call)

    def _import(self, body: f.FallbackImported) -> None:
        answered = body.outcome == "fallback_answered"
        call = rows.call_row(
            body.call_id,
            body.started_at,
            caller_number=body.caller_number,
            number_region=self._region(body.caller_number),
            stage="talking" if answered else "voicemail" if body.voicemail_path else "queue",
            outcome=body.outcome,
            ended_at=body.ended_at,
            counting=None,
            counted_at=body.ended_at,
            fallback=True,
            fallback_by=body.answered_by,
            callback_id=call_of(body.call_id) if is_dial(body.call_id) else "",
        )
        if self._hold(call):
            self._held[body.call_id].legs[body.call_id]["ended_at"] = body.ended_at
        elif not _end_in_fallback(self._held[body.call_id], body):
            return
        self._touched[body.call_id] = None
        self._recordings[body.call_id] = rows.call_recording(body.call_id, body.ended_at)
        if body.voicemail_path:
            kept = f.VoicemailKept(
                body.call_id, f"{body.call_id}-V1", body.voicemail_path, body.voicemail_seconds
            )
            self._keep_voicemail(kept, "fallback", body.ended_at)

    def _hold(self, call: Row) -> bool:
        """Begin with a call; False when it is known already."""
        call_id = call["call_id"]
        if call_id in self._held:
            return False
        leg = rows.caller_leg(call_id, call["opened_at"])
        self._held[call_id] = _Held(call, {call_id: leg})
        self._touched[call_id] = None
        self._slips.append((call_id, call["opened_at"]))
        return True

    def _apply_to_call(self, held: _Held, body: f.Body, at: float) -> None:
        call = held.call
        match body:
            case f.KeyTaken():
                call["language"] = body.language or call["language"]
                call["service"] = body.service or call["service"]
            case f.Queued():
                call["language"], call["service"] = body.language, body.service
                if call["queued_at"] is None:
                    # Whom we rang keeps an older place, and waits at the phone from now on.
                    call["queued_at"] = at if call["callback_id"] else body.entered_at
            case f.Offered() | f.OfferRang() | f.OfferEnded():
                _apply_to_offer(held, body, at)
            case f.Connected():
                _connect(held, body, at)
            case f.SeatAway():
                _end_leg(held.legs.get(body.leg_id), at, None, body.cause)
            case f.InterpreterJoined():
                _pick_up(held.legs.get(body.leg_id), at)
            case f.InterpreterLeft():
                _end_leg(held.legs.get(body.leg_id), at, None, None)
            case f.RejoinRung():
                interprets = ("interpreter", body.seat_id) in {
                    (leg["kind"], leg["seat_id"]) for leg in held.legs.values()
                }
                held.legs[body.leg_id] = rows.seat_leg(body, at, interprets=interprets)
            case f.RejoinEnded():
                _end_leg(held.legs.get(body.leg_id), at, None, body.cause)
            case f.Rejoined():
                _rejoin(held, body, at)
            case f.TalkEnded():
                call["talk_ended_by"] = body.by
                call["hold_s"] += body.hold_s
                _end_leg(held.legs.get(body.leg_id), at, body.by, None)
            case f.Rated() | f.RatingMissed():
                # One per service act, and the first stands: a rating is never changed.
                self._ratings.setdefault(body.leg_id, rows.rating_row(body, at))
            case f.CallbackAsked():
                _stop_waiting(call, at)
            case f.VoicemailInvited():
                call["voicemail_why"] = body.why
                _stop_waiting(call, at)
            case f.VoicemailKept():
                self._keep_voicemail(body, call["voicemail_why"] or "chosen", at)
            case _:
                pass
        if call["ended_at"] is None:
            _count(call, body, at)
            if isinstance(body, f.CallClosed):
                _close(held, body, at)
                self._recordings[call["call_id"]] = rows.call_recording(call["call_id"], at)

    def _keep_voicemail(self, body: f.VoicemailKept, why: str, at: float) -> None:
        recording, message = rows.voicemail_rows(body, why, at)
        self._recordings[body.recording_id] = recording
        self._voicemails[body.recording_id] = message


def _apply_to_offer(held: _Held, body: f.Offered | f.OfferRang | f.OfferEnded, at: float) -> None:
    if isinstance(body, f.Offered):
        held.call["offers"] += body.role != "interpreter"  # of a pair one
        held.call["ringing_at"] = held.call["ringing_at"] or at
        held.offers[body.offer_id] = rows.offer_row(body, at)
        interprets = body.role == "interpreter"
        held.legs[body.leg_id] = rows.seat_leg(body, at, interprets=interprets)
        return
    offer = held.offers.get(body.offer_id)
    if offer is None or offer["ended_at"] is not None:
        return
    leg = held.legs.get(offer["leg_id"])
    if isinstance(body, f.OfferRang):
        offer["rang_at"] = at
        if leg is not None:
            leg["rang_at"] = at
        return
    offer["ended_at"], offer["end"] = at, body.end
    offer["cause"], offer["rang_s"] = body.cause, body.rang_s
    if body.end != "answered":
        _end_leg(leg, at, None, body.cause)


def _connect(held: _Held, body: f.Connected, at: float) -> None:
    call = held.call
    if call["answered_at"] is None:
        call["answered_at"], call["wait_s"] = at, body.waited_s
    call["seat_id"], call["person_id"] = body.seat_id, body.person_id
    call["provider"] = body.provider
    _pick_up(held.legs.get(body.leg_id), at)


def _rejoin(held: _Held, body: f.Rejoined, at: float) -> None:
    if body.leg_id == body.old_leg_id:
        return
    _end_leg(held.legs.get(body.old_leg_id), at, None, None)
    _pick_up(held.legs.get(body.leg_id), at)


def _pick_up(leg: Row | None, at: float) -> None:
    """From here on the leg is in the talk."""
    if leg is not None:
        leg["answered_at"] = at


def _end_leg(leg: Row | None, at: float, by: str | None, cause: int | None) -> None:
    if leg is not None and leg["ended_at"] is None:
        leg["ended_at"], leg["ended_by"], leg["cause"] = at, by, cause


def _end_in_fallback(held: _Held, body: f.FallbackImported) -> bool:
    """Close a call that waited with us and was served by the dialplan; False: it had ended.

    We heard of its going later than it went, perhaps later than it ended: what was counted as
    waiting too long is taken back, so that the stages still add up to the call.
    """
    call = held.call
    if call["ended_at"] is not None:
        return False
    left = body.ended_at - call["counted_at"]
    call["fallback_s"] += max(0.0, left)
    call["queue_s"] += min(0.0, left)
    _stop_waiting(call, body.ended_at)
    call["outcome"], call["ended_at"], call["counting"] = body.outcome, body.ended_at, None
    call["fallback"], call["fallback_by"] = True, body.answered_by
    for leg in held.legs.values():
        _end_leg(leg, body.ended_at, "caller", None)
    return True


def _close(held: _Held, body: f.CallClosed, at: float) -> None:
    call = held.call
    _stop_waiting(call, at)
    call["outcome"], call["stage"], call["ended_at"] = body.outcome, body.stage, at
    call["hangup_by"], call["cause"], call["healed"] = body.by, body.cause, body.healed
    call["counting"] = None
    for leg in held.legs.values():
        _end_leg(leg, at, body.by, body.cause if leg["kind"] == "caller" else None)


def _stop_waiting(call: Row, at: float) -> None:
    if call["queued_at"] is not None and call["wait_s"] is None:
        call["wait_s"] = at - call["queued_at"]


def _count(call: Row, body: f.Body, at: float) -> None:
    """Add the seconds of a stage when it ends. What follows a talk counts as rating time."""
    view = Call("", "", "", "", "", call["opened_at"], True, stage=call["stage"])
    view.apply(body, at)
    counter = call["counting"]
    if isinstance(body, f.TalkEnded):
        counter = "rating_s"
    elif view.stage != call["stage"]:
        call["stage"], counter = view.stage, _COUNTER[view.stage]
    if counter != call["counting"] or isinstance(body, f.CallClosed):
        call[call["counting"]] += at - call["counted_at"]
        call["counting"], call["counted_at"] = counter, at
