"""The recorded prompts: manifest, telephone formats, and what a caller of each language hears."""

from __future__ import annotations

import array
import hashlib
import math
import re
import subprocess
import sys
import tomllib
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from config.words import TONGUES
from router.announce import wait_prompts
from router.message import PROMPTS
from router.speech import digit_pieces, number_pieces
from telephony.loudness import loudness
from telephony.prompts import (
    PACKAGED,
    Manifest,
    PromptProblem,
    Sounds,
    UnknownPrompt,
    load_manifest,
    read_index,
    status,
)
from telephony.sounds import FORMATS, Report, install

LINE = PACKAGED.parent.parent / "defaults" / "line.toml"

SMALL = """
pieces = ["ahead", "num-*"]
[languages.zh-CN]
name = "普通话"
fallback = []
[languages.bo]
name = "藏语"
fallback = ["zh-CN"]
[languages.khg]
name = "康方言"
fallback = ["bo", "zh-CN"]
[voices.person]
model = "a person"
licence = "Apache-2.0"
[level]
speech = -20.0
quietest = -26.0
loudest = -14.0
peak = -3.0
music = -26.0
[tones]
beep = [[1000, 0.35]]
[music]
hold = "chords"
[text.zh-CN]
welcome = "您好。"
ahead = "前面"
num-1 = "一"
never = "没有录音。"
[audio]
"""
MASTERS = ("zh-CN/welcome", "zh-CN/ahead", "zh-CN/num-1", "tones/beep", "moh/hold")


def sine(seconds: float, dbfs: float, *, rate: int = 16000, hz: int = 440) -> array.array[int]:
    """A tone of that RMS level; above -3 dBFS its peaks are cut off."""
    top = 32768 * 10 ** (dbfs / 20) * math.sqrt(2)
    values = (top * math.sin(2 * math.pi * hz * i / rate) for i in range(round(seconds * rate)))
    return array.array("h", (max(-32768, min(32767, round(v))) for v in values))


