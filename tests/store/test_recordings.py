"""Recordings after the call: joined, measured, sealed; missing, late, broken and killed ones."""

from __future__ import annotations

import asyncio
import hashlib
import struct
import wave
from array import array
from contextlib import AbstractAsyncContextManager, suppress
from math import pi, sin
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cases import recordings as recordings_module
from cases import tables as t
from cases.ledger import Ledger
from cases.recordings import SETTLE_S, Recordings
from cases.sound import BadSound, join, measure
from cases.store import Store
from hotline.clock import SteadyClock
from router import facts as f
from tests.store.readback import ZONE

ENDED = 1_795_312_900.0
RATE = 8000


def tone(hertz: float, seconds: float) -> bytes:
    samples = (
        int(9000 * sin(2 * pi * hertz * number / RATE)) for number in range(int(seconds * RATE))
    )
    return array("h", samples).tobytes()


def write_wav(path: Path, data: bytes, *, length: int | None = None) -> None:
    """As Asterisk writes it; `length`: what the header says of a file that was not closed."""
    said = len(data) if length is None else length
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + said, b"WAVE", b"fmt ", 16, 1, 1, RATE,
        2 * RATE, 2, 16, b"data", said,
    )  # fmt: skip
    path.write_bytes(head + data)


def read_wav(path: Path) -> tuple[int, list[bytes]]:
    """Rate and each channel's samples, by the standard library."""
    with wave.open(str(path), "rb") as file:
        both = array("h", file.readframes(file.getnframes()))
        channels = file.getnchannels()
        return file.getframerate(), [both[side::channels].tobytes() for side in range(channels)]


async def ended_call(store: Store, call_id: str = "c1", voicemail: bool = False) -> None:
    bodies: list[f.Body] = [f.CallOpened(call_id, "13800000001", "", "12348", "t1", True, "v1")]
    if voicemail:
        bodies += [
            f.VoicemailInvited(call_id, "closed"),
            f.VoicemailKept(call_id, f"{call_id}-V1", f"{call_id}-V1.wav", 0.0),
        ]
    bodies.append(f.CallClosed(call_id, "answered", "talking", "caller", 16))
    ledger = Ledger(store, ZONE)
    after = await ledger.position()
    await ledger.write(
        [f.Fact(seq, ENDED, body) for seq, body in enumerate(bodies, start=after + 1)]
    )


async def row(store: Store, recording_id: str = "c1") -> Row[tuple[object, ...]]:
    async with store.read() as conn:
        wanted = select(t.recordings).where(t.recordings.c.recording_id == recording_id)
        return (await conn.execute(wanted)).one()


def sealed(path: Path) -> tuple[str, int]:
    data = path.read_bytes()
    return hashlib.sha256(data).hexdigest(), len(data)


async def test_both_voices_become_one_recording(store: Store, tmp_path: Path) -> None:
    caller, seat = tone(440, 3.0), tone(1000, 2.5)
    write_wav(tmp_path / "c1-caller.wav", caller)
    write_wav(tmp_path / "c1-seat.wav", seat)
    await ended_call(store)
    recordings = Recordings(store, tmp_path)
    assert await recordings.sweep(ENDED) == 0
    found = await row(store)
    assert (found.status, found.seconds) == ("ready", 3.0)
    assert (found.sha256, found.bytes) == sealed(tmp_path / "c1.wav")
    rate, [left, right] = read_wav(tmp_path / "c1.wav")
    assert (rate, left) == (RATE, caller)
    assert right == seat.ljust(len(caller), b"\0")
    assert sorted(path.name for path in tmp_path.glob("c1*")) == ["c1.wav"]
    assert await recordings.sweep(ENDED + 1000) == 0
    assert await row(store) == found


async def test_a_recording_that_is_still_written_is_waited_for(
    store: Store, tmp_path: Path
) -> None:
    caller, seat = tmp_path / "c1-caller.wav", tmp_path / "c1-seat.wav"
    await ended_call(store)
    recordings = Recordings(store, tmp_path)
    assert await recordings.sweep(ENDED + 1) == 1
    write_wav(caller, b"")
    assert await recordings.sweep(ENDED + 1) == 1
    write_wav(caller, tone(440, 1.0), length=0)
    write_wav(seat, tone(440, 1.0))
    assert await recordings.sweep(ENDED + 1) == 1
    assert (await row(store)).status == "pending"
    write_wav(caller, tone(440, 1.0))
    assert await recordings.sweep(ENDED + 1) == 0
    assert (await row(store)).status == "ready"


async def test_files_that_asterisk_never_closed_are_saved(store: Store, tmp_path: Path) -> None:
    voice = tone(440, 1.5)
    write_wav(tmp_path / "c1-caller.wav", voice + b"\x01", length=0)
    await ended_call(store)
    assert await Recordings(store, tmp_path).sweep(ENDED + SETTLE_S) == 0
    assert (await row(store)).status == "ready"
    _, [left, right] = read_wav(tmp_path / "c1.wav")
    assert (left, right) == (voice, bytes(len(voice)))


async def test_only_what_the_caller_heard(store: Store, tmp_path: Path) -> None:
    write_wav(tmp_path / "c1-seat.wav", tone(440, 0.5))
    await ended_call(store)
    await Recordings(store, tmp_path).sweep(ENDED + SETTLE_S)
    _, [left, right] = read_wav(tmp_path / "c1.wav")
    assert (left, right) == (bytes(RATE), tone(440, 0.5))


