"""Why a call waited as it did and why a seat was chosen, in plain words: PURE, from the account.

The sentences are in the catalogue `why`. Other callers are told of only by how much earlier or
later they came and why they were ahead: no id, no number. Decides nothing and derives nothing:
that is router.recount.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from queues import explain, waited
from queues.needs import All, Any, Has, Need, Not, parse
from router.account import Account, Chosen, Loosened, Told, Wait
from web.story import Tongue

MOST_SEATS = 8
"""So many seats are named for one reason; the rest are counted."""


class Said(msgspec.Struct, frozen=True):
    """`at`: epoch second it speaks of; None: of the whole."""

    text: str
    at: float | None = None


class Question(msgspec.Struct, frozen=True):
    """One question with its answer, line by line."""

    about: Literal["wait", "choice"]
    title: str
    at: float
    lines: tuple[Said, ...]


class Explained(msgspec.Struct, frozen=True):
    """`notes`: of the whole account: what cannot be told, and whether deriving again agrees."""

    questions: tuple[Question, ...]
    notes: tuple[str, ...]


def explained(account: Account, tongue: Tongue) -> Explained:
    """The account in words. `tongue.people` names whom the reader may know; others stay unnamed."""
    say = _Teller(tongue)
    questions: list[Question] = []
    for wait in account.waits:
        questions.append(say.wait(wait))
        questions += [say.choice(chosen) for chosen in wait.chosen]
    return Explained(tuple(questions), tuple(say.notes(account)))


class _Teller:
    def __init__(self, tongue: Tongue) -> None:
        self._t = tongue
        self._persons: Mapping[str, str] = {}

    def _say(self, key: str, /, **fields: object) -> str:
        return self._t.say(f"why.{key}", **fields)

    def notes(self, account: Account) -> Iterable[str]:
        if account.gone:
            yield self._say("gone")
        elif not account.waits:
            yield self._say("no-wait")
        agree = Counter(chosen.agrees for wait in account.waits for chosen in wait.chosen)
        if agree[False]:
            yield self._say("disagrees", count=agree[False])
        elif agree[True]:
            yield self._say("agrees", count=agree[True])

    # ---- why the wait ----

    def wait(self, wait: Wait) -> Question:
        lasted = self._lasting(wait.ends - wait.begins)
        at_once = wait.end == "voicemail" and wait.ends == wait.begins
        key = "title-again" if wait.again else "title-waiting" if wait.end == "waiting" else "title"
        key = "title-none" if at_once else key
        lines = [self._began(wait)]
        if wait.head_start_s:
            lines.append(
                Said(
                    self._say(
                        "wait.head-start",
                        lasted=self._lasting(wait.head_start_s),
                        why=self._starts(wait.head_start_why),
                    )
                )
            )
        if not at_once:
            first = "wait.behind" if wait.ahead_at_first else "wait.first"
            lines.append(Said(self._say(first, count=wait.ahead_at_first), wait.begins))
        course = [
            *(Said(self._loosened(one), one.at) for one in wait.loosened),
            *(Said(self._ahead(one), one.at) for one in wait.ahead),
            *(Said(self._stretch(one, wait), one.begins) for one in wait.stretches),
            *(Said(self._told(one), one.at) for one in wait.told),
        ]
        lines += sorted(course, key=lambda said: said.at or 0.0)
        why = self._t.name("voicemail_why", wait.voicemail_why)
        lines.append(Said(self._say(f"waited.{wait.end}", why=why), wait.ends))
        if sum(stretch.ends > stretch.begins for stretch in wait.stretches) > 1:
            lines.append(Said(self._sum(wait)))
        return Question("wait", self._say(f"wait.{key}", lasted=lasted), wait.begins, tuple(lines))

    def _told(self, one: Told) -> str:
        said = "told" if one.minutes is not None else "told-place"
        likely = self._say("wait.unknown")
        if one.median_s is not None and one.p90_s is not None:
            likely = self._say(
                "wait.likely", median=self._lasting(one.median_s), most=self._lasting(one.p90_s)
            )
        return self._say(f"wait.{said}", ahead=one.ahead, minutes=one.minutes, likely=likely)

    def _began(self, wait: Wait) -> Said:
        text = self._say(
            "wait.began-again" if wait.again else "wait.began",
            language=self._t.name("language", wait.language),
            service=self._t.name("service", wait.service),
            needs=self._needs(wait.needs),
            policy=wait.policy,
        )
        return Said(text, wait.begins)

    def _stretch(self, stretch: waited.Stretch, wait: Wait) -> str:
        if stretch.ends == stretch.begins:
            return self._say("wait.moment", cause=self._cause(stretch, wait))
        return self._say(
            "wait.stretch",
            to=self._t.clock(stretch.ends),
            lasted=self._lasting(stretch.lasted_s),
            cause=self._cause(stretch, wait),
        )

    def _cause(self, stretch: waited.Stretch, wait: Wait) -> str:
        match stretch.cause:
            case waited.Rings(seat_id):
                end = next(
                    (
                        chosen.end
                        for chosen in wait.chosen
                        if chosen.at >= stretch.begins
                        and chosen.choice.decision.seat_id == seat_id
                        and chosen.choice.decision.kind == "offer"
                    ),
                    "",
                )
                said = self._say(f"end.{end or 'ringing'}")
                return self._say("cause.rings", seat=self._seat(seat_id), end=said)
            case waited.ForOwner(seat_id, until, doing):
                return self._say(
                    "cause.for_owner",
                    seat=self._seat(seat_id),
                    doing=self._say(f"doing.{doing}"),
                    until=self._t.clock(until),
                )
            case waited.NobodyAble(_, needs, on_duty):
                if not on_duty:
                    return self._say("cause.nobody")
                return self._say("cause.nobody_able", on_duty=on_duty, needs=self._needs(needs))
            case waited.AllBusy(_, able, doing, declined):
                more = {"declined": declined} if declined else {}
                told = self._counts({**doing, **more})
                return self._say("cause.all_busy", able=able, doing=told)
            case waited.ForPair(_, specialists, interpreters):
                return self._say(
                    "cause.for_pair",
                    specialists=self._counts(specialists),
                    interpreters=self._counts(interpreters),
                )
            case waited.Idle(seat_id):
                return self._say("cause.idle", seat=self._seat(seat_id))
            case waited.Cut():
                return self._say("cause.cut")

    def _counts(self, doing: Mapping[str, int]) -> str:
        told = (
            self._say("count", what=self._say(f"doing.{what}"), count=count)
            for what, count in sorted(doing.items(), key=lambda pair: (-pair[1], pair[0]))
        )
        return self._listed(told)

    def _ahead(self, ahead: waited.Ahead) -> str:
        seat = self._seat(ahead.seat_id)
        if not ahead.first:
            return self._say("ahead.fault", seat=seat)
        lasted = self._lasting(abs(ahead.earlier_s))
        if ahead.earlier_s >= 0:
            return self._say("ahead.earlier", seat=seat, lasted=lasted)
        return self._say(
            "ahead.head-start",
            seat=seat,
            lasted=lasted,
            head_start=self._lasting(ahead.head_start_s),
            why=self._starts(ahead.head_start_why),
        )

    def _loosened(self, one: Loosened) -> str:
        told = self._say(
            "wait.hopeless" if one.hopeless else "wait.loosened",
            after=self._lasting(one.after_s),
            relaxes=self._relaxes(one.relaxes),
            needs=self._needs(one.needs),
        )
        return f"{told} {self._say('wait.pair')}" if one.pair else told

    def _sum(self, wait: Wait) -> str:
        total: dict[str, float] = {}
        for one in (one for one in wait.stretches if one.ends > one.begins):
            kind = str(one.cause.__struct_config__.tag)
            total[kind] = total.get(kind, 0.0) + one.lasted_s
        parts = (
            self._say("wait.part", what=self._say(f"sum.{kind}"), lasted=self._lasting(seconds))
            for kind, seconds in sorted(total.items(), key=lambda pair: -pair[1])
        )
        return self._say("wait.sum", parts=self._listed(parts))

    # ---- why this seat ----

    def choice(self, chosen: Chosen) -> Question:
        self._persons = chosen.persons
        choice, decision = chosen.choice, chosen.choice.decision
        seat, interpreter = self._seat(decision.seat_id), self._seat(decision.interpreter)
        needs, relaxes = self._needs(choice.needs), self._relaxes(choice.relaxes)
        if decision.interpreter:
            key, how = "title-pair", "two"
        else:
            key = "title-reserve" if decision.kind == "reserve" else "title"
            how = "owner" if decision.rung < 0 else "relaxed" if decision.rung else "asked"
        unended = "kept" if decision.kind == "reserve" else "ringing"
        lines = [
            self._say(
                f"choice.{how}", seat=seat, interpreter=interpreter, needs=needs, relaxes=relaxes
            ),
            self._best(chosen),
            self._say(
                "choice.policy",
                policy=decision.policy,
                end=self._say(f"end.{chosen.end or unended}"),
            ),
            self._say("choice.others" if choice.others else "choice.nobody"),
            *self._others(chosen),
        ]
        title = self._say(f"choice.{key}", seat=seat, interpreter=interpreter)
        told = tuple(Said(line) for line in lines)
        self._persons = {}
        return Question("choice", title, chosen.at, told)

    def _best(self, chosen: Chosen) -> str:
        choice, ranking = chosen.choice, chosen.choice.decision.ranking
        behind = {
            other.reason.by for other in choice.others if isinstance(other.reason, explain.Behind)
        }
        if not behind:
            return self._say("choice.only")
        idle = self._lasting(chosen.at - ranking.idle_since)
        reasons = [self._say(f"best.{by}", lasted=idle) for by in _ELEMENTS if by in behind]
        joined = self._t.say("story.semicolon").join(reasons)
        return self._say("choice.best", able=choice.decision.able, reasons=joined)

    def _others(self, chosen: Chosen) -> Iterable[str]:
        """One line for each reason, with the seats it holds for; first what was nearest."""
        groups: dict[str, list[str]] = {}
        order: dict[str, int] = {}
        for other in sorted(chosen.choice.others, key=lambda other: other.seat_id):
            why, seat = self._why_not(other, chosen.at)
            groups.setdefault(why, []).append(seat)
            order.setdefault(why, _NEAREST.index(type(other.reason)))
        for why in sorted(groups, key=lambda why: order[why]):
            yield self._say("choice.line", why=why, seats=self._named(groups[why]))

    def _why_not(self, other: explain.Other, at: float) -> tuple[str, str]:
        """The reason, and the seat with what is its own in it."""
        seat = self._seat(other.seat_id)
        match other.reason:
            case explain.Lacks(parts, never, from_s):
                key = "never" if never else "lacks" if from_s is None else "later"
                lacking = self._t.say("story.comma").join(self._needs(part) for part in parts)
                after = self._lasting(from_s or 0.0)
                return self._say(f"other.{key}", parts=lacking, after=after), seat
            case explain.NotOwner(_, until):
                return self._say("other.not_owner", until=self._t.clock(until)), seat
            case explain.Declined(until):
                return self._say("other.declined"), self._detail("until", seat, until=until)
            case explain.Kept(doing, since, reason, until, own):
                why = self._say("other.own" if own else f"other.{doing}")
                if doing == "paused":
                    return why, self._detail("until", seat, until=until)
                if reason:
                    named = self._t.name("reason", reason)
                    return why, self._detail("reason", seat, reason=named, since=since)
                return why, self._detail("since", seat, since=since) if since else seat
            case explain.Taken():
                return self._say("other.taken"), seat
            case explain.Behind(by, _, its):
                why = self._say(f"other.{by}")
                if by == "idle_since" and isinstance(its, float):
                    return why, self._detail("idle", seat, lasted=self._lasting(at - its))
                return why, seat
            case explain.Passed():
                return self._say("other.passed"), seat

    def _detail(self, key: str, seat: str, **fields: object) -> str:
        told = {
            name: self._t.clock(value) if isinstance(value, float) else value
            for name, value in fields.items()
        }
        return self._say(f"detail.{key}", seat=seat, **told)

    # ---- words ----

    def _seat(self, seat_id: str) -> str:
        name = self._t.seats.get(seat_id, seat_id)
        person = self._t.people.get(self._persons.get(seat_id, ""), "")
        return self._say("named", seat=name, person=person) if person else name

    def _named(self, seats: Sequence[str]) -> str:
        named = self._t.say("story.comma").join(seats[:MOST_SEATS])
        if len(seats) <= MOST_SEATS:
            return named
        return self._say("more", seats=named, count=len(seats))

    def _listed(self, parts: Iterable[str]) -> str:
        return self._t.say("story.comma").join(parts)

    def _starts(self, names: Iterable[str]) -> str:
        known = {name: self._say(f"head_start.{name}") for name in names if name in _STARTS}
        return self._listed(known.get(name, name) for name in names)

    def _relaxes(self, names: Sequence[str]) -> str:
        return self._listed(
            self._say(f"relaxes.{name}") if name in _RELAXES else name
            for name in dict.fromkeys(names or ("nothing",))
        )

    def _needs(self, source: str) -> str:
        """A requirement as people say it."""
        return self._need(parse(source))

    def _need(self, need: Need) -> str:
        match need:
            case Has(skill, level):
                name = self._t.name("skill", skill)
                return name if level == 1 else self._say("level", skill=name, level=level)
            case Not(of):
                return self._say("not", need=self._inner(of))
            case All(of):
                return self._listed(map(self._inner, of)) or self._say("anybody")
            case Any(of):
                return self._say("or").join(map(self._inner, of)) or self._say("nobody")

    def _inner(self, need: Need) -> str:
        told = self._need(need)
        deep = isinstance(need, All | Any) and len(need.of) > 1
        return self._say("bracket", text=told) if deep else told

    def _lasting(self, seconds: float) -> str:
        """A length of time as people say it."""
        whole = max(0, round(seconds))
        minutes, rest = divmod(whole, 60)
        if not minutes:
            return self._t.say("story.seconds", seconds=rest)
        if not rest and minutes < 60:
            return self._say("minutes", minutes=minutes)
        if minutes < 60:
            return self._t.say("story.minutes", minutes=minutes, seconds=rest)
        hours, minutes = divmod(minutes, 60)
        return self._t.say("story.long", hours=hours, minutes=minutes)


_ELEMENTS: tuple[explain.Element, ...] = ("cost", "spare", "share", "idle_since", "seat_id")
_RELAXES = frozenset({"law", "level", "region", "interpreter", "nothing"})
_STARTS = frozenset({"migrant", "veteran", "repeat", "callback"})
"""Names of the shipped policy's head starts; a site's own are told as it calls them."""

_NEAREST: tuple[type[explain.Reason], ...] = (
    explain.Passed,
    explain.Behind,
    explain.Taken,
    explain.Declined,
    explain.Kept,
    explain.NotOwner,
    explain.Lacks,
)
