"""The router learns whose open cases callers have, from the slips and only what changed."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import update

from cases import tables as t
from cases.store import Store, migrate, store_url
from hotline.clock import SteadyClock
from hotline.owners import NOBODY, Owners
from router.events import OwnersChanged
from tests.reports import months as m


class FakeRouter:
    """Takes what it is told as known, as the engine does."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[str, float]] = {}
        self.told: list[dict[str, tuple[str, float]]] = []

    def owners(self) -> dict[str, tuple[str, float]]:
        return dict(self.known)

    def post(self, event: OwnersChanged) -> None:
        self.told.append(dict(event.owners))
        for number, one in event.owners.items():
            self.known.pop(number, None)
            if one != NOBODY:
                self.known[number] = one


async def with_a_slip(data: Path, at: float) -> Store:
    url = store_url("", data)
    await migrate(url)
    store = await Store.open(url)
    await m.keep(store, m.answered("c1", at))
    return store


async def keep(store: Store, person_id: str | None, until: float | None) -> None:
    async with store.write() as conn:
        await conn.execute(update(t.slips).values(kept_by=person_id, open_until=until))


async def test_only_what_changed_is_told(tmp_path: Path) -> None:
    clock, router = SteadyClock(), FakeRouter()
    store = await with_a_slip(tmp_path, clock.now() - 3600)
    owners = Owners(store, router, clock, "028")
    try:
        await owners.tell()
        assert router.told == [], "nobody keeps a case"
        until = clock.now() + 3600
        await keep(store, "p1", until)
        await owners.tell()
        await owners.tell()
        (number,) = router.known
        assert router.told == [{number: ("p1", until)}], "told once"
        await keep(store, "p2", until)
        await owners.tell()
        assert router.told[1:] == [{number: ("p2", until)}]
        await keep(store, None, None)
        await owners.tell()
        assert router.told[2:] == [{number: NOBODY}]
        assert router.known == {}
    finally:
        await store.close()


async def test_a_case_whose_time_is_over_is_nobodys(tmp_path: Path) -> None:
    clock, router = SteadyClock(), FakeRouter()
    store = await with_a_slip(tmp_path, clock.now() - 3600)
    try:
        await keep(store, "p1", clock.now() - 1)
        await Owners(store, router, clock, "028").tell()
        assert router.told == []
    finally:
        await store.close()
