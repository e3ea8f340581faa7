"""My phone in the browser: an account at the telephone exchange for as long as I am signed in.

The password is drawn at each request, given once and kept nowhere; what it opens is closed when
the sign-in is over, however that came. Never lets anybody have another person's phone.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress

import msgspec
import structlog

from web.problems import Problem
from web.route import Asked, Deps, Route

log = structlog.get_logger(__name__)

SIP_PATH = "/api/v1/sip"


class PhoneBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`take_over`: also when another sign-in of mine has the phone, which then loses it."""

    take_over: bool = False


class IceServer(msgspec.Struct, frozen=True):
    """As RTCPeerConnection wants it."""

    urls: str


class MyPhone(msgspec.Struct, frozen=True):
    """What a SIP client in the page needs. `password` cannot be read again, only asked for anew."""

    username: str
    password: str
    realm: str
    uri: str
    ws_path: str
    """Path of the websocket on this server; subprotocol `sip`."""
    ice_servers: tuple[IceServer, ...]
    expires_at: float
    """When the sign-in ends (epoch s), and the account with it."""


async def issue(asked: Asked) -> MyPhone:
    """Also for the page that was loaded again: the same account with a new password."""
    deps, body = asked.deps, asked.body
    given = await deps.phones.give(
        asked.token, asked.person.id, asked.now, take_over=body.take_over
    )
    password = secrets.token_urlsafe(24)
    try:
        await deps.browsers.admit(given.phone, password, asked.person.name)
    except OSError:
        raise Problem("exchange-unavailable", headers={"Retry-After": "5"}) from None
    await asked.live.close_stale()
    realm = deps.browsers.realm
    return MyPhone(
        username=given.phone,
        password=password,
        realm=realm,
        uri=f"sip:{given.phone}@{realm}",
        ws_path=SIP_PATH,
        ice_servers=tuple(IceServer(url) for url in deps.settings.sip.ice_servers),
        expires_at=given.until,
    )


async def withdraw(asked: Asked) -> None:
    await take_back(asked)


async def take_back(asked: Asked) -> None:
    """The sign-in's phone, if it has one, is let in no longer; its websocket ends."""
    phone = await asked.deps.phones.take_back(asked.token)
    if phone:
        # A failure here is mended by the sweep: what nobody has any more is let in no longer.
        with suppress(OSError):
            await asked.deps.browsers.dismiss(phone)
        await asked.live.close_stale()


async def sweep(deps: Deps) -> None:
    """Let in no longer whom no lasting sign-in has. Raises OSError, and the store's errors."""
    given = set((await deps.phones.given(deps.clock.now())).values())
    for phone in sorted(await deps.browsers.admitted() - given):
        await deps.browsers.dismiss(phone)


async def sweeping(deps: Deps) -> None:
    """`sweep` at every beat, until cancelled."""
    while True:
        await asyncio.sleep(deps.beat_s)
        try:
            await sweep(deps)
        except Exception as error:
            log.warning("browsers' phones are not swept", error=type(error).__name__)


ROUTES = (
    Route(
        method="POST",
        path="/me/phone",
        handler=issue,
        summary="My phone in this browser: an account until I sign out; a new password each time",
        body=PhoneBody,
        body_optional=True,
        reply=MyPhone,
        errors=("phone-elsewhere", "exchange-unavailable"),
    ),
    Route(
        method="DELETE",
        path="/me/phone",
        handler=withdraw,
        summary="I need the phone in this browser no longer",
        status=204,
    ),
)
