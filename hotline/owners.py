"""Tells the router whose open cases callers have, as the slips say: only what changed.

The slips are the truth, the router's state is a copy; whatever was missed (a router that was away,
a database that was) is made good by the next comparison. Never writes a number down anywhere.
"""

from __future__ import annotations

from itertools import islice
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from cases.kept import open_cases
from cases.store import Store
from router.events import OwnersChanged
from router.ports import Clock

NOBODY = ("", 0.0)
AT_ONCE = 500
"""In one event: calls never wait for the rest."""

log = structlog.get_logger(__name__)


class Router(Protocol):
    """The pump, as far as it is needed here."""

    def owners(self) -> dict[str, tuple[str, float]]: ...

    def post(self, event: OwnersChanged) -> None: ...


class Owners:
    """`area_code`: of the centre, for numbers without one."""

    def __init__(self, store: Store, router: Router, clock: Clock, area_code: str) -> None:
        self._store = store
        self._router = router
        self._clock = clock
        self._area_code = area_code

    async def tell(self) -> None:
        try:
            open_now = await open_cases(self._store, self._clock.now(), self._area_code)
        except (SQLAlchemyError, OSError) as error:
            log.warning("owners.unread", error=type(error).__name__)
            return
        known = self._router.owners()
        changed = {number: one for number, one in open_now.items() if known.get(number) != one}
        changed |= dict.fromkeys(known.keys() - open_now.keys(), NOBODY)
        left = iter(changed.items())
        while some := dict(islice(left, AT_ONCE)):
            self._router.post(OwnersChanged(some))
