"""The screens of `scripts/bench board`: many websockets in one process, as far as the socket.

`python -m scripts.benches._board_screens ADDRESS TOKEN COUNT`. Says `ready`, listens until a line
comes on standard input, then prints how long each of the facts named there took to each screen.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from bisect import bisect_left
from pathlib import Path

import aiohttp
import uvloop

LAST_S = 1.0
"""The last facts get this long to be shown."""

_SEQ = re.compile(rb'"seq":(\d+)')


class Heard:
    """What one screen heard: the board's number after each message, and when it came (epoch s)."""

    def __init__(self) -> None:
        self.seqs: list[int] = []
        self.times: list[float] = []
        self.bytes = 0
        self.over = False

    async def listen(self, ws: aiohttp.ClientWebSocketResponse, whole: asyncio.Event) -> None:
        async for message in ws:
            now = time.time()
            data = message.data.encode() if isinstance(message.data, str) else message.data
            found = _SEQ.search(data)
            whole.set()
            self.bytes += len(data)
            if found is not None and data.startswith(b'{"type":"changes"'):
                self.seqs.append(int(found[1]))
                self.times.append(now)
        self.over = True


async def main(address: str, token: str, count: int) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as http:
        screens, tasks = [Heard() for _ in range(count)], []
        for screen in screens:
            ws = await http.ws_connect(f"{address}/api/v1/live/ws", max_msg_size=0)
            whole = asyncio.Event()
            tasks.append(asyncio.create_task(screen.listen(ws, whole)))
            await asyncio.wait_for(whole.wait(), 10.0)
        print("ready", flush=True)
        while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
            await asyncio.sleep(LAST_S)
            print(json.dumps(measured(screens, json.loads(Path(line).read_text()))), flush=True)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def measured(screens: list[Heard], facts: list[tuple[int, float]]) -> dict[str, object]:
    """Milliseconds from the fact to the first message that shows it, over all screens."""
    taken: list[float] = []
    missing = 0
    for screen in screens:
        for seq, at in facts:
            place = bisect_left(screen.seqs, seq)
            if place == len(screen.seqs):
                missing += 1
            else:
                taken.append((screen.times[place] - at) * 1000)
    taken.sort()
    return {
        "n": len(taken),
        "missing": missing,
        "cut": sum(screen.over for screen in screens),
        "p50": taken[len(taken) // 2],
        "p99": taken[int(len(taken) * 0.99)],
        "max": taken[-1],
        "messages": sum(len(screen.seqs) for screen in screens) / len(screens),
        "bytes": sum(screen.bytes for screen in screens) / len(screens),
    }


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
