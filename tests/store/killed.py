"""A process to be killed: records a day in the log and carries it into SQL, telling how far.

`python -m tests.store.killed <log directory> <database> <seed>`; goes on where the last one died.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

from cases.journal import FileJournal
from cases.store import Store
from cases.writer import StoreWriter
from router.facts import Fact
from tests.store.days import a_day
from tests.store.readback import ZONE

STEPS = 300


def tell(facts: Sequence[Fact]) -> None:
    sys.stdout.write(f"{facts[-1].seq}\n")
    sys.stdout.flush()


async def main(directory: Path, url: str, seed: int) -> None:
    journal = FileJournal(directory, sync_s=0.0, segment_bytes=20_000)
    store = await Store.open(url)
    writer = StoreWriter(
        store,
        journal,
        zone=ZONE,
        flush_s=0.001,
        flush_rows=40,
        committed=tell,
    )
    task = asyncio.create_task(writer.run())
    facts, chance = a_day(seed, STEPS), Random(seed)
    while (last := journal.last_seq) < len(facts):
        batch = facts[last : last + chance.randint(1, 30)]
        journal.append(batch)
        writer.follow(batch)
        if chance.random() < 0.1:
            journal.keep_snapshot(journal.last_seq, b"state")
        # At its own pace: now ahead of the writer, now waiting for it.
        if chance.random() < 0.5:
            await writer.caught_up(journal.last_seq, 30.0)
        await asyncio.sleep(0)
    await writer.caught_up(len(facts), 30.0)
    task.cancel()
    await store.close()
    journal.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
