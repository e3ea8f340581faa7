"""What happened to one call, told in plain words: PURE, from its facts and the names of things.

Every type of fact has a sentence (tests/web/test_story.py); sentences are in the catalogue `story`.
It tells what the facts say and guesses nothing: why a seat was chosen stands in the offer's
ranking (`queues.ticket`), why another was not only where a declined offer says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from queues.needs import All, Has, Need, Not, parse
from queues.needs import Any as Any_
from router import facts as f


class Line(msgspec.Struct, frozen=True):
    """One fact in words. `type` is the fact's name; `seat_id` empty: no seat took part."""

    seq: int
    at: float
    type: str
    text: str
    seat_id: str = ""


class Tongue(msgspec.Struct, frozen=True):
    """How things are called in the language of the story."""

    say: Callable[..., str]
    """Key of the catalogue `story` and its fields → sentence."""
    name: Callable[[str, str], str]
    """Section of the catalogue (`language`, `skill`, `outcome` …) and code → name."""
    clock: Callable[[float], str]
    """Epoch second → local time of day."""
    seats: Mapping[str, str] = {}
    people: Mapping[str, str] = {}


def story(facts: Iterable[f.Fact], tongue: Tongue) -> tuple[Line, ...]:
    """The facts of one call in order, each as a sentence."""
    teller = _Teller(tongue)
    return tuple(
        Line(
            fact.seq,
            fact.at,
            type(fact.body).__name__,
            teller.told(fact),
            getattr(fact.body, "seat_id", ""),
        )
        for fact in facts
    )


