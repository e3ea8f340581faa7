"""The phones we test with, tried on each other: what they say they did really passed the wire."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from telephony.phonelog import PhoneError
from telephony.softphone import Account, Softphone
from telephony.tones import tone_seconds
from telephony.wirephone import WirePhone

Soft = Callable[..., Awaitable[Softphone]]
Wire = Callable[..., Awaitable[WirePhone]]


@pytest.fixture
async def soft(tmp_path: Path) -> AsyncIterator[Soft]:
    async with AsyncExitStack() as stack:

        async def start(user: str, **more: object) -> Softphone:
            account = Account(user=user, server="127.0.0.1:9", display=f"来电 {user}")
            phone = await Softphone.start(tmp_path / user, account=account, **more)
            stack.push_async_callback(phone.stop)
            return phone

        yield start


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    phones = []

    async def start(user: str, server: str = "127.0.0.1:9", **more: object) -> WirePhone:
        account = Account(user=user, server=server)
        phone = await WirePhone.start(account, **more)
        phones.append(phone)
        return phone

    yield start
    for phone in phones:
        await phone.stop()


async def test_two_softphones_talk_and_press_keys(soft: Soft) -> None:
    caller, seat = await soft("13800000001", tone_hz=440), await soft("1001", tone_hz=620)
    await caller.dial(f"1001@127.0.0.1:{seat.sip_port}")
    call = await seat.expect("CALL_INCOMING")
    assert "13800000001" in call.detail["peeruri"]
    assert call.detail["peerdisplayname"] == "来电 13800000001"
    await caller.expect("CALL_RINGING")
    await seat.answer()
    await caller.expect("CALL_ESTABLISHED")
    for key in "5#":
        await caller.press(key)
        pressed = await seat.expect("CALL_DTMF_START")
        assert pressed.detail["param"] == key
        await seat.expect("CALL_DTMF_END")
    await seat.hang_up()
    await caller.expect("CALL_CLOSED")
    await caller.stop()
    await seat.stop()
    assert tone_seconds(seat.heard[0], 440) > 0
    assert tone_seconds(seat.heard[0], 620) == 0
    assert tone_seconds(caller.heard[0], 620) > 0


async def test_a_softphone_declines(soft: Soft) -> None:
    caller, seat = await soft("13800000001"), await soft("1001")
    await caller.dial(f"1001@127.0.0.1:{seat.sip_port}")
    await seat.expect("CALL_INCOMING")
    await seat.reject()
    closed = await caller.expect("CALL_CLOSED")
    assert closed.detail["param"].startswith("486")


async def test_a_softphone_answers_by_itself(soft: Soft) -> None:
    caller, seat = await soft("13800000001"), await soft("1001", answer="auto")
    await caller.dial(f"1001@127.0.0.1:{seat.sip_port}")
    await seat.expect("CALL_ESTABLISHED")


async def test_a_missed_deadline_says_what_happened_instead(soft: Soft) -> None:
    caller, seat = await soft("13800000001"), await soft("1001")
    await caller.dial(f"1001@127.0.0.1:{seat.sip_port}")
    await caller.expect("CALL_RINGING")
    with pytest.raises(PhoneError, match=r"no CALL_ESTABLISHED within 0.01 s, but: .*CALL_RINGING"):
        await caller.expect("CALL_ESTABLISHED", deadline_s=0.01)


async def test_a_stopped_softphone_tells_whoever_waits(soft: Soft) -> None:
    phone = await soft("1001")
    await phone.stop()
    with pytest.raises(PhoneError, match="gone"):
        await phone.expect("CALL_INCOMING")
    with pytest.raises(PhoneError, match="gone"):
        await phone.dial("1002@127.0.0.1:9")


async def test_no_answer_from_the_server_is_no_registration(tmp_path: Path) -> None:
    account = Account(user="1001", server="127.0.0.1:9", password="x")
    phone = await Softphone.start(tmp_path, account=account)
    try:
        with pytest.raises(PhoneError, match="1001: "):
            await phone.registered(deadline_s=0.5)
    finally:
        await phone.stop()


async def test_a_wire_phone_answers_and_either_side_hangs_up(soft: Soft, wire: Wire) -> None:
    caller, seat = await soft("13800000001"), await wire("1001", manner="answer")
    for by in ("seat", "caller"):
        await caller.dial(f"1001@127.0.0.1:{seat.port}")
        await caller.expect("CALL_ESTABLISHED")
        await seat.expect("ACK")
        if by == "seat":
            await seat.hang_up()
            await caller.expect("CALL_CLOSED")
        else:
            await caller.hang_up()
            await seat.expect("BYE")


async def test_a_wire_phone_rings_until_told(soft: Soft, wire: Wire) -> None:
    caller, seat = await soft("13800000001"), await wire("1001", manner="ring")
    await caller.dial(f"1001@127.0.0.1:{seat.port}")
    await caller.expect("CALL_RINGING")
    seat.answer()
    await caller.expect("CALL_ESTABLISHED")
    await caller.hang_up()
    await seat.expect("BYE")
    await caller.dial(f"1001@127.0.0.1:{seat.port}")
    await caller.expect("CALL_RINGING")
    await caller.hang_up()
    await seat.expect("CANCEL")
    await seat.expect("ACK")


@pytest.mark.parametrize("code", [486, 603, 480])
async def test_a_wire_phone_declines_with_the_code_asked_for(
    soft: Soft, wire: Wire, code: int
) -> None:
    caller, seat = await soft("13800000001"), await wire("1001", manner=code)
    await caller.dial(f"1001@127.0.0.1:{seat.port}")
    closed = await caller.expect("CALL_CLOSED")
    assert closed.detail["param"].startswith(str(code))
    await seat.expect("ACK")


async def test_a_silent_wire_phone_never_rings(soft: Soft, wire: Wire) -> None:
    caller, seat = await soft("13800000001"), await wire("1001", manner="silent")
    await caller.dial(f"1001@127.0.0.1:{seat.port}")
    await seat.expect("INVITE")
    with pytest.raises(PhoneError, match="CALL_RINGING"):
        await caller.expect("CALL_RINGING", deadline_s=0.3)


async def test_a_wire_phone_calls_and_is_hung_up_on(soft: Soft, wire: Wire) -> None:
    seat = await soft("1001", answer="auto")
    caller = await wire("13800000001", server=f"127.0.0.1:{seat.sip_port}")
    await caller.dial("1001")
    await seat.expect("CALL_ESTABLISHED")
    await seat.hang_up()
    await caller.expect("BYE")
    await caller.dial("1001")
    await caller.hang_up()
    await seat.expect("CALL_CLOSED")
    with pytest.raises(PhoneError, match="404"):
        await caller.dial("1002")