async def test_missing_and_broken_are_states_and_stop_nothing(store: Store, tmp_path: Path) -> None:
    for call_id in ("gone", "bad", "good"):
        await ended_call(store, call_id)
    (tmp_path / "bad-caller.wav").write_bytes(b"RIFF")
    for side in ("caller", "seat"):
        write_wav(tmp_path / f"good-{side}.wav", tone(440, 0.1))
    recordings = Recordings(store, tmp_path)
    assert await recordings.sweep(ENDED) == 2
    assert await recordings.sweep(ENDED + SETTLE_S) == 0
    states = [(await row(store, call_id)).status for call_id in ("gone", "bad", "good")]
    assert states == ["missing", "broken", "ready"]
    assert (tmp_path / "bad-caller.wav").exists(), "evidence is not deleted"


async def test_a_message_is_measured(store: Store, tmp_path: Path) -> None:
    write_wav(tmp_path / "c1-V1.wav", tone(440, 7.0))
    await ended_call(store, voicemail=True)
    await Recordings(store, tmp_path).sweep(ENDED)
    found = await row(store, "c1-V1")
    assert (found.status, found.seconds) == ("ready", 7.0)
    assert (found.sha256, found.bytes) == sealed(tmp_path / "c1-V1.wav")
    async with store.read() as conn:
        assert await conn.scalar(select(t.voicemails.c.seconds)) == 7.0


async def test_killed_after_joining_and_after_committing(store: Store, tmp_path: Path) -> None:
    parts = [tmp_path / f"c1-{side}.wav" for side in ("caller", "seat")]
    for path in parts:
        write_wav(path, tone(440, 0.2))
    join(*parts, tmp_path / "c1.wav")
    (tmp_path / "c1.joining").write_bytes(b"half")
    await ended_call(store)
    recordings = Recordings(store, tmp_path)
    assert await recordings.sweep(ENDED) == 0
    assert (await row(store)).status == "ready"
    for path in parts:  # as if the process had died before deleting them
        write_wav(path, tone(440, 0.2))
    write_wav(tmp_path / "live-caller.wav", tone(440, 0.2))
    assert await recordings.tidy() == 2
    assert sorted(path.name for path in tmp_path.glob("*.wav")) == ["c1.wav", "live-caller.wav"]


async def test_a_path_that_leads_out_is_broken(store: Store, tmp_path: Path) -> None:
    directory = tmp_path / "recordings"
    directory.mkdir()
    write_wav(tmp_path / "secret.wav", tone(440, 0.1))
    ledger = Ledger(store, ZONE)
    await ledger.write(
        [f.Fact(1, ENDED, f.FallbackImported(
            "c1", "", ENDED, ENDED, "fallback_voicemail", "", "../secret.wav", 1.0))]
    )  # fmt: skip
    await Recordings(store, directory).sweep(ENDED + SETTLE_S)
    assert (await row(store, "c1-V1")).status == "broken"


async def test_many_recordings_over_several_pages(store: Store, tmp_path: Path) -> None:
    calls = [f"c{number:03d}" for number in range(230)]
    bodies: list[f.Body] = [
        body
        for call_id in calls
        for body in (
            f.CallOpened(call_id, "", "", "12348", "t1", True, "v1"),
            f.CallClosed(call_id, "abandoned_menu", "menu", "caller", 16),
        )
    ]
    await Ledger(store, ZONE).write(
        [f.Fact(seq, ENDED, body) for seq, body in enumerate(bodies, start=1)]
    )
    recordings = Recordings(store, tmp_path)
    assert await recordings.sweep(ENDED) == 230
    assert await recordings.sweep(ENDED + SETTLE_S) == 0


@pytest.mark.parametrize(
    "data", [b"", b"RIFF", b"RIFF\0\0\0\0AVI LIST", b"RIFF\0\0\0\0WAVEdata\0\0\0\0"]
)
def test_what_is_no_sound_is_said_so(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(data)
    with pytest.raises(BadSound):
        measure(path)


def test_extra_chunks_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    write_wav(path, tone(440, 0.1))
    data = path.read_bytes()
    path.write_bytes(data[:36] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + data[36:])
    assert (measure(path).seconds, measure(path).closed) == (0.1, True)


class Away:
    """A database that cannot be reached until it is `back`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.back = False

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        if not self.back:
            raise OSError("away")
        return self._store.read()

    @property
    def transact(self) -> Any:
        return self._store.transact


async def test_a_database_that_is_away_is_shown_and_waited_for(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings_module, "PACE_S", 0.01)
    monkeypatch.setattr(recordings_module, "RETRY_S", 0.01)
    write_wav(tmp_path / "c1-caller.wav", tone(440, 0.2))
    write_wav(tmp_path / "c1-seat.wav", tone(440, 0.2))
    await ended_call(store)
    away = Away(store)
    recordings = Recordings(cast(Store, away), tmp_path, settle_s=0.0)
    task = asyncio.create_task(recordings.run(SteadyClock()))
    try:
        async with asyncio.timeout(20):
            while not recordings.failing:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
            away.back = True
            while recordings.failing or (await row(store)).status != "ready":  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert recordings.waiting == 0
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("place", [".", "not/yet"])
async def test_the_room_that_is_left_is_known(tmp_path: Path, place: str) -> None:
    recordings = Recordings(cast(Store, None), tmp_path / place)
    assert recordings.free is None
    await recordings.look_at_disk()
    assert recordings.free