class _Teller:
    """Remembers what later sentences refer to."""

    def __init__(self, tongue: Tongue) -> None:
        self._t = tongue
        self._opened_at: float | None = None
        self._declined: dict[str, tuple[float, f.OfferEnd]] = {}
        self._paired: set[str] = set()
        """Offers that were one of two at once."""
        self._interpreter = ""
        """Seat that interprets."""

    def told(self, fact: f.Fact) -> str:
        body, at = fact.body, fact.at
        fields = self._fields(body, at)
        match body:
            case f.CallOpened():
                self._opened_at = at
                if body.callback_id:
                    return self._say("CallOpenedByUs", **fields)
                fields["hours"] = self._say("hours.open" if body.within_hours else "hours.closed")
            case f.KeyTaken():
                fields["chose"] = self._chose(body)
            case f.Offered():
                fields["why"] = self._why(body, at)
                if body.role:
                    self._paired.add(body.offer_id)
                    fields["partner"] = self._seat(body.partner)
                    return self._say(f"offered-as.{body.role}", **fields)
            case f.SeatReserved():
                fields["why"] = self._why(body, at)
            case f.DialEnded() if body.retry_at:
                fields["retry_at"] = self._t.clock(body.retry_at)
                return self._say("DialEndedRetry", **fields)
            case f.OwnerAwaited() if not body.seat_id:
                return self._say("OwnerNotAwaited", **fields)
            case f.InterpreterJoined():
                self._interpreter = body.seat_id
            case f.InterpreterLeft():
                return self._say(f"interpreter-left.{body.why}", **fields)
            case f.SeatAway() | f.RejoinRung() | f.RejoinEnded() | f.Rejoined() if (
                body.seat_id == self._interpreter
            ):
                return self._say(f"interpreter.{type(body).__name__}", **fields)
            case f.OfferEnded():
                return self._offer_ended(body, fields)
            case f.WaitTold():
                return self._wait_told(body, fields)
            case f.Queued() if body.head_start_s:
                whys = (self._t.name("head_start", why) for why in body.head_start_why)
                fields["why"] = self._say("comma").join(whys)
                return self._say("QueuedAhead", **fields)
            case f.Relaxed() if body.hopeless:
                return self._say("RelaxedHopeless", **fields)
            case f.CommandFailed() if body.leg_id:
                return self._say("CommandFailedAtSeat", **fields)
            case f.CallClosed():
                return self._closed(body, at, fields)
            case f.FallbackImported():
                lasted = self._lasting(body.ended_at - body.started_at)
                fields |= {"lasted": lasted, "outcome": self._t.name("outcome", body.outcome)}
            case _:
                pass
        return self._say(type(body).__name__, **fields)

    def _wait_told(self, body: f.WaitTold, fields: dict[str, Any]) -> str:
        """What the caller heard, and then what was reckoned: they differ on purpose."""
        told = self._say("WaitTold" if body.minutes is not None else "WaitToldAheadOnly", **fields)
        return told + self._say(
            "wait-unknown" if body.median_s is None else "wait-likely", **fields
        )

    def _say(self, key: str, /, **fields: object) -> str:
        return self._t.say(f"story.{key}", **fields)

    def _lasting(self, seconds: float) -> str:
        """A length of time as people say it."""
        whole = max(0, round(seconds))
        if whole < 60:
            return self._say("seconds", seconds=whole)
        minutes, rest = divmod(whole, 60)
        if minutes < 60:
            return self._say("minutes", minutes=minutes, seconds=rest)
        hours, minutes = divmod(minutes, 60)
        return self._say("long", hours=hours, minutes=minutes)

    def _fields(self, body: f.Body, at: float) -> dict[str, Any]:
        """Every field of a fact as a word; what a sentence does not name is left out by it."""
        raw = {name: getattr(body, name) for name in body.__struct_fields__}
        fields: dict[str, Any] = dict(raw)
        fields["seat"] = self._seat(raw.get("seat_id", ""))
        fields["person"] = self._t.people.get(raw.get("person_id", ""), "") or self._say("somebody")
        fields["number"] = raw.get("caller_number") or self._say("number-withheld")
        for name, section in _NAMED.get(type(body).__name__, {}).items():
            fields[name] = self._t.name(section, str(raw[name]))
        for name in _LENGTHS & raw.keys():
            if raw[name] is not None:
                fields[name] = self._lasting(raw[name])
        if "until" in raw:
            fields["until"] = self._t.clock(raw["until"])
        if "needs" in raw:
            fields["needs"] = self._needs(parse(raw["needs"]))
        return fields

    def _seat(self, seat_id: str) -> str:
        return self._t.seats.get(seat_id, seat_id)

    def _needs(self, needs: Need) -> str:
        match needs:
            case Has():
                skill = self._t.name("skill", needs.skill)
                return self._say("need", skill=skill, level=needs.level)
            case Not():
                return self._say("need-not", needs=self._needs(needs.of))
            case All():
                parts = map(self._needs_within, needs.of)
                return self._say("comma").join(parts) or self._say("need-nothing")
            case Any_():
                return self._say("need-or").join(map(self._needs_within, needs.of))

    def _needs_within(self, needs: Need) -> str:
        if isinstance(needs, All | Any_):
            return self._say("need-within", needs=self._needs(needs))
        return self._needs(needs)

    def _chose(self, body: f.KeyTaken) -> str:
        chosen = [
            self._say(f"chose.{section}", name=self._t.name(section, code))
            for section, code in (("language", body.language), ("service", body.service))
            if code
        ]
        if body.goto in ("queue", "again"):
            chosen.append(self._say(f"chose.{body.goto}"))
        return self._say("comma").join(chosen or [self._say("chose.next")])

    def _why(self, body: f.Offered | f.SeatReserved, at: float) -> str:
        """The ranking in words, best criterion first (`queues.ticket.Ranking`)."""
        spare, idle = body.ranking.spare, body.ranking.idle_since
        if body.rung < 0:
            reasons = [self._say("why.owner")]
        else:
            reasons = [self._say("why.nothing-wasted" if not spare else "why.least-wasted")]
            reasons.append(self._say("why.idle", lasted=self._lasting(at - idle)))
        if body.rung > 0:
            reasons.append(self._say("why.step", step=body.rung))
        for seat_id, (until, end) in self._declined.items():
            if until > at and seat_id != body.seat_id:
                reasons.append(
                    self._say(
                        "why.declined",
                        seat=self._seat(seat_id),
                        end=self._t.name("offer_end", end),
                        until=self._t.clock(until),
                    )
                )
        return self._say("semicolon").join(reasons)

    def _offer_ended(self, body: f.OfferEnded, fields: dict[str, Any]) -> str:
        if body.declined_until:
            self._declined[body.seat_id] = (body.declined_until, body.end)
            fields["until"] = self._t.clock(body.declined_until)
        alone = body.end == "withdrawn" and body.offer_id in self._paired
        told = self._say("pair-let-go" if alone else f"offer-ended.{body.end}", **fields)
        if body.declined_until:
            told += self._say("offer-ended-pause", **fields)
        return told

    def _closed(self, body: f.CallClosed, at: float, fields: dict[str, Any]) -> str:
        began = at if self._opened_at is None else self._opened_at
        fields["lasted"] = self._lasting(at - began)
        told = self._say("CallClosed", **fields)
        return told + self._say("healed-later") if body.healed else told


_LENGTHS = {
    "head_start_s",
    "median_s",
    "p90_s",
    "waited_s",
    "rang_s",
    "talk_s",
    "hold_s",
    "seconds",
    "voicemail_seconds",
}
"""Fields in seconds, told as a length of time."""

_NAMED: dict[str, dict[str, str]] = {
    "MenuEntered": {"node": "node"},
    "Queued": {"language": "language", "service": "service"},
    "TalkEnded": {"by": "hangup"},
    "Rated": {"score": "score"},
    "RatingMissed": {"why": "rating_missed"},
    "VoicemailInvited": {"why": "voicemail_why"},
    "CallClosed": {"outcome": "outcome", "by": "hangup", "stage": "stage"},
    "SeatNotReady": {"reason": "reason"},
    "SeatWantsNotReady": {"reason": "reason"},
    "Healed": {"what": "healed"},
    "RejoinEnded": {"end": "offer_end"},
    "DialEnded": {"end": "dial_end"},
    "CallbackGivenUp": {"why": "dial_end"},
}
"""Fact → field → section of the catalogue in which its codes have names."""
