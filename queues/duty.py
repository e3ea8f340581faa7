"""The seats on duty, and the free ones in the order in which they are best given away."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from queues.needs import Need, asked
from queues.profiles import Profiles, Tally
from queues.shelf import Key, Shelf
from queues.skills import ONE
from queues.ticket import Place
from queues.ways import Asking


class Seat:
    __slots__ = ("bit", "free", "id", "idle_since", "key", "profile", "provider")

    def __init__(self, place: Place, profile: int) -> None:
        self.id, self.provider = place.seat_id, place.provider
        self.idle_since, self.free = place.idle_since, False
        self.profile, self.bit = profile, 1 << profile
        self.key: Key = (0.0, 0.0, "")
        """Where it lies on its shelf."""


class Best(NamedTuple):
    """Compared from left to right: the smallest is the best."""

    spare: int
    """In units of `queues.skills.ONE`."""
    share: int
    idle_since: float
    seat_id: str


class Duty:
    def __init__(self) -> None:
        self.profiles = Profiles()
        self.seats: dict[str, Seat] = {}
        self.all = Tally()
        self.free = Tally()
        self._idle: dict[str, Seat] = {}
        """The free ones."""
        self._holders: dict[str, int] = {}
        self._shelves: dict[str, Shelf] = {}
        """By provider, in the order of worth as it was when they were laid out."""
        self._laid: dict[str, int] = {}
        """Skill → its scarcity then, or when it first came since."""
        self._moved = False
        """Scarcity has changed since, and the order is no longer quite true."""
        self._drift = 0
        """By so much at most anybody's worth has fallen since."""
        self._looked = 0
        """Seats looked at in vain since, because the order has become old."""
        self._worths: dict[int, int] = {}
        self._laid_worths: dict[int, int] = {}

    def on(self, place: Place) -> Seat:
        """In place of a seat of that name, if there is one."""
        self.off(place.seat_id)
        profile = self.profiles.of(place.skills, place.provider)
        seat = self.seats[place.seat_id] = Seat(place, profile)
        self.all.add(profile)
        self._count(profile, 1)
        if place.free:
            self.give(seat)
        return seat

    def off(self, seat_id: str) -> None:
        seat = self.seats.get(seat_id)
        if seat is None:
            return
        self.take(seat)
        del self.seats[seat_id]
        self.all.sub(seat.profile)
        self._count(seat.profile, -1)

    def _count(self, profile: int, more: int) -> None:
        for skill in self.profiles.skills[profile]:
            self._drift -= self._fallen(skill)
            self._holders[skill] = self._holders.get(skill, 0) + more
            self._drift += self._fallen(skill)
        self._moved = True
        self._worths.clear()

    def _fallen(self, skill: str) -> int:
        return max(0, self._laid.get(skill, 0) - self._scarcity(skill))

    def _scarcity(self, skill: str) -> int:
        """Of a skill that nobody has: as of one that one has."""
        return ONE // (self._holders.get(skill, 0) or 1)

    def give(self, seat: Seat) -> None:
        """It is free."""
        if seat.free:
            self.take(seat)
        seat.free = True
        self._idle[seat.id] = seat
        self.free.add(seat.profile)
        seat.key = (self._laid_worth(seat.profile), seat.idle_since, seat.id)
        shelf = self._shelves.get(seat.provider)
        if shelf is None:
            shelf = self._shelves[seat.provider] = Shelf()
        shelf.add(seat.key, seat.bit)

    def take(self, seat: Seat) -> None:
        """It is free no longer."""
        if not seat.free:
            return
        seat.free = False
        del self._idle[seat.id]
        self.free.sub(seat.profile)
        self._shelves[seat.provider].drop(seat.key)

    def free_besides(self, seat: Seat) -> int:
        """Profiles of the other free seats."""
        alone = self.free.count(seat.bit) == 1
        return self.free.there & ~seat.bit if alone else self.free.there

    def best(
        self, bits: int, asking: Asking, favoured: str | None, refused: Collection[str] = ()
    ) -> Best | None:
        """Of the free seats of these profiles, for a call that asks so. `bits`: such as meet it."""
        if self._looked > len(self.seats):
            self._lay()
        best = None
        for part, used in self._parts(bits & self.free.there, asking):
            given = sum(ONE // self._holders[skill] for skill in used)
            for provider, shelf in self._shelves.items():
                share = 0 if favoured is None or favoured == provider else 1
                for key in shelf.all(part):
                    if best is not None and key[0] - self._drift - given > best.spare:
                        break
                    if key[2] in refused:
                        continue
                    worth = self._worth(self.seats[key[2]].profile)
                    found = Best(worth - given, share, key[1], key[2])
                    if best is None or found < best:
                        best = found
                    if not self._moved:
                        break
                    self._looked += 1
        return best

    def spare(self, seat: Seat, needs: Need) -> int:
        """Units of scarce skill that it has and `needs`, which it may miss, makes no use of."""
        skills = self.profiles.skills[seat.profile]
        used = asked(needs, skills)
        return sum(ONE // self._holders[skill] for skill in skills if skill not in used)

    def count(self, needs: Need) -> int:
        return self.all.count(self.profiles.who(needs))

    def _parts(self, bits: int, asking: Asking) -> Iterator[tuple[int, frozenset[str]]]:
        """Profiles of which the same is asked."""
        parts = [(bits, asking.surely)] if bits else []
        for one in asking.perhaps:
            have = self.profiles.who(one)
            parts = [
                part
                for bits, used in parts
                for part in ((bits & have, used | {one.skill}), (bits & ~have, used))
                if part[0]
            ]
        yield from parts

    def _worth(self, profile: int) -> int:
        """Units of scarce skill that a seat of the profile has."""
        worth = self._worths.get(profile)
        if worth is None:
            skills = self.profiles.skills[profile]
            worth = sum(ONE // self._holders[skill] for skill in skills)
            self._worths[profile] = worth
        return worth

    def _laid_worth(self, profile: int) -> int:
        worth = self._laid_worths.get(profile)
        if worth is None:
            skills = self.profiles.skills[profile]
            worth = sum(self._laid.setdefault(skill, self._scarcity(skill)) for skill in skills)
            self._laid_worths[profile] = worth
        return worth

    def _lay(self) -> None:
        """Anew, in the order of today."""
        self._laid.clear()
        self._laid_worths.clear()
        self._moved, self._drift, self._looked = False, 0, 0
        lying: dict[str, list[tuple[Key, int]]] = {}
        for seat in self._idle.values():
            seat.key = (self._laid_worth(seat.profile), seat.idle_since, seat.id)
            lying.setdefault(seat.provider, []).append((seat.key, seat.bit))
        self._shelves = {provider: Shelf(sorted(seats)) for provider, seats in lying.items()}
