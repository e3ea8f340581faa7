"""One row of the route table, and what its handler is given. Decides nothing.

The router and the OpenAPI document are both made from these rows, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec
from aiohttp import web

from cases.access import Access, Right
from cases.browserphones import BrowserPhones
from cases.people import People
from cases.records import Person, Viewer
from cases.sessions import Sessions
from config.model import Settings
from config.policyfile import PACKAGED
from reports.archive import Archive
from reports.press import Press
from router.facts import Fact
from router.ports import Clock, Desk
from web.limits import Tries
from web.live import Live
from web.views import Part

__all__ = ["Asked", "Deps", "Handler", "Part", "Route"]


class Browsers(Protocol):
    """The telephone exchange's side of phones in browsers (telephony/browsers.py)."""

    @property
    def realm(self) -> str:
        """Of the phones' digest sign-in."""
        ...

    @property
    def sip_url(self) -> str:
        """Where the exchange speaks SIP over a websocket; for us, never for a page."""
        ...

    async def admit(self, phone: str, password: str, display: str) -> None:
        """Let a phone in with this password from now on. Raises OSError."""
        ...

    async def dismiss(self, phone: str) -> None:
        """Let it in no longer; not an error when it is not known. Raises OSError."""
        ...

    async def admitted(self) -> frozenset[str]:
        """The browsers' phones that are let in. Raises OSError."""
        ...


@dataclass(frozen=True, slots=True)
class Deps:
    """Everything the web needs from the outside; put together in `hotline.serve`."""

    settings: Settings
    desk: Desk
    access: Access
    people: People
    sessions: Sessions
    clock: Clock
    health: Mapping[str, Callable[[], Part]]
    """Name → how that part is now (`store`, `journal` …); must not block. `pbx` is known here."""
    history: Callable[[float], Awaitable[Sequence[Fact]]]
    """Facts recorded at or after an epoch second, in order; for today's counters at the start.

    Only those of `web.today.COUNTED` need be among them.
    """
    provision: Callable[[], Awaitable[None]]
    """Brings the telephone exchange's accounts in step with `people.phones()`."""
    reports: Archive
    press: Press
    phones: BrowserPhones
    browsers: Browsers
    policy_file: Path = PACKAGED
    """Where a changed policy is read from when somebody asks for it."""
    beat_s: float = 10.0
    """Screens get a sign of life this often, and the board looks at the date."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, signed in and decoded as its row says."""

    deps: Deps
    live: Live
    tries: Mapping[str, Tries]
    request: web.Request
    now: float
    path: Mapping[str, str]
    query: Any
    body: Any
    token: str
    signed_in: Person | None

    @property
    def person(self) -> Person:
        assert self.signed_in is not None, "a route that is open has no person"
        return self.signed_in

    @property
    def viewer(self) -> Viewer:
        return self.person.viewer


Handler = Callable[[Asked], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`path` is below `/api/v1`; `{name}` in it is a path parameter."""

    method: Literal["GET", "HEAD", "POST", "PATCH", "DELETE"]
    path: str
    handler: Handler
    summary: str
    body: type[msgspec.Struct] | None = None
    body_optional: bool = False
    """Without a body its defaults count."""
    query: type[msgspec.Struct] | None = None
    reply: type[msgspec.Struct] | None = None
    """None: no body (204), or whatever `media` says."""
    status: int = 200
    media: str = "application/json"
    sends: Sequence[type[msgspec.Struct]] = ()
    """What a websocket sends, each a JSON text."""
    errors: Sequence[str] = field(default=())
    """Codes of its own; those that follow from the other columns are added by the document."""
    also: Mapping[int, type[msgspec.Struct]] = field(default_factory=dict)
    """Further statuses that are answers and not problems."""
    etag: bool = False
    """Answers 304 to a client that has it already."""
    by_language: bool = False
    """The answer's words are in the language of Accept-Language."""
    open: bool = False
    """No sign-in needed."""
    needs: Right | None = None
    while_must_change: bool = False
    """Also with a one-time password that has not been changed yet."""
