"""Work that takes much memory or a core for seconds, done by a process that then goes."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

PATIENCE_S: Final = 180.0
"""What takes longer is given up; such work takes seconds."""


class ChildFailed(Exception):
    """The process ended with an error, or did not end; the message is its last line."""


async def ask(module: str, question: bytes) -> bytes:
    """What `python -m module` answers to `question` on its standard input. Raises ChildFailed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            answer, said = await process.communicate(question)
    except TimeoutError:
        raise ChildFailed(f"{module} did not answer within {PATIENCE_S:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        raise ChildFailed(last or f"{module}: exit {process.returncode}")
    return answer
