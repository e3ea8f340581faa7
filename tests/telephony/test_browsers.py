"""Phones in browsers on the real Asterisk: let in, rung, watched, let in no longer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from router import commands as c
from router import events as e
from telephony.browsers import Browsers
from tests.contract.realstage import RealStage
from tests.pbx import RunningPbx
from tests.telephony.webphone import WebPhone

pytestmark = pytest.mark.pbx

PHONE = "web0123456789abcdef0123"


@pytest.fixture
async def stage(pbx: RunningPbx, tmp_path: Path) -> AsyncIterator[RealStage]:
    async with RealStage(pbx, tmp_path) as stage:
        yield stage


@pytest.fixture
async def browsers(pbx: RunningPbx) -> AsyncIterator[Browsers]:
    async with Browsers(pbx.settings, pbx.secrets) as browsers:
        yield browsers
        await browsers.dismiss(PHONE)


async def told(stage: RealStage, reachable: bool) -> None:
    """Wait until the router was told so about the phone."""

    def so() -> bool:
        changes = [x for x in stage.background if isinstance(x, e.PhoneChanged)]
        return [x.reachable for x in changes if x.phone == PHONE][-1:] == [reachable]

    await until(stage, so)


async def until(stage: RealStage, so: Callable[[], bool]) -> None:
    while not so():
        assert await stage.turn()


async def test_only_who_was_let_in_with_the_newest_password_registers(
    pbx: RunningPbx, browsers: Browsers
) -> None:
    async with WebPhone(browsers.sip_url, PHONE, "first") as stranger:
        assert await stranger.register() in (401, 403, 404)
    await browsers.admit(PHONE, "first", "张某")
    assert await browsers.admitted() == {PHONE}
    await browsers.admit(PHONE, "second", "张某")
    async with WebPhone(browsers.sip_url, PHONE, "first") as old:
        assert await old.register() == 401
    async with WebPhone(browsers.sip_url, PHONE, "second") as phone:
        assert await phone.register() == 200
        await browsers.dismiss(PHONE)
        await browsers.dismiss(PHONE)  # not an error
        assert await browsers.admitted() == frozenset()
        assert await phone.register() in (401, 403, 404)


async def test_no_page_calls_the_line_as_if_it_were_a_trunk(
    pbx: RunningPbx, browsers: Browsers
) -> None:
    """Behind the page's own filter (web/pipe.py): with its account it gets nowhere either."""
    await browsers.admit(PHONE, "secret", "张某")
    async with WebPhone(browsers.sip_url, PHONE, "secret") as phone:
        assert await phone.register() == 200
        assert await phone.call("12348") == 401
    assert pbx.left_behind() == []


async def test_it_is_rung_with_an_offer_for_browsers_and_declines(
    stage: RealStage, browsers: Browsers
) -> None:
    await browsers.admit(PHONE, "secret", '张"某\n')
    async with WebPhone(browsers.sip_url, PHONE, "secret") as phone:
        assert await phone.register() == 200
        await told(stage, True)
        caller, call = await stage.arrival()
        leg = f"{call}-L1"
        await stage.do(c.RingSeat(call, leg, PHONE, "13800000001", "", 10.0))
        await phone.log.expect("INVITE", deadline_s=5)
        assert phone.invite is not None
        offer = phone.invite.body
        for needed in ("UDP/TLS/RTP/SAVPF", "a=fingerprint:", "a=ice-ufrag:", "a=rtcp-mux"):
            assert needed in offer, needed
        assert "opus/48000" in offer
        assert offer.index(" PCMA/8000") < offer.index("opus/48000"), "nothing is transcoded"
        await phone.say(180)
        await stage.expect(e.LegRinging(leg))
        await phone.say(603)
        await stage.expect(e.LegEnded(leg, "rejected"))
        await caller.hang_up()
        await stage.expect(e.CallerHungUp(call))


async def test_rung_for_a_talk_that_goes_on_it_is_told_so(
    stage: RealStage, browsers: Browsers
) -> None:
    await browsers.admit(PHONE, "secret", "张某")
    async with WebPhone(browsers.sip_url, PHONE, "secret") as phone:
        assert await phone.register() == 200
        await told(stage, True)
        caller, call = await stage.arrival()
        for number, again in ((1, False), (2, True)):
            leg = f"{call}-L{number}"
            await stage.do(c.RingSeat(call, leg, PHONE, "13800000001", "", 10.0, again))
            await phone.log.expect("INVITE", deadline_s=5)
            assert phone.invite is not None
            marks = phone.invite.every("alert-info")
            assert marks == (["<urn:x-hotline:rejoin>"] if again else [])
            await phone.say(486)
            await stage.expect(e.LegEnded(leg, "busy"))
        await caller.hang_up()
        await stage.expect(e.CallerHungUp(call))


async def test_a_page_that_closes_is_lost_at_once_and_a_new_one_takes_its_place(
    stage: RealStage, browsers: Browsers
) -> None:
    await browsers.admit(PHONE, "secret", "张某")
    async with WebPhone(browsers.sip_url, PHONE, "secret") as phone:
        assert await phone.register() == 200
        await told(stage, True)
    await told(stage, False)
    async with WebPhone(browsers.sip_url, PHONE, "secret") as first:
        assert await first.register() == 200
        await told(stage, True)
        async with WebPhone(browsers.sip_url, PHONE, "secret") as second:
            assert await second.register() == 200
            caller, call = await stage.arrival()
            await stage.do(c.RingSeat(call, f"{call}-L1", PHONE, "", "", 10.0))
            await second.log.expect("INVITE", deadline_s=5)
            await stage.do(c.CancelLeg(call, f"{call}-L1"))
            await stage.expect(e.LegEnded(f"{call}-L1", "unreachable"))
            assert first.invite is None
            await caller.hang_up()
            await stage.expect(e.CallerHungUp(call))


async def test_a_phone_that_asterisk_forgot_is_told_as_lost(
    stage: RealStage, browsers: Browsers
) -> None:
    await browsers.admit(PHONE, "secret", "张某")
    async with WebPhone(browsers.sip_url, PHONE, "secret") as phone:
        assert await phone.register() == 200
        await told(stage, True)
        await browsers.dismiss(PHONE)
        await told(stage, False)


async def test_it_helps_out_in_the_fallback(stage: RealStage, browsers: Browsers) -> None:
    await browsers.admit(PHONE, "secret", "张某")
    async with WebPhone(browsers.sip_url, PHONE, "secret") as phone:
        assert await phone.register() == 200
        await told(stage, True)
        wish = c.SyncMember("8001", PHONE, ("general",), paused=False)
        await stage.do(wish)
        assert await stage.members() == {("general", PHONE): False}
        await stage.lose_connection()
        caller = await stage.caller()
        await phone.log.expect("INVITE", deadline_s=10)
        await phone.say(486)
        await caller.hang_up()
        await stage.ended_in_fallback()
        await stage.restore_connection()
        await stage.seen(reconnected=True)
        await stage.do(c.SyncMember("8001", PHONE, (), paused=True))
        assert await stage.members() == {}


async def test_an_asterisk_that_is_gone_is_an_os_error(pbx: RunningPbx) -> None:
    async with Browsers(pbx.settings, pbx.secrets) as browsers:
        pass
    for asked in (browsers.admit(PHONE, "x", ""), browsers.dismiss(PHONE), browsers.admitted()):
        with pytest.raises(OSError):
            await asyncio.wait_for(asked, 5)
