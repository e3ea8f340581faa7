"""Calls, recordings and messages in a real browser: who finds what, who hears whom."""

from __future__ import annotations

import math
import re
import struct
import wave
from pathlib import Path

from playwright.async_api import expect
from sqlalchemy import select

from cases import tables as t
from cases.recordings import Recordings
from tests.ui.browser import Browsers, hired
from tests.web.house import House

RATE = 8000
SECONDS = 6
SOUNDING = """(voices) => {
  const meters = [...document.querySelectorAll('meter')]
  return meters.length === voices && meters.every((meter) => meter.value > 0.02)
}"""
"""That many voices are heard at once, as the page measures them."""


def tone(path: Path, hz: float, seconds: float = SECONDS) -> None:
    """A telephone's recording of one note, loud enough to be measured."""
    samples = (
        round(9000 * math.sin(2 * math.pi * hz * i / RATE)) for i in range(round(seconds * RATE))
    )
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))


async def talked(house: House, username: str, number: str) -> str:
    """A call that this person answered, over and recorded; returns its id."""
    caller = await house.talking(username, number)
    tone(house.recordings / f"{caller.call_id}-caller.wav", 440)
    tone(house.recordings / f"{caller.call_id}-seat.wav", 880)
    house.clock.at += 95
    await house.over(caller)
    await finished(house)
    return caller.call_id


async def given_up(house: House, number: str) -> str:
    caller = await house.waiting(number)
    house.clock.at += 20
    await house.over(caller)
    return caller.call_id


async def message(house: House, number: str) -> str:
    """A message that nobody has dealt with; returns its id."""
    caller = house.pbx.dial(number)
    caller.press("0")  # nobody is on duty
    await house.until(lambda: house.call_stage(caller) == "voicemail")
    await house.play_until(lambda: house.call_stage(caller) == "")
    await house.stored()
    recording = f"{caller.call_id}-V1"
    # As long as one may speak; the recorder measures the file.
    tone(house.recordings / f"{recording}.wav", 440, 9)
    await finished(house)
    return recording


async def finished(house: House) -> None:
    finisher = Recordings(house.store, house.recordings, settle_s=0.0)
    await finisher.sweep(house.clock.now())


async def played(house: House) -> list[tuple[str, str]]:
    """Who listened to what, by the audit log."""
    wanted = (
        select(t.people.c.username, t.audit.c.object)
        .join(t.people, t.people.c.person_id == t.audit.c.person_id)
        .where(t.audit.c.action == "recording.played")
        .order_by(t.audit.c.seq)
    )
    async with house.store.read() as conn:
        return [(row.username, row.object) for row in await conn.execute(wanted)]


async def test_a_supervisor_finds_a_call_by_filter_and_hears_both_voices(
    house: House, screens: Browsers
) -> None:
    await house.seated("zhang")
    given_up_id = await given_up(house, "19900000002")
    house.clock.at += 60
    call = await talked(house, "zhang", "19900000001")
    password = await hired(house, "chief", "supervisor", phone="")
    window = await screens.window()
    page = await window.sign_in("chief", password, "/calls")
    await expect(page.locator("h1")).to_have_text("通话与工单")
    await expect(page.locator("main tbody tr")).to_have_count(2)

    await page.get_by_role("combobox", name="结果").press("Enter")
    await page.get_by_role("option", name="已接听", exact=True).click()
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(f"{house.address}/calls?outcome=answered")
    await expect(page.locator("main tbody tr")).to_have_count(1)
    await page.reload()  # the address is the filter
    await expect(page.locator("main tbody tr")).to_have_count(1)
    row = page.locator("main tbody tr")
    await expect(row).to_contain_text("199****0001")
    await expect(row).to_contain_text("1:35")
    await expect(page.locator("body")).not_to_contain_text("19900000001")

    await row.get_by_role("link").first.click()
    await expect(page).to_have_url(f"{house.address}/calls/{call}")
    assert given_up_id != call
    assert await played(house) == []  # opening the page is not listening
    await page.get_by_role("button", name=re.compile("播放录音")).click()
    await page.wait_for_function(SOUNDING, arg=2)
    assert await played(house) == [("chief", call)]

    # What was recorded is drawn to its end, for either voice.
    drawn = "(path) => Math.max(...path.getAttribute('d').match(/V[0-9.]+/g).slice(-60)"
    for strip in await page.locator("svg.strip .ahead").all():
        high = await strip.evaluate(drawn + ".map((line) => Number(line.slice(1))))")
        assert high > 90
    seat = page.get_by_role("group", name="坐席")
    await seat.get_by_role("button", name="静音").click()
    await expect(seat.get_by_role("button", name="静音")).to_have_attribute("aria-pressed", "true")
    position = page.get_by_role("slider", name="播放位置")
    await position.focus()
    await page.keyboard.press("End")
    await expect(position).to_have_attribute("aria-valuetext", "0:06 / 0:06")
    await page.keyboard.press("Home")
    await expect(position).to_have_attribute("aria-valuetext", re.compile("^0:0[01] "))

    story = page.get_by_role("list").filter(has_text="来电进线")
    await expect(story).to_contain_text("来电进线（199****0001）")
    await expect(story).to_contain_text("一号坐席（张zhang）接听，通话开始。")
    await expect(story.get_by_role("listitem").last).to_contain_text("+1:35")
    await page.get_by_role("button", name="返回列表").click()
    await expect(page).to_have_url(f"{house.address}/calls?outcome=answered")


