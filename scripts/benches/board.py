"""From a fact to a hundred screens: how long, and what it costs.

The real pump, journal, database, board and websockets under a steady load of calls; only the
telephone exchange is the shipped fake. The screens are in a process of their own and measure at
the socket: from the second the router recorded a fact to the first message that shows it. Once
with router and screens in one process, and with `--apart` also apart, over a private Redis.
A bench, not a test: it asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hotline.table import table
from tests.split.redisserver import RedisServer

SEATS = 80

_SETTINGS = """
[line.centre]
id = "bench"
[line]
default_language = "cmn"
[line.menu]
welcome = ""
start = ""
[line.rating]
enabled = false
[line.wrapup]
seconds = 0.0
[web]
port = {port}
[paths]
data = "{data}"
[redis]
url = "{redis}"
""" + "".join(f'[[seats]]\nid = "{n}"\nname = "{n}"\n' for n in range(1, SEATS + 1))

PORT = 18391


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="./scripts/bench board", description=__doc__)
    parser.add_argument("--screens", type=int, default=100)
    parser.add_argument("--rate", type=int, default=20, help="calls per second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--apart", action="store_true", help="also with screens apart, over Redis")
    args = parser.parse_args(argv)
    rows = [measured(args, "")]
    if args.apart:
        redis = RedisServer(keeps=False)
        redis.start()
        try:
            rows.append(measured(args, redis.url))
        finally:
            redis.end()
    head = ["", "screens", "calls/s", "facts", "p50 ms", "p99 ms", "max ms", "missed", "cut off",
            "messages/s", "kB/s a screen", "router CPU", "screens CPU", "router MB",
            "screens MB"]  # fmt: skip
    print("\n" + "\n".join(table([head, *rows])))


def measured(args: argparse.Namespace, redis: str) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        settings = _SETTINGS.format(data=folder, redis=redis, port=PORT)
        (folder / "hotline.toml").write_text(settings, "utf-8")
        line = stack.enter_context(program("_board_line", str(folder)))
        begun = line.read()
        web = None
        if redis:
            web = stack.enter_context(program("_board_web", str(folder)))
            web.read()
        address = f"http://127.0.0.1:{PORT}"
        screens = stack.enter_context(
            program("_board_screens", address, begun["token"], str(args.screens))
        )
        assert screens.line() == "ready"
        line.tell(f"go {args.rate} 5")  # everything is warm afterwards
        line.read()
        before = web.ask("used") if web else None
        line.tell(f"go {args.rate} {args.seconds}")
        cost = line.read()
        after = web.ask("used") if web else None
        seen = screens.ask(str(folder / "facts.json"))
        busy = "in the router's"
        if before and after:
            share = (after["cpu"] - before["cpu"]) / (after["at"] - before["at"])
            busy = f"{share:.0%}"
        for one in (screens, web):
            if one is not None:
                one.tell("")
        line.tell("end")
    lasted = cost["seconds"] + 5
    return [
        "apart, over Redis" if redis else "one process",
        str(args.screens),
        str(args.rate),
        str(cost["facts"]),
        f"{seen['p50']:.0f}",
        f"{seen['p99']:.0f}",
        f"{seen['max']:.0f}",
        str(seen["missing"]),
        str(seen["cut"]),
        f"{seen['messages'] / lasted:.1f}",
        f"{seen['bytes'] / lasted / 1000:.0f}",
        f"{cost['cpu']:.0%}",
        busy,
        f"{cost['mb']:.0f}",
        f"{after['mb']:.0f}" if after else "in the router's",
    ]


class Program:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a part of the bench ended early; its words stand above")
        return line.strip()

    def read(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.line())
        return answer

    def ask(self, line: str) -> dict[str, Any]:
        self.tell(line)
        return self.read()


@contextmanager
def program(module: str, *arguments: str) -> Iterator[Program]:
    command = [sys.executable, "-m", f"scripts.benches.{module}", *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Program(process)
            process.wait(20)
        finally:
            if process.poll() is None:
                process.kill()


if __name__ == "__main__":
    main()
