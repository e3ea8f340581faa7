"""Keeps the members of the fallback queues in step with who is signed in.

The dialplan's `Queue()` rings them when there is no router, so what stands there must be right
before anything fails. The last wish for each phone is kept; after a lost connection and at every
comparison Asterisk's list is read and mended. Adding a member twice or removing one that is not
there is no error. This module must never touch a member that is no phone of ours.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from router.commands import SyncMember
from telephony.ami import Ami, Reply
from telephony.faults import AmiRefused
from telephony.provision import app_queue
from telephony.translate import is_phone


class Members:
    """Wishes against Asterisk's list; one change at a time."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami
        self._wishes: dict[str, SyncMember] = {}
        self._seen: dict[tuple[str, str], bool] = {}
        """(queue by Asterisk's name, phone) → paused, as Asterisk has it."""
        self._turn = asyncio.Lock()

    async def wish(self, command: SyncMember) -> None:
        """Keep the wish and carry it out as far as Asterisk is known and reached.

        Raises AmiRefused for a queue that does not exist, AmiLost and AmiTimeout; the wish stands
        and is carried out by the next `compare`.
        """
        async with self._turn:
            self._wishes[command.phone] = command
            await self._mend(command.phone)

    async def compare(self, *, remove_strangers: bool) -> None:
        """Read Asterisk's list and mend it.

        `remove_strangers`: also take out phones nobody wished for. Not right after a start: the
        router has not said yet whom it wants, and a queue without members serves nobody.
        Raises AmiLost and AmiTimeout.
        """
        async with self._turn:
            self._seen = _members(await self._ami.request("QueueStatus"))
            strangers = {phone for _, phone in self._seen} - self._wishes.keys()
            for phone in [*self._wishes, *(sorted(strangers) if remove_strangers else ())]:
                # A refusal was told when it was wished for; the other phones must not suffer.
                with suppress(AmiRefused):
                    await self._mend(phone)

    async def _mend(self, phone: str) -> None:
        """Make the list right for one phone; raises the first refusal when all was tried."""
        wish = self._wishes.get(phone)
        wanted = {app_queue(queue): wish.paused for queue in wish.queues} if wish else {}
        had = {queue: paused for (queue, who), paused in self._seen.items() if who == phone}
        refusals = []
        for queue in sorted(had.keys() | wanted.keys()):
            try:
                if queue not in wanted:
                    await self._remove(queue, phone)
                elif queue not in had:
                    name = wish.seat_id if wish else phone
                    await self._add(queue, phone, name, wanted[queue])
                elif had[queue] != wanted[queue]:
                    await self._pause(queue, phone, wanted[queue])
            except AmiRefused as refused:
                refusals.append(refused)
        if wish is not None and not wish.queues:
            del self._wishes[phone]
        if refusals:
            raise refusals[0]

    async def _remove(self, queue: str, phone: str) -> None:
        fields = {"Queue": queue, "Interface": f"PJSIP/{phone}"}
        await self._ask("QueueRemove", fields, so_already="Not there")
        del self._seen[queue, phone]

    async def _add(self, queue: str, phone: str, name: str, paused: bool) -> None:
        fields = {
            "Queue": queue,
            "Interface": f"PJSIP/{phone}",
            "MemberName": name,
            "Paused": str(paused).lower(),
        }
        if await self._ask("QueueAdd", fields, so_already="Already there"):
            self._seen[queue, phone] = paused
        else:
            await self._pause(queue, phone, paused)

    async def _pause(self, queue: str, phone: str, paused: bool) -> None:
        fields = {"Queue": queue, "Interface": f"PJSIP/{phone}", "Paused": str(paused).lower()}
        await self._ask("QueuePause", fields)
        self._seen[queue, phone] = paused

    async def _ask(self, action: str, fields: dict[str, str], *, so_already: str = "\0") -> bool:
        """False when Asterisk refused because it is so already."""
        try:
            await self._ami.request(action, fields)
        except AmiRefused as refused:
            if refused.message.endswith(so_already):
                return False
            raise
        return True


def _members(reply: Reply) -> dict[tuple[str, str], bool]:
    """(queue, phone) → paused for every phone in the answer to `QueueStatus`."""
    members: dict[tuple[str, str], bool] = {}
    for item in reply.events:
        technology, _, name = item.keys.get("Location", "").partition("/")
        if item.name == "QueueMember" and technology == "PJSIP" and is_phone(name):
            members[item.keys.get("Queue", ""), name] = item.keys.get("Paused") == "1"
    return members
