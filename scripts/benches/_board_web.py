"""The screens' own process of `scripts/bench board`, as `hotline serve --role web` runs it."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from pathlib import Path

import structlog
import uvloop

from config.loader import load
from hotline.screens import open_store, showing


async def main(folder: Path) -> None:
    settings = load(folder / "hotline.toml", {})
    store = await open_store(settings)
    async with showing(settings, store, lambda _step: None) as port:
        print(json.dumps({"port": port}), flush=True)
        while (await asyncio.to_thread(sys.stdin.readline)).strip() == "used":
            own = resource.getrusage(resource.RUSAGE_SELF)
            used = {"cpu": own.ru_utime + own.ru_stime, "mb": own.ru_maxrss / 1024}
            print(json.dumps(used | {"at": time.monotonic()}), flush=True)
    await store.close()


if __name__ == "__main__":
    quiet = structlog.make_filtering_bound_logger(40)
    structlog.configure(
        wrapper_class=quiet, logger_factory=structlog.PrintLoggerFactory(sys.stderr)
    )
    uvloop.run(main(Path(sys.argv[1])))
