"""`hotline demo month`: what it puts into the store, beside what is there, and taken away again."""

from __future__ import annotations

import array
import asyncio
import hashlib
import io
import wave
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import insert, select

from cases import tables as t
from cases.access import Access
from cases.errors import SignInRefused
from cases.journal import FileJournal
from cases.people import People
from cases.records import CallFilter, SlipChange, Viewer
from cases.slips import check_change
from cases.store import Store
from cases.writer import StoreWriter
from config.divisions import divisions
from config.loader import load
from config.words import TONGUES, words
from hotline.cli import DONE, FAILED, USAGE, main
from hotline.demo_dress import dressing
from hotline.demo_facts import Month, is_over, last_complete, month
from hotline.demo_memory import Memory, Remembered
from hotline.demo_month import spoken_s
from hotline.demo_pour import Pouring, without_demo
from hotline.progress import Progress
from router import facts as f
from router.runner import recover
from router.state import Snapshot
from telephony.prompts import load_manifest
from tests.store.days import a_day
from tests.store.readback import assert_exactly

Capture = pytest.CaptureFixture[str]
T = TypeVar("T")
ZONE = ZoneInfo("Asia/Shanghai")
FEBRUARY = ["--calls", "150", "--seed", "7", "--month", "2026-02"]
MARKED = {t.people: "person_id", t.seat_spells: "seat_id"}
LINE = load(env={}).line


class Site:
    """A settings file with a data directory and a database of its own."""

    def __init__(self, folder: Path, url: str, installed: Path) -> None:
        self.data = folder / "data"
        self.data.mkdir(parents=True)
        (self.data / "pbx").symlink_to(installed)
        self.file = folder / "hotline.toml"
        self.file.write_text(f'[paths]\ndata = "{self.data}"\n[store]\nurl = "{url}"\n', "utf-8")
        self._url = url

    def run(self, *argv: str, tag: str = "en") -> int:
        return main(["--lang", tag, "--settings", str(self.file), *argv])

    def month(self, *argv: str) -> int:
        return self.run("demo", "month", *argv)

    def ask(self, question: Callable[[Store], Awaitable[T]]) -> T:
        async def asked() -> T:
            store = await Store.open(self._url)
            try:
                return await question(store)
            finally:
                await store.close()

        return asyncio.run(asked())

    def rows(self, table: Any) -> list[dict[str, Any]]:
        async def read(store: Store) -> list[dict[str, Any]]:
            async with store.read() as conn:
                wanted = select(table).order_by(*table.primary_key.columns)
                return [dict(row) for row in (await conn.execute(wanted)).mappings()]

        return self.ask(read)

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        """Every row but the log's position and the schema's version."""
        return {
            table.name: self.rows(table)
            for table in t.metadata.sorted_tables
            if table is not t.journal_position
        }

    def journal(self) -> FileJournal:
        return FileJournal(self.data / "journal")

    def live(self, facts: Sequence[f.Fact]) -> None:
        """Facts of a line at work, numbered on from what there is, with its own snapshot."""

        async def written(store: Store) -> None:
            journal = self.journal()
            try:
                state = recover(LINE, journal).snapshot()
                on = [msgspec.structs.replace(x, seq=x.seq + journal.last_seq) for x in facts]
                journal.append(on)
                writer = StoreWriter(store, journal, zone=ZONE, flush_s=0.01, flush_rows=500)
                task = asyncio.create_task(writer.run())
                await writer.caught_up(journal.last_seq, 30.0)
                task.cancel()
                await asyncio.wait({task})
                kept = msgspec.structs.replace(state, seq=journal.last_seq)
                journal.keep_snapshot(kept.seq, msgspec.msgpack.encode(kept))
            finally:
                journal.close()

        self.ask(written)

    def state(self) -> Snapshot:
        journal = self.journal()
        try:
            return recover(LINE, journal).snapshot()
        finally:
            journal.close()


@pytest.fixture
def site(tmp_path: Path, url: str, installed: Path) -> Site:
    return Site(tmp_path, url, installed)


