"""Frozen months: what is counted, where a month begins and ends, and that everything ties out."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec
import pytest
from sqlalchemy import update

from cases import tables as t
from cases.store import Store
from config.model import Reports, Settings
from reports.build import build
from reports.indicators import Counts, value
from reports.model import Report
from reports.periods import Month
from reports.ties import Broken, check
from router import facts as f
from tests.reports import months as m
from tests.reports.months import at

SETTINGS = Settings()
LATER = at("2027-06-01 00:00:00")


async def nowhere(digits: Collection[str]) -> Mapping[str, str]:
    return {}


async def made(
    store: Store, month: str, now: float = LATER, settings: Settings = SETTINGS
) -> Report:
    year, number = map(int, month.split("-"))
    return await build(store, settings, Month(year, number), now, nowhere)


async def test_a_month_without_a_call_is_empty_and_has_nothing_to_compare_with(
    store: Store,
) -> None:
    report = await made(store, "2026-03")
    assert report.now.counts == Counts()
    assert (report.before, report.year) == (None, None)
    assert (report.complete, report.demo) == (True, False)
    assert len(report.now.days) == 31
    assert value("connect_rate", report.now.counts).value is None


async def test_every_way_a_call_can_go_is_counted_once(store: Store) -> None:
    day = at("2026-03-10 10:00:00")
    await m.keep(
        store,
        m.answered("c1", day, wait_s=15.0, score=1),
        m.answered("c2", day + 60, wait_s=15.5, score=3, provider="purchased", seat="8002"),
        m.answered("c3", day + 120, wait_s=31, score=None, missed="timeout", language="khg"),
        m.gave_up("c4", day + 180),
        m.gave_up("c5", day + 240, ringing=True, wait_s=8),
        m.left_in_menu("c6", day + 300),
        m.message("c7", day + 360),
        m.message("c8", day + 420, why="closed", after_queue=False),
        m.fallback("c9", day + 480),
        m.fallback("c10", day + 540, "fallback_voicemail"),
        m.fallback("c11", day + 600, "fallback_abandoned"),
        [m.opened("c12", day + 660), m.closed("c12", day + 661, "failed", "greeting")],
        [m.opened("c13", day + 720), m.queued("c13", day + 725)],
    )
    report = await made(store, "2026-03", day + 5000)
    counts = report.now.counts
    assert counts == Counts(
        offered=13,
        queued=7,
        answered=3,
        answered_purchased=1,
        specialist_queued=1,
        specialist_answered=1,
        abandoned_menu=1,
        abandoned_queue=1,
        abandoned_ringing=1,
        voicemail=2,
        fallback_answered=1,
        fallback_voicemail=1,
        fallback_abandoned=1,
        failed=1,
        open=1,
        within_15=1,
        within_20=2,
        within_30=2,
        entry_s=15.0,
        wait_s=61.5,
        left_s=48.0,
        talk_s=300.0,
        rated_1=1,
        rated_3=1,
        unrated_timeout=1,
        messages=3,
    )
    now = report.now
    assert now.after_queue == {
        "answered": 3, "abandoned_queue": 1, "abandoned_ringing": 1, "voicemail": 1, "open": 1,
    }  # fmt: skip
    assert now.messages_why == {"closed": 1, "fallback": 1, "too_long": 1}
    assert now.offers == {"answered": 3, "caller_left": 1}
    assert (now.tries, now.moved, now.widened) == ({"1": 3}, 0, 0)
    assert {key: c.answered for key, c in now.languages.items()} == {"": 0, "cmn": 2, "khg": 1}
    assert {key: c.answered for key, c in now.seats.items()} == {"8001": 2, "8002": 1}
    assert (now.callers, now.unnumbered) == (1, 0)


async def test_a_month_is_that_of_the_centres_wall_and_the_year_turns(store: Store) -> None:
    await m.keep(
        store,
        m.answered("dec", at("2025-12-31 23:59:59")),
        m.answered("jan", at("2026-01-01 00:00:00")),
        m.answered("last", at("2026-01-31 23:59:59.5")),
        m.answered("feb", at("2026-02-01 00:00:00")),
    )
    january, february = await made(store, "2026-01"), await made(store, "2026-02")
    assert january.now.counts.offered == 2
    assert january.now.days == (1, *[0] * 29, 1)
    assert january.before is not None
    assert (january.before.month, january.before.counts.offered) == ("2025-12", 1)
    assert january.before.days == (*[0] * 30, 1)
    assert january.year is None
    assert (february.now.counts.offered, len(february.now.days)) == (1, 28)
    assert february.before == january.now
    # Thursday the 1st and Saturday the 31st, by the clock in Chengdu and not in Greenwich.
    assert january.now.hours[3][0] == 1
    assert january.now.hours[5][23] == 1


async def test_a_leap_february_has_29_days_and_the_year_before_is_the_same_month(
    store: Store,
) -> None:
    await m.keep(
        store,
        m.answered("old", at("2027-02-28 23:00:00")),
        m.answered("new", at("2028-02-29 12:00:00")),
    )
    report = await made(store, "2028-02", at("2028-03-02 00:00:00"))
    assert (len(report.now.days), report.now.days[28]) == (29, 1)
    assert report.year is not None
    assert (report.year.counts.offered, len(report.year.days)) == (1, 28)
    assert report.before is not None
    assert report.before.counts == Counts()


async def test_what_is_written_after_the_cut_does_not_come_into_an_unfinished_month(
    store: Store,
) -> None:
    cut = at("2026-03-10 12:00:00")
    await m.keep(
        store, m.answered("c1", cut - 3600), m.answered("c2", cut), m.on_duty("8001", cut - 60, cut)
    )
    report = await made(store, "2026-03", cut)
    assert (report.complete, report.data_until) == (False, cut)
    assert report.now.counts.offered == 1
    assert (await made(store, "2026-03", at("2026-04-01 00:00:00"))).complete


async def test_made_again_the_numbers_are_the_same(store: Store) -> None:
    day = at("2026-03-10 10:00:00")
    calls = [m.answered(f"c{n}", day + 700 * n, number=f"1990000{n:04}") for n in range(40)]
    await m.keep(store, *calls, m.on_duty("8001", day, day + 3600))
    first, second = await made(store, "2026-03"), await made(store, "2026-03")
    assert msgspec.json.encode(first) == msgspec.json.encode(second)
    assert first.now.callers == 40


async def test_hours_on_duty_are_cut_at_the_months_ends(store: Store) -> None:
    first, end = at("2026-03-01 00:00:00"), at("2026-04-01 00:00:00")
    await m.keep(
        store,
        m.on_duty("8001", first - 3600, first + 7200),
        m.on_duty("8002", end - 1800, end + 50_000, "purchased"),
        m.on_duty("8003", first - 9000, first - 8000),
        # Still signed in at the cut.
        m.on_duty("8004", end - 600, LATER + 1)[:2],
    )
    report = await made(store, "2026-03")
    assert report.now.counts.seat_s == 7200 + 1800 + 600
    assert report.now.counts.seat_purchased_s == 1800
    assert {seat: c.seat_s for seat, c in report.now.seats.items()} == {
        "8001": 7200, "8002": 1800, "8004": 600,
    }  # fmt: skip


async def test_slips_are_counted_with_those_that_say_nothing(store: Store) -> None:
    day = at("2026-03-10 10:00:00")
    await m.keep(store, *(m.answered(f"c{n}", day + n) for n in range(5)))
    await m.write_slip(
        store, "c0", kind="help", matter="A0301", emotion=3, groups=["women", "elderly"],
        place="5133",
    )  # fmt: skip
    await m.write_slip(store, "c1", kind="help", matter="A03", groups=["elderly"], place="513301")
    now = (await made(store, "2026-03")).now
    assert now.kinds == {"": 3, "help": 2}
    assert now.matters == {"": 3, "A03": 1, "A0301": 1}
    assert now.emotions == {"": 4, "3": 1}
    assert (now.groups, now.grouped) == ({"elderly": 2, "women": 1}, 2)
    assert now.places == {"": 3, "5133": 1, "513301": 1}


async def test_several_seats_and_widened_skills_are_seen(store: Store) -> None:
    day = at("2026-03-10 10:00:00")
    tail = m.answered("c1", day, wait_s=60, seat="8003")[3:]
    await m.keep(
        store,
        [
            m.opened("c1", day),
            m.queued("c1", day + 5),
            m.offered("c1", day + 6, 2, "8001"),
            m.offer_ended("c1", day + 26, "no_answer", 2, "8001"),
            m.offered("c1", day + 45, 1, "8003", step=1),
            *tail,
        ],
    )
    now = (await made(store, "2026-03")).now
    assert now.offers == {"answered": 1, "no_answer": 1}
    assert (now.tries, now.widened, now.moved) == ({"2": 1}, 1, 0)


async def test_a_caller_who_went_on_to_another_seat_is_rated_once(store: Store) -> None:
    day = at("2026-03-10 10:00:00")
    lost = m.answered("c1", day, score=None, missed="not_asked", seat="8001")[:-1]
    up, leg = day + 200, "c1-L2"
    again = [
        m.queued("c1", day + 117),
        m.offered("c1", day + 118, 2, "8002", step=1),
        m.offer_ended("c1", up, "answered", 2, "8002"),
        (up, f.Connected("c1", "c1-O2", leg, "c1-B2", "8002", "p2", "purchased", 83.0)),
        (up + 50, f.TalkEnded("c1", leg, "8002", "p2", "seat", 50.0)),
        (up + 55, f.Rated("c1", leg, "p2", 2)),
        (up + 56, f.CallClosed("c1", "answered", "rating", "line", 16)),
    ]
    await m.keep(store, [*lost, *again], m.answered("c2", day + 1000))
    now = (await made(store, "2026-03")).now
    counts = now.counts
    assert (counts.offered, counts.queued, counts.answered) == (2, 2, 2)
    assert counts.answered_purchased == 1
    assert (counts.rated_1, counts.rated_2, counts.unrated_not_asked) == (1, 1, 0)
    assert (counts.wait_s, counts.talk_s) == (20.0, 250.0)
    assert (now.moved, now.widened, now.tries) == (1, 1, {"1": 1, "2": 1})


async def test_calls_by_the_origin_of_their_numbers(store: Store) -> None:
    day = at("2026-03-10 10:00:00")
    numbers = ("13880000001", "13880000002", "+8613880000003", "", "0836000000")
    await m.keep(
        store, *(m.answered(f"c{n}", day + n, number=number) for n, number in enumerate(numbers))
    )
    asked: set[str] = set()

    async def origins(digits: Collection[str]) -> Mapping[str, str]:
        asked.update(digits)
        return {"13880000": "5101", "+861388000": "5101"}

    report = await build(store, SETTINGS, Month(2026, 3), LATER, origins)
    assert asked == {"13880000", "+861388000", "", "08360000"}, "never a whole number"
    assert report.now.origins == {"5101": 3, "": 2}
    assert (report.now.callers, report.now.unnumbered) == (4, 1)


async def test_demonstration_calls_mark_the_month_they_are_in(store: Store) -> None:
    await m.keep(
        store,
        m.answered("demo-1", at("2026-03-10 10:00:00")),
        m.answered("real", at("2026-04-10 10:00:00")),
    )
    assert (await made(store, "2026-03")).demo
    assert not (await made(store, "2026-04")).demo


async def test_the_masthead_is_of_the_settings(store: Store) -> None:
    settings = msgspec.structs.replace(
        SETTINGS, reports=Reports(issuer="示例司法厅", first_month="2025-11", copy_to=("甲",))
    )
    report = await made(store, "2026-03", settings=settings)
    assert (report.issuer, report.issue, report.issue_in_all) == ("示例司法厅", 3, 5)
    assert report.copy_to == ("甲",)
    assert report.targets["connect_rate"] == 0.95
    plain = await made(store, "2026-03")
    assert (plain.issuer, plain.issue_in_all) == (SETTINGS.line.centre.name, 0)
    assert plain.audit == (0, "0" * 64)


async def test_a_sum_that_does_not_add_up_stops_the_report(store: Store) -> None:
    await m.keep(store, m.answered("c1", at("2026-03-10 10:00:00")))
    async with store.write() as conn:
        await conn.execute(update(t.calls).values(outcome="vanished"))
    with pytest.raises(Broken, match="outcomes adds up to 0, not to 1"):
        await made(store, "2026-03")


@pytest.mark.parametrize(
    "spoilt",
    ["kinds", "matters", "emotions", "places", "origins", "tries", "offered", "hours", "days"],
)
async def test_each_table_is_held_against_the_total(store: Store, spoilt: str) -> None:
    await m.keep(store, m.answered("c1", at("2026-03-10 10:00:00")))
    report = await made(store, "2026-03")
    now = report.now
    change: dict[str, object] = {
        "offered": {"counts": msgspec.structs.replace(now.counts, offered=2)},
        "hours": {"hours": ((1,) * 24,) * 7},
        "days": {"days": (7,)},
    }.get(spoilt, {spoilt: {"x": 2}})
    with pytest.raises(Broken):
        check(msgspec.structs.replace(report, now=msgspec.structs.replace(now, **change)))