def record(path: Path, seconds: float = 0.5, dbfs: float = -20.0, rate: int = 16000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(sine(seconds, dbfs, rate=rate).tobytes())
    return path


class House:
    """A manifest with masters of its own, a site's directory, and where sounds are installed."""

    def __init__(self, root: Path) -> None:
        self.site, self.sounds, self.music = root / "site", root / "sounds", root / "moh"
        self.site.mkdir()
        self.masters = root / "prompts"
        lines = [SMALL]
        for key in MASTERS:
            master = self.masters / f"{key}.flac"
            subprocess.run(["sox", "-D", record(master.with_suffix(".wav")), master], check=True)
            sha = hashlib.sha256(master.read_bytes()).hexdigest()
            lines.append(
                f'"{key}" = {{ seconds = 0.5, voice = "person", sha256 = "{sha}", source = "" }}\n'
            )
        (self.masters / "manifest.toml").write_text("".join(lines), "utf-8")
        self.manifest = load_manifest(self.masters / "manifest.toml")

    def install(self) -> Report:
        return install(self.manifest, self.site, self.sounds, self.music)

    def heard(self, *prompts: str, language: str = "zh-CN") -> list[str]:
        """What is played, relative to the sounds directory."""
        media = Sounds(self.manifest, self.sounds).media(prompts, language)
        head = f"sound:{self.sounds.resolve()}/"
        assert all(uri.startswith(head) for uri in media)
        return [uri.removeprefix(head) for uri in media]

    def files(self) -> dict[str, tuple[int, bytes]]:
        return {
            str(f.relative_to(top.parent)): (f.stat().st_mtime_ns, f.read_bytes())
            for top in (self.sounds, self.music)
            for f in sorted(top.rglob("*"))
            if f.is_file() and f.suffix in FORMATS
        }

    def findings(self) -> list[tuple[str, str, str]]:
        return [(f.key, f.source, f.code) for f in self.install().findings]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


# ---- telephone formats ----


def test_every_format_is_made_without_a_header_and_at_its_rate(house: House) -> None:
    report = house.install()
    assert (report.made, report.kept, report.findings) == (5, 0, ())
    for suffix, rate in ((".sln16", 32000), (".sln", 16000), (".alaw", 8000), (".ulaw", 8000)):
        for place in ("sounds/zh-CN/welcome", "sounds/beep", "moh/hold"):
            # bytes per second times half a second
            size = (house.sounds.parent / f"{place}{suffix}").stat().st_size
            assert size == pytest.approx(rate / 2, abs=8), place


def test_g711_carries_the_sound_at_its_level(house: House, tmp_path: Path) -> None:
    house.install()
    for suffix, law in ((".alaw", "a-law"), (".ulaw", "mu-law")):
        back = tmp_path / "back.raw"
        coded = house.sounds / f"zh-CN/welcome{suffix}"
        raw = ["-t", "raw", "-r", "8000", "-c", "1"]
        plain = [*raw, "-e", "signed-integer", "-b", "16", "-L"]
        subprocess.run(["sox", *raw, "-e", law, "-b", "8", coded, *plain, back], check=True)
        measured = loudness(array.array("h", back.read_bytes()), 8000)
        assert measured.level == pytest.approx(-20.0, abs=0.3)


def test_what_is_unchanged_is_left_alone(house: House) -> None:
    house.install()
    before = house.files()
    report = house.install()
    assert (report.made, report.kept, report.removed) == (0, 5, 0)
    assert house.files() == before


def test_a_lost_file_is_made_again(house: House) -> None:
    house.install()
    before = {name: content for name, (_, content) in house.files().items()}
    (house.sounds / "zh-CN/welcome.alaw").unlink()
    assert house.install().made == 1
    assert {name: content for name, (_, content) in house.files().items()} == before


def test_a_damaged_index_is_made_again(house: House) -> None:
    house.install()
    (house.sounds / "installed.json").write_text("{")
    assert house.install().made == 5


def test_a_site_recording_replaces_the_master_and_gives_way_again(house: House) -> None:
    house.install()
    supplied = house.files()["sounds/zh-CN/welcome.alaw"][1]
    own = record(house.site / "zh-CN/welcome.wav", seconds=0.8, rate=44100)
    assert house.install().made == 1
    assert read_index(house.sounds).sounds["zh-CN/welcome"].source == "site"
    assert len(house.files()["sounds/zh-CN/welcome.alaw"][1]) == pytest.approx(6400, abs=8)
    record(own, seconds=0.9)
    assert house.install().made == 1
    assert len(house.files()["sounds/zh-CN/welcome.alaw"][1]) == pytest.approx(7200, abs=8)
    own.unlink()
    house.install()
    assert house.files()["sounds/zh-CN/welcome.alaw"][1] == supplied


def test_a_recording_taken_away_is_no_longer_played(house: House) -> None:
    own = record(house.site / "bo/welcome.wav")
    house.install()
    assert house.heard("welcome", language="bo") == ["bo/welcome"]
    own.unlink()
    assert house.install().removed == 1
    assert house.heard("welcome", language="bo") == ["zh-CN/welcome"]
    assert not [name for name in house.files() if name.startswith("sounds/bo/")]


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("quiet", lambda path: record(path, dbfs=-40.0)),
        ("loud", lambda path: record(path, dbfs=-8.0)),
        ("clipped", lambda path: record(path, dbfs=0.0)),
    ],
)
def test_a_poor_recording_is_used_and_reported(
    house: House, code: str, make: Callable[[Path], Path]
) -> None:
    make(house.site / "zh-CN/welcome.wav")
    assert ("zh-CN/welcome", "site", code) in house.findings()
    assert read_index(house.sounds).sounds["zh-CN/welcome"].source == "site"
    # It is said each time, not only when the file was new.
    assert ("zh-CN/welcome", "site", code) in house.findings()


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("silent", lambda path: record(path, dbfs=-90.0)),
        ("short", lambda path: record(path, seconds=0.05)),
        ("long", lambda path: record(path, seconds=61.0, rate=8000)),
        ("unreadable", lambda path: path.write_bytes(b"RIFF, but no sound")),
    ],
)
def test_a_useless_recording_is_passed_over_for_the_master(
    house: House, code: str, make: Callable[[Path], object]
) -> None:
    house.install()
    before = house.files()
    (house.site / "zh-CN").mkdir()
    make(house.site / "zh-CN/welcome.wav")
    assert house.findings() == [("zh-CN/welcome", "site", code)]
    assert house.files() == before


