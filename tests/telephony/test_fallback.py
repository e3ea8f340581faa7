"""Reading the fallback's ledger: every whole line once, whatever stands around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.events import FallbackServed
from telephony.fallback import Ledger

CALL = "1795318103|{id}|line|NONE|SERVED|number={number}&arrived=1795318100.125&ended=1795318103.5"
REST = "&member={member}&voicemail={voicemail}&end={end}\n"


def line(id: str = "sc-1.1", number: str = "13800000001", **rest: str) -> bytes:
    rest = {"member": "", "voicemail": "", "end": ""} | rest
    return (CALL.format(id=id, number=number) + REST.format(**rest)).encode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fallback.log"


@pytest.fixture
def ledger(file: Path, tmp_path: Path) -> Ledger:
    return Ledger(file, tmp_path / "mark.json", min_voicemail_s=2.0)


def ids(ledger: Ledger) -> list[str]:
    return [call.call_id for call in ledger.unread().served]


def test_no_ledger_is_no_calls(ledger: Ledger) -> None:
    assert ledger.unread().served == ()
    ledger.done(ledger.unread())
    assert ledger.unread().served == ()


def test_an_answered_call(ledger: Ledger, file: Path) -> None:
    file.write_bytes(line(member="PJSIP/phone1"))
    assert ledger.unread().served == (
        FallbackServed(
            call_id="sc-1.1",
            caller_number="13800000001",
            started_at=1795318100.125,
            ended_at=1795318103.5,
            outcome="answered",
            answered_by="phone1",
        ),
    )


@pytest.mark.parametrize(
    ("seconds", "end", "outcome", "kept"),
    [
        (3.0, "HANGUP", "voicemail", 3.0),
        (1.5, "HANGUP", "abandoned", 0.0),
        (3.0, "SILENCE", "voicemail", 3.0),
        (2.5, "SILENCE", "abandoned", 0.0),
    ],
)
def test_a_recording_is_a_message_from_a_certain_length_on(
    file: Path, seconds: float, end: str, outcome: str, kept: float
) -> None:
    ledger = Ledger(file, file.with_name("mark.json"), min_voicemail_s=2.0)
    message = file.with_name("sc-1.1-V0.wav")
    message.write_bytes(bytes(44 + int(16000 * seconds)))
    file.write_bytes(line(voicemail=str(message), end=end))
    [call] = ledger.unread().served
    assert (call.outcome, call.voicemail_seconds) == (outcome, kept)
    assert call.voicemail_path == ("sc-1.1-V0.wav" if kept else "")


def test_a_recording_that_is_not_there_is_no_message(ledger: Ledger, file: Path) -> None:
    file.write_bytes(line(voicemail="/nowhere/sc-1.1-V0.wav"))
    [call] = ledger.unread().served
    assert (call.outcome, call.voicemail_path) == ("abandoned", "")


def test_calls_are_given_until_they_are_done_and_never_again(ledger: Ledger, file: Path) -> None:
    file.write_bytes(line("sc-1.1") + line("sc-1.2"))
    assert ids(ledger) == ["sc-1.1", "sc-1.2"]
    read = ledger.unread()
    with file.open("ab") as more:
        more.write(line("sc-1.3"))
    ledger.done(read)
    assert ids(ledger) == ["sc-1.3"]
    ledger.done(ledger.unread())
    assert ids(ledger) == []


def test_a_mark_outlives_the_reader(ledger: Ledger, file: Path, tmp_path: Path) -> None:
    file.write_bytes(line("sc-1.1"))
    ledger.done(ledger.unread())
    with file.open("ab") as more:
        more.write(line("sc-1.2"))
    assert ids(Ledger(file, tmp_path / "mark.json", min_voicemail_s=2.0)) == ["sc-1.2"]


def test_a_line_that_is_still_being_written_waits(ledger: Ledger, file: Path) -> None:
    whole = line("sc-1.1") + line("sc-1.2")
    for cut in range(len(whole) + 1):
        file.write_bytes(whole[:cut])
        assert ids(ledger) == ["sc-1.1", "sc-1.2"][: whole[:cut].count(b"\n")]


def test_every_split_of_reading_gives_every_call_once(
    ledger: Ledger, file: Path, tmp_path: Path
) -> None:
    whole = b"".join(line(f"sc-1.{n}") for n in range(4))
    seen = []
    with file.open("wb") as growing:
        for at in range(0, len(whole), 17):
            growing.write(whole[at : at + 17])
            growing.flush()
            read = ledger.unread()
            seen += [call.call_id for call in read.served]
            ledger.done(read)
    assert seen == [f"sc-1.{n}" for n in range(4)]


def test_a_replaced_or_cut_ledger_is_read_from_its_start(ledger: Ledger, file: Path) -> None:
    file.write_bytes(line("sc-1.1") + line("sc-1.2"))
    ledger.done(ledger.unread())
    file.write_bytes(line("sc-1.3"))  # the same file, shorter now
    assert ids(ledger) == ["sc-1.3"]
    ledger.done(ledger.unread())
    other = file.with_name("new")
    other.write_bytes(line("sc-1.4") + line("sc-1.5"))
    other.replace(file)
    assert ids(ledger) == ["sc-1.4", "sc-1.5"]


def test_a_lost_mark_gives_everything_again(ledger: Ledger, file: Path, tmp_path: Path) -> None:
    file.write_bytes(line("sc-1.1"))
    ledger.done(ledger.unread())
    (tmp_path / "mark.json").write_bytes(b'{"ino')
    assert ids(ledger) == ["sc-1.1"]


@pytest.mark.parametrize(
    "damaged",
    [
        b"1|sc-1.9|line|NONE|SERVED|\n",
        b"1|sc-1.9|line|NONE|SERVED|number=1&arrived=x&ended=1&member=&voicemail=\n",
        b"1|sc-1.9|line|NONE|SERVED|number=1&arrived=1\n",
        b"|NONE|SERVED|\n",
    ],
)
def test_damaged_lines_are_counted_and_passed_over(
    ledger: Ledger, file: Path, damaged: bytes
) -> None:
    file.write_bytes(line("sc-1.1") + damaged + line("sc-1.2"))
    read = ledger.unread()
    assert [call.call_id for call in read.served] == ["sc-1.1", "sc-1.2"]
    assert read.unreadable == 1


def test_the_queues_own_notes_are_passed_over(ledger: Ledger, file: Path) -> None:
    file.write_bytes(
        b"1795318103|QUEUESTART|NONE|NONE|QUEUESTART|\n"
        b"1795318103|sc-1.1|q-general|NONE|ENTERQUEUE||13800000001|1\n"
        + b"\xff\xfe\n\n"
        + line("sc-1.1")
    )
    read = ledger.unread()
    assert [call.call_id for call in read.served] == ["sc-1.1"]
    assert read.unreadable == 0


@pytest.mark.parametrize("number", ["%0D%0Ax", "%E2%80%A8", "%26member%3DPJSIP/x", "%FF", "%%%"])
def test_a_number_may_hold_anything(ledger: Ledger, file: Path, number: str) -> None:
    file.write_bytes(line(number=number))
    [call] = ledger.unread().served
    assert (call.call_id, call.answered_by) == ("sc-1.1", "")
