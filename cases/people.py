"""Who works here: persons, their passwords and their telephone accounts.

Passwords are kept as argon2 hashes, SIP passwords as HA1 digests; both are shown once when they
are made and cannot be read again. This is not a guarded door: whoever serves requests asks
`cases.access.require(viewer, "people.manage")` first.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cases.records import NewPerson, Person, PhoneAccount, Provider, Role
from cases.store import Store

SIP_REALM = "asterisk"
"""Realm in the HA1 digest; Asterisk's default and what the rendered `pjsip.conf` says."""


class People:
    def __init__(self, store: Store) -> None: ...

    async def add(
        self,
        *,
        name: str,
        username: str,
        role: Role,
        phone: str = "",
        skills: Mapping[str, int] | None = None,
        provider: Provider = "staff",
        now: float,
    ) -> NewPerson:
        """Raises Invalid for `username`, `phone`, `skills` … (`taken`, `bad-format`, …)."""
        raise NotImplementedError

    async def list(self, *, active_only: bool = False) -> tuple[Person, ...]:
        raise NotImplementedError

    async def get(self, person_id: str) -> Person:
        """Raises NotFound."""
        raise NotImplementedError

    async def update(
        self,
        person_id: str,
        *,
        name: str | msgspec.UnsetType = msgspec.UNSET,
        role: Role | msgspec.UnsetType = msgspec.UNSET,
        skills: Mapping[str, int] | msgspec.UnsetType = msgspec.UNSET,
        provider: Provider | msgspec.UnsetType = msgspec.UNSET,
        active: bool | msgspec.UnsetType = msgspec.UNSET,
        now: float,
    ) -> Person:
        """Deactivating ends the person's sessions. Raises NotFound, Invalid."""
        raise NotImplementedError

    async def verify(self, username: str, password: str, now: float) -> Person:
        """The person whose password this is. Raises SignInRefused."""
        raise NotImplementedError

    async def change_password(self, person_id: str, old: str, new: str, now: float) -> None:
        """Ends all sessions of the person. Raises SignInRefused, Invalid("new", …)."""
        raise NotImplementedError

    async def reset_password(self, person_id: str, now: float) -> str:
        """A new one-time password; ends all sessions and any lock-out. Raises NotFound."""
        raise NotImplementedError

    async def reset_phone(self, person_id: str, phone: str) -> str:
        """Give the person the phone account `phone`; returns its new SIP password."""
        raise NotImplementedError

    async def phones(self) -> tuple[PhoneAccount, ...]:
        """Accounts of all active persons, for the telephone exchange."""
        raise NotImplementedError
