"""`hotline status`: what it says of a router that lives, is silent, or never was."""

from __future__ import annotations

import argparse
import asyncio
import socket
from pathlib import Path

import pytest

from config.model import Redis, Settings, Web
from config.words import words
from hotline.cli import DONE, Refused
from hotline.status import main
from tests.pbx import free_port
from tests.router.line import LINE
from tests.split.redisserver import RedisServer
from tests.split.stage import KEYS, router, until

Capture = pytest.CaptureFixture[str]


def settings(url: str) -> Settings:
    return Settings(line=LINE, redis=Redis(url=url), web=Web(port=free_port(socket.SOCK_STREAM)))


async def status(url: str) -> int:
    return await asyncio.to_thread(main, argparse.Namespace(lang="en"), settings(url))


async def test_of_a_router_that_lives(redis: RedisServer, tmp_path: Path, capsys: Capture) -> None:
    async with router(tmp_path, redis.url) as line:
        await until(lambda: line.publisher.settled)
        await line.calls(2)
        await until(lambda: redis.command("EXISTS", KEYS.beats) == "1")
        assert await status(redis.url) == DONE
        said = capsys.readouterr().out
        assert "gave a sign of life" in said
        assert "journal   well" in said


async def test_of_a_router_that_never_was_and_of_a_redis_that_is_away(redis: RedisServer) -> None:
    with pytest.raises(Refused, match="No router"):
        await status(redis.url)
    redis.kill()
    with pytest.raises(Refused, match="Redis cannot be reached"):
        await status(redis.url)


async def test_of_a_router_that_has_fallen_silent(redis: RedisServer, tmp_path: Path) -> None:
    async with router(tmp_path, redis.url) as line:
        await until(lambda: line.publisher.settled)
        await until(lambda: redis.command("EXISTS", KEYS.beats) == "1")
        body = redis.command("XLEN", KEYS.beats)
        assert int(body) >= 1
    long_ago = "1000000000000-0"
    redis.command("DEL", KEYS.beats)
    redis.command(
        "EVAL",
        "local beat = cmsgpack.pack({thread='t', published=1, recorded=1})"
        " redis.call('XADD', KEYS[1], ARGV[1], 'b', beat)",
        "1",
        KEYS.beats,
        long_ago,
    )
    with pytest.raises(Refused, match="no sign of life for"):
        await status(redis.url)


async def test_without_redis_the_interface_is_asked() -> None:
    with pytest.raises(Refused) as refused:
        await status("")
    assert words("en").text("cli.status.no-interface", url="X").split("X")[0] in str(refused.value)
