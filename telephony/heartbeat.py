"""The router's sign of life to the watchdog: a global variable of Asterisk that keeps changing.

Asterisk itself does not say whether a program still stands behind an ARI application: as long as
one channel is inside, `GET /applications/<app>` answers the same with and without a websocket
(tried on 22.10). This also stops when the router's loop hangs, which an open websocket does not.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Final, NoReturn

from telephony.ari import Ari
from telephony.faults import PbxFault

VARIABLE: Final = "HOTLINE_ROUTER"


async def beat(ari: Ari, *, every_s: float = 1.0) -> NoReturn:
    """Give signs of life while our application's websocket is open, until cancelled.

    To be run in the router's own loop. What goes wrong is the watchdog's to notice.
    """
    while True:
        if ari.connected:
            value = str(time.monotonic_ns())  # differs from every earlier one, also of another us
            with suppress(PbxFault):
                await ari.post("asterisk", "variable", query={"variable": VARIABLE, "value": value})
        await asyncio.sleep(every_s)
