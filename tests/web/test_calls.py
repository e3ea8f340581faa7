"""Calls, voicemails, recordings and slips, as they come out of a real database."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import pytest

from cases.recordings import Recordings
from tests.web.house import Client, House


def wav(path: Path, samples: int, value: int) -> None:
    """Telephone-quality mono; each sample the same, so that halves can be told apart."""
    data = struct.pack("<h", value) * samples
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data", len(data),
    )  # fmt: skip
    path.write_bytes(head + data)


async def recorded(house: House, number: str = "13800000001") -> tuple[str, bytes]:
    """An answered call that is over and recorded: its id, and the recording as it is on disk."""
    caller = await house.talking("zhang", number)
    for side, value in (("caller", 1000), ("seat", -1000)):
        wav(house.recordings / f"{caller.call_id}-{side}.wav", 4000, value)
    await house.over(caller)
    finisher = Recordings(house.store, house.recordings, settle_s=0.0)
    assert await finisher.sweep(house.clock.now()) == 0
    return caller.call_id, (house.recordings / f"{caller.call_id}.wav").read_bytes()


async def chief_of(house: House) -> Client:
    return await house.client("chief", "supervisor", phone="")


async def test_calls_are_listed_newest_first_and_page_by_page(house: House) -> None:
    chief = await chief_of(house)
    await house.seated("zhang")
    ids = []
    for number in range(5):
        house.clock.at += 1
        caller = await house.waiting(f"1380000000{number}")
        await house.over(caller)
        ids.append(caller.call_id)
    seen: list[str] = []
    after = ""
    while True:
        page = (await chief.get(f"/calls?limit=2{after}")).json
        seen += [call["call_id"] for call in page["calls"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == ids[::-1]
    assert {call["caller_number"] for call in (await chief.get("/calls")).json["calls"]} == {
        f"138****000{number}" for number in range(5)
    }


async def test_calls_are_found_by_what_became_of_them(house: House) -> None:
    zhang = await house.seated("zhang")
    chief = await chief_of(house)
    served = await house.talking("zhang")
    gave_up = await house.waiting("13800000002")
    await house.over(gave_up)
    await house.stored()

    async def found(query: str) -> set[str]:
        page = (await chief.get(f"/calls?{query}")).json
        return {call["call_id"] for call in page["calls"]}

    assert await found("") == {served.call_id, gave_up.call_id}
    assert await found("live=true") == {served.call_id}
    assert await found("live=false") == {gave_up.call_id}
    assert await found("outcome=abandoned_queue&outcome=answered") == {gave_up.call_id}
    assert await found("seat=8001") == {served.call_id}
    assert await found("language=cmn&service=general") == {served.call_id, gave_up.call_id}
    assert await found("language=ii") == set()
    now = house.clock.now()
    assert await found(f"from={now}&to={now + 1}") == {served.call_id, gave_up.call_id}
    assert await found(f"to={now}") == set()
    mine = (await zhang.get("/calls")).json["calls"]
    assert [call["call_id"] for call in mine] == [served.call_id]


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("limit=0", (422, "value-invalid", "limit")),
        ("limit=201", (422, "value-invalid", "limit")),
        ("limit=many", (422, "value-invalid", "limit")),
        ("limit=1&limit=2", (422, "value-invalid", "limit")),
        ("from=yesterday", (422, "value-invalid", "from")),
        ("from=nan", (422, "value-invalid", "from")),
        ("outcome=lost", (422, "value-invalid", "outcome[0]")),
        ("live=perhaps", (422, "value-invalid", "live")),
        ("after=rubbish", (422, "bad-format", "after")),
        ("colour=red", (422, "field-unknown", "colour")),
        ("seat=%00", (422, "value-invalid", "seat")),
    ],
)
async def test_a_query_that_makes_no_sense_is_refused(
    house: House, query: str, problem: tuple[int, str, str]
) -> None:
    chief = await chief_of(house)
    assert (await chief.get(f"/calls?{query}")).problem == problem


async def test_one_call_with_its_time_line(house: House) -> None:
    zhang = await house.seated("zhang")
    caller = await house.talking("zhang")
    await house.over(caller)
    detail = (await zhang.get(f"/calls/{caller.call_id}")).json
    assert detail["call"]["outcome"] == "answered"
    assert detail["call"]["caller_number"] == "13800000001"  # served it: may see
    assert detail["slip"]["call_id"] == caller.call_id
    kinds = [fact["type"] for fact in detail["timeline"]]
    assert kinds[0] == "CallOpened" and kinds[-1] == "CallClosed" and "Connected" in kinds
    chief = await chief_of(house)
    masked = await chief.get(f"/calls/{caller.call_id}")
    assert b"13800000001" not in masked.body
    li = await house.client("li")
    assert (await li.get(f"/calls/{caller.call_id}")).problem == (404, "call-unknown", None)
    assert (await chief.get("/calls/none")).problem == (404, "call-unknown", None)


async def test_a_recording_is_played_whole_and_in_pieces(house: House) -> None:
    zhang = await house.seated("zhang")
    call_id, whole = await recorded(house)
    path = f"/calls/{call_id}/recording"
    size = len(whole)
    assert size > 16000
    etag = f'"{hashlib.sha256(whole).hexdigest()}"'

    played = await zhang.get(path)
    assert (played.status, played.body) == (200, whole)
    assert played.headers["Content-Type"] == "audio/wav"
    assert played.headers["Content-Length"] == str(size)
    assert played.headers["Accept-Ranges"] == "bytes"
    assert played.headers["ETag"] == etag
    assert played.headers["Cache-Control"] == "no-store"
    assert played.headers["X-Content-Type-Options"] == "nosniff"

    head = await zhang.ask("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    assert (head.headers["Content-Length"], head.headers["ETag"]) == (str(size), etag)

    for asked, first, stop in (
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, size),
        ("bytes=44-1043", 44, 1044),
        (f"bytes={size - 1}-", size - 1, size),
        (f"bytes=100-{size * 2}", 100, size),
        ("bytes=-10", size - 10, size),
        (f"bytes=-{size * 2}", 0, size),
    ):
        piece = await zhang.get(path, Range=asked)
        assert (piece.status, piece.body) == (206, whole[first:stop]), asked
        assert piece.headers["Content-Range"] == f"bytes {first}-{stop - 1}/{size}"
        assert piece.headers["Content-Length"] == str(stop - first)

    for ignored in ("bytes=0-1,5-6", "lines=0-1", "bytes=9-3", "bytes=x-", "rubbish"):
        assert (await zhang.get(path, Range=ignored)).status == 200, ignored

    for beyond in (f"bytes={size}-", f"bytes={size}-{size + 5}", "bytes=-0"):
        refused = await zhang.get(path, Range=beyond)
        assert refused.problem == (416, "range-not-satisfiable", "Range"), beyond
        assert refused.headers["Content-Range"] == f"bytes */{size}"

    same = await zhang.get(path, Range="bytes=0-9", If_Range=etag)
    assert (same.status, same.body) == (206, whole[:10])
    other = await zhang.get(path, Range="bytes=0-9", If_Range='"another"')
    assert (other.status, other.body) == (200, whole)
    known = await zhang.get(path, If_None_Match=etag)
    assert (known.status, known.body) == (304, b"")


async def test_who_may_hear_a_recording(house: House) -> None:
    await house.seated("zhang")
    call_id, _ = await recorded(house)
    path = f"/calls/{call_id}/recording"
    assert (await house.stranger().get(path)).problem == (401, "not-signed-in", None)
    analyst = await house.client("wang", "analyst", phone="")
    assert (await analyst.get(path)).problem == (403, "forbidden", None)
    li = await house.client("li")
    assert (await li.get(path)).problem == (404, "recording-unknown", None)
    chief = await chief_of(house)
    assert (await chief.get(path)).status == 200
    (house.recordings / f"{call_id}.wav").unlink()
    assert (await chief.get(path)).problem == (404, "recording-unknown", None)


async def test_a_voicemail_is_heard_and_dealt_with(house: House) -> None:
    zhang = await house.client("zhang")
    caller = house.pbx.dial("13800000003")
    caller.press("0")  # nobody is on duty: a message is asked for
    await house.until(lambda: house.call_stage(caller) == "voicemail")
    await house.play_until(lambda: house.call_stage(caller) == "")  # talks as long as one may
    await house.stored()
    recording_id = f"{caller.call_id}-V1"
    wav(house.recordings / f"{recording_id}.wav", 72000, 500)
    await Recordings(house.store, house.recordings, settle_s=0.0).sweep(house.clock.now())

    listed = (await zhang.get("/voicemails?state=new")).json["voicemails"]
    assert [message["recording_id"] for message in listed] == [recording_id]
    assert listed[0]["caller_number"] == "138****0003"
    audio = await zhang.get(f"/voicemails/{recording_id}/audio", Range="bytes=0-3")
    assert (audio.status, audio.body) == (206, b"RIFF")
    done = await zhang.post(f"/voicemails/{recording_id}/handled")
    assert done.json["state"] == "handled"
    assert (await zhang.get("/voicemails?state=new")).json["voicemails"] == []
    unknown = await zhang.post("/voicemails/none/handled")
    assert unknown.problem == (404, "voicemail-unknown", None)


async def test_a_slip_is_written_by_one_at_a_time(house: House) -> None:
    zhang = await house.seated("zhang")
    chief = await chief_of(house)
    caller = await house.talking("zhang")
    await house.over(caller)
    path = f"/slips/{caller.call_id}"
    slip = (await zhang.get(path)).json
    assert (slip["version"], slip["text"]) == (1, "")
    written = {"version": 1, "text": "咨询劳动合同", "kind": "consultation", "emotion": 1}
    changed = await zhang.ask("PATCH", path, written)
    assert (changed.status, changed.json["version"], changed.json["text"]) == (
        200,
        2,
        "咨询劳动合同",
    )
    late = await chief.ask("PATCH", path, {"version": 1, "text": "另一说法"})
    assert late.problem == (409, "version-conflict", "version")
    assert late.json["detail"] == {"version": 2}
    assert late.json["slip"] == changed.json, "what stands there comes with the refusal"
    assert (await chief.get(path)).json["text"] == "咨询劳动合同"
    cleared = await chief.ask("PATCH", path, {"version": 2, "emotion": None})
    assert (cleared.json["emotion"], cleared.json["text"]) == (None, "咨询劳动合同")

    by_number = await chief.get(f"/slips?number={slip['number']}")
    assert [found["call_id"] for found in by_number.json["slips"]] == [caller.call_id]
    misheard = slip["number"][:-1] + str((int(slip["number"][-1]) + 1) % 10)
    assert (await chief.get(f"/slips?number={misheard}")).problem == (422, "check-digit", "number")
    assert (await chief.get("/slips")).problem == (422, "field-missing", "number")


async def test_what_is_wrong_with_a_slip_is_named(house: House) -> None:
    zhang = await house.seated("zhang")
    caller = await house.talking("zhang")
    await house.over(caller)
    path = f"/slips/{caller.call_id}"

    async def problem(**body: object) -> tuple[int, str, str | None]:
        return (await zhang.ask("PATCH", path, body)).problem

    assert await problem(version=1) == (422, "empty", "change")
    assert await problem(text="x") == (422, "field-missing", "version")
    assert await problem(version="1", text="x") == (422, "value-invalid", "version")
    assert await problem(version=1, groups=["elderly", 5]) == (422, "value-invalid", "groups[1]")
    assert await problem(version=1, groups=["elderly", "elderly"]) == (422, "twice", "groups")
    assert await problem(version=1, matter="A98") == (422, "unknown-value", "matter")
    assert await problem(version=1, text="长" * 20_001) == (422, "too-long", "text")
    li = await house.client("li")
    assert (await li.get(path)).problem == (404, "slip-unknown", None)
    analyst = await house.client("wang", "analyst", phone="")
    refused = await analyst.ask("PATCH", path, {"version": 1, "text": "x"})
    assert refused.problem == (403, "forbidden", None)
