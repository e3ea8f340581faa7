"""The dialplan on the real Asterisk with the router stopped: the line stays open."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from telephony.phonelog import PhoneError
from telephony.provision import number_forms
from telephony.softphone import Account, Softphone
from telephony.tones import length_s, tone_seconds
from tests.pbx import RunningPbx, until
from tests.telephony.callers import Callers, router

pytestmark = pytest.mark.pbx


@pytest.fixture
async def line(pbx: RunningPbx, tmp_path: Path) -> AsyncIterator[Callers]:
    async with Callers(pbx, tmp_path) as callers:
        yield callers


async def test_a_member_of_the_queue_answers(line: Callers) -> None:
    seat = await line.seat("phone1", queue="general")
    caller = await line.caller("13800000001")
    await caller.dial("12348")
    await seat.expect("ACK")
    await caller.hang_up()
    await seat.expect("BYE")
    [call] = line.ledger()
    assert (call.outcome, call.answered_by, call.caller_number) == (
        "answered",
        "phone1",
        "13800000001",
    )
    assert call.call_id.startswith("test-")
    assert call.started_at <= call.ended_at
    assert call.voicemail_path == ""


async def test_the_seat_hangs_up_and_the_call_is_over(line: Callers) -> None:
    seat = await line.seat("phone1", queue="general")
    caller = await line.caller()
    await caller.dial("12348")
    await seat.expect("ACK")
    await seat.hang_up()
    await caller.expect("BYE")
    [call] = line.ledger()
    assert (call.outcome, call.answered_by) == ("answered", "phone1")


async def test_nobody_signed_in_means_voicemail(line: Callers) -> None:
    caller = await line.talker("13800000002", tone_hz=440)
    await caller.dial(f"12348@{line.pbx.sip}")
    await caller.expect("CALL_ESTABLISHED")
    message = until(lambda: list(line.pbx.places.recordings.glob("*-V0.wav")))[0]
    assert until(lambda: message.stat().st_size > 44 + 2 * 16000)
    await caller.hang_up()
    [call] = line.ledger()
    assert call.outcome == "voicemail"
    assert call.voicemail_path == f"{call.call_id}-V0.wav"
    message = line.pbx.places.recordings / call.voicemail_path
    assert 2.0 <= call.voicemail_seconds < 6.0
    assert call.voicemail_seconds == pytest.approx(length_s(message), abs=0.001)
    assert tone_seconds(message, 440) > 1.5
    # The whole call was recorded as well, from before the router was tried.
    assert tone_seconds(line.pbx.places.recordings / f"{call.call_id}-caller.wav", 440) > 1.5
    assert (line.pbx.places.recordings / f"{call.call_id}-seat.wav").stat().st_size > 44
    message.unlink()


async def test_a_long_message_ends_at_its_limit_and_the_call_with_it(line: Callers) -> None:
    caller = await line.talker("13800000003")
    await caller.dial(f"12348@{line.pbx.sip}")
    await caller.expect("CALL_CLOSED", deadline_s=15.0)
    [call] = line.ledger()
    assert call.outcome == "voicemail"
    limit = line.pbx.settings.line.voicemail.max_s
    assert limit - 0.5 <= call.voicemail_seconds <= limit + 0.5


async def test_the_end_key_ends_the_message(line: Callers) -> None:
    caller = await line.talker("13800000004")
    before = set(line.pbx.places.recordings.glob("*-V0.wav"))
    await caller.dial(f"12348@{line.pbx.sip}")
    await caller.expect("CALL_ESTABLISHED")
    [message] = until(lambda: set(line.pbx.places.recordings.glob("*-V0.wav")) - before)
    assert until(lambda: message.stat().st_size > 44 + 1.5 * 16000)
    await caller.press("#")
    await caller.expect("CALL_CLOSED", deadline_s=3.0)
    [call] = line.ledger()
    assert call.outcome == "voicemail"
    assert call.voicemail_seconds < 4.0


async def test_silence_after_the_beep_is_no_message(line: Callers) -> None:
    caller = await line.talker("13800000006", tone_hz=0)
    await caller.dial(f"12348@{line.pbx.sip}")
    await caller.expect("CALL_CLOSED", deadline_s=10.0)
    [call] = line.ledger()
    assert (call.outcome, call.voicemail_path) == ("abandoned", "")
    # Ended by the silence, not by the limit of a message.
    assert call.ended_at - call.started_at < line.pbx.settings.line.voicemail.max_s


async def test_hanging_up_without_a_word_is_an_abandoned_call(line: Callers) -> None:
    seat = await line.seat("phone1", queue="general", manner="ring")
    caller = await line.caller("13800000005")
    await caller.dial("12348")
    await seat.expect("INVITE")
    await caller.hang_up()
    await seat.expect("CANCEL")
    [call] = line.ledger()
    assert (call.outcome, call.answered_by, call.voicemail_path) == ("abandoned", "", "")


async def test_a_seat_that_declines_gives_the_call_to_the_next(line: Callers) -> None:
    await line.seat("phone1", queue="general", manner=603)
    second = await line.seat("phone2", queue="general")
    caller = await line.caller()
    await caller.dial("12348")
    await second.expect("ACK", deadline_s=10.0)
    await caller.hang_up()
    [call] = line.ledger()
    assert call.answered_by == "phone2"


async def test_all_members_paused_means_voicemail_at_once(line: Callers) -> None:
    await line.seat("phone1", queue="general", manner="ring")
    line.ask("QueuePause", Interface="PJSIP/phone1", Paused="true")
    caller = await line.caller()
    await caller.dial("12348")
    line.channel(lambda channel: channel["dialplan"]["context"] == "voicemail")
    await caller.hang_up()
    line.ledger()


async def test_a_member_without_a_registered_phone_counts_as_nobody(line: Callers) -> None:
    line.member("phone6", "general")
    caller = await line.caller()
    await caller.dial("12348")
    line.channel(lambda channel: channel["dialplan"]["context"] == "voicemail")
    await caller.hang_up()
    line.ledger()


@pytest.mark.parametrize("number", number_forms("12348", "028"))
async def test_every_way_of_writing_our_number_reaches_us(line: Callers, number: str) -> None:
    caller = await line.caller()
    await caller.dial(number)
    line.channel(lambda channel: channel["dialplan"]["context"] == "fallback")
    await caller.hang_up()
    [call] = line.ledger()
    assert call.outcome == "abandoned"


@pytest.mark.parametrize("number", ["12345", "02812345", "+8613800000001", "1", "sales"])
async def test_another_number_is_refused_before_an_answer(line: Callers, number: str) -> None:
    caller = await line.caller()
    with pytest.raises(PhoneError, match="404"):
        await caller.dial(number)
    assert line.ledger(calls=0) == []


@pytest.mark.parametrize(
    "user",
    [
        "138%0D%0A%0D%0AAction%3A%20Hangup",
        "138%26outcome%3Danswered%26member%3DPJSIP/phone1",
        "138%E2%80%A8%E5%BC%A0",
        "$%7BSHELL(id)%7D",
        "%22)%2Cx(%5D%3D%3E",
        "1%0A1%7Cx%7Cline%7CNONE%7CSERVED%7Cnumber%3D1",
        "%FF%FE",
        "+8613800000001",
    ],
)
async def test_a_hostile_number_stays_one_line_of_the_ledger(line: Callers, user: str) -> None:
    # Through the queue, which notes the number in the same file.
    seat = await line.seat("phone1", queue="general", manner="ring")
    caller = await line.caller(user)
    await caller.dial("12348")
    await seat.expect("INVITE")
    await caller.hang_up()
    [call] = line.ledger()
    assert call.outcome == "abandoned"
    assert call.answered_by == ""
    plain = _decoded(user)
    assert call.caller_number == plain.decode("utf-8", "replace")


def _decoded(user: str) -> bytes:
    encoded = user.encode()
    return re.sub(rb"%(..)", lambda found: bytes.fromhex(found[1].decode()), encoded)


async def test_many_calls_at_once_are_as_many_lines(line: Callers) -> None:
    callers = [await line.caller(f"138000010{n:02}") for n in range(20)]
    await asyncio.gather(*(caller.dial("12348") for caller in callers))
    line.channel(lambda channel: channel["dialplan"]["context"] == "fallback")
    assert until(
        lambda: all(c["dialplan"]["context"] == "fallback" for c in line.pbx.ari("GET", "channels"))
    )
    await asyncio.gather(*(caller.hang_up() for caller in callers))
    calls = line.ledger(calls=20)
    assert sorted(call.caller_number for call in calls) == [f"138000010{n:02}" for n in range(20)]
    assert len({call.call_id for call in calls}) == 20


async def test_phones_dial_nothing_but_the_device_check(line: Callers) -> None:
    seat = await line.seat("phone1")
    for number in ("12348", "13800000001", "*44"):
        with pytest.raises(PhoneError, match=r"40[14]"):
            await seat.dial(number)


async def test_the_device_check_gives_back_what_was_said(line: Callers, tmp_path: Path) -> None:
    pbx = line.pbx
    account = Account(user="phone1", server=pbx.sip, password=pbx.phones["phone1"])
    phone = await Softphone.start(tmp_path / "phone1", account=account, tone_hz=620)
    try:
        await phone.registered()
        await phone.dial(f"*43@{pbx.sip}")
        await phone.expect("CALL_ESTABLISHED")
        assert until(lambda: phone.heard and phone.heard[0].stat().st_size > 2 * 16000)
        await phone.hang_up()
        await phone.expect("CALL_CLOSED")
    finally:
        await phone.stop()
    assert tone_seconds(phone.heard[0], 620) > 0.5


async def test_the_router_hands_a_call_to_the_queue_of_its_service(line: Callers) -> None:
    seat = await line.seat("phone1", queue="labour")
    caller = await line.caller("13800000007", display="张三")
    async with router(line.pbx) as (ari, arrived):
        await caller.dial("12348")
        start = await asyncio.wait_for(arrived.get(), 5)
        assert start.args == ("caller", "trunk-1", "12348")
        call = start.channel.id
        query = {"variable": "HOTLINE_QUEUE", "value": "labour"}
        await ari.post("channels", call, "variable", query=query)
        await ari.post("channels", call, "continue", query={"context": "fallback"})
        await seat.expect("ACK")
        await caller.hang_up()
        [served] = line.ledger()
        assert (served.call_id, served.outcome) == (call, "answered")


async def test_an_unknown_queue_is_general(line: Callers) -> None:
    seat = await line.seat("phone1", queue="general")
    caller = await line.caller()
    async with router(line.pbx) as (ari, arrived):
        await caller.dial("12348")
        call = (await asyncio.wait_for(arrived.get(), 5)).channel.id
        query = {"variable": "HOTLINE_QUEUE", "value": "no such"}
        await ari.post("channels", call, "variable", query=query)
        await ari.post("channels", call, "continue", query={"context": "fallback"})
        await seat.expect("ACK")
        await caller.hang_up()
        line.ledger()
