"""What to do with each channel and bridge that a dead router left in Asterisk. PURE.

Whoever waits goes to the fallback, in order of arrival; whoever talks notices nothing; what serves
nobody any more is taken away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

_LEG = re.compile(r"(.+)-L\d+")
"""A seat's leg carries its call's id (router.commands: ids are chosen by the engine)."""


class Sweep(msgspec.Struct, frozen=True):
    """`redirect`: channel names (AMI wants names), first caller first. The others are ids."""

    redirect: tuple[str, ...] = ()
    hang_up: tuple[str, ...] = ()
    destroy: tuple[str, ...] = ()


def sweep(
    app: str, channels: Sequence[Mapping[str, Any]], bridges: Sequence[Mapping[str, Any]]
) -> Sweep:
    """Decide from ARI's lists of channels and bridges, with nobody behind application `app`."""
    callers = [channel for channel in channels if _is_caller(channel, app)]
    legs = {channel["id"]: match[1] for channel in channels if (match := _leg(channel))}
    mixing = [set(bridge["channels"]) for bridge in bridges if bridge["bridge_type"] == "mixing"]
    talking: set[str] = set()
    left_alone: set[str] = set()
    for caller in callers:
        id = caller["id"]
        own = {leg for leg, call in legs.items() if call == id}
        for together in mixing:
            if id in together and own & together:
                talking |= {id, *(own & together)}
            elif id in together and not own:
                # Talk bridges are the only ones that mix: the seat has hung up, the talk is over.
                left_alone.add(id)
    waiting = [c for c in callers if c["id"] not in talking | left_alone]
    return Sweep(
        redirect=tuple(c["name"] for c in sorted(waiting, key=lambda c: str(c["creationtime"]))),
        hang_up=tuple(sorted({*left_alone, *(legs.keys() - talking)})),
        destroy=tuple(
            bridge["id"]
            for bridge in bridges
            if bridge["bridge_class"] == "stasis" and not bridge["channels"]
        ),
    )


def _is_caller(channel: Mapping[str, Any], app: str) -> bool:
    """Whether it is inside `Stasis(app,caller,…)`, as the dialplan hands callers over."""
    at = channel["dialplan"]
    return bool(at["app_name"] == "Stasis" and at["app_data"].split(",")[:2] == [app, "caller"])


def _leg(channel: Mapping[str, Any]) -> re.Match[str] | None:
    return _LEG.fullmatch(channel["id"])