@pytest.fixture(scope="module")
def february(
    tmp_path_factory: pytest.TempPathFactory, migrated_file: Path, installed: Path
) -> Site:
    """A month of 600 calls, to be looked at only."""
    folder = tmp_path_factory.mktemp("february")
    (folder / "hotline.sqlite").write_bytes(migrated_file.read_bytes())
    site = Site(folder, f"sqlite:///{folder / 'hotline.sqlite'}", installed)
    assert site.month("--calls", "600", "--seed", "7", "--month", "2026-02") == DONE
    return site


@pytest.fixture
def file_site(tmp_path: Path, migrated_file: Path, installed: Path) -> Site:
    """On SQLite alone: for what does not depend on the database."""
    (tmp_path / "hotline.sqlite").write_bytes(migrated_file.read_bytes())
    return Site(tmp_path, f"sqlite:///{tmp_path / 'hotline.sqlite'}", installed)


def small(calls: int = 80, seed: int = 7) -> Month:
    first = date(2026, 2, 1)
    return month(LINE, first, calls=calls, seed=seed, zone=ZONE, prompt_s=spoken_s(load_manifest()))


def voices(path: Path) -> tuple[array.array[int], array.array[int]]:
    """The caller, and what the caller hears."""
    with wave.open(str(path), "rb") as sound:
        samples = array.array("h", sound.readframes(sound.getnframes()))
    return samples[0::2], samples[1::2]


# ---- what is in it ----


def test_it_puts_a_month_into_the_store(site: Site, capsys: Capture) -> None:
    assert site.month(*FEBRUARY) == DONE
    said = capsys.readouterr().out
    assert words("en").text("demo.month.marked") in said

    calls = site.rows(t.calls)
    assert len(calls) == 150
    assert all(call["demo"] and call["call_id"].startswith("demo-2602-") for call in calls)
    assert all(call["outcome"] is not None and call["ended_at"] is not None for call in calls)
    begins, ends = (datetime(2026, at, 1, tzinfo=ZONE).timestamp() for at in (2, 3))
    facts = site.rows(t.facts)
    assert all(begins <= fact["at"] < ends for fact in facts)
    assert [fact["seq"] for fact in facts] == list(range(1, len(facts) + 1))
    assert all((fact["call_id"] or fact["seat_id"]).startswith("demo-") for fact in facts)
    assert not [spell for spell in site.rows(t.seat_spells) if spell["ended_at"] is None]


def test_slips_are_filled_in_with_words_of_the_trade(february: Site) -> None:
    site = february
    places = divisions(LINE.centre.divisions)
    answered = {call["call_id"] for call in site.rows(t.calls) if call["answered_at"]}
    slips = site.rows(t.slips)
    assert len(slips) == 600
    written = [slip for slip in slips if slip["text"]]
    assert len([slip for slip in written if slip["call_id"] in answered]) >= 0.9 * len(answered)
    for slip in written:
        fields = {name: slip[name] for name in ("kind", "matter", "place", "text", "emotion")}
        check_change(SlipChange(**fields, groups=tuple(slip["groups"])), places)
        assert slip["version"] == 2
        assert slip["kind"] and slip["matter"]
        assert slip["updated_by"].startswith("demo-")
        assert slip["updated_at"] > slip["created_at"]
        assert "{" not in slip["text"]
        assert not any("\u0f00" <= c <= "\u0fff" or "\ua000" <= c <= "\ua4cf" for c in slip["text"])
    assert {slip["emotion"] for slip in written} >= {None, 1, 2}
    assert len({slip["text"] for slip in written}) > 0.8 * len(written)


def test_its_people_have_names_and_cannot_sign_in(february: Site) -> None:
    site = february
    people = site.rows(t.people)
    assert people
    assert all(person["name"].startswith("示例坐席") for person in people)
    assert not any(person["active"] or person["phone"] for person in people)
    talked = {call["person_id"] for call in site.rows(t.calls) if call["person_id"]}
    assert talked <= {person["person_id"] for person in people}

    async def signs_in(store: Store) -> None:
        await People(store).verify(people[0]["username"], "-", now=0.0)

    with pytest.raises(SignInRefused):
        site.ask(signs_in)


