"""The real telephone exchange: Asterisk, as the router's `Telephony` port.

Wires the ARI and AMI clients to `translate`, `perform`, `members` and `reconcile`, and keeps them
going. After each connection the order is: calls the fallback served meanwhile, phones, then
everything Asterisk holds; so the engine never offers a phone that is gone and never takes a call
for lost that the dialplan has served. This module must never decide anything about a call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import structlog

from config.model import Settings
from router.commands import Command
from router.events import PbxLost
from router.ports import Clock, Post
from telephony import reconcile
from telephony.ami import Ami, AmiEvent
from telephony.ari import Ari
from telephony.ari_events import AriEvent
from telephony.ari_pool import AriPool
from telephony.fallback import Ledger, Unread
from telephony.faults import AriReplaced, PbxFault, described
from telephony.heartbeat import beat
from telephony.members import Members
from telephony.perform import Operator, Resolve
from telephony.secrets import Secrets
from telephony.translate import HEARD, Lines, device_state, dial_end, translate

log = structlog.get_logger(__name__)


class Exchange:
    """Implements `router.ports.Telephony` on a real Asterisk (20 or later).

    `ledger`: what the dialplan writes of calls it served alone; `mark`: how far we have read it.
    """

    def __init__(
        self,
        settings: Settings,
        secrets: Secrets,
        *,
        ledger: Path,
        mark: Path,
        resolve: Resolve,
        clock: Clock,
        post: Post,
    ) -> None:
        pbx = settings.pbx
        self._app = pbx.app
        self._heal_s = pbx.heal_s
        self._clock = clock
        self._post = post
        self._lines = Lines()
        self._ledger = Ledger(ledger, mark, min_voicemail_s=settings.line.voicemail.min_s)
        self._given: Unread | None = None
        """Calls of the ledger that were posted, not yet known to be recorded."""
        self._ari = Ari(
            f"http://{_bracketed(pbx.host)}:{pbx.http_port}/ari",
            pbx.ari_user,
            secrets.ari_password,
            pbx.app,
            on_event=self._on_ari,
            on_up=self._on_ari_up,
            on_down=self._on_ari_down,
        )
        self._ami = Ami(
            pbx.host,
            pbx.ami_port,
            pbx.ami_user,
            secrets.ami_secret,
            on_event=self._on_ami,
            on_up=self._on_ami_up,
        )
        self._pool = AriPool(pbx.host, pbx.http_port, pbx.ari_user, secrets.ari_password)
        self._members = Members(self._ami)
        self._operator = Operator(
            self._pool,
            self._ami,
            self._members,
            self._lines,
            app=pbx.app,
            resolve=resolve,
            post=post,
        )

    async def run(self) -> None:
        """Stay connected until cancelled. Raises AriReplaced when another router took over."""
        replaced: BaseException | None = None
        try:
            async with self._ari, self._pool, asyncio.TaskGroup() as group:
                group.create_task(self._ari.run(), name="ari")
                group.create_task(self._ami.run(), name="ami")
                group.create_task(self._heal(), name="heal")
                group.create_task(beat(self._ari), name="heartbeat")
        except* AriReplaced as faults:
            replaced = faults.exceptions[0]
        # Not raised from in there: Python 3.11.0 to 3.11.3 would wrap it in a group.
        if replaced is not None:
            raise replaced

    async def up(self, within_s: float) -> None:
        """Return once both interfaces are up; raise AriLost or AmiLost after `within_s` seconds."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._ari.up(within_s))
            group.create_task(self._ami.up(within_s))

    async def perform(self, command: Command) -> None:
        """Carry out one command; see `router.ports.Telephony`."""
        await self._operator.perform(command)

    # ---- what Asterisk says ----

    def _on_ari(self, event: AriEvent) -> None:
        told = translate(self._lines, event)
        if told is not None:
            self._post(told)

    def _on_ami(self, event: AmiEvent) -> None:
        if event.name == "DeviceStateChange":
            told = device_state(self._lines, event.keys)
            if told is not None:
                self._post(told)
        elif event.name == "Hangup":
            ended = dial_end(self._lines, event.keys)
            if ended is not None:
                self._post(ended)

    def _on_ari_down(self) -> None:
        self._lines.lost()
        self._post(PbxLost())

    async def _on_ari_up(self) -> None:
        # Asterisk says some forty things about a call of which we use a dozen.
        await self._pool.put(
            "applications",
            self._app,
            "eventFilter",
            body={"allowed": [{"type": name} for name in sorted(HEARD)]},
        )
        await self._import_fallback()
        await self._look(reconnected=True)

    async def _on_ami_up(self) -> None:
        await self._members.compare(remove_strangers=False)

    # ---- comparing ----

    async def _heal(self) -> NoReturn:
        while True:
            await asyncio.sleep(self._heal_s)
            if self._ari.connected:
                await self._kept("ari", self._import_fallback())
                await self._kept("ari", self._look(reconnected=False))
            if self._ari.connected and self._ami.connected:
                await self._kept("ami", self._members.compare(remove_strangers=True))

    async def _kept(self, link: str, work: Coroutine[Any, Any, None]) -> None:
        """A comparison that fails says nothing; the next one is due soon."""
        try:
            await work
        except (PbxFault, msgspec.ValidationError, OSError) as error:
            log.warning("pbx comparison failed", link=link, reason=described(error))

    async def _look(self, *, reconnected: bool) -> None:
        for change in await reconcile.phones(self._pool, self._lines, all_of_them=reconnected):
            self._post(change)
        self._post(
            await reconcile.look(
                self._pool,
                self._lines,
                app=self._app,
                clock=self._clock,
                reconnected=reconnected,
            )
        )

    async def _import_fallback(self) -> None:
        """Post what the dialplan served alone. Marked as read when the next look comes round.

        By then the router has recorded it; after a crash in between it is posted again, and the
        router knows the calls by their ids.
        """
        if self._given is not None:
            await asyncio.to_thread(self._ledger.done, self._given)
            self._given = None
        unread = self._ledger.unread()
        if unread.unreadable:
            log.error("fallback ledger has damaged lines", count=unread.unreadable)
        for served in unread.served:
            self._post(served)
        if unread.served or unread.unreadable:
            self._given = unread


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