def test_a_misspelt_recording_is_reported(house: House) -> None:
    record(house.site / "zh-CN/welcom.wav")
    record(house.site / "tibetan/welcome.wav")
    (house.site / "zh-CN/welcome.txt").write_text("您好")
    assert house.findings() == [
        ("tibetan/welcome.wav", "site", "unknown"),
        ("zh-CN/welcom.wav", "site", "unknown"),
        ("zh-CN/welcome.txt", "site", "unknown"),
    ]


def test_a_master_that_differs_from_the_manifest_is_reported(house: House) -> None:
    own = record(house.masters / "zh-CN/ahead.wav", seconds=0.7)
    subprocess.run(["sox", "-D", own, house.masters / "zh-CN/ahead.flac"], check=True)
    (house.masters / "zh-CN/num-1.flac").unlink()
    assert house.findings() == [
        ("zh-CN/ahead", "master", "altered"),
        ("zh-CN/num-1", "master", "missing"),
    ]


def test_without_sox_it_is_said_how_to_get_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PromptProblem, match="apt-get install sox"):
        house.install()


def test_a_site_directory_that_is_not_there_is_said(house: House, tmp_path: Path) -> None:
    with pytest.raises(PromptProblem, match=r"paths\.prompts"):
        install(house.manifest, tmp_path / "nowhere", house.sounds, house.music)


# ---- what a caller hears ----


def test_each_language_falls_back_as_declared(house: House) -> None:
    record(house.site / "bo/welcome.wav")
    house.install()
    assert house.heard("welcome", language="khg") == ["bo/welcome"]
    record(house.site / "khg/welcome.wav")
    house.install()
    assert house.heard("welcome", language="khg") == ["khg/welcome"]
    assert house.heard("welcome", language="bo") == ["bo/welcome"]
    assert house.heard("welcome", language="zh-CN") == ["zh-CN/welcome"]
    assert house.heard("welcome", language="tlh") == ["zh-CN/welcome"]


def test_a_sentence_is_never_put_together_from_two_languages(house: House) -> None:
    record(house.site / "bo/ahead.wav")
    record(house.site / "bo/welcome.wav")
    house.install()
    assert house.heard("welcome", "ahead", "num-1", "welcome", language="bo") == [
        "bo/welcome",
        "zh-CN/ahead",
        "zh-CN/num-1",
        "bo/welcome",
    ]
    record(house.site / "bo/num-1.wav")
    house.install()
    assert house.heard("ahead", "num-1", language="bo") == ["bo/ahead", "bo/num-1"]


def test_tones_are_the_same_in_every_language(house: House) -> None:
    house.install()
    assert house.heard("beep", language="khg") == ["beep"]


def test_what_nobody_recorded_is_refused(house: House) -> None:
    house.install()
    for prompt in ("never", "typing-mistake"):
        with pytest.raises(UnknownPrompt, match=prompt):
            house.heard("welcome", prompt)


def test_the_list_shows_what_is_heard_for_each_slot(house: House) -> None:
    assert {row.state for row in status(house.manifest, house.sounds)} == {"not-installed", "slot"}
    record(house.site / "bo/welcome.wav", seconds=0.8, dbfs=-40.0)
    house.install()
    rows = {f"{row.language}/{row.id}": row for row in status(house.manifest, house.sounds)}
    assert list(rows) == list(house.manifest.recordings())
    own, slot, never = rows["bo/welcome"], rows["khg/welcome"], rows["khg/never"]
    assert (own.state, own.plays, own.seconds, own.level) == ("site", "bo", 0.8, -40.0)
    assert [finding.code for finding in own.findings] == ["quiet"]
    assert (slot.state, slot.plays, slot.text, slot.findings) == ("slot", "bo", "", ())
    assert (never.state, never.plays, never.seconds) == ("slot", "", None)
    assert (rows["zh-CN/welcome"].state, rows["zh-CN/welcome"].text) == ("master", "您好。")
    assert (rows["tones/beep"].state, rows["moh/hold"].state) == ("master", "master")


