"""A line without its way in and its way out, for simulating many calls in little time.

The same engine with the same languages, services, ringing and wrap-up; what is left out is what
does not decide who is served when: greeting, questions, announcements, the rating, and that a
phone says that it rings before it is answered. Everybody
says at once what it wants, by a key of its own that no telephone has. A caller who presses keys,
leaves in the menu or takes up the offer of a message is not simulated here.
"""

from __future__ import annotations

import math

import msgspec

from config.model import Line, Menu, MenuKey, MenuNode, Rating
from router.sim.callers import Caller, Press

NEVER_S = 1e9
_NODE = "bare"


def key_of(language: str, service: str) -> str:
    return f"{language} {service}"


def bare(line: Line) -> Line:
    """`line` as far as it decides who is served when."""
    keys = {
        key_of(language.id, service.id): MenuKey(language=language.id, service=service.id)
        for language in line.languages
        for service in line.services
    }
    replace = msgspec.structs.replace
    return replace(
        line,
        menu=Menu(welcome="", start=_NODE, nodes={_NODE: MenuNode(prompt=_NODE, keys=keys)}),
        rating=Rating(enabled=False),
        ring=replace(line.ring, dead_after_s=line.ring.timeout_s),
        queue=replace(line.queue, announce_first_s=NEVER_S, announce_every_s=NEVER_S),
    )


def straight(caller: Caller) -> Caller:
    """The same caller as it would call a bare line, whose end is the end of its talk."""
    return msgspec.structs.replace(
        caller,
        hasty=False,
        presses=(Press(key_of(caller.language, caller.service), 0.0),),
        leaves_menu_s=math.inf,
        rather_message=False,
        hangs_up_first=True,
    )
