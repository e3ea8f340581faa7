"""Phones in browsers on the fake exchange: which accounts are let in, and nothing besides.

A page that registers is a phone of that name on the stage (`FakePbx.phone`).
"""

from __future__ import annotations

import asyncio

from telephony.provision import REALM


class FakeBrowsers:
    """Stands in for `telephony.browsers.Browsers`; `lost` makes it refuse as a dead Asterisk."""

    def __init__(self) -> None:
        self.passwords: dict[str, str] = {}
        """Account → its newest password."""
        self.lost = False
        self.emptied = asyncio.Event()
        """Set when the last account was let go."""
        self.sip_url = "ws://127.0.0.1:9/ws"
        """Where a test's own SIP end listens."""

    @property
    def realm(self) -> str:
        return REALM

    async def admit(self, phone: str, password: str, display: str) -> None:
        self._reached()
        self.passwords[phone] = password

    async def dismiss(self, phone: str) -> None:
        self._reached()
        self.passwords.pop(phone, None)
        if not self.passwords:
            self.emptied.set()

    async def admitted(self) -> frozenset[str]:
        self._reached()
        return frozenset(self.passwords)

    def _reached(self) -> None:
        if self.lost:
            raise ConnectionError("the exchange cannot be reached")
