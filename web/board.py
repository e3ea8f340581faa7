"""The live board: a PURE fold of the router's snapshot and the facts after it into `BoardView`.

A screen that has a view and every change since has what a fresh view would show (proved in
tests/web/test_board.py). Never decides, never reads a clock, never shows a number in full.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import get_args
from zoneinfo import ZoneInfo

from cases.mask import mask_number
from cases.records import LiveCall
from config.model import SeatPlace, Settings
from router import facts as f
from router.call import Call
from router.phones import is_browser, kind
from router.state import Snapshot, State
from web import views as v
from web.notes import notes
from web.today import Day

NOTES = 50
"""Notes kept on the board."""


class Board:
    """`now`: epoch seconds; which day is counted. What was before the snapshot: see `recall`."""

    def __init__(self, snapshot: Snapshot, settings: Settings, now: float) -> None:
        self._state = State.restore(snapshot)
        self._places = {place.id: place for place in settings.seats}
        zone = ZoneInfo(settings.line.centre.timezone)
        self._day = Day(settings.line, settings.targets, zone, now, snapshot)
        self._today = self._day.view()
        self._names: dict[str, str] = {}
        self._notes: tuple[v.Note, ...] = ()
        self._parts = {"pbx": self._pbx_part()}
        self._seq = snapshot.seq
        self._order = self._waiting_order()
        known = dict.fromkeys([*self._places, *self._state.seats])
        self._seats = {seat_id: self._draw_seat(seat_id) for seat_id in known}
        self._calls = {call.id: self._draw_call(call) for call in self._state.calls.values()}
        self._queues = self._draw_queues()
        self._seat_states = self._count_seats()

    @property
    def seq(self) -> int:
        """The last fact that changed what is shown."""
        return self._seq

    @property
    def pbx_up(self) -> bool:
        return self._state.pbx_up

    def seat(self, seat_id: str) -> v.SeatView | None:
        return self._seats.get(seat_id)

    def seats(self) -> tuple[v.SeatView, ...]:
        """All places, in the order of the settings."""
        return tuple(self._seats.values())

    @property
    def folded(self) -> int:
        """The last fact that was folded, whether or not it changed what is shown."""
        return self._state.seq

    def live_call(self, call_id: str) -> LiveCall | None:
        """For `cases.access` alone: the number is in full. None: no such call is live."""
        call = self._state.calls.get(call_id)
        if call is None:
            return None
        third = call.talk.interpreter if call.talk is not None else None
        parties = (*call.rung, call.talk, third if third and not third.left_at else None)
        return LiveCall(
            call_id=call.id,
            caller_number=call.caller_number,
            language=call.language,
            service=call.service,
            stage=call.stage,
            opened_at=call.opened_at,
            entered_at=call.entered_at,
            people=tuple(party.person_id for party in parties if party is not None),
        )

    def has(self, person_id: str, call_id: str) -> bool:
        """The person sits at a seat that is offered, talks or wraps up this call."""
        return any(
            (seat.person_id, seat.call_id) == (person_id, call_id) for seat in self._seats.values()
        )

    def view(self) -> v.BoardView:
        return v.BoardView(
            self._seq,
            self._state.pbx_up,
            dict(self._seats),
            dict(self._calls),
            {phone: up for phone, up in self._state.phones.items() if not is_browser(phone)},
            dict(self._queues),
            self._seat_states,
            dict(self._parts),
            self._today,
            len(self._state.callbacks),
            self._notes,
        )

    @property
    def wants_since(self) -> float | None:
        """Since when (epoch s) `recall` wants to know the counted facts; None: not at all."""
        return None if self._day.whole else self._day.wants_since

    def turn(self, now: float) -> tuple[v.Change, ...]:
        """Begin a new day's counters when `now` lies on one; called now and then."""
        self._day.turn(now)
        return tuple(self._redrawn_day())

    def recall(self, history: Iterable[f.Fact]) -> tuple[v.Change, ...]:
        """Count the facts of today from before the board began; the rest is passed over."""
        self._day.recall(history)
        return tuple(self._redrawn_day())

    def health(self, parts: Mapping[str, v.Part]) -> tuple[v.Change, ...]:
        """Show these parts as they are now; `pbx` the board knows itself."""
        return tuple(self._redrawn_parts(parts))

    @property
    def names(self) -> Mapping[str, str]:
        """Person → name, as far as they were told to `name`."""
        return self._names

    def nameless(self) -> bool:
        """Somebody sits at a seat whose name is not known here."""
        return any(seat.person_id not in self._names for seat in self._state.seats.values())

    def name(self, names: Mapping[str, str]) -> tuple[v.Change, ...]:
        """Show these names (person → name) from now on."""
        self._names |= names
        touched = {seat.id for seat in self._state.seats.values() if seat.person_id in names}
        return tuple(self._redrawn_seats(touched, {}))

    def apply(self, facts: Iterable[f.Fact]) -> tuple[v.Change, ...]:
        """Fold the next facts; returns what they changed on the board, each thing once.

        Facts already folded are passed over. Raises ValueError when one is missing: the board
        must then be built anew.
        """
        pbx_up, callbacks = self._state.pbx_up, len(self._state.callbacks)
        fresh: list[v.Note] = []
        seats: set[str] = set()
        calls: set[str] = set()
        phones: dict[str, bool] = {}
        counted = False
        for fact in facts:
            if fact.seq <= self._state.seq:
                continue
            fresh.extend(notes(fact, self._state, self._names))
            self._state.apply(fact)
            counted |= self._day.turn(fact.at)
            counted |= self._day.apply(fact)
            seats.add(getattr(fact.body, "seat_id", ""))
            calls.add(getattr(fact.body, "call_id", ""))
            if isinstance(fact.body, f.PhoneReachable | f.PhoneLost):
                phones[fact.body.phone] = self._state.reachable(fact.body.phone)
        changes = [
            *self._redrawn_calls(calls - {""}),
            *(v.PhoneChanged(phone, up) for phone, up in phones.items() if not is_browser(phone)),
            *self._redrawn_seats(seats - {""}, phones),
        ]
        if self._state.pbx_up != pbx_up:
            changes.append(v.PbxChanged(self._state.pbx_up))
            changes.extend(self._redrawn_parts({"pbx": self._pbx_part()}))
        if len(self._state.callbacks) != callbacks:
            changes.append(v.CallbacksCounted(len(self._state.callbacks)))
        if counted:
            changes.extend(self._redrawn_day())
        changes.extend(v.Noted(note) for note in fresh)
        self._notes = (*self._notes, *fresh)[-NOTES:]
        if changes:
            self._seq = self._state.seq
        return tuple(changes)

    # ---- drawing ----

    def _redrawn_seats(self, touched: set[str], phones: Mapping[str, bool]) -> Iterator[v.Change]:
        if phones:
            touched |= {seat.id for seat in self._state.seats.values() if seat.phone in phones}
        for seat_id in sorted(touched):
            drawn = self._draw_seat(seat_id)
            if drawn != self._seats.get(seat_id):
                self._seats[seat_id] = drawn
                yield v.SeatChanged(drawn)
        states = self._count_seats() if touched else self._seat_states
        if states != self._seat_states:
            self._seat_states = states
            yield v.SeatsCounted(states)

    def _redrawn_calls(self, touched: set[str]) -> Iterator[v.Change]:
        order = self._waiting_order() if touched else self._order
        if order != self._order:
            moved = {call_id for call_id, at in order.items() if self._order.get(call_id) != at}
            self._order, touched = order, touched | moved
        for call_id in sorted(touched):
            call = self._state.calls.get(call_id)
            if call is None:
                if self._calls.pop(call_id, None):
                    yield v.CallLeft(call_id)
                continue
            drawn = self._draw_call(call)
            if drawn != self._calls.get(call_id):
                self._calls[call_id] = drawn
                yield v.CallChanged(drawn)
        if touched:
            yield from self._redrawn_queues()

    def _redrawn_queues(self) -> Iterator[v.Change]:
        before, self._queues = self._queues, self._draw_queues()
        for key in before.keys() - self._queues.keys():
            yield v.QueueLeft(key)
        for key, queue in self._queues.items():
            if queue != before.get(key):
                yield v.QueueChanged(queue)

    def _redrawn_parts(self, parts: Mapping[str, v.Part]) -> Iterator[v.Change]:
        for name, part in parts.items():
            if self._parts.get(name) != part:
                self._parts[name] = part
                yield v.PartChanged(name, part)

    def _redrawn_day(self) -> Iterator[v.Change]:
        today = self._day.view()
        if today != self._today:
            self._today = today
            yield v.DayChanged(today)

    def _pbx_part(self) -> v.Part:
        return v.Part("ok" if self._state.pbx_up else "down")

    def _count_seats(self) -> dict[f.SeatState, int]:
        found = Counter(seat.state for seat in self._seats.values())
        return {state: found[state] for state in get_args(f.SeatState)}

    def _draw_queues(self) -> dict[str, v.QueueView]:
        waiting: dict[str, list[v.CallView]] = {}
        for call_id in self._order:  # in waiting order: the first of a queue is its oldest
            call = self._calls[call_id]
            waiting.setdefault(f"{call.language}/{call.service}", []).append(call)
        return {
            key: v.QueueView(
                key,
                calls[0].language,
                calls[0].service,
                len(calls),
                sum(call.stage == "ringing" for call in calls),
                self._state.calls[calls[0].id].waits_from or calls[0].opened_at,
            )
            for key, calls in waiting.items()
        }

    def _waiting_order(self) -> dict[str, int]:
        """Call → place from 1. A call whose seat rings keeps its place until the answer."""
        waiting = sorted(
            (call.entered_at, call.id)
            for call in self._state.calls.values()
            if call.stage in ("queue", "ringing") and call.entered_at is not None
        )
        return {call_id: place for place, (_, call_id) in enumerate(waiting, 1)}

    def _draw_call(self, call: Call) -> v.CallView:
        held = call.talk or call.offer
        since = held.since if held else call.waits_from or call.opened_at
        return v.CallView(
            call.id,
            call.stage,
            mask_number(call.caller_number),
            call.language,
            call.service,
            call.opened_at,
            since,
            call.entered_at,
            self._order.get(call.id, 0),
            held.seat_id if held else "",
            *_interpreting(call),
            _outlook(call),
        )

    def _draw_seat(self, seat_id: str) -> v.SeatView:
        # A seat that left the settings while somebody sat on it is shown by its id.
        place = self._places.get(seat_id) or SeatPlace(id=seat_id, name=seat_id)
        seat = self._state.seats.get(seat_id)
        if seat is None:
            return v.SeatView(place.id, place.name, place.provider)
        call = self._state.calls.get(seat.call_id)
        talk = call.talk if call is not None and seat.state == "talking" else None
        third = talk.interpreter if talk is not None else None
        party = third if third is not None and third.seat_id == seat_id else talk
        return v.SeatView(
            id=place.id,
            name=place.name,
            provider=seat.provider,
            state=seat.state,
            since=seat.since,
            reason=seat.reason,
            person_id=seat.person_id,
            person_name=self._names.get(seat.person_id, ""),
            phone=seat.phone,
            phone_kind=kind(seat.phone),
            phone_reachable=self._state.phones.get(seat.phone, False),
            call_id=seat.call_id,
            held=talk is not None and talk.held,
            away_until=party.away_until if party is not None and party.away else None,
            wants_not_ready=seat.wants_not_ready,
            wrapup_until=seat.wrapup_until or None,
            paused_until=seat.paused_until or None,
            answered=seat.answered,
            talk_s=seat.busy_s,
        )


def _interpreting(call: Call) -> tuple[str, v.InterpreterState, str]:
    """The interpreter's seat, how it is with it, and which of two seats waits for the other."""
    up = next((offer.seat_id for offer in call.rung if offer.up_at is not None), "")
    if call.second is not None:
        return call.second.seat_id, "rung", up
    third = call.talk.interpreter if call.talk is not None else None
    if third is None:
        return "", "", up
    state: v.InterpreterState = "left" if third.left_at else "away" if third.away else "talking"
    return third.seat_id, state, up


def _outlook(call: Call) -> v.Outlook | None:
    if call.told_at is None or call.outlook_s is None or call.stage not in ("queue", "ringing"):
        return None
    return v.Outlook(call.told_at, *call.outlook_s)
