"""Who is the router: a key in Redis with an end, held by one and renewed with every beat.

Redis being away never ends a router: with it, nobody else can take the lease either. What ends a
router is that another one holds it. A router that was asleep for so long that another took over is
also thrown off Asterisk by that one's own subscription (`telephony.faults.AriReplaced`).
"""

from __future__ import annotations

import asyncio
import secrets

import structlog

from router.apart.link import Link
from router.apart.scripts import RELEASE, TAKE
from router.apart.wire import Keys

log = structlog.get_logger(__name__)

LEASE_S = 10.0
"""How long a router that died on another machine is waited for. With the same journal: not at all,
whoever has opened that knows that nobody else works with it."""

LOOK_S = 0.25


class LeaseHeld(Exception):
    """Another router serves this line; this one must not command beside it."""


class Lease:
    """`journal` names the journal that this process holds (`cases.journal.FileJournal.holder`)."""

    def __init__(self, link: Link, keys: Keys, journal: str, *, lease_s: float = LEASE_S) -> None:
        self.token = f"{journal}:{secrets.token_hex(8)}"
        self.ms = int(lease_s * 1000)
        self._key = keys.lease
        self._journal = journal
        self._take = link.script(TAKE)
        self._release = link.script(RELEASE)

    async def take(self) -> None:
        """Hold it, after waiting for a holder that has died.

        Raises LeaseHeld once somebody is seen to renew it, and what Redis raises when it is away.
        """
        left = None
        while True:
            verdict, now_left = await self._take([self._key], self.token, self.ms, self._journal)
            if verdict == "ok":
                if left is not None:
                    log.info("the lease of a router that died has run out")
                return
            if now_left < 0 or (left is not None and now_left > left):
                raise LeaseHeld
            left = now_left
            await asyncio.sleep(min(LOOK_S, now_left / 1000))

    async def release(self) -> None:
        """Let the next router begin at once; not an error when it is not ours any more."""
        await self._release([self._key], self.token)
