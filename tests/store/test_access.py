"""The guarded door: who sees what, masks, versions, audit. Every test on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import delete, insert, select, update

from cases import audit
from cases import tables as t
from cases.access import Access, require
from cases.audit import AuditBroken
from cases.errors import Conflict, Forbidden, Invalid, NotFound
from cases.ledger import Ledger
from cases.recordings import Recordings
from cases.records import CallFilter, CallRecord, LiveCall, SlipChange, Viewer
from cases.store import Store
from queues.ticket import Ranking
from router import facts as f
from tests.store.readback import ZONE
from tests.store.test_recordings import tone, write_wav

NOW = 1_795_312_900.0
NUMBER, MASKED = "13800000001", "138****0001"
HERS = Viewer(person_id="p1", role="seat")
HIS = Viewer(person_id="p2", role="seat")
PURCHASED = Viewer(person_id="p1", role="seat", provider="purchased")
SUPERVISOR = Viewer(person_id="p8", role="supervisor")
ANALYST = Viewer(person_id="p9", role="analyst")
ADMIN = Viewer(person_id="p0", role="admin")
CHOSEN = Ranking(0, 0.5, 0, 4.0, "8001")


def answered(call_id: str, person_id: str, at: float) -> list[tuple[float, f.Body]]:
    leg, offer = f"{call_id}-L1", f"{call_id}-O1"
    return [
        (at, f.CallOpened(call_id, NUMBER, "张三", "12348", "t1", True, "v1")),
        (at + 5, f.Queued(
            call_id, "cmn", "general", "general/cmn", "lang:cmn", at + 5, 0.0, (), "p-1", "v1")),
        (at + 6, f.Offered(
            call_id, offer, leg, "8001", person_id, "sip1", 0, CHOSEN, 2, "p-1", 1.0)),
        (at + 8, f.OfferEnded(call_id, offer, leg, "8001", person_id, "answered", 0, 2.0)),
        (at + 8, f.Connected(
            call_id, offer, leg, f"{call_id}-B1", "8001", person_id, "staff", 3.0)),
        (at + 60, f.TalkEnded(call_id, leg, "8001", person_id, "seat", 52.0)),
        (at + 65, f.Rated(call_id, leg, person_id, 2)),
        (at + 66, f.CallClosed(call_id, "answered", "rating", "line", 16)),
    ]  # fmt: skip


def message(call_id: str, at: float) -> list[tuple[float, f.Body]]:
    return [
        (at, f.CallOpened(call_id, NUMBER, "", "12348", "t1", False, "v1")),
        (at + 9, f.VoicemailInvited(call_id, "closed")),
        (at + 20, f.VoicemailKept(call_id, f"{call_id}-V1", f"{call_id}-V1.wav", 8.0)),
        (at + 21, f.CallClosed(call_id, "voicemail", "voicemail", "caller", 16)),
    ]


async def record(store: Store, bodies: list[tuple[float, f.Body]]) -> None:
    ledger = Ledger(store, ZONE)
    after = await ledger.position()
    await ledger.write([f.Fact(after + n, at, body) for n, (at, body) in enumerate(bodies, 1)])


@pytest.fixture
async def access(store: Store, tmp_path: Path) -> Access:
    """Her call, his call, a message, and one that was missed by her and is still waiting."""
    waiting = answered("c4", "p1", NOW + 300)[:3]
    missed = f.OfferEnded("c4", "c4-O1", "c4-L1", "8001", "p1", "no_answer", 0, 20.0)
    await record(
        store,
        [
            *answered("c1", "p1", NOW),
            *answered("c2", "p2", NOW + 100),
            *message("c3", NOW + 200),
            *waiting,
            (NOW + 330, missed),
        ],
    )
    for name in ("c1-caller", "c1-seat", "c2-caller", "c2-seat", "c3-caller", "c3-seat", "c3-V1"):
        write_wav(tmp_path / f"{name}.wav", tone(440, 0.1))
    await Recordings(store, tmp_path).sweep(NOW + 300)
    return Access(store, tmp_path)


async def ids(access: Access, viewer: Viewer, filter: CallFilter | None = None) -> list[str]:
    page = await access.list_calls(viewer, filter or CallFilter())
    return [call.call_id for call in page.calls]


async def rows(store: Store) -> list[tuple[str, str, str]]:
    async with store.read() as conn:
        found = await conn.execute(select(t.audit).order_by(t.audit.c.seq))
        return [(row.person_id, row.action, row.object) for row in found]


async def test_a_seat_sees_what_it_served_and_the_centre_sees_all(access: Access) -> None:
    assert await ids(access, HERS) == ["c1"]
    assert await ids(access, HIS) == ["c2"]
    for viewer in (SUPERVISOR, ANALYST, ADMIN):
        assert await ids(access, viewer) == ["c4", "c3", "c2", "c1"]


async def test_lists_are_masked_for_everybody(access: Access) -> None:
    for viewer in (HERS, SUPERVISOR, ADMIN):
        for call in (await access.list_calls(viewer)).calls:
            assert (call.caller_number, call.masked) == (MASKED, True)
            assert "三" not in call.caller_name


async def test_one_call_has_everything_about_it(access: Access) -> None:
    detail = await access.get_call(SUPERVISOR, "c1", NOW)
    call = detail.call
    assert (call.outcome, call.score, call.person_id, call.wait_s) == ("answered", 2, "p1", 3.0)
    assert call.slip_number == detail.slip.number
    assert [leg.kind for leg in detail.legs] == ["caller", "seat"]
    assert [(offer.ranking.spare, offer.able) for offer in detail.offers] == [(0.5, 2)]
    assert [rating.score for rating in detail.ratings] == [2]
    assert [recording.status for recording in detail.recordings] == ["ready"]
    assert [fact.type for fact in detail.timeline][:2] == ["CallOpened", "Queued"]
    assert len(detail.timeline) == 8


async def test_who_served_the_call_reads_the_number_and_that_is_noted(
    access: Access, store: Store
) -> None:
    detail = await access.get_call(HERS, "c1", NOW)
    assert (detail.call.caller_number, detail.call.masked) == (NUMBER, False)
    assert detail.timeline[0].body["caller_number"] == NUMBER
    assert await rows(store) == [("p1", "number.shown", "c1")]


@pytest.mark.parametrize("viewer", [SUPERVISOR, ANALYST, ADMIN, PURCHASED])
async def test_everybody_else_reads_it_masked_everywhere(
    access: Access, store: Store, viewer: Viewer
) -> None:
    detail = await access.get_call(viewer, "c1", NOW)
    assert (detail.call.caller_number, detail.call.masked) == (MASKED, True)
    assert NUMBER not in repr(detail)
    assert "张三" not in repr(detail)
    assert await rows(store) == []


async def test_what_is_not_hers_does_not_exist(access: Access, store: Store) -> None:
    change = SlipChange(text="x")
    slip = await access.get_slip(SUPERVISOR, "c2")
    attempts: list[Callable[[str], Awaitable[object]]] = [
        lambda call_id: access.get_call(HERS, call_id, NOW),
        lambda call_id: access.get_slip(HERS, call_id),
        lambda call_id: access.story(HERS, call_id),
        lambda call_id: access.brief(HERS, call_id, None),
        lambda call_id: access.update_slip(HERS, call_id, change, 1, NOW),
        lambda call_id: access.recording_file(HERS, call_id, NOW),
        lambda _: access.slip_by_number(HERS, slip.number),
    ]
    for attempt in attempts:
        for call_id in ("c2", "c4", "never", "\x00", "' OR 1=1 --"):
            with pytest.raises(NotFound):
                await attempt(call_id)
    assert await rows(store) == []
    assert (await access.get_slip(SUPERVISOR, "c2")).version == 1


async def test_roles_and_providers_that_never_do_a_thing_are_told_so(access: Access) -> None:
    change = SlipChange(text="x")
    with pytest.raises(Forbidden) as refused:
        await access.recording_file(ANALYST, "c1", NOW)
    assert refused.value.right == "recordings.hear"
    with pytest.raises(Forbidden):
        await access.update_slip(ANALYST, "c1", change, 1, NOW)
    with pytest.raises(Forbidden):
        await access.recording_file(PURCHASED, "c1", NOW)
    with pytest.raises(Forbidden):
        await access.list_voicemails(PURCHASED)
    with pytest.raises(Forbidden):
        require(SUPERVISOR, "people.manage")
    require(ADMIN, "people.manage")
    assert (await access.update_slip(PURCHASED, "c1", change, 1, NOW)).text == "x"


async def test_filters_are_half_open_and_together(access: Access) -> None:
    see = SUPERVISOR
    assert await ids(access, see, CallFilter(since=NOW + 100, until=NOW + 200)) == ["c2"]
    assert await ids(access, see, CallFilter(outcomes=("answered",))) == ["c2", "c1"]
    assert await ids(access, see, CallFilter(outcomes=("answered",), person_id="p1")) == ["c1"]
    assert await ids(access, see, CallFilter(live=True)) == ["c4"]
    assert await ids(access, see, CallFilter(live=False, seat_id="8001")) == ["c2", "c1"]
    assert await ids(access, see, CallFilter(languages=("cmn",), services=("general",))) == [
        "c4", "c2", "c1",
    ]  # fmt: skip
    assert await ids(access, HERS, CallFilter(person_id="p2")) == []
    for wrong, field in (
        (CallFilter(outcomes=("lost",)), "outcomes"),
        (CallFilter(services=("\x00",)), "services"),
    ):
        with pytest.raises(Invalid) as refused:
            await access.list_calls(see, wrong)
        assert refused.value.field == field


async def test_filters_look_into_the_slip(access: Access) -> None:
    see, when = SUPERVISOR, NOW + 900
    for call_id, change in (
        ("c1", SlipChange(kind="consultation", matter="A0301", place="513301", emotion=3,
                          groups=("migrant_worker", "elderly"), text="工地欠薪 50%_三个月")),
        ("c2", SlipChange(kind="complaint", matter="A01", place="5101", place_detail="春熙路")),
        ("c3", SlipChange(matter="B01", place="44", groups=("elderly",), text="Wage claim")),
    ):  # fmt: skip
        await access.update_slip(see, call_id, change, 1, when)
    number = (await access.get_slip(see, "c2")).number
    for filter, expected in (
        (CallFilter(kinds=("consultation", "complaint")), ["c2", "c1"]),
        (CallFilter(kinds=("",)), ["c4", "c3"]),
        (CallFilter(matters=("A",)), ["c2", "c1"]),
        (CallFilter(matters=("A03",)), ["c1"]),
        (CallFilter(matters=("A01", "B")), ["c3", "c2"]),
        (CallFilter(places=("51",)), ["c2", "c1"]),
        (CallFilter(places=("5133",)), ["c1"]),
        (CallFilter(groups=("elderly",)), ["c3", "c1"]),
        (CallFilter(emotions=(3, 4)), ["c1"]),
        (CallFilter(scores=(1, 2)), ["c2", "c1"]),
        (CallFilter(scores=(5,)), []),
        (CallFilter(recorded=True), ["c3", "c2", "c1"]),
        (CallFilter(recorded=False), ["c4"]),
        (CallFilter(demo=False, live=True), ["c4"]),
        (CallFilter(demo=True), []),
        (CallFilter(text="欠薪"), ["c1"]),
        (CallFilter(text="50%_"), ["c1"]),
        (CallFilter(text="%"), ["c1"]),
        (CallFilter(text="春熙"), ["c2"]),
        (CallFilter(text="WAGE"), ["c3"]),
        (CallFilter(text=number), ["c2"]),
        (CallFilter(text=f"{number[:6]} {number[6:]}"), ["c2"]),
        (CallFilter(text="欠薪", kinds=("complaint",)), []),
    ):
        assert await ids(access, see, filter) == expected, filter
    found = (await access.list_calls(see, CallFilter(text="欠薪"))).calls[0]
    assert (found.kind, found.matter, found.place) == ("consultation", "A0301", "513301")
    assert (found.filled, found.recorded, found.person_name) == (True, True, "")
    for wrong, field in (
        (CallFilter(kinds=("joke",)), "kinds"),
        (CallFilter(matters=("A77",)), "matters"),
        (CallFilter(groups=("' OR 1=1 --",)), "groups"),
        (CallFilter(text="\x00"), "text"),
    ):
        with pytest.raises(Invalid) as refused:
            await access.list_calls(see, wrong)
        assert refused.value.field == field


async def test_a_search_by_number_is_noted_and_not_everybodys(access: Access, store: Store) -> None:
    ends = CallFilter(number="0001")
    page = await access.list_calls(HERS, ends, now=NOW)
    assert [call.call_id for call in page.calls] == ["c1"]
    assert await rows(store) == [("p1", "numbers.searched", "last-4-digits")]
    assert (await access.list_calls(SUPERVISOR, CallFilter(number="9999"), now=NOW)).calls == ()
    assert len(await rows(store)) == 2
    for viewer in (ANALYST, PURCHASED):
        with pytest.raises(Forbidden):
            await access.list_calls(viewer, ends, now=NOW)
    for wrong, code in (("001", "too-short"), ("00a1", "bad-format"), ("%%%%", "bad-format")):
        with pytest.raises(Invalid) as refused:
            await access.list_calls(SUPERVISOR, CallFilter(number=wrong), now=NOW)
        assert (refused.value.field, refused.value.code) == ("number", code)
    assert len(await rows(store)) == 2


async def test_a_seat_is_told_of_earlier_calls_of_the_same_caller(
    access: Access, store: Store
) -> None:
    await access.update_slip(SUPERVISOR, "c2", SlipChange(kind="complaint", emotion=4), 1, NOW)
    live = LiveCall(
        call_id="c9",
        caller_number=f"0{NUMBER}",  # the same caller, as a trunk from elsewhere delivers it
        language="cmn",
        service="labour",
        stage="ringing",
        opened_at=NOW + 1000,
        entered_at=NOW + 1003,
        people=("p1",),
    )
    brief = await access.brief(HERS, "c9", live)
    assert (brief.caller_number, brief.number_region) == (MASKED, "11")
    assert (brief.service, brief.stage, brief.wait_since) == ("labour", "ringing", NOW + 1003)
    assert brief.earlier == 4
    assert [(one.call_id, one.outcome, one.kind) for one in brief.last] == [
        ("", None, ""),
        ("", "voicemail", ""),
        ("", "answered", "complaint"),
        ("c1", "answered", ""),
    ]
    assert (brief.open_messages, brief.flags) == (1, ("message_open",))
    assert NUMBER not in repr(brief)
    await access.handle_voicemail(HERS, "c3-V1", NOW + 900)
    assert (await access.brief(HERS, "c9", live)).open_messages == 0
    for stranger in (HIS, PURCHASED):
        with pytest.raises(NotFound):
            await access.brief(stranger, "c9", msgspec.structs.replace(live, people=("p7",)))
    seen = await access.brief(SUPERVISOR, "c9", live)
    assert [one.call_id for one in seen.last] == ["c4", "c3", "c2", "c1"]
    for nobody in ("", "anonymous", "12345"):
        unknown = msgspec.structs.replace(live, caller_number=nobody)
        assert (await access.brief(HERS, "c9", unknown)).earlier == 0
    after = await access.brief(HIS, "c2", None)
    assert ([one.call_id for one in after.last], after.flags) == ([""], ())
    assert await rows(store) == []


async def test_what_stands_out_of_a_caller_is_flagged(store: Store, tmp_path: Path) -> None:
    access, at = Access(store, tmp_path), NOW + 8 * 86400
    for number in range(10):
        left = [*answered(f"d{number}", "p1", NOW + number * 86400)[:3]]
        left.append((left[-1][0] + 5, f.CallClosed(f"d{number}", "abandoned_queue", "queue",
                                                   "caller", 16)))  # fmt: skip
        await record(store, left)
    live = LiveCall(
        call_id="d99", caller_number=NUMBER, language="cmn", service="general", stage="talking",
        opened_at=at + 9 * 86400, entered_at=None, people=("p1",),
    )  # fmt: skip
    assert (await access.brief(HERS, "d99", live)).flags == ("gave_up",)
    often = msgspec.structs.replace(live, opened_at=NOW + 9 * 86400 + 60)
    flags = (await access.brief(HERS, "d99", often)).flags
    assert (await access.brief(HERS, "d99", often)).earlier == 10
    assert flags == ("gave_up",), "seven of ten were in the last week"
    more = [*answered("d10", "p1", NOW + 9 * 86400 + 1), *answered("d11", "p1", NOW + 9 * 86400)]
    rated = [(at, msgspec.structs.replace(b, score=5) if isinstance(b, f.Rated) else b)
             for at, b in more]  # fmt: skip
    await record(store, rated)
    often = msgspec.structs.replace(live, opened_at=NOW + 9 * 86400 + 200)
    assert (await access.brief(HERS, "d99", often)).flags == ("frequent", "dissatisfied")


async def test_a_person_sees_the_calls_of_the_day(access: Access) -> None:
    day = await access.my_day(HERS, NOW)
    assert ([call.call_id for call in day.calls], day.answered, day.talk_s) == (["c1"], 1, 52.0)
    assert (day.unfilled, day.calls[0].masked) == (1, True)
    await access.update_slip(HERS, "c1", SlipChange(kind="help"), 1, NOW)
    assert (await access.my_day(HERS, NOW)).unfilled == 0
    assert (await access.my_day(HERS, NOW + 9)).answered == 0
    assert (await access.my_day(ANALYST, 0.0)).calls == ()


async def test_facts_in_the_database_can_be_waited_for(access: Access, store: Store) -> None:
    async with store.read() as conn:
        position = await conn.scalar(select(t.journal_position.c.seq))
    await access.stored(position or 0, 5.0)
    with pytest.raises(TimeoutError):
        await access.stored((position or 0) + 1, 0.2)
    waiting = asyncio.create_task(access.stored((position or 0) + 8, 20.0))
    await record(store, answered("late", "p1", NOW + 2000))
    await waiting


async def test_pages_hold_every_call_once_also_while_new_ones_come(
    access: Access, store: Store
) -> None:
    bodies = [body for n in range(30) for body in message(f"m{n:02d}", NOW + 400 + n // 3)]
    await record(store, sorted(bodies, key=lambda pair: pair[0]))
    seen: list[CallRecord] = []
    after = None
    while True:
        page = await access.list_calls(SUPERVISOR, after=after, limit=7)
        seen += page.calls
        await record(store, message(f"late{len(seen)}", NOW + 5000))
        after = page.next
        if after is None:
            break
    found = [call.call_id for call in seen]
    assert len(found) == len(set(found)) == 34
    assert [call.opened_at for call in seen] == sorted((c.opened_at for c in seen), reverse=True)


@pytest.mark.parametrize("after", ["", "x", "1.0", "nan:c1", "1e999:c1", "1.0:\x00"])
async def test_a_made_up_cursor_is_refused(access: Access, after: str) -> None:
    with pytest.raises(Invalid, match="bad-format"):
        await access.list_calls(SUPERVISOR, after=after)


async def test_a_page_has_a_size(access: Access) -> None:
    for limit in (0, 201, -1):
        with pytest.raises(Invalid, match="out-of-range"):
            await access.list_calls(SUPERVISOR, limit=limit)


async def test_writing_a_slip(access: Access) -> None:
    text = "老板拖欠工资 གླ་ཆ་མ་སྤྲད་པ།"
    change = SlipChange(kind="consultation", matter="A0301", text=text, groups=("migrant_worker",))
    slip = await access.update_slip(HERS, "c1", change, 1, NOW + 90)
    assert (slip.version, slip.updated_by, slip.updated_at) == (2, "p1", NOW + 90)
    assert (slip.text, slip.groups, slip.emotion) == (text, ("migrant_worker",), None)
    assert await access.get_slip(HERS, "c1") == slip
    spoken = f"{slip.number[:6]} {slip.number[6:]}"
    assert await access.slip_by_number(SUPERVISOR, spoken) == slip
    later = await access.update_slip(SUPERVISOR, "c1", SlipChange(emotion=3), 2, NOW + 99)
    assert (later.version, later.text, later.emotion) == (3, text, 3)


async def test_a_slip_that_changed_meanwhile_is_not_overwritten(access: Access) -> None:
    await access.update_slip(HERS, "c1", SlipChange(text="first"), 1, NOW)
    with pytest.raises(Conflict) as conflict:
        await access.update_slip(SUPERVISOR, "c1", SlipChange(text="second"), 1, NOW)
    assert conflict.value.actual == 2
    assert (await access.get_slip(HERS, "c1")).text == "first"


async def test_of_twenty_at_once_one_wins(access: Access) -> None:
    tries = (
        access.update_slip(SUPERVISOR, "c1", SlipChange(text=str(n)), 1, NOW) for n in range(20)
    )
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in done) == 19
    assert (await access.get_slip(SUPERVISOR, "c1")).version == 2


async def test_playing_a_recording_is_noted_once_per_playback(
    access: Access, store: Store, tmp_path: Path
) -> None:
    for now in (NOW, NOW + 10, NOW + 250):
        playable = await access.recording_file(HERS, "c1", now)
        assert playable.path == tmp_path / "c1.wav"
        assert playable.recording.seconds == 0.1
    await access.recording_file(SUPERVISOR, "c1", NOW)
    await access.recording_file(HERS, "c1", NOW + 1000)
    assert await rows(store) == [
        ("p1", "recording.played", "c1"),
        ("p8", "recording.played", "c1"),
        ("p1", "recording.played", "c1"),
    ]


async def test_a_recording_whose_file_went_is_not_found(access: Access, tmp_path: Path) -> None:
    (tmp_path / "c1.wav").unlink()
    with pytest.raises(NotFound):
        await access.recording_file(HERS, "c1", NOW)


async def test_a_message_is_open_to_seats_until_one_takes_it(access: Access, store: Store) -> None:
    for viewer in (HERS, HIS):
        [found] = await access.list_voicemails(viewer, "new")
        assert (found.caller_number, found.call_id, found.why) == (MASKED, "c3", "closed")
        assert (await access.recording_file(viewer, "c3-V1", NOW)).recording.kind == "voicemail"
    with pytest.raises(NotFound):
        await access.get_call(HERS, "c3", NOW)
    taken = await access.handle_voicemail(HERS, "c3-V1", NOW + 5)
    assert (taken.state, taken.handled_by, taken.handled_at) == ("handled", "p1", NOW + 5)
    assert await access.handle_voicemail(HERS, "c3-V1", NOW + 9) == taken
    assert (await access.get_call(HERS, "c3", NOW)).call.caller_number == NUMBER
    assert await access.list_voicemails(HIS) == ()
    for attempt in (
        access.handle_voicemail(HIS, "c3-V1", NOW),
        access.recording_file(HIS, "c3-V1", NOW),
        access.handle_voicemail(HERS, "never", NOW),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await access.list_voicemails(SUPERVISOR, "handled") == (taken,)


# ---- the audit chain ----


async def a_chain(store: Store) -> None:
    for number in range(1, 6):
        async with store.write() as conn:
            await audit.note(
                conn, at=NOW + number / 3, person_id="p1", action="recording.played",
                object=f"c{number}",
            )  # fmt: skip


async def test_an_untouched_chain_is_whole(store: Store) -> None:
    assert await audit.verify(store) == 0
    await a_chain(store)
    assert await audit.verify(store) == 5


async def test_many_at_once_make_one_chain(store: Store) -> None:
    await asyncio.gather(*(a_chain(store) for _ in range(6)))
    assert await audit.verify(store) == 30


@pytest.mark.parametrize(
    ("forgery", "found_at"),
    [
        (update(t.audit).where(t.audit.c.seq == 3).values(person_id="p2"), 3),
        (update(t.audit).where(t.audit.c.seq == 3).values(at=1.0), 3),
        (update(t.audit).where(t.audit.c.seq == 3).values(hash="0" * 64), 3),
        (delete(t.audit).where(t.audit.c.seq == 3), 3),
        (delete(t.audit).where(t.audit.c.seq == 5), 5),
        (delete(t.audit), 1),
        (update(t.audit_head).values(seq=6), 6),
        (
            insert(t.audit).values(
                seq=6, at=NOW, person_id="p", action="recording.played", object="c", prev_hash="",
                hash="",
            ),
            6,
        ),
    ],
)  # fmt: skip
async def test_forgery_is_found(store: Store, forgery: object, found_at: int) -> None:
    await a_chain(store)
    async with store.write() as conn:
        await conn.execute(forgery)  # type: ignore[call-overload]
    with pytest.raises(AuditBroken) as broken:
        await audit.verify(store)
    assert broken.value.seq == found_at
