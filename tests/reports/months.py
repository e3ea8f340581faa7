"""Calls of a month as facts, told briefly; every call ends as the engine would end it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import update

from cases import tables as t
from cases.ledger import Ledger
from cases.store import Store
from queues.ticket import Ranking
from router import facts as f

ZONE = ZoneInfo("Asia/Shanghai")
NUMBER = "19900000001"

Told = tuple[float, f.Body]


def at(text: str) -> float:
    """`2026-03-31 23:59:59` on the centre's wall, as epoch seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


def opened(call: str, when: float, number: str = NUMBER) -> Told:
    return when, f.CallOpened(call, number, "张三", "12348", "t1", True, "v1")


def queued(call: str, when: float, language: str = "cmn", service: str = "general") -> Told:
    return when, f.Queued(call, language, service, "kind", "lang:cmn", when, 0.0, (), "p-1", "v1")


def offered(call: str, when: float, n: int = 1, seat: str = "8001", step: int = 0) -> Told:
    ranking = Ranking(step, 0.0, 0, 0.0, seat)
    leg, offer = f"{call}-L{n}", f"{call}-O{n}"
    return when, f.Offered(call, offer, leg, seat, "p1", "s1", step, ranking, 1, "p-1", 0.0)


def offer_ended(call: str, when: float, end: f.OfferEnd, n: int = 1, seat: str = "8001") -> Told:
    return when, f.OfferEnded(call, f"{call}-O{n}", f"{call}-L{n}", seat, "p1", end, 0, 1.0)


def closed(call: str, when: float, outcome: f.Outcome, stage: f.Stage = "queue") -> Told:
    return when, f.CallClosed(call, outcome, stage, "caller", 16)


def answered(
    call: str,
    when: float,
    *,
    wait_s: float = 10.0,
    talk_s: float = 100.0,
    language: str = "cmn",
    service: str = "general",
    seat: str = "8001",
    provider: str = "staff",
    score: int | None = 1,
    missed: f.RatingMissedWhy = "hung_up",
    number: str = NUMBER,
) -> list[Told]:
    """Asks for a human after 5 s, waits `wait_s`, talks `talk_s`."""
    asked = when + 5
    up = asked + wait_s
    over = up + talk_s
    leg = f"{call}-L1"
    rated: f.Body = (
        f.Rated(call, leg, "p1", score) if score else f.RatingMissed(call, leg, "p1", missed)
    )
    return [
        opened(call, when, number),
        queued(call, asked, language, service),
        offered(call, asked, 1, seat),
        offer_ended(call, up, "answered", 1, seat),
        (up, f.Connected(call, f"{call}-O1", leg, f"{call}-B", seat, "p1", provider, wait_s)),
        (over, f.TalkEnded(call, leg, seat, "p1", "seat", talk_s)),
        (over + 1, rated),
        (over + 2, f.CallClosed(call, "answered", "rating", "line", 16)),
    ]


def gave_up(call: str, when: float, *, wait_s: float = 40.0, ringing: bool = False) -> list[Told]:
    out: list[Told] = [opened(call, when), queued(call, when + 5)]
    if ringing:
        out.append(offered(call, when + 5))
        out.append(offer_ended(call, when + 5 + wait_s, "caller_left"))
    stage: f.Stage = "ringing" if ringing else "queue"
    outcome: f.Outcome = "abandoned_ringing" if ringing else "abandoned_queue"
    return [*out, closed(call, when + 5 + wait_s, outcome, stage)]


def left_in_menu(call: str, when: float) -> list[Told]:
    return [
        opened(call, when),
        (when + 2, f.MenuEntered(call, "language", 1)),
        closed(call, when + 4, "abandoned_menu", "menu"),
    ]


def message(
    call: str, when: float, *, why: f.VoicemailWhy = "too_long", after_queue: bool = True
) -> list[Told]:
    out: list[Told] = [opened(call, when)]
    if after_queue:
        out.append(queued(call, when + 5))
    return [
        *out,
        (when + 60, f.VoicemailInvited(call, why)),
        (when + 90, f.VoicemailKept(call, f"{call}-V1", f"{call}-V1.wav", 20.0)),
        closed(call, when + 91, "voicemail", "voicemail"),
    ]


def fallback(call: str, when: float, outcome: f.Outcome = "fallback_answered") -> list[Told]:
    path = f"{call}.wav" if outcome == "fallback_voicemail" else ""
    seconds = 9.0 if path else 0.0
    by = "s1" if outcome == "fallback_answered" else ""
    return [
        (
            when + 300,
            f.FallbackImported(call, NUMBER, when, when + 80, outcome, by, path, seconds),
        )
    ]


def on_duty(seat: str, since: float, until: float, provider: str = "staff") -> list[Told]:
    """Signed in and ready for the whole time."""
    return [
        (since, f.SeatSignedIn(seat, "p1", "s1", {}, provider)),
        (since, f.SeatReady(seat, "p1")),
        (until, f.SeatSignedOut(seat, "p1", "p1")),
    ]


async def keep(store: Store, *told: Sequence[Told]) -> None:
    """Bring the facts into the store in the order of their times."""
    ledger = Ledger(store, ZONE)
    after = await ledger.position()
    ordered = sorted((one for some in told for one in some), key=lambda one: one[0])
    await ledger.write([f.Fact(after + n, when, body) for n, (when, body) in enumerate(ordered, 1)])


async def write_slip(store: Store, call: str, **columns: object) -> None:
    async with store.write() as conn:
        await conn.execute(update(t.slips).where(t.slips.c.call_id == call).values(**columns))


def calls_of(told: Sequence[Sequence[Told]]) -> Iterator[str]:
    for some in told:
        yield getattr(some[0][1], "call_id", "")
