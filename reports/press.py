"""Has a document printed by a process of its own (`reports.printing`) and waits for the files."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Final

import msgspec

from reports.document import Document
from reports.fonts import Fonts
from reports.printing import Form, Job

PATIENCE_S: Final = 180.0
"""A printing that takes longer is given up; one takes seconds."""


class PressFailed(Exception):
    """The printing ended with an error; its last line is the message."""


class Press:
    """Prints one document at a time: a printing takes a core and 350 MB."""

    def __init__(self, fonts: Fonts) -> None:
        self._fonts = fonts
        self._turn = asyncio.Lock()

    async def print(
        self, document: Document, forms: Collection[Form], folder: Path
    ) -> dict[Form, Path]:
        """The files, in `folder`, which is made. Raises PressFailed, OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        paths: dict[Form, Path] = {form: folder / file_name(document, form) for form in forms}
        files: dict[Form, str] = {form: str(path.resolve()) for form, path in paths.items()}
        async with self._turn:
            await _run(Job(document, self._fonts, files))
        return paths


async def _run(job: Job) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "reports.printing",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, said = await process.communicate(msgspec.json.encode(job))
    except TimeoutError:
        raise PressFailed(f"not printed within {PATIENCE_S:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        raise PressFailed(last or f"exit {process.returncode}")


def file_name(document: Document, form: Form) -> str:
    """`12348-2026-10-v1-zh-CN.pdf`: says what it is wherever it lies."""
    version = f"v{document.version}" if document.version else "draft"
    return f"12348-{document.month}-{version}-{document.tongue}.{form}"