async def test_what_stands_on_slips_is_found_and_can_be_amended(
    house: House, screens: Browsers
) -> None:
    zhang = await house.seated("zhang")
    await given_up(house, "19900000002")
    call = await talked(house, "zhang", "19900000001")
    body = {"version": 1, "kind": "help", "matter": "A0301", "text": "工地拖欠工资三个月"}
    assert (await zhang.ask("PATCH", f"/slips/{call}", body)).status == 200
    password = await hired(house, "chief", "supervisor", phone="")
    window = await screens.window()
    page = await window.sign_in("chief", password, "/calls?matter=A03")
    await expect(page.locator("main tbody tr")).to_have_count(1)
    await expect(page.locator("main tbody tr")).to_contain_text("欠薪")
    await page.get_by_role("button", name="清除筛选").click()
    await expect(page.locator("main tbody tr")).to_have_count(2)
    words = page.get_by_label("工单内容、地点或编号")
    await words.fill("拖欠工资")
    await words.press("Enter")
    await expect(page.locator("main tbody tr")).to_have_count(1)
    await page.locator("main tbody tr").get_by_role("link").first.click()
    slip = page.get_by_role("region", name="话务工单")
    await expect(slip).to_contain_text("工地拖欠工资三个月")
    await slip.get_by_role("button", name="修改工单").click()
    await page.locator("#slip-text").fill("工地拖欠工资三个月，已指引申请法律援助")
    await page.get_by_role("button", name="完成").click()
    await expect(slip).to_contain_text("已指引申请法律援助")
    assert (await zhang.get(f"/slips/{call}")).json["text"].endswith("法律援助")


async def test_calls_of_one_day_are_found_where_the_centre_is(
    house: House, screens: Browsers
) -> None:
    await house.seated("zhang")
    house.clock.at += 12 * 3600 - 60  # a minute to midnight
    before = await given_up(house, "19900000001")
    house.clock.at += 60
    after = await given_up(house, "19900000002")
    password = await hired(house, "chief", "supervisor", phone="")
    window = await screens.window()
    page = await window.sign_in("chief", password, "/calls?from=2026-05-29&to=2026-05-29")
    await expect(page.locator("main tbody tr")).to_have_count(1)
    await expect(page.locator(f"a[href='/calls/{before}']")).to_be_visible()
    await window.open("/calls?from=2026-05-30")
    await expect(page.locator("main tbody tr")).to_have_count(1)
    await expect(page.locator(f"a[href='/calls/{after}']")).to_be_visible()
    await window.open("/calls?from=2026-06-01")
    await expect(page.get_by_text("没有符合条件的通话。")).to_be_visible()


async def test_a_seat_sees_its_own_calls_and_no_others(house: House, screens: Browsers) -> None:
    await house.seated("zhang")
    foreign = await talked(house, "zhang", "19900000001")
    await house.seated("wang", "8002")
    await house.client("chief", "supervisor", phone="")
    window = await screens.window()
    window.expect_refusals(404)
    page = await window.sign_in("wang", "password of wang", "/calls")
    await expect(page.locator("h1")).to_have_text("我的通话")
    await expect(page.get_by_text("还没有通话。")).to_be_visible()
    await window.open(f"/calls/{foreign}")
    await expect(page.get_by_role("alert")).to_contain_text("没有这通来电，或您无权查看。")
    await expect(page.get_by_text("您只能查看自己接听的通话。")).to_be_visible()
    await expect(page.get_by_role("button", name=re.compile("播放录音"))).to_have_count(0)
    status = await page.evaluate(
        f"fetch('/api/v1/calls/{foreign}/recording').then((r) => r.status)"
    )
    assert status == 404
    assert await played(house) == []


async def test_whoever_may_not_hear_anybody_is_told_so(house: House, screens: Browsers) -> None:
    await house.seated("zhang")
    call = await talked(house, "zhang", "19900000001")
    password = await hired(house, "wu", "analyst", phone="")
    window = await screens.window(language="en")
    page = await window.sign_in("wu", password, f"/calls/{call}")
    await expect(page.get_by_text("Your role does not listen to recordings.")).to_be_visible()
    await expect(page.get_by_role("button", name=re.compile("^Play"))).to_have_count(0)
    await expect(page.get_by_role("link", name="Voicemails")).to_have_count(0)


