"""AMI bytes: nothing lost, nothing invented, at any cut, in linear time."""

from __future__ import annotations

import itertools
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony import ami_wire
from telephony.ami_wire import AmiEvent, AmiResponse, Cutter, Reply, action, encode, parse

EVENT = "Event: Newchannel\r\nCallerIDName: 张三\r\nLinkedid: 1.1\r\n\r\n".encode()


def event(message: bytes) -> AmiEvent:
    parsed = parse(message)
    assert isinstance(parsed, AmiEvent)
    return parsed


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\n", "\r"])
def test_a_name_holding_a_line_mark_changes_no_other_header(mark: str) -> None:
    name = f"张{mark}Linkedid: spoofed"
    message = f"Event: Newchannel\r\nCallerIDName: {name}\r\nLinkedid: 1.1"
    assert event(message.encode()).keys == {"CallerIDName": name, "Linkedid": "1.1"}


def test_every_value_of_a_repeated_header_is_kept_in_order() -> None:
    keys = event(b"Event: X\r\nChanVariable: A=1\r\nChanVariable: B=2\r\nChanVariable: A=3").keys
    assert keys.all("ChanVariable") == ["A=1", "B=2", "A=3"]
    assert keys["ChanVariable"] == "A=1"
    assert keys.all("Absent") == []


def test_a_header_without_a_space_is_read_and_an_empty_one_is_kept() -> None:
    parsed = event(b"Event:X\r\nKey:value\r\nEmpty:\r\nSpaced:  two\r\nUri: sip:8001@[::1]:5060")
    assert parsed.name == "X"
    assert parsed.keys == {
        "Key": "value",
        "Empty": "",
        "Spaced": " two",
        "Uri": "sip:8001@[::1]:5060",
    }


def test_a_response_keeps_lines_that_are_no_headers() -> None:
    parsed = parse(b"Response: Success\r\nActionID: 7\r\nno header")
    assert isinstance(parsed, AmiResponse)
    assert (parsed.status, parsed.keys["ActionID"], parsed.follows) == (
        "Success",
        "7",
        ["no header"],
    )


def test_command_output_keeps_indentation_and_empty_lines() -> None:
    parsed = parse(b"Response: Success\r\nOutput:   indented\r\nOutput: \r\nOutput: a: b")
    assert parsed is not None
    assert Reply(parsed.keys).output == ["  indented", "", "a: b"]


@pytest.mark.parametrize("message", [b"", b"\r\n", b"garbage", b"Asterisk Call Manager/9\r\nX: y"])
def test_what_is_neither_response_nor_event_is_none(message: bytes) -> None:
    assert parse(message) is None


def test_bytes_that_are_not_utf8_become_marks_and_cost_nothing_else() -> None:
    parsed = event(b"Event: X\r\nCallerIDName: a\xff\xfeb\r\nLinkedid: 1.1")
    assert parsed.keys == {"CallerIDName": "a\ufffd\ufffdb", "Linkedid": "1.1"}


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_never_an_error(message: bytes) -> None:
    parse(message)


@settings(deadline=None)
@given(st.lists(st.integers(0, len(EVENT) * 3)))
def test_messages_are_the_same_at_any_cut(cuts: list[int]) -> None:
    stream = EVENT * 3
    edges = [0, *sorted(cuts), len(stream)]
    cutter = Cutter()
    segments = (stream[a:b] for a, b in itertools.pairwise(edges))
    assert b"".join(cutter.feed(segment) for segment in segments) == stream


def test_one_byte_at_a_time_yields_each_message_when_it_is_complete() -> None:
    cutter = Cutter()
    whole = [block for at in range(len(EVENT)) if (block := cutter.feed(EVENT[at : at + 1]))]
    assert whole == [EVENT]
    assert event(whole[0].removesuffix(b"\r\n\r\n")).keys["CallerIDName"] == "张三"


