"""The fact log: what is appended is there, whatever happens to the process or the last line."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cases.journal import FileJournal, JournalHeld
from cases.lines import JournalDamaged, encode
from router import facts as f

WITHIN_S = 20.0


def facts(first: int, last: int) -> list[f.Fact]:
    """Of different lengths, with scripts and separators that break careless readers."""
    names = ("", "བསོད་ནམས", "ꆈꌠ\u2028\x85", "张三" * 20, 'quote " \\ \n')
    return [
        f.Fact(
            seq,
            1_795_312_800.0 + seq / 7,
            f.CallOpened(f"c{seq}", "13800000001", names[seq % 5], "12348", "t1", True, "v1"),
        )
        for seq in range(first, last + 1)
    ]


@contextmanager
def opened(directory: Path, segment_bytes: int = 1 << 20) -> Iterator[FileJournal]:
    journal = FileJournal(directory, sync_s=0.0, segment_bytes=segment_bytes)
    try:
        yield journal
    finally:
        journal.close()


def only_file(directory: Path) -> Path:
    [path] = directory.glob("facts-*.log")
    return path


def test_what_is_appended_can_be_read(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        assert journal.last_seq == 0
        journal.append(facts(1, 3))
        journal.append([])
        journal.append(facts(4, 4))
        assert journal.last_seq == 4
        assert journal.read(0) == facts(1, 4)
        assert journal.read(2) == facts(3, 4)
        assert journal.read(4) == []
    with opened(tmp_path) as journal:
        assert journal.read(0) == facts(1, 4)
        journal.append(facts(5, 5))
        assert journal.read(3) == facts(4, 5)


def test_it_outlives_a_kill_without_a_goodbye(tmp_path: Path) -> None:
    """In the system's hands before `append` returns: nothing is synced, nothing closed."""
    program = (
        "import os, signal, sys; from pathlib import Path; from cases.journal import FileJournal;"
        "from tests.store.test_journal import facts;"
        f"FileJournal(Path({str(tmp_path)!r}), sync_s=60).append(facts(1, 50));"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
    assert done.returncode == -9
    with opened(tmp_path) as journal:
        assert journal.read(0) == facts(1, 50)


def test_a_write_cut_off_at_any_byte_is_taken_back(tmp_path: Path) -> None:
    with opened(tmp_path / "whole") as journal:
        journal.append(facts(1, 4))
    whole = only_file(tmp_path / "whole").read_bytes()
    kept = len(encode(facts(1, 3)))
    for length in range(kept, len(whole)):
        directory = tmp_path / str(length)
        directory.mkdir()
        path = directory / "facts-0000000000000001.log"
        path.write_bytes(whole[:length])
        with opened(directory) as journal:
            assert journal.last_seq == 3
            assert path.stat().st_size == kept
            journal.append(facts(4, 5))
            assert journal.read(0) == facts(1, 5)


def test_a_last_line_that_is_wrong_at_any_byte_is_taken_back(tmp_path: Path) -> None:
    with opened(tmp_path / "whole") as journal:
        journal.append(facts(1, 3))
    whole = only_file(tmp_path / "whole").read_bytes()
    kept = len(encode(facts(1, 2)))
    for at in range(kept, len(whole)):
        directory = tmp_path / str(at)
        directory.mkdir()
        wrong = bytearray(whole)
        wrong[at] ^= 0x40
        (directory / "facts-0000000000000001.log").write_bytes(wrong)
        with opened(directory) as journal:
            assert journal.read(0) == facts(1, 2)


def test_a_whole_file_of_noise_at_the_end_is_taken_back(tmp_path: Path) -> None:
    """After a loss of power the end of a file may be zeros or old blocks of the disk."""
    with opened(tmp_path) as journal:
        journal.append(facts(1, 2))
    with only_file(tmp_path).open("ab") as file:
        file.write(b"\0" * 5000 + b"\n" + b"\n\n" + bytes(range(256)))
    with opened(tmp_path) as journal:
        assert journal.read(0) == facts(1, 2)


def test_damage_in_the_middle_is_an_error_that_says_where(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.append(facts(1, 5))
    path = only_file(tmp_path)
    data = bytearray(path.read_bytes())
    second = len(encode(facts(1, 1)))
    data[second + 20] ^= 1
    path.write_bytes(data)
    with pytest.raises(JournalDamaged) as damage, opened(tmp_path):
        pass
    assert (damage.value.file, damage.value.offset) == (path.name, second)
    assert path.read_bytes() == data, "damage is never mended silently"


def test_a_missing_fact_in_the_middle_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "facts-0000000000000001.log").write_bytes(encode(facts(1, 2) + facts(4, 5)))
    with pytest.raises(JournalDamaged, match="fact 4 stands where 3 belongs"), opened(tmp_path):
        pass


def test_a_fact_of_a_newer_version_is_an_error_and_not_the_end(tmp_path: Path) -> None:
    line = encode(facts(1, 1)).replace(b"CallOpened", b"CallBeamed")
    from binascii import crc32

    (tmp_path / "facts-0000000000000001.log").write_bytes(
        b"%08x %b\n" % (crc32(line[9:-1]), line[9:-1])
    )
    with pytest.raises(JournalDamaged, match="another version"), opened(tmp_path):
        pass


def test_numbers_must_follow(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.append(facts(1, 2))
        for wrong in (facts(2, 2), facts(4, 4), [*facts(3, 3), *facts(5, 5)]):
            with pytest.raises(ValueError, match="belongs"):
                journal.append(wrong)
        journal.append(facts(3, 3))
        assert journal.read(0) == facts(1, 3)


def test_many_files_read_like_one(tmp_path: Path) -> None:
    with opened(tmp_path, segment_bytes=1500) as journal:
        for seq in range(1, 61):
            journal.append(facts(seq, seq))
        assert len(list(tmp_path.glob("facts-*.log"))) > 5
        assert journal.read(0) == facts(1, 60)
        assert journal.read(33) == facts(34, 60)
        for most in (1, 7, 60, 100):
            after, found = 0, []
            while page := journal.read(after, most):
                assert len(page) == min(most, 60 - after)
                found += page
                after = page[-1].seq
            assert found == facts(1, 60)
    with opened(tmp_path, segment_bytes=1500) as journal:
        assert journal.read(0) == facts(1, 60)


def test_damage_in_an_older_file_is_found_when_it_is_read(tmp_path: Path) -> None:
    with opened(tmp_path, segment_bytes=1500) as journal:
        for seq in range(1, 31):
            journal.append(facts(seq, seq))
    first = min(tmp_path.glob("facts-*.log"))
    first.write_bytes(first.read_bytes()[:-10])
    with (
        opened(tmp_path, segment_bytes=1500) as journal,
        pytest.raises(JournalDamaged, match="missing"),
    ):
        journal.read(0)


def test_files_go_when_snapshot_and_database_both_have_them(tmp_path: Path) -> None:
    with opened(tmp_path, segment_bytes=1500) as journal:
        for seq in range(1, 31):
            journal.append(facts(seq, seq))
        before = sorted(tmp_path.glob("facts-*.log"))
        journal.let_go(30)
        assert sorted(tmp_path.glob("facts-*.log")) == before, "there is no snapshot yet"
        journal.keep_snapshot(20, b"state")
        journal.sync()
        journal.let_go(12)
        left = sorted(tmp_path.glob("facts-*.log"))
        assert left != before
        assert int(left[0].stem[6:]) <= 13 < int(left[1].stem[6:])
        journal.let_go(30)
        left = sorted(tmp_path.glob("facts-*.log"))
        assert int(left[0].stem[6:]) <= 21 < int(left[1].stem[6:])
        assert journal.read(20) == facts(21, 30)
        with pytest.raises(ValueError, match="let go"):
            journal.read(3)


def test_a_snapshot_is_the_newest_one_kept(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        assert journal.snapshot() is None
        journal.append(facts(1, 9))
        journal.keep_snapshot(4, b"four\n\0")
        assert journal.snapshot() == (4, b"four\n\0")
        journal.keep_snapshot(8, b"eight")
        assert journal.snapshot() == (8, b"eight")
    with opened(tmp_path) as journal:
        assert journal.snapshot() == (8, b"eight")


def test_a_snapshot_whose_writing_was_killed_leaves_the_old_one(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.append(facts(1, 9))
        journal.keep_snapshot(4, b"four")
    (tmp_path / "snapshot.new").write_bytes(b"00000000 8 100\nhalf")
    with opened(tmp_path) as journal:
        assert journal.snapshot() == (4, b"four")


def test_a_changed_snapshot_and_one_beyond_the_log_are_errors(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.append(facts(1, 3))
        journal.keep_snapshot(3, b"three")
    path = tmp_path / "snapshot"
    good = path.read_bytes()
    path.write_bytes(good[:-1] + b"X")
    with pytest.raises(JournalDamaged, match="snapshot"), opened(tmp_path):
        pass
    path.write_bytes(good)
    only_file(tmp_path).write_bytes(encode(facts(1, 2)))
    with pytest.raises(JournalDamaged, match="up to 3 are missing"), opened(tmp_path):
        pass


def test_two_hotlines_cannot_share_a_log(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        with pytest.raises(JournalHeld):
            FileJournal(tmp_path)
        journal.append(facts(1, 1))
    with opened(tmp_path) as journal:
        assert journal.last_seq == 1


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    """A real short write: the system's own limit on the size of a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with opened(tmp_path) as journal:
        journal.append(facts(1, 3))
        size = only_file(tmp_path).stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, hard))
        try:
            with pytest.raises(OSError) as full:
                journal.append(facts(4, 5))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert full.value.errno == errno.EFBIG
        assert only_file(tmp_path).stat().st_size == size
        assert journal.last_seq == 3
        journal.append(facts(4, 5))
        assert journal.read(0) == facts(1, 5)


def test_facts_reach_the_disk_without_being_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as journal:
        synced, real = threading.Event(), os.fsync

        def fsync(fd: int) -> None:
            real(fd)
            synced.set()

        monkeypatch.setattr(os, "fsync", fsync)
        journal.append(facts(1, 2))
        assert synced.wait(WITHIN_S)
        journal.sync()
        assert journal.synced_seq == 2


def test_after_a_failed_sync_nothing_more_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the disk refused once may be gone although the next sync succeeds."""
    with opened(tmp_path) as journal:

        def fsync(_fd: int) -> None:
            raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", fsync)
            with pytest.raises(OSError, match="Input/output"):
                journal.append(facts(1, 1))
                journal.sync()
        with pytest.raises(OSError, match="Input/output"):
            journal.append(facts(2, 2))
