"""Tones are found where they are and nowhere else."""

import array
import wave
from pathlib import Path

import pytest

from telephony.tones import RATE, _alaw, length_s, tone_seconds, tone_share, write_alaw, write_tone


def test_a_tone_is_found_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_tone(path, 440, 2.5)
    assert length_s(path) == 2.5
    assert tone_share(path, 440) == 1.0
    assert tone_share(path, 620) == 0.0


def test_silence_holds_no_tone(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_tone(path, 0, 1)
    assert tone_share(path, 440) == 0.0


def test_an_empty_recording_holds_no_tone(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_tone(path, 440, 0)
    assert tone_share(path, 440) == 0.0
    assert tone_seconds(path, 440) == 0.0


def test_channels_are_told_apart(tmp_path: Path) -> None:
    left, right, both = tmp_path / "l.wav", tmp_path / "r.wav", tmp_path / "b.wav"
    write_tone(left, 440, 1)
    write_tone(right, 620, 1)
    with wave.open(str(left)) as one, wave.open(str(right)) as other:
        a, b = one.readframes(RATE), other.readframes(RATE)
    with wave.open(str(both), "wb") as out:
        out.setparams((2, 2, RATE, 0, "NONE", ""))
        out.writeframes(b"".join(a[i : i + 2] + b[i : i + 2] for i in range(0, len(a), 2)))
    assert (tone_share(both, 440, channel=0), tone_share(both, 620, channel=0)) == (1.0, 0.0)
    assert (tone_share(both, 440, channel=1), tone_share(both, 620, channel=1)) == (0.0, 1.0)
    assert tone_seconds(both, 620, channel=1) == pytest.approx(1.0)
    with pytest.raises(ValueError, match=r"b\.wav: no channel 2"):
        tone_share(both, 440, channel=2)


def test_two_tones_at_once_are_both_found(tmp_path: Path) -> None:
    one, other, mixed = tmp_path / "1.wav", tmp_path / "2.wav", tmp_path / "3.wav"
    write_tone(one, 440, 1)
    write_tone(other, 1000, 1)
    with wave.open(str(one)) as a, wave.open(str(other)) as b:
        both = [array.array("h", sound.readframes(RATE)) for sound in (a, b)]
    with wave.open(str(mixed), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(array.array("h", map(sum, zip(*both, strict=True))).tobytes())
    for hz in (440, 1000):
        assert tone_seconds(mixed, hz, energy=0.3) == pytest.approx(1.0)
    assert tone_seconds(mixed, 1600, energy=0.3) == 0.0


@pytest.mark.parametrize("hz", [100, 4000])
def test_a_tone_outside_the_telephone_band_is_refused(tmp_path: Path, hz: int) -> None:
    with pytest.raises(ValueError, match="hz"):
        write_tone(tmp_path / "a.wav", hz, 1)


def test_alaw_carries_the_tone_and_both_signs(tmp_path: Path) -> None:
    """Compared with values of G.711, table 1a: +0, the largest, -0 and the largest negative."""
    path = tmp_path / "a.alaw"
    write_alaw(path, 1000)
    sound = path.read_bytes()
    assert len(sound) == RATE
    assert sound[:8] == sound[8:16], "1000 Hz repeats every eight samples"
    assert sound[0] == 0xD5
    assert {byte ^ 0x80 for byte in sound[1:4]} == set(sound[5:8])
    assert [_alaw(s) for s in (0, 32767, -1, -32768)] == [0xD5, 0xAA, 0x55, 0x2A]
