"""The websocket of a page's phone, with a SIP end of the test's own in Asterisk's place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from tests.web.house import DEADLINE_S, Client, House
from tests.web.test_phones import again, issued
from web.pipe import CLOSE_REFUSED
from web.screens import CLOSE_SIGNED_OUT
from web.sip import MOST_FRAME


class SipEnd:
    """Takes websockets of the subprotocol, keeps what is said, and says what it is told to."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str] = asyncio.Queue()
        self.sockets: list[web.WebSocketResponse] = []
        self.over = asyncio.Event()
        self.headers: list[dict[str, str]] = []

    async def take(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(protocols=("sip",))
        await ws.prepare(request)
        assert ws.ws_protocol == "sip"
        self.headers.append(dict(request.headers))
        self.sockets.append(ws)
        async for message in ws:
            self.heard.put_nowait(message.data)
        self.over.set()
        return ws


@pytest.fixture
async def sip(house: House) -> AsyncIterator[SipEnd]:
    end = SipEnd()
    app = web.Application()
    app.router.add_get("/ws", end.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    house.pbx.browsers.sip_url = f"ws://127.0.0.1:{runner.addresses[0][1]}/ws"
    yield end
    await runner.cleanup()


def open_sip(client: Client, protocols: tuple[str, ...] = ("sip",), **headers: str) -> Any:
    sent = {"Authorization": f"Bearer {client.token}"} | headers
    return client.http.ws_connect(
        f"{client.address}/api/v1/sip", protocols=protocols, headers=sent, max_msg_size=0
    )


def register(phone: str) -> str:
    who = f"<sip:{phone}@hotline-12348>"
    lines = ["REGISTER sip:hotline-12348 SIP/2.0", f"From: {who};tag=1", f"To: {who}"]
    return "\r\n".join([*lines, "Content-Length: 0", "", ""])


async def refused(client: Client, **more: Any) -> int:
    with pytest.raises(aiohttp.WSServerHandshakeError) as no:
        async with open_sip(client, **more):
            pass
    return no.value.status


async def test_frames_pass_both_ways_and_carry_nothing_of_the_sign_in(
    house: House, sip: SipEnd
) -> None:
    zhang = await house.client("zhang")
    phone = (await issued(zhang))["username"]
    async with open_sip(zhang) as ws:
        assert ws.protocol == "sip"
        await ws.send_str(register(phone))
        assert await asyncio.wait_for(sip.heard.get(), DEADLINE_S) == register(phone)
        await sip.sockets[0].send_str("SIP/2.0 401 Unauthorized\r\n\r\n")
        assert await ws.receive_str(timeout=DEADLINE_S) == "SIP/2.0 401 Unauthorized\r\n\r\n"
    await asyncio.wait_for(sip.over.wait(), DEADLINE_S)
    assert zhang.token not in repr(sip.headers)


async def test_who_may_not_is_refused_before_anything_is_opened(house: House, sip: SipEnd) -> None:
    zhang = await house.client("zhang")
    assert await refused(zhang) == 409
    assert await refused(house.stranger()) == 401
    await issued(zhang)
    assert await refused(zhang, Origin="http://elsewhere.example") == 403
    assert await refused(zhang, protocols=()) == 400
    assert await refused(zhang, protocols=("chat",)) == 400
    assert sip.sockets == []
    house.pbx.browsers.sip_url = "ws://127.0.0.1:9/ws"
    assert await refused(zhang) == 503


async def test_a_page_of_ours_may(house: House, sip: SipEnd) -> None:
    zhang = await house.client("zhang")
    await issued(zhang)
    async with open_sip(zhang, Origin=house.address) as ws:
        assert ws.protocol == "sip"


@pytest.mark.parametrize("what", ["another's name", "bytes", "too much"])
async def test_what_a_phone_may_not_say_ends_it(house: House, sip: SipEnd, what: str) -> None:
    zhang, li = await house.client("zhang"), await house.client("li")
    phone, other = (await issued(zhang))["username"], (await issued(li))["username"]
    async with open_sip(zhang) as ws:
        if what == "bytes":
            await ws.send_bytes(register(phone).encode())
        else:
            said = register(other)
            await ws.send_str(said if what == "another's name" else said + "x" * MOST_FRAME)
        last = await ws.receive(timeout=DEADLINE_S)
        code = aiohttp.WSCloseCode.MESSAGE_TOO_BIG if what == "too much" else CLOSE_REFUSED
        assert (last.type, ws.close_code) == (WSMsgType.CLOSE, code)
    await asyncio.wait_for(sip.over.wait(), DEADLINE_S)
    assert sip.heard.empty()


@pytest.mark.parametrize("how", ["sign-out", "given back", "taken over"])
async def test_it_ends_when_the_sign_in_has_the_phone_no_longer(
    house: House, sip: SipEnd, how: str
) -> None:
    zhang = await house.client("zhang")
    await issued(zhang)
    async with open_sip(zhang) as ws:
        if how == "taken over":
            await issued(await again(house, zhang), take_over=True)
        else:
            await zhang.ask("DELETE", "/session" if how == "sign-out" else "/me/phone")
        last = await ws.receive(timeout=DEADLINE_S)
        assert (last.type, ws.close_code) == (WSMsgType.CLOSE, CLOSE_SIGNED_OUT)
    await asyncio.wait_for(sip.over.wait(), DEADLINE_S)


async def test_it_ends_with_asterisk_and_with_the_server(house: House, sip: SipEnd) -> None:
    zhang = await house.client("zhang")
    await issued(zhang)
    async with open_sip(zhang) as ws:
        await sip.sockets[0].close()
        assert (await ws.receive(timeout=DEADLINE_S)).type is WSMsgType.CLOSE
    async with open_sip(zhang) as ws:
        house.live.close(aiohttp.WSCloseCode.GOING_AWAY)
        assert (await ws.receive(timeout=DEADLINE_S)).type is WSMsgType.CLOSE
