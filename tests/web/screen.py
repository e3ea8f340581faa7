"""A screen as a browser would write it: it knows JSON, the whole board and the changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from web.board import NOTES
from web.views import BoardView, Change

View = dict[str, Any]


def seen(view: BoardView) -> View:
    decoded: View = msgspec.json.decode(msgspec.json.encode(view))
    return decoded


class Screen:
    def __init__(self, view: View) -> None:
        self.view = view

    def take(self, seq: int, changes: Sequence[Change]) -> None:
        self.hear({"seq": seq, "changes": msgspec.json.decode(msgspec.json.encode(changes))})

    def hear(self, delta: dict[str, Any]) -> None:
        """Apply one `changes` message."""
        view = self.view
        view["seq"] = delta["seq"]
        for change in delta["changes"]:
            match change.pop("what"):
                case "seat":
                    view["seats"][change["seat"]["id"]] = change["seat"]
                case "call":
                    view["calls"][change["call"]["id"]] = change["call"]
                case "call-left":
                    del view["calls"][change["id"]]
                case "phone":
                    view["phones"][change["phone"]] = change["reachable"]
                case "pbx":
                    view["pbx_up"] = change["up"]
                case "queue":
                    view["queues"][change["queue"]["key"]] = change["queue"]
                case "queue-left":
                    del view["queues"][change["key"]]
                case "callbacks":
                    view["callbacks"] = change["waiting"]
                case "seat-states":
                    view["seat_states"] = change["states"]
                case "part":
                    view["parts"][change["name"]] = change["part"]
                case "today":
                    view["today"] = change["today"]
                case "note":
                    view["notes"] = [*view["notes"], change["note"]][-NOTES:]
                case other:
                    raise AssertionError(f"an unknown change: {other}")