def test_some_calls_can_be_heard_and_nobody_looks_for_the_others(february: Site) -> None:
    site = february
    recordings = site.rows(t.recordings)
    ready = [one for one in recordings if one["status"] == "ready"]
    assert {one["status"] for one in recordings} == {"ready", "missing"}
    assert {one["kind"] for one in ready} == {"call", "voicemail"}
    files = sorted(path.name for path in (site.data / "recordings").iterdir())
    assert files == sorted(one["path"] for one in ready)
    for one in ready:
        path = site.data / "recordings" / one["path"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == one["sha256"]
        assert path.stat().st_size == one["bytes"]
        with wave.open(str(path), "rb") as sound:
            assert sound.getnchannels() == (2 if one["kind"] == "call" else 1)
            assert sound.getnframes() / sound.getframerate() == pytest.approx(one["seconds"])
            assert any(sound.readframes(sound.getnframes()))
    calls = {call["call_id"]: call for call in site.rows(t.calls)}
    for one in ready:
        if one["kind"] == "call":
            call = calls[one["call_id"]]
            length, talks = (call[at] - call["opened_at"] for at in ("ended_at", "answered_at"))
            assert one["seconds"] == pytest.approx(length, abs=0.01)
            left, right = voices(site.data / "recordings" / one["path"])
            before = int(talks * 8000) - 1
            assert not any(left[:before]), "the caller says nothing to the menu"
            assert any(left[before:]), "and something to the seat"
            assert any(right[:8000]), "the greeting"
            assert any(right[before:])


def test_most_messages_are_handled_by_day_and_late_ones_wait() -> None:
    played, memory = small(), Memory()
    for n in range(300):
        at = played.begins + n * (played.end - played.begins) / 300
        memory.calls[f"demo-{n}"] = Remembered(
            f"demo-{n}", at, voicemail_id=f"demo-{n}-V1", voicemail_s=20.0, ended_at=at + 60
        )
    dressed = dressing(played, memory, ZONE, ())
    staff = {person.id for person in played.people if person.provider == "staff"}
    left = {f"{call.call_id}-V1": call.ended_at for call in memory.calls.values()}
    assert 250 < len(dressed.handled) < 300
    for one in dressed.handled:
        assert one.handled_by in staff
        assert left[one.recording_id] < one.handled_at < played.end
        hour = datetime.fromtimestamp(one.handled_at, ZONE).hour
        assert 8 <= hour < 20 or one.handled_at == played.end - 1
    late = [id for id, at in left.items() if played.end - at < 2 * 86400]
    handled = {one.recording_id for one in dressed.handled}
    assert 0 < len(handled & set(late)) < 0.8 * len(late)
    assert {slip.call_id for slip in dressed.slips} == {id.removesuffix("-V1") for id in handled}
    assert all(slip.text.startswith("语音留言，已回电。") for slip in dressed.slips if slip.place)


def test_messages_in_the_store_are_as_they_were_dressed(february: Site) -> None:
    for message in february.rows(t.voicemails):
        assert message["state"] == ("handled" if message["handled_by"] else "new")
        assert not message["handled_by"] or message["handled_at"] > message["left_at"]


def test_the_list_shows_the_mark(february: Site, capsys: Capture) -> None:
    site = february
    assert site.run("calls", "--last", "3", tag="zh-CN") == DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(words("zh-CN").text("cli.calls.column.demo"))
    assert all(line.endswith(words("zh-CN").text("cli.calls.demo")) for line in lines[1:])

    async def listed(store: Store) -> list[bool]:
        access = Access(store, site.data / "recordings")
        page = await access.list_calls(Viewer(person_id="", role="admin"), CallFilter(), limit=5)
        return [call.demo for call in page.calls]

    assert site.ask(listed) == [True] * 5


# ---- the same again ----


def test_the_same_seed_gives_the_same_log_to_the_byte(
    tmp_path: Path, migrated_file: Path, installed: Path
) -> None:
    logs = []
    for name, seed in (("one", "7"), ("two", "7"), ("three", "8")):
        database = tmp_path / f"{name}.sqlite"
        database.write_bytes(migrated_file.read_bytes())
        site = Site(tmp_path / name, f"sqlite:///{database}", installed)
        assert site.month("--calls", "80", "--seed", seed, "--month", "2026-02") == DONE
        logs.append(b"".join(p.read_bytes() for p in sorted((site.data / "journal").glob("*.log"))))
        slips = [(slip["number"], slip["text"]) for slip in site.rows(t.slips)]
        logs.append(msgspec.json.encode(slips))
    assert logs[0] == logs[2] != logs[4]
    assert logs[1] == logs[3] != logs[5]
    assert logs[0]


def test_the_store_is_what_the_facts_fold_to(site: Site) -> None:
    """However they were cut into batches on the way."""
    facts: list[f.Fact] = []
    small().world(0, facts.extend).run()

    async def poured(store: Store) -> None:
        journal = site.journal()
        try:
            async with Pouring(store, journal, LINE, ZONE) as pouring:
                memory = await pouring.pour(small(), lambda *_: None)
        finally:
            journal.close()
        assert memory.closed == len(memory.calls) == 80
        await assert_exactly(store, facts)

    site.ask(poured)


# ---- beside real data ----


def test_real_data_before_between_and_after_stay_as_they_are(site: Site) -> None:
    site.live(a_day(1))
    assert site.month(*FEBRUARY) == DONE
    site.live(a_day(2))
    assert site.month("--calls", "60", "--month", "2026-01") == DONE
    site.live(a_day(3))

    async def report(store: Store) -> None:
        """Somebody made the month's report meanwhile."""
        row = {
            "month": "2026-02", "version": 1, "made_at": 0.0, "data_until": 0.0, "made_by": "",
            "demo": True, "complete": True, "model": {"calls": "demo-"},
        }  # fmt: skip
        async with store.write() as conn:
            await conn.execute(insert(t.reports).values(row))
            real = row | {"month": "2026-03", "demo": False, "model": {}}
            await conn.execute(insert(t.reports).values(real))

    def real() -> dict[str, list[dict[str, Any]]]:
        ours = {
            name: [row for row in rows if not any("demo-" in str(value) for value in row.values())]
            for name, rows in site.everything().items()
        }
        ours["slip_days"] = [row for row in ours["slip_days"] if row["day"][:4] == "2611"]
        ours["states"] = [row for row in ours["states"] if not row["demo"]]
        return ours

    site.ask(report)
    before = real()
    assert len(before["calls"]) > 10 and before["facts"] and before["ratings"]
    assert len(site.rows(t.calls)) == len(before["calls"]) + 210
    assert site.month("--remove") == DONE
    assert site.everything() == before
    assert not list((site.data / "recordings").glob("*"))

    # Numbers of facts never run backwards, and the line goes on.
    last = site.state().seq
    site.live(a_day(4))
    assert site.state().seq == last + len(a_day(4))
    assert len(site.rows(t.calls)) > len(before["calls"])


def test_a_start_of_the_line_sees_nothing_of_it(file_site: Site) -> None:
    site = file_site
    day = a_day(5)
    journal = site.journal()
    journal.append(day)
    journal.close()
    before = site.state()
    assert before.seats or before.phones or before.closed
    assert site.month(*FEBRUARY) == DONE
    after = site.state()
    assert after.seq > before.seq + 1000
    assert msgspec.structs.replace(after, seq=before.seq) == before
    assert site.month("--remove") == DONE
    assert msgspec.structs.replace(site.state(), seq=before.seq) == before


def test_what_a_kill_leaves_in_the_log_is_taken_away_too(file_site: Site) -> None:
    site, facts = file_site, list[f.Fact]()
    month = small()
    month.world(0, facts.extend).run(month.ends[9] - 12 * 3600)
    journal = site.journal()
    journal.append(facts)
    journal.close()
    left = site.state()
    assert left.seats and left.seats[0].id.startswith("demo-")
    assert not without_demo(left).seats
    assert site.month("--remove") == DONE
    after = site.state()
    running = {
        "lately": after.lately,
        "answers": after.answers,
        "pbx_up": after.pbx_up,
        "gave_up": after.gave_up,
    }
    assert after == Snapshot(len(facts), after.at, **running)
    assert not site.rows(t.calls)
    assert not site.rows(t.facts)


# ---- refused ----


def test_a_second_time_is_refused_until_the_first_is_removed(site: Site, capsys: Capture) -> None:
    assert site.month(*FEBRUARY) == DONE
    before = site.everything()
    assert site.month(*FEBRUARY) == FAILED
    assert "2026-02" in capsys.readouterr().err
    assert site.everything() == before
    assert site.month("--calls", "20", "--month", "2026-01") == DONE
    assert site.month("--remove") == DONE
    assert site.month(*FEBRUARY) == DONE
    told = capsys.readouterr().out
    assert words("en").text("demo.month.removed", calls=170, rows=0).split(",")[0] in told


@pytest.mark.parametrize("tag", TONGUES)
@pytest.mark.parametrize("argv", [FEBRUARY, ["--remove"]])
def test_a_running_line_is_left_alone(
    file_site: Site, capsys: Capture, tag: str, argv: list[str]
) -> None:
    journal = file_site.journal()
    try:
        assert file_site.run("demo", "month", *argv, tag=tag) == FAILED
    finally:
        journal.close()
    assert capsys.readouterr().err.strip() == words(tag).text("demo.month.held")
    assert not file_site.rows(t.calls)


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--month", "2026-13"], "2026-13"),
        (["--month", "last"], "YYYY-MM"),
        (["--calls", "0"], "1000000"),
        (["--calls", "many"], "1000000"),
        (["--seed", "-1"], "-1"),
    ],
)
@pytest.mark.parametrize("tag", TONGUES)
def test_a_broken_argument_is_named(
    file_site: Site, capsys: Capture, tag: str, argv: list[str], told: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        file_site.run("demo", "month", *argv, tag=tag)
    assert ended.value.code == USAGE
    assert told in capsys.readouterr().err


def test_a_month_that_is_not_over_is_refused(file_site: Site, capsys: Capture) -> None:
    assert file_site.month("--month", "2099-01") == FAILED
    assert "2099-01" in capsys.readouterr().err


def test_a_log_behind_its_database_is_told(file_site: Site, capsys: Capture) -> None:
    assert file_site.month(*FEBRUARY) == DONE
    before = file_site.everything()
    for path in (file_site.data / "journal").iterdir():
        path.unlink()
    capsys.readouterr()
    assert file_site.month("--month", "2026-01", "--calls", "5") == FAILED
    assert words("en").text("serve.log-behind", reason="(").split("(")[0] in capsys.readouterr().err
    assert file_site.everything() == before
    assert file_site.state().seq == 0


@pytest.mark.parametrize("tag", TONGUES)
def test_the_demonstration_on_the_line_still_has_its_name(
    file_site: Site, capsys: Capture, tag: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        file_site.run("demo", "--help", tag=tag)
    assert ended.value.code == DONE
    assert words(tag).text("demo.month.about")[:12] in capsys.readouterr().out
    # Nobody is on the line of these settings: it asks for the line, not for a subcommand.
    file_site.file.write_text(file_site.file.read_text("utf-8") + "[web]\nport = 9\n", "utf-8")
    assert file_site.run("demo", tag=tag) == FAILED
    trouble = words(tag).text("demo.trouble", error="\n").split("\n", maxsplit=1)[0]
    assert capsys.readouterr().err.startswith(trouble)


def test_nothing_to_remove_is_said(file_site: Site, capsys: Capture) -> None:
    assert file_site.month("--remove") == DONE
    assert capsys.readouterr().out.strip() == words("en").text("demo.month.none")


# ---- months and progress ----


def test_the_last_complete_month_is_that_of_the_lines_time() -> None:
    utc_still_october = datetime(2026, 11, 1, 3, tzinfo=ZONE).timestamp()
    assert last_complete(utc_still_october, ZONE) == date(2026, 10, 1)
    assert last_complete(datetime(2027, 1, 31, tzinfo=ZONE).timestamp(), ZONE) == date(2026, 12, 1)
    assert is_over(date(2026, 10, 1), utc_still_october, ZONE)
    assert not is_over(date(2026, 11, 1), utc_still_october, ZONE)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_fills_a_bar_on_a_terminal() -> None:
    out = Terminal()
    progress = Progress(out, 10)
    for count in (0, 5, 5, 10):
        progress.at(count, f"{count} 通")
    progress.done()
    shown = out.getvalue()
    assert shown.count("\r") == 3, "an unchanged line is not drawn again"
    assert "50%" in shown and "100%" in shown and shown.endswith("\n")


def test_progress_is_plain_lines_elsewhere() -> None:
    out = io.StringIO()
    progress = Progress(out, 8)
    for count in range(9):
        progress.at(count, f"{count}")
    progress.done()
    assert [line.split() for line in out.getvalue().splitlines()] == [
        ["25%", "2"], ["50%", "4"], ["75%", "6"], ["100%", "8"],
    ]  # fmt: skip
