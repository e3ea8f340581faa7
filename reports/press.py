"""Has a document printed by a process of its own (`reports.printing`) and waits for the files."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path

import msgspec

from reports.child import ChildFailed, ask
from reports.document import Document
from reports.fonts import Fonts
from reports.printing import Form, Job


class PressFailed(Exception):
    """The printing ended with an error, or did not end; the message says it."""


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
            try:
                await ask(
                    "reports.printing", msgspec.json.encode(Job(document, self._fonts, files))
                )
            except ChildFailed as failed:
                raise PressFailed(str(failed)) from failed
        return paths


def file_name(document: Document, form: Form) -> str:
    """`12348-2026-10-v1-zh-CN.pdf`: says what it is wherever it lies."""
    version = f"v{document.version}" if document.version else "draft"
    return f"12348-{document.month}-{version}-{document.tongue}.{form}"
