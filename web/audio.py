"""Playing a recording: the whole file or one range of it. Who may hear it `cases.access` decides.

The ETag is the SHA-256 that was taken when the recording was finished. Never cached by anybody:
every playback is asked for here, and is an audit row there.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import BinaryIO

from aiohttp import hdrs, web

from web.problems import Problem
from web.ranges import Unsatisfiable, wanted_bytes
from web.route import Asked

CHUNK = 256 * 1024


async def play(asked: Asked, recording_id: str) -> web.StreamResponse:
    """Answers 200, 206 or 304. Raises Problem and whatever the door says."""
    playable = await asked.deps.access.recording_file(asked.viewer, recording_id, asked.now)
    try:
        file = await asyncio.to_thread(playable.path.open, "rb")
    except FileNotFoundError:
        raise Problem("recording-unknown") from None
    try:
        etag = f'"{playable.recording.sha256}"'
        return await _answer(asked.request, file, etag, recording_id)
    finally:
        await asyncio.to_thread(file.close)


async def _answer(
    request: web.Request, file: BinaryIO, etag: str, recording_id: str
) -> web.StreamResponse:
    size = os.fstat(file.fileno()).st_size
    headers = {hdrs.ETAG: etag, hdrs.ACCEPT_RANGES: "bytes"}
    if request.headers.get(hdrs.IF_NONE_MATCH, "").strip() == etag:
        return web.Response(status=304, headers=headers)
    part = _part(request, etag, size)
    status = 200 if part is None else 206
    if part is None:
        part = range(size)
    else:
        headers[hdrs.CONTENT_RANGE] = f"bytes {part.start}-{part.stop - 1}/{size}"
    name = "".join(c if c.isascii() and (c.isalnum() or c in ".-") else "-" for c in recording_id)
    headers[hdrs.CONTENT_DISPOSITION] = f'inline; filename="{name}.wav"'
    response = web.StreamResponse(status=status, headers=headers)
    response.content_type = "audio/wav"
    response.content_length = len(part)
    # Whoever stops listening leaves in the midst of it: no fault of anybody's.
    with suppress(ConnectionResetError):
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            await _send(response, file, part)
        await response.write_eof()
    return response


def _part(request: web.Request, etag: str, size: int) -> range | None:
    condition = request.headers.get(hdrs.IF_RANGE)
    if condition is not None and condition.strip() != etag:
        return None  # the client has a piece of something else: it gets the whole
    try:
        return wanted_bytes(request.headers.get(hdrs.RANGE), size)
    except Unsatisfiable:
        headers: dict[str, str] = {hdrs.CONTENT_RANGE: f"bytes */{size}"}
        raise Problem("range-not-satisfiable", "Range", headers=headers) from None


async def _send(response: web.StreamResponse, file: BinaryIO, part: range) -> None:
    file.seek(part.start)
    left = len(part)
    while left:
        chunk = await asyncio.to_thread(file.read, min(CHUNK, left))
        if not chunk:
            break  # cut short under our hands: the length that was announced tells the client
        await response.write(chunk)
        left -= len(chunk)