def test_a_message_that_never_ends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_wire, "LONGEST_MESSAGE", 1000)
    cutter = Cutter()
    with pytest.raises(ValueError, match="does not speak AMI"):
        for _ in range(11):
            cutter.feed(b"x" * 100)


class CountingBuffer(bytearray):
    """Counts the bytes a search looks at."""

    searched = 0

    def rfind(self, sub: Any, start: Any = 0, end: Any = None) -> int:
        self.searched += len(self) - start
        return super().rfind(sub, start)


def test_cutting_a_large_reply_looks_at_each_byte_about_once() -> None:
    reply = b"Response: Success\r\n" + b"Output: line\r\n" * 300_000 + b"\r\n"
    assert len(reply) > 4_000_000
    cutter = Cutter()
    counting = cutter._held = CountingBuffer()
    segments = [reply[at : at + 1024] for at in range(0, len(reply), 1024)]
    blocks = [block for segment in segments if (block := cutter.feed(segment))]
    assert blocks == [reply]
    assert counting.searched <= len(reply) + 3 * len(segments)


def calls_made(lines: int) -> int:
    """Count the calls, Python's and C's, that parsing a reply of so many lines takes."""
    message = b"Response: Success\r\n" + b"Output: line\r\n" * lines
    calls = 0

    def count(frame: object, kind: str, argument: object) -> None:
        nonlocal calls
        calls += kind in {"call", "c_call"}

    sys.setprofile(count)
    try:
        parse(message)
    finally:
        sys.setprofile(None)
    return calls


def test_parsing_a_reply_takes_steps_in_proportion_to_its_lines() -> None:
    fixed = calls_made(0)
    assert calls_made(4000) - fixed == pytest.approx(4 * (calls_made(1000) - fixed), rel=0.01)


def test_values_of_a_large_reply_are_never_joined_while_it_is_read() -> None:
    """Joining them line by line is what made the package's own reading quadratic."""
    parsed = parse(b"Response: Success\r\n" + b"Output: line\r\n" * 1000 + b"End: 1")
    assert parsed is not None
    assert parsed.keys["Output"] == "line"
    assert parsed.keys.all("Output") == ["line"] * 1000


def test_an_action_is_written_with_its_id_first_and_lists_as_repeated_headers() -> None:
    asked = action("Originate", {"Channel": "Local/8001@seats", "Variable": ["A=1", "B=2"]})
    assert encode(asked, "id-1") == (
        b"Action: Originate\r\nActionID: id-1\r\nChannel: Local/8001@seats\r\n"
        b"Variable: A=1\r\nVariable: B=2\r\n\r\n"
    )


def test_variables_of_the_packages_action_are_written_too() -> None:
    asked = action("Originate", {})
    asked["名"] = "张三\u2028"
    assert encode(asked, "1").decode() == (
        "Action: Originate\r\nActionID: 1\r\nVariable: 名=张三\u2028\r\n\r\n"
    )


@pytest.mark.parametrize("mark", ["\r\n\r\nAction: Command", "\r", "\n", "\0"])
@pytest.mark.parametrize("place", ["name", "value", "item", "action", "variable"])
def test_a_line_break_or_nul_is_refused_wherever_it_stands(mark: str, place: str) -> None:
    bad = f"13800000001{mark}"
    asked = action(bad if place == "action" else "Setvar", {})
    match place:
        case "name":
            asked.keys[bad] = "x"
        case "value":
            asked.keys["Value"] = bad
        case "item":
            asked.keys["Variable"] = ["A=1", bad]
        case "variable":
            asked[bad] = "x"
    with pytest.raises(ValueError, match="AMI field") as refused:
        encode(asked, "1")
    assert place == "name" or "13800000001" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "Key: x", "Key:"])
def test_an_impossible_field_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a possible name"):
        encode(action("Setvar", {name: "x"}), "1")


def test_text_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(ValueError, match="Value: is not Unicode"):
        encode(action("Setvar", {"Value": "\ud800"}), "1")
