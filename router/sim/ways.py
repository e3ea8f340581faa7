"""How a caller gets where it wants through a menu: keys for a language and a service.

Read off the line's own menu, so that a site's menu is simulated as it is.
"""

from __future__ import annotations

from collections import deque

from config.menus import QUEUE
from config.model import Line

MOST_QUESTIONS = 4


def ways(line: Line) -> dict[tuple[str, str], str]:
    """(language, service) → the fewest keys that lead there; only what the menu really offers."""
    menu = line.menu
    found: dict[tuple[str, str], str] = {}
    todo = deque([(menu.start, "", line.default_language, line.default_service)])
    while todo:
        name, keys, language, service = todo.popleft()
        node = menu.nodes.get(name)
        if node is None or len(keys) >= MOST_QUESTIONS:
            continue
        for key, choice in node.keys.items():
            there = (choice.language or language, choice.service or service)
            if choice.goto == QUEUE:
                found.setdefault(there, keys + key)
            elif choice.goto in menu.nodes:
                todo.append((choice.goto, keys + key, *there))
    return found


def keys_to(known: dict[tuple[str, str], str], language: str, service: str) -> str:
    """Keys for what the caller wants, or for its language alone; empty: the menu has no such way,
    and a caller who presses nothing gets to a human."""
    exact = known.get((language, service))
    if exact is not None:
        return exact
    return next((keys for (spoken, _), keys in known.items() if spoken == language), "")