def test_findings_are_said_in_both_languages(house: House) -> None:
    record(house.site / "zh-CN/welcome.wav", dbfs=-40.0)
    (finding,) = house.install().findings
    assert finding.text("zh-CN").startswith("zh-CN/welcome（本单位录制）：音量过低（-40.0 dBFS）")
    assert finding.text("en").startswith("zh-CN/welcome (own recording): is too quiet (-40.0 dBFS)")


# ---- a manifest's mistakes ----


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('fallback = ["bo", "zh-CN"]', 'fallback = ["zh-CN", "bo"]', "languages.khg.fallback"),
        ('fallback = ["bo", "zh-CN"]', 'fallback = ["ii", "zh-CN"]', "not another language: ii"),
        ('fallback = ["bo", "zh-CN"]', "", "fallback"),
        ('welcome = "您好。"', 'Welcome = "您好。"', "Welcome"),
        ('welcome = "您好。"', 'beep = "您好。"', "tones.beep"),
        ('"ahead", "num-*"', '"behind"', "pieces: no such prompt: behind"),
        ("[tones]", '[text.ii]\nwelcome = ""\n[tones]', "text.ii"),
        ("[tones]", '[text.bo]\nother = ""\n[tones]', "text.bo.other"),
        ("[tones]", "[tones", "line"),
        ("peak = -3.0", 'peak = "low"', "level.peak"),
    ],
)
def test_a_mistake_in_the_manifest_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    path = tmp_path / "manifest.toml"
    assert old in SMALL
    path.write_text(SMALL.replace(old, new), "utf-8")
    with pytest.raises(PromptProblem, match=re.escape(named)):
        load_manifest(path)


def test_problems_are_said_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(PromptProblem) as problem:
        load_manifest(tmp_path / "none.toml")
    assert all("none.toml" in problem.value.text(tongue) for tongue in TONGUES)


# ---- loudness ----


def test_pauses_do_not_count_for_the_level() -> None:
    spoken = sine(0.4, -20.0)
    paused = spoken + array.array("h", [0] * 16000) + spoken
    assert loudness(spoken, 16000).level == loudness(paused, 16000).level == -20.0
    assert loudness(paused, 16000).seconds == 1.8
    assert loudness(spoken, 16000).peak == -17.0


def test_silence_and_nothing_have_the_lowest_level() -> None:
    for samples in (array.array("h"), array.array("h", [0] * 800)):
        measured = loudness(samples, 16000)
        assert (measured.level, measured.peak, measured.clipped) == (-96.0, -96.0, False)


@pytest.mark.parametrize("limit", [32767, -32768])
def test_three_samples_in_a_row_at_the_limit_are_cut_off(limit: int) -> None:
    def clipped(*samples: int) -> bool:
        return loudness(array.array("h", [0, *samples, 0]), 16000).clipped

    assert clipped(limit, limit, limit)
    assert not clipped(limit, limit, 0, limit, limit)


# ---- what is in the repository ----


@pytest.fixture(scope="module")
def packaged() -> Manifest:
    return load_manifest()


