"""The connection to Redis. Every command has its time; nothing is repeated behind our back."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

ANSWER_S: Final = 2.0
"""Redis answers in less than a millisecond; one that has not answered by now is away."""

AWAY: Final = (RedisError, OSError, TimeoutError)
"""What is raised when Redis is away, starting, full, or not what we think it is."""

Word = str | bytes | int


class Link:
    """Connects when first used, and again after a failure. `close` when done.

    Raises ValueError for an address that is none.
    """

    def __init__(self, url: str, *, answer_s: float = ANSWER_S) -> None:
        self._answer_s = answer_s
        # protocol 2: replies of the same shape from every server. No retries: a client that waits
        # and asks again by itself would hide how long we have been without Redis. No time-out of
        # the package's own: it waits with asyncio.wait_for, which up to Python 3.11 now and then
        # loses a cancellation, and a task that was to end goes on for ever.
        self._client: Redis = Redis.from_url(
            url,
            protocol=2,
            socket_timeout=None,
            socket_connect_timeout=answer_s,
            retry=Retry(NoBackoff(), 0),
        )

    async def command(self, *words: Word, blocks_s: float = 0.0) -> Any:
        """One command and its reply, which may take `blocks_s` longer. Raises what `AWAY` names."""
        async with asyncio.timeout(self._answer_s + blocks_s):
            return await self._client.execute_command(*words)  # type: ignore[no-untyped-call]

    async def commands(self, *commands: tuple[Word, ...]) -> list[Any]:
        """Several commands on one way there and back."""
        async with (
            asyncio.timeout(self._answer_s),
            self._client.pipeline(transaction=False) as pipe,
        ):
            for words in commands:
                pipe.execute_command(*words)
            return list(await pipe.execute())

    def script(self, text: str) -> Script:
        return Script(self._client, text, self._answer_s)

    async def close(self) -> None:
        await self._client.aclose()


class Script:
    """A script that Redis carries out in one step; sent whole once, then by its sum."""

    def __init__(self, client: Redis, text: str, answer_s: float) -> None:
        self._script = client.register_script(text)
        self._answer_s = answer_s

    async def __call__(self, keys: list[str], *args: Word) -> tuple[str, Any]:
        """Its verdict (`router.apart.scripts`) and what goes with it. Raises what `AWAY` names."""
        async with asyncio.timeout(self._answer_s):
            said = await self._script(keys=keys, args=list(args))
        return said[0].decode(), said[1] if len(said) > 1 else None


def why(error: BaseException) -> str:
    """For the log: the kind of failure. Its text may hold the address, and that a password."""
    return type(error).__name__
