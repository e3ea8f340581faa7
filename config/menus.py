"""What makes an entry menu fit for callers: it leads somewhere, and to a human in two presses.

Pure rules over `config.model.Menu`; `config.checks` puts them among the others.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from typing import Final

from config.model import Menu, MenuKey
from config.problems import Place, Problem

QUEUE: Final = "queue"
AGAIN: Final = "again"
MOST_PRESSES: Final = 2
"""Key presses to a human, at most (GB/T 33358-2016 discourages menus altogether)."""
_NODES: Final[Place] = ("line", "menu", "nodes")
_BACK: Final = "*#"
"""Keys with which a caller may go back to an earlier node: that is the caller's own wish."""


def keys(menu: Menu) -> Iterator[tuple[Place, MenuKey]]:
    """Every key of every node with its place in the settings."""
    for name, node in menu.nodes.items():
        for key, taken in node.keys.items():
            yield (*_NODES, name, "keys", key), taken


def nodes_sound(menu: Menu) -> Iterator[Problem]:
    """Names, targets, `0` and the number of presses."""
    for name in (QUEUE, AGAIN):
        if name in menu.nodes:
            yield Problem(code="node-name", place=(*_NODES, name), fields={"found": name})
    if menu.start:
        yield from known(menu.start, menu.nodes, ("line", "menu", "start"), "node")
    for place, taken in keys(menu):
        if taken.goto not in (QUEUE, AGAIN):
            targets = [*menu.nodes, QUEUE, AGAIN]
            yield from known(taken.goto, targets, (*place, "goto"), "target")
        if place[-1] == "0" and (taken.goto != QUEUE):
            yield Problem(code="zero", place=place, fields={"found": taken.goto})
    if menu.start in menu.nodes:
        yield from _too_deep(menu, menu.start, 0, (menu.start,))


def prompts_exist(menu: Menu, prompts: Collection[str]) -> Iterator[Problem]:
    """Every prompt the menu plays is in the manifest."""
    if menu.welcome:
        yield from known(menu.welcome, prompts, ("line", "menu", "welcome"), "prompt")
    for name, node in menu.nodes.items():
        yield from known(node.prompt, prompts, (*_NODES, name, "prompt"), "prompt")


def known(found: str, ids: Collection[str], place: Place, what: str) -> Iterator[Problem]:
    """A problem when `found` names nothing in `ids`. `what`: `settings.expected.<what>`."""
    if found in ids:
        return
    close = difflib.get_close_matches(found, ids, n=1)
    fields = {"found": found, "known": ", ".join(ids)} | ({"close": close[0]} if close else {})
    hint = "close" if close else "unknown"
    yield Problem(code="reference", place=place, fields=fields, expected=what, hint=hint)


def _too_deep(menu: Menu, name: str, presses: int, path: tuple[str, ...]) -> Iterator[Problem]:
    """The keys below `name`, reached with `presses`, that ask for one press too many."""
    for key, taken in menu.nodes[name].keys.items():
        if taken.goto not in menu.nodes or (key in _BACK and taken.goto in path):
            continue
        if presses + 1 >= MOST_PRESSES:
            way = " → ".join((*path, taken.goto))
            place = (*_NODES, name, "keys", key, "goto")
            yield Problem(code="too-deep", place=place, fields={"way": way})
        else:
            yield from _too_deep(menu, taken.goto, presses + 1, (*path, taken.goto))
