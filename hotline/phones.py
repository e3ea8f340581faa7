"""Brings the telephone exchange's accounts in step with the people in the store.

People live in `cases`, phones in `telephony`; neither knows the other. Used outside the running
hotline too (`hotline user`, `hotline pbx`), so it opens a connection of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from cases.people import People
from config.model import Settings
from telephony.amiline import AmiLine
from telephony.places import Places
from telephony.process import Deadline
from telephony.provision import PhoneAccount, apply_phones
from telephony.secrets import kept_secrets

_WITHIN_S = 5.0


async def accounts(people: People) -> list[PhoneAccount]:
    """The phones of everybody who works here."""
    return [
        PhoneAccount(name=phone.phone, ha1=phone.ha1, display=phone.name)
        for phone in await people.phones()
    ]


async def provision(settings: Settings, people: People) -> bool:
    """Write the phones for Asterisk and have it read them; False when it cannot be reached.

    It reads them at its next start then. Raises telephony.problem.BadValue for an account that
    must not get into Asterisk's files.
    """

    async def ask(action: str, fields: Mapping[str, str]) -> None:
        await asyncio.to_thread(_ask, settings, action, fields)

    try:
        await apply_phones(await accounts(people), Places.of(settings).etc, ask)
    except OSError:
        return False
    return True


def _ask(settings: Settings, action: str, fields: Mapping[str, str]) -> None:
    pbx = settings.pbx
    secret = kept_secrets(Places.of(settings).secrets).ami_secret
    with AmiLine(pbx.host, pbx.ami_port, pbx.ami_user, secret, Deadline(_WITHIN_S)) as line:
        line.ask(action, **fields)