async def test_a_recording_that_is_gone_is_named(house: House, screens: Browsers) -> None:
    await house.seated("zhang")
    call = await talked(house, "zhang", "19900000001")
    (house.recordings / f"{call}.wav").unlink()
    password = await hired(house, "chief", "supervisor", phone="")
    window = await screens.window()
    window.expect_refusals(404)
    page = await window.sign_in("chief", password, f"/calls/{call}")
    await page.get_by_role("button", name=re.compile("播放录音")).click()
    await expect(page.get_by_role("alert")).to_contain_text("录音")
    assert await played(house) == []


async def test_a_filter_that_makes_no_sense_is_refused(house: House, screens: Browsers) -> None:
    password = await hired(house, "chief", "supervisor", phone="")
    window = await screens.window()
    asked: list[str] = []
    window.page.on("request", lambda request: asked.append(request.url))
    page = await window.sign_in(
        "chief", password, "/calls?outcome=nonsense&from=2026-02-30&colour=red"
    )
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("网址中的筛选条件有误，没有查询")
    await expect(alert).to_contain_text("outcome = “nonsense” 无法识别")
    await expect(alert).to_contain_text("from = “2026-02-30” 无法识别")
    await expect(alert).to_contain_text("colour = “red” 无法识别")
    assert not [url for url in asked if "/api/v1/calls" in url]
    await alert.get_by_role("button", name="清除筛选").click()
    await expect(page).to_have_url(f"{house.address}/calls")
    await expect(page.get_by_text("还没有通话。")).to_be_visible()


async def test_a_slip_is_found_by_its_number(house: House, screens: Browsers) -> None:
    await house.seated("zhang")
    call = await given_up(house, "19900000001")
    password = await hired(house, "chief", "supervisor", phone="")
    window = await screens.window()
    window.expect_refusals(404, 422)
    page = await window.sign_in("chief", password, "/calls")
    number = await page.locator("main tbody th small").inner_text()
    misheard = number[:-1] + str((int(number[-1]) + 1) % 10)
    field = page.get_by_label("工单编号")
    await field.fill(misheard)
    await field.press("Enter")
    await expect(page.get_by_role("search").get_by_role("alert").first).not_to_be_empty()
    await field.fill(f"{number[:6]} {number[6:]}")
    await field.press("Enter")
    await expect(page).to_have_url(f"{house.address}/calls/{call}")
    await expect(page.locator("h1")).to_contain_text(number)


async def test_coming_back_from_a_call_finds_the_same_rows_at_the_same_place(
    house: House, screens: Browsers
) -> None:
    await house.seated("zhang")
    for number in range(101):
        house.clock.at += 1
        await house.over(await house.waiting(f"199{number:08d}"))
    password = await hired(house, "chief", "supervisor", phone="")
    window = await screens.window()
    page = await window.sign_in("chief", password, "/calls")
    await expect(page.locator("main tbody tr")).to_have_count(100)
    await page.get_by_role("button", name="显示更早的通话").click()
    await expect(page.locator("main tbody tr")).to_have_count(101)
    last = page.locator("main tbody tr").last.get_by_role("link").first
    await last.scroll_into_view_if_needed()
    place = await page.evaluate("scrollY")
    assert place > 1000
    await last.click()
    await expect(page).to_have_url(re.compile("/calls/.+"))
    await page.go_back()
    await expect(page.locator("main tbody tr")).to_have_count(101)
    await page.wait_for_function(f"scrollY === {place}")


async def test_a_message_is_heard_and_dealt_with(house: House, screens: Browsers) -> None:
    first = await message(house, "19900000003")
    house.clock.at += 60
    await message(house, "19900000004")
    password = await hired(house, "zhang")
    window = await screens.window()
    page = await window.sign_in("zhang", password, "/voicemails")
    messages = page.locator("main li")
    await expect(messages).to_have_count(2)
    oldest = messages.first
    await expect(oldest).to_contain_text("199****0003")
    await oldest.get_by_role("button", name=re.compile("^收听工单")).click()
    await oldest.get_by_role("button", name=re.compile("播放录音")).click()
    await page.wait_for_function(SOUNDING, arg=1)
    assert await played(house) == [("zhang", first)]
    await oldest.get_by_role("button", name=re.compile("标为已处理")).click()
    await expect(messages).to_have_count(1)
    await expect(messages).to_contain_text("199****0004")
    await page.get_by_role("button", name="已处理", exact=True).click()
    await expect(messages).to_have_count(1)
    await expect(messages).to_contain_text("199****0003")