@pytest.fixture(scope="module")
def ready(packaged: Manifest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    root = tmp_path_factory.mktemp("prompts")
    return root / "sounds", install(packaged, None, root / "sounds", root / "moh")


def test_every_master_is_there_as_the_manifest_says(
    packaged: Manifest, ready: tuple[Path, Report]
) -> None:
    sounds, report = ready
    assert report.findings == ()
    index = read_index(sounds).sounds
    assert list(index) == list(packaged.audio)
    for key, made in index.items():
        assert made.seconds == pytest.approx(packaged.audio[key].seconds, abs=0.01), key
        assert made.peak <= packaged.level.peak + 0.1, key
        if key != "moh/hold":
            assert made.level == pytest.approx(packaged.level.speech, abs=2.0), key


def test_masters_were_rendered_from_the_texts_of_today() -> None:
    script = PACKAGED.parent.parent.parent / "scripts" / "prompts"
    done = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_masters_are_16_khz_mono_and_nothing_else_lies_about(packaged: Manifest) -> None:
    files = {str(f.relative_to(packaged.folder)) for f in packaged.folder.glob("*/*")}
    assert files == {f"{key}.flac" for key in packaged.audio}
    for key, master in packaged.audio.items():
        head = (packaged.folder / f"{key}.flac").read_bytes()[:22]
        assert head[:4] == b"fLaC"
        # STREAMINFO: 20 bits of rate, 3 of channels less one, 5 of bits less one
        told = int.from_bytes(head[18:22], "big") >> 4
        assert (told >> 8, (told >> 5) & 7, told & 31) == (16000, 0, 15), key
        assert packaged.voices[master.voice].licence == "Apache-2.0"


def test_only_mandarin_has_words_of_ours(packaged: Manifest) -> None:
    assert list(packaged.text) == ["zh-CN"]
    assert {key.split("/")[0] for key in packaged.audio} == {"zh-CN", "tones", "moh"}
    spoken = "".join(packaged.text["zh-CN"].values())
    assert re.fullmatch(r"[\u4e00-\u9fff0-9，。、：]+", spoken)


def test_minority_languages_are_slots_that_fall_back(
    packaged: Manifest, ready: tuple[Path, Report]
) -> None:
    assert packaged.chain("khg") == ("khg", "bo", "zh-CN")
    assert packaged.chain("adx") == ("adx", "bo", "zh-CN")
    assert packaged.chain("jya") == ("jya", "zh-CN")
    for row in status(packaged, ready[0]):
        if row.language in ("bo", "khg", "adx", "jya", "ii", "en"):
            assert (row.state, row.plays) == ("slot", "zh-CN")


def test_every_prompt_the_line_may_play_can_be_heard_in_every_language(
    packaged: Manifest, ready: tuple[Path, Report]
) -> None:
    sounds = Sounds(packaged, ready[0])
    line = tomllib.loads(LINE.read_text("utf-8"))["line"]
    needed = _told_in_the_stories() | {line["menu"]["welcome"]}
    needed |= {node["prompt"] for node in line["menu"]["nodes"].values()}
    needed |= {prompt for prompts in PROMPTS.values() for prompt in prompts}
    needed |= {"fallback-wait", "fallback-voicemail", "device-check", "beep"}
    for ahead in range(200):
        needed |= set(wait_prompts(ahead, ahead, voicemail_offered=bool(ahead % 2)))
    for number in range(10_000):
        needed |= set(number_pieces(number, counter=True))
    needed |= set(digit_pieces("0123456789"))
    for language in {entry["prompts"] for entry in line["languages"]}:
        assert len(sounds.media(sorted(needed), language)) == len(needed)


def _told_in_the_stories() -> set[str]:
    """Every prompt the engine plays in tests/stories, which hold whole calls of each kind."""
    stories = sorted((Path(__file__).parent.parent / "stories").glob("*.txt"))
    played = {
        prompt
        for story in stories
        for prompts in re.findall(r" prompts=(\S+)", story.read_text("utf-8"))
        for prompt in prompts.split("+")
    }
    assert {"wrong-key", "rating-thanks", "voicemail-empty"} <= played
    return played


def test_menus_name_the_keys_that_work(packaged: Manifest) -> None:
    line = tomllib.loads(LINE.read_text("utf-8"))["line"]
    said = packaged.text["zh-CN"]
    for node in line["menu"]["nodes"].values():
        named = re.findall(r"请按([0-9])", said[node["prompt"]])
        assert named == [*sorted(k for k in node["keys"] if k.isdigit() and k != "0"), "0"]
    assert f"留言请按{line['queue']['voicemail_key']}" in said["queue-voicemail-offer"]
    policy = tomllib.loads(LINE.with_name("policy.toml").read_text("utf-8"))
    assert f"回拨，请按{policy['callback']['key']}" in said["queue-callback-offer"]
    assert re.findall(r"请按([0-9])", said["rating-invite"]) == list("12345")
    assert (line["voicemail"]["max_s"], line["voicemail"]["end_key"]) == (180, "#")
    for prompt in ("voicemail-how", "fallback-voicemail"):
        assert "最长三分钟，结束请按井号键" in said[prompt]
