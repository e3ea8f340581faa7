"""Takes a picture of every screen into docs/screens. See `scripts/screens`.

./scripts/screens            all pictures; a few minutes
./scripts/screens --part line --calls 300     only wall and desk
./scripts/screens --keep     leave the pictures as Chromium made them, unreduced
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cases.people import People
from cases.sessions import Sessions
from cases.store import Store, store_url
from hotline.cast import Cast
from hotline.onlooker import Onlooker
from hotline.phones import provision
from scripts.shots.album import Album, album
from scripts.shots.house import House
from scripts.shots.pictures import at_the_desk, of_the_month, of_the_past, of_the_wall, sign_in
from scripts.shots.scene import Scene
from telephony.places import PROJECT, Places

TARGET = PROJECT / "docs" / "screens"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="./scripts/screens", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="do not reduce the pictures' colours")
    parser.add_argument("--part", choices=("line", "past"), help="only what is live, or the rest")
    parser.add_argument("--calls", type=int, default=3000, metavar="N", help="of the last month")
    args = parser.parse_args(argv)
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hotline-") as name:
        house = House(Path(name))
        print(f"two demonstration months: {', '.join(house.months)}", flush=True)
        house.pour(args.calls)
        print("opening the line", flush=True)
        with house.serving():
            asyncio.run(_taken(house, Path(name), reduce=not args.keep, part=args.part))


async def _taken(house: House, folder: Path, *, reduce: bool, part: str | None) -> None:
    data = Places.of(house.settings).data
    store = await Store.open(store_url(house.settings.store.url, data))
    people = People(store)

    async def tell_exchange() -> None:
        await provision(house.settings, people)

    cast = Cast(people, Sessions(store, 12.0), tell_exchange)
    try:
        supervisor = await cast.add("zhibanzhang", "值班长（示例）", "supervisor")
        async with Onlooker(house.address, supervisor.token) as line:
            scene = Scene(house, line, folder)
            await scene.hire(cast)
            async with album(house.address, TARGET, folder, reduce=reduce) as shots:
                await _pictures(shots, scene, supervisor.token, part)
    finally:
        await store.close()


async def _pictures(shots: Album, scene: Scene, token: str, part: str | None) -> None:
    if part != "line":
        await sign_in(shots)
        await of_the_past(shots, token, scene.line)
        await of_the_month(shots, token, scene.house.months[1])
    if part == "past":
        return
    print("seats and callers", flush=True)
    try:
        await scene.fill()
        await at_the_desk(shots, scene)
        await of_the_wall(shots, scene, token)
    finally:
        await scene.leave()


if __name__ == "__main__":
    main()
