"""Which sign-in has its person's phone in the browser: one at a time, for as long as it lasts.

The account's name is drawn once for a person and stays, so that a page that was loaded again, or
opened after signing in anew, is the same phone to the router. Its password is drawn at each
request and kept nowhere. Whoever serves requests tells the telephone exchange; here stands only
what several processes must agree on.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from cases import tables as t
from cases.errors import NotFound, PhoneElsewhere
from cases.records import BrowserPhone
from cases.sessions import hashed, lasting
from cases.store import Store

_p = t.browser_phones
_GIVEN = select(_p.c.token_hash, _p.c.phone, t.sessions.c.expires_at).join(
    t.sessions, t.sessions.c.token_hash == _p.c.token_hash
)


class BrowserPhones:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def give(
        self, token: str, person_id: str, now: float, *, take_over: bool = False
    ) -> BrowserPhone:
        """Give the person's phone to this sign-in.

        Raises PhoneElsewhere while another sign-in of the person has it, unless `take_over`;
        NotFound("session") when this one is over.
        """
        try:
            await self._give(token, person_id, now, take_over=take_over)
        except IntegrityError:
            # Two sign-ins of a person who never had one asked at once: the other was first.
            await self._give(token, person_id, now, take_over=take_over)
        phone = await self.of(token, now)
        if phone is None:
            raise NotFound("session")
        return phone

    async def of(self, token: str, now: float) -> BrowserPhone | None:
        """The phone that this sign-in has."""
        wanted = _GIVEN.where(_p.c.token_hash == hashed(token), lasting(now))
        async with self._store.read() as conn:
            row = (await conn.execute(wanted)).one_or_none()
        return None if row is None else BrowserPhone(phone=row.phone, until=row.expires_at)

    async def take_back(self, token: str) -> str:
        """Take the phone from this sign-in; returns its name, empty when it had none."""
        mine = _p.c.token_hash == hashed(token)
        async with self._store.write() as conn:
            phone = await conn.scalar(select(_p.c.phone).where(mine).with_for_update())
            if phone is not None:
                await conn.execute(update(_p).where(mine).values(token_hash=None))
        return str(phone or "")

    async def given(self, now: float) -> Mapping[str, str]:
        """Every sign-in that has a phone, as `cases.sessions.hashed` writes it → the phone."""
        async with self._store.read() as conn:
            rows = await conn.execute(_GIVEN.where(lasting(now)))
            return {row.token_hash: row.phone for row in rows}

    async def _give(self, token: str, person_id: str, now: float, *, take_over: bool) -> None:
        key = hashed(token)
        own = _p.c.person_id == person_id
        async with self._store.write() as conn:
            row = (await conn.execute(select(_p).where(own).with_for_update())).one_or_none()
            values = {"token_hash": key, "given_at": now}
            if row is None:
                phone = f"web{secrets.token_hex(10)}"
                await conn.execute(insert(_p).values(person_id=person_id, phone=phone, **values))
                return
            if row.token_hash not in (None, key) and not take_over:
                held = _GIVEN.where(_p.c.token_hash == row.token_hash, lasting(now))
                if (await conn.execute(held)).one_or_none() is not None:
                    raise PhoneElsewhere
            await conn.execute(update(_p).where(own).values(values))
