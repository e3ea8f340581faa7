"""The translation, on the real Asterisk's own words and on what is hard to make it say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from router import events as e
from telephony import ari_events as a
from telephony.translate import Leg, Lines, device_state, is_leg, leg_end, translate

TRANSCRIPTS = Path(__file__).parent / "transcripts"
CALL = "1700000000.1"
LEG = f"{CALL}-L1"
ARRIVED = e.CallArrived(CALL, "13800000001", "", "12348", "trunk-1")
RANG, ANSWERED = e.LegRinging(LEG), e.LegAnswered(LEG)
LEFT = e.CallerHungUp(CALL)
KEYS = tuple(e.KeyPressed(CALL, key) for key in "50*#")

# Recorded from Asterisk 22.10 without an event filter, while the contract suite ran on it.
STORIES: dict[str, tuple[e.Event, ...]] = {
    "keys": (ARRIVED, *KEYS, LEFT),
    "prompts": (
        ARRIVED,
        e.PlayEnded(CALL, f"{CALL}-P7.1"),
        e.PlayEnded(CALL, f"{CALL}-P7.2"),
        LEFT,
    ),
    "left-in-prompt": (ARRIVED, LEFT, e.PlayEnded(CALL, f"{CALL}-P1", ok=False)),
    "answered": (
        ARRIVED,
        RANG,
        ANSWERED,
        e.LegEnded(LEG, "hung_up"),
        e.PlayEnded(CALL, f"{CALL}-P1"),
        e.KeyPressed(CALL, "1"),
        LEFT,
    ),
    "rang-out": (ARRIVED, RANG, e.LegEnded(LEG, "no_answer"), LEFT),
    "gave-up": (ARRIVED, RANG, e.LegEnded(LEG, "no_answer", 19), LEFT),
    "declined": (ARRIVED, RANG, e.LegEnded(LEG, "rejected", 21), LEFT),
    "busy": (ARRIVED, e.LegEnded(LEG, "busy", 17), LEFT),
    "silent": (
        ARRIVED,
        e.LegEnded(LEG, "unreachable"),
        e.LegEnded(f"{CALL}-L2", "unreachable", 19),
        LEFT,
    ),
    "voicemail": (
        ARRIVED,
        *(e.KeyPressed(CALL, key) for key in "123"),
        LEFT,
        e.VoicemailRecorded(CALL, f"{CALL}-V1", f"{CALL}-V1.wav", 0.0),
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_a_transcript_is_told_once_and_in_order(name: str) -> None:
    lines = Lines()
    told = _retold(lines, name)
    assert told == list(STORIES[name])
    # Nothing is kept about a call that is over.
    assert lines == Lines()


def test_a_caller_handed_to_the_fallback_did_not_hang_up() -> None:
    lines = Lines(away={CALL})
    assert _retold(lines, "fallback") == [ARRIVED]
    assert lines == Lines()


def test_a_new_router_tells_the_ends_of_what_it_never_saw_begin() -> None:
    """After a restart nothing is remembered: `hung_up` or not is then the view's to say."""
    told = []
    lines = Lines(legs={LEG: Leg(rang=True, answered=True)})
    for line in _lines("answered"):
        event = a.decode(line)
        if isinstance(event, a.ChannelHangupRequest | a.StasisEnd | a.ChannelDestroyed):
            told.append(translate(lines, event))
    assert [event for event in told if event] == [e.LegEnded(LEG, "hung_up"), LEFT]


def test_a_lost_connection_is_forgotten_but_for_the_phones() -> None:
    lines = Lines(phones={"phone1": True}, holds={CALL}, ended={LEG}, away={CALL})
    lines.plays[CALL] = {f"{CALL}-P1"}
    lines.lost()
    assert lines == Lines(phones={"phone1": True})


@pytest.mark.parametrize(
    ("rang", "answered", "cause", "end"),
    [
        (False, False, 17, "busy"),
        (True, False, 17, "rejected"),  # rang, then 486: declined by hand
        (False, False, 21, "rejected"),  # 603 and 403
        (True, False, 21, "rejected"),
        (True, False, 19, "no_answer"),
        (True, False, 0, "no_answer"),
        (True, False, 16, "no_answer"),  # cancelled by us
        (False, False, 0, "unreachable"),
        (False, False, 16, "unreachable"),  # cancelled by us
        (False, False, 1, "unreachable"),
        (False, False, 3, "unreachable"),
        (False, False, 18, "unreachable"),
        (False, False, 19, "unreachable"),  # 480 at once
        (False, False, 20, "unreachable"),
        (False, False, 27, "unreachable"),
        (False, False, 102, "unreachable"),
        (True, False, 27, "unreachable"),  # rang, then its network went
        (True, True, 16, "hung_up"),
        (True, True, 0, "hung_up"),
        (False, True, 17, "hung_up"),
    ],
)
def test_how_a_leg_ended(rang: bool, answered: bool, cause: int, end: e.LegEnd) -> None:
    assert leg_end(Leg(rang, answered), cause) == end


