"""Who is offered to whom, kept ready: the same answers as `queues.plain`, much sooner.

It is told of every change (a seat comes on duty or becomes free, a call enters, climbs a rung,
leaves) and asked with `match` who is to be rung now. Asking looks only at what changed since: of a
seat that became free, which caller is the first that it may serve; of a call that entered or asks
for less, which free seat is the best.

Theory of operation: callers stand on a shelf in their order, marked by the profiles of seats that
may serve them alone (`queues.shelf`, `queues.profiles`); free seats lie on shelves in order of how
much scarce skill they have (`queues.duty`). What a call asks for is the same amount of every seat
that meets the same of it, so the first seat on the shelf that may serve is the one that wastes
least. Callers whom two seats together may serve stand on a second shelf, and who waits for an
owner hangs on that seat.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from msgspec.structs import replace

from queues.choice import Caller, Choice
from queues.duty import Duty, Seat
from queues.ladder import Ladder
from queues.needs import Need
from queues.rules import Rules, favoured
from queues.shelf import Key, Shelf
from queues.ticket import Decision, Place, Ticket
from queues.ways import Ways

MOST_LADDERS = 20_000
"""Ladders worked out and remembered; of more, all are forgotten but those in use."""


class Dispatch:
    """`answered`: provider → answers so far, read anew at every question. What is told of a seat
    that is not on duty or of a call that is not here is passed over."""

    def __init__(self, rules: Rules, answered: Mapping[str, int] | None = None) -> None:
        self.rules = rules
        self.answered: Mapping[str, int] = {} if answered is None else answered
        self._duty = Duty()
        self._callers: dict[str, Caller] = {}
        self._line = Shelf()
        """Everybody, in order; without a mark: nobody may serve alone just now."""
        self._pairs = Shelf()
        """Those whom two together may serve."""
        self._owned: dict[str, set[str]] = {}
        """Seat → calls whose case its person has."""
        self._freed: dict[str, None] = {}
        self._moved: dict[str, None] = {}
        """Calls to be looked at anew."""
        self._lapses: list[tuple[float, str]] = []
        """When a decline or the wait for an owner is over, and whose."""
        self._rung: dict[str, Caller] = {}
        self._ladders: dict[int, tuple[Ladder, Ways]] = {}
        self._profiles = 0
        self._choice = Choice(self._duty, rules.version)

    # ---- seats ----

    def seat_on(self, place: Place) -> None:
        seat = self._duty.on(place)
        if seat.free:
            self._freed[seat.id] = None
        self._owner_changed(seat.id)

    def seat_off(self, seat_id: str) -> None:
        self._duty.off(seat_id)
        self._freed.pop(seat_id, None)
        self._owner_changed(seat_id)

    def seat_free(self, seat_id: str, idle_since: float) -> None:
        seat = self._duty.seats.get(seat_id)
        if seat is None or (seat.free and seat.idle_since == idle_since):
            return
        self._duty.take(seat)
        seat.idle_since = idle_since
        self._duty.give(seat)
        self._freed[seat_id] = None

    def seat_busy(self, seat_id: str) -> None:
        seat = self._duty.seats.get(seat_id)
        if seat is not None:
            self._duty.take(seat)
            self._freed.pop(seat_id, None)

    def _owner_changed(self, seat_id: str) -> None:
        for call_id in self._owned.get(seat_id, ()):
            self._place(self._callers[call_id])

    # ---- calls ----

    def enter(self, ticket: Ticket, rung: int) -> None:
        """In place of a ticket of that call, if there is one."""
        self.leave(ticket.call_id)
        caller = self._callers[ticket.call_id] = Caller(ticket, self._ways(ticket.ladder), rung)
        self._line.add(caller.order, 0)
        if ticket.owner:
            self._owned.setdefault(ticket.owner, set()).add(ticket.call_id)
            heapq.heappush(self._lapses, (ticket.owner_until, ticket.call_id))
        for until in caller.declined.values():
            heapq.heappush(self._lapses, (until, ticket.call_id))
        self._place(caller)

    def leave(self, call_id: str) -> None:
        caller = self._callers.pop(call_id, None)
        if caller is None:
            return
        self._line.drop(caller.order)
        self._pairs.put(caller.order, 0)
        self._moved.pop(call_id, None)
        self._rung.pop(call_id, None)
        owned = self._owned.get(caller.ticket.owner)
        if owned is not None:
            owned.discard(call_id)
            if not owned:
                del self._owned[caller.ticket.owner]

    def ringing(self, call_id: str, since: float) -> None:
        """A phone rings for it: it keeps rung and order, and is not offered to another."""
        caller = self._callers.get(call_id)
        if caller is not None:
            caller.since = since
            self._rung[call_id] = caller
            self._place(caller)

    def back(self, call_id: str) -> None:
        """Nobody rings for it any more."""
        caller = self._callers.get(call_id)
        if caller is not None and caller.since is not None:
            caller.since = None
            del self._rung[call_id]
            self._place(caller)

    def raise_to(self, call_id: str, rung: int) -> None:
        caller = self._callers.get(call_id)
        if caller is not None:
            caller.rung = rung
            self._place(caller)

    def decline(self, call_id: str, seat_id: str, until: float) -> None:
        """The call is not offered to the seat before `until` (epoch s)."""
        caller = self._callers.get(call_id)
        if caller is not None:
            caller.declined[seat_id] = until
            heapq.heappush(self._lapses, (until, call_id))
            if seat_id == caller.ticket.owner:
                self._place(caller)

    # ---- questions ----

    def match(self, now: float) -> list[Decision]:
        """Whom to ring now (epoch s), in the order of the callers; then what may be reserved.

        Offers count as carried out: the seats are busy and the calls rung from `now`.
        """
        if not self._stirred(now):
            return []
        self._choice.now, self._choice.wanted = now, favoured(self.rules, self.answered)
        self._lapse(now)
        self._renew()
        decisions = self._offers() if self._duty.free.there else []
        self._freed.clear()
        self._moved.clear()
        if self.rules.reserve_after_s is not None and self._duty.free.there:
            given = {one.call_id for one in decisions}
            decisions += self._reserves(self.rules.reserve_after_s, given)
        return decisions

    def _stirred(self, now: float) -> bool:
        """Whether anything happened that a decision may come of; most events are none of it."""
        return bool(
            self._freed
            or self._moved
            or (self._rung and self.rules.reserve_after_s is not None)
            or (self._lapses and self._lapses[0][0] <= now)
            or self._profiles != len(self._duty.profiles)
        )

    def able(self, needs: Need) -> int:
        """Seats on duty that meet it, free or not."""
        return self._duty.count(needs)

    def anybody(self, ladder: Ladder, rung: int) -> bool:
        """Whether seats on duty, free or not, may serve a call with this ladder on this rung."""
        ways, there = self._ways(ladder), self._duty.all
        ways.renew(self._duty.profiles)
        if ways.upto(rung) & there.there:
            return True
        return any(
            there.count(two.specialists)
            and there.count(two.interpreters)
            and there.count(two.specialists | two.interpreters) > 1
            for two in ways.together(rung)
        )

    def serving(self, ladder: Ladder, rung: int) -> int:
        """Seats on duty, free or not, that may alone serve a call with this ladder on this rung."""
        ways = self._ways(ladder)
        ways.renew(self._duty.profiles)
        return self._duty.all.count(ways.upto(rung))

    def rivals(self, call_id: str) -> int:
        """Calls that come first and compete for a seat on duty that may serve this one, those that
        a phone rings for included. Looks at every call. Raises KeyError."""
        mine = self._callers[call_id]
        able = mine.ways.upto(mine.rung) & self._duty.all.there
        return sum(
            one.order < mine.order and bool(one.ways.upto(one.rung) & able)
            for one in self._callers.values()
        )

    def queue(self, call_id: str) -> list[Caller]:
        """The call, and then, in order, those that come first and no phone rings for; for reading
        only. Looks at every call. Raises KeyError."""
        mine = self._callers[call_id]
        mine.ways.renew(self._duty.profiles)
        ahead = [one for one in self._callers.values()
                 if one.since is None and one.order < mine.order]  # fmt: skip
        return [mine, *sorted(ahead, key=lambda one: one.order)]

    def bit(self, seat_id: str) -> int:
        """Of the seat's profile (`queues.profiles`). Raises KeyError."""
        return self._duty.seats[seat_id].bit

    def deadline(self) -> float | None:
        """When something lapses, at the earliest (epoch s): then `match` may find more."""
        return self._lapses[0][0] if self._lapses else None

    def ahead(self, call_id: str) -> int:
        """Calls that come first, those that a phone rings for included. Raises KeyError."""
        return self._line.before(self._callers[call_id].order)

    # ---- who may serve whom ----

    def _ways(self, ladder: Ladder) -> Ways:
        known = self._ladders.get(id(ladder))
        if known is not None:
            return known[1]
        if len(self._ladders) >= MOST_LADDERS:
            self._ladders = {
                id(one.ticket.ladder): (one.ticket.ladder, one.ways)
                for one in self._callers.values()
            }
        ways = Ways(ladder)
        self._ladders[id(ladder)] = (ladder, ways)
        return ways

    def _place(self, caller: Caller) -> None:
        """Put its marks where they belong, and look at it anew."""
        caller.ways.renew(self._duty.profiles)
        alone = pair = 0
        if caller.since is None:
            self._moved[caller.ticket.call_id] = None
            if not self._choice.awaits_owner(caller):
                alone = caller.ways.upto(caller.rung)
                for two in caller.ways.together(caller.rung):
                    pair |= two.specialists | two.interpreters
        self._line.mark(caller.order, alone)
        if pair or len(self._pairs):
            self._pairs.put(caller.order, pair)

    def _renew(self) -> None:
        """Seats of a profile came that nobody had met before."""
        if self._profiles != len(self._duty.profiles):
            self._profiles = len(self._duty.profiles)
            for caller in self._callers.values():
                self._place(caller)

    def _lapse(self, now: float) -> None:
        while self._lapses and self._lapses[0][0] <= now:
            _, call_id = heapq.heappop(self._lapses)
            caller = self._callers.get(call_id)
            if caller is not None:
                for seat_id in [id for id, at in caller.declined.items() if at <= now]:
                    del caller.declined[seat_id]
                self._place(caller)

    # ---- the choice ----

    def _offers(self) -> list[Decision]:
        turn: list[tuple[Key, str]] = []
        """Who may be served: by order, and the seat for whose sake we know it."""
        for call_id in self._moved:
            caller = self._callers[call_id]
            if caller.since is None:
                turn.append((caller.order, ""))
        for seat_id in self._freed:
            first = self._first(self._duty.seats[seat_id])
            if first is not None:
                turn.append((first, seat_id))
        heapq.heapify(turn)
        decisions: list[Decision] = []
        while turn and self._duty.free.there:
            order, seat_id = heapq.heappop(turn)
            caller = self._callers[order[2]]
            decision = self._choice.serve(caller) if caller.since is None else None
            if decision is not None:
                decisions.append(decision)
                self.ringing(order[2], self._choice.now)
                for taken in _seats(decision):
                    self.seat_busy(taken)
            seat = self._duty.seats.get(seat_id)
            if seat is not None and seat.free:
                first = self._first(seat)
                if first is not None:
                    heapq.heappush(turn, (first, seat_id))
        return decisions

    def _first(self, seat: Seat) -> Key | None:
        """The first caller whom this free seat may serve, alone or with another."""
        found = self._line.first(seat.bit)
        if found is not None and seat.id in self._callers[found[2]].declined:
            may = (
                k for k in self._line.all(seat.bit) if seat.id not in self._callers[k[2]].declined
            )
            found = next(may, None)
        for call_id in self._owned.get(seat.id, ()):
            caller = self._callers[call_id]
            if caller.since is None and self._choice.owner(caller) is seat:
                found = caller.order if found is None else min(found, caller.order)
        if len(self._pairs):
            found = self._first_pair(seat, found)
        return found

    def _first_pair(self, seat: Seat, before: Key | None) -> Key | None:
        others = self._duty.free_besides(seat)
        if not others:
            return before
        in_vain: set[tuple[int, int]] = set()
        for key in self._pairs.all(seat.bit, others):
            if before is not None and before <= key:
                break
            caller = self._callers[key[2]]
            kind = (id(caller.ways), caller.rung)
            if kind in in_vain:
                continue
            if self._choice.together(caller) is not None:
                return key
            if not caller.declined:
                in_vain.add(kind)
        return before

    def _reserves(self, after_s: float, given: set[str]) -> list[Decision]:
        """For callers for whom a phone has been ringing for long: seats nobody else can use now."""
        now, seats = self._choice.now, self._duty.seats
        long = [
            caller
            for call_id, caller in self._rung.items()
            if call_id not in given and (caller.since or 0.0) + after_s <= now
        ]
        decisions: list[Decision] = []
        for caller in sorted(long, key=lambda one: one.order):
            kept = self._choice.serve(caller)
            if kept is not None:
                decisions.append(replace(kept, kind="reserve"))
                for seat_id in _seats(kept):
                    self._duty.take(seats[seat_id])
        for kept in decisions:
            for seat_id in _seats(kept):
                self._duty.give(seats[seat_id])
        return decisions


def _seats(decision: Decision) -> tuple[str, ...]:
    return (decision.seat_id, decision.interpreter) if decision.interpreter else (decision.seat_id,)