def test_session_progress_counts_as_ringing_and_is_told_once() -> None:
    lines = Lines()
    peer = a.Channel(LEG)
    statuses = ("", "PROGRESS", "RINGING", "ANSWER")
    told = [translate(lines, a.Dial(peer=peer, dialstatus=status)) for status in statuses]
    assert told == [None, RANG, None, None]


def test_a_key_told_twice_within_one_press_is_one_key() -> None:
    """Seen on Asterisk 22.10: the release of a 180 ms press came again 17 ms later."""
    lines = Lines()
    start = datetime(2026, 11, 22, tzinfo=UTC)

    def press(digit: str, up_ms: int, duration_ms: int = 180) -> e.Event | None:
        at = start + timedelta(milliseconds=up_ms)
        channel = a.Channel(CALL)
        return translate(
            lines,
            a.ChannelDtmfReceived(
                channel=channel, digit=digit, duration_ms=duration_ms, timestamp=at
            ),
        )

    assert press("2", 1000) == e.KeyPressed(CALL, "2")
    assert press("2", 1017) is None
    assert press("2", 1300) == e.KeyPressed(CALL, "2")  # pressed again
    assert press("3", 1310) == e.KeyPressed(CALL, "3")


def test_keys_of_a_seat_are_not_the_callers() -> None:
    event = a.ChannelDtmfReceived(channel=a.Channel(LEG), digit="1")
    assert translate(Lines(), event) is None


def test_a_channel_that_came_for_something_else_is_no_call() -> None:
    event = a.StasisStart(channel=a.Channel("1700000000.9"), args=("test",))
    assert translate(Lines(), event) is None


@pytest.mark.parametrize(
    ("args", "exten", "dialled"),
    [
        (("caller", "trunk-1", "02812348"), "s", "02812348"),
        (("caller", "trunk-1"), "12348", "12348"),
        (("caller", "trunk-1"), "s", ""),
        (("caller",), "+8612348", "+8612348"),
    ],
)
def test_the_number_dialled(args: tuple[str, ...], exten: str, dialled: str) -> None:
    channel = a.Channel(CALL, dialplan=a.Dialplan(exten=exten))
    told = translate(Lines(), a.StasisStart(channel=channel, args=args))
    assert isinstance(told, e.CallArrived)
    assert told.dialled == dialled


def test_a_failed_recording_says_so() -> None:
    event = a.RecordingFailed(recording=a.Recording(f"{CALL}-V1", format="wav", state="failed"))
    assert translate(Lines(), event) == e.VoicemailRecorded(
        CALL, f"{CALL}-V1", f"{CALL}-V1.wav", 0.0, ok=False
    )


def test_other_peoples_prompts_and_recordings_say_nothing() -> None:
    for id in ("beep", f"{CALL}-V1-beep"):
        assert translate(Lines(), a.PlaybackFinished(playback=a.Playback(id))) is None
    assert translate(Lines(), a.RecordingFinished(recording=a.Recording("snoop"))) is None


def test_phones_are_told_when_they_change() -> None:
    lines = Lines()
    told = [
        device_state(lines, {"Device": device, "State": state})
        for device, state in (
            ("PJSIP/phone1", "NOT_INUSE"),
            ("PJSIP/phone1", "RINGING"),
            ("PJSIP/phone1", "INUSE"),
            ("PJSIP/phone1", "UNKNOWN"),
            ("PJSIP/phone1", "UNAVAILABLE"),
            ("PJSIP/phone1", "INVALID"),
            ("PJSIP/trunk-1", "UNAVAILABLE"),
            ("Queue:q-general", "INUSE"),
        )
    ]
    assert [event for event in told if event] == [
        e.PhoneChanged("phone1", True),
        e.PhoneChanged("phone1", False),
    ]


@pytest.mark.parametrize(
    ("id", "leg"),
    [("a-1.2-L1", True), ("1.2-L10", True), ("1.2", False), ("a-1.2", False), ("1.2-L", False)],
)
def test_whose_a_channel_is_stands_in_its_id(id: str, leg: bool) -> None:
    assert is_leg(id) is leg


def _lines(name: str) -> list[bytes]:
    return (TRANSCRIPTS / f"exchange-{name}.jsonl").read_bytes().splitlines()


def _retold(lines: Lines, name: str) -> list[e.Event]:
    told = [translate(lines, a.decode(line)) for line in _lines(name)]
    return [event for event in told if event is not None]
