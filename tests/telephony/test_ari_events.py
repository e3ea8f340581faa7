"""ARI events: typed where we use them, `Unknown` where not, an error where broken."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest

from telephony import ari_events
from telephony.ari_events import Channel, StasisStart, Unknown, decode

CHANNEL = {
    "id": "leg-1",
    "name": "PJSIP/trunk-00000001",
    "state": "Ring",
    "caller": {"name": "张三", "number": "13800000001"},
    "dialplan": {"context": "calls", "exten": "12348", "priority": 1, "app_name": "Stasis"},
    "creationtime": "2026-11-22T08:00:00.250+0800",
    "channelvars": {"CALL": "c-1"},
}


def line(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def test_a_channel_comes_with_all_we_read() -> None:
    event = decode(
        line(
            type="StasisStart",
            timestamp="2026-11-22T00:00:00.300+0000",
            application="hotline",
            args=["in", "c-1"],
            channel=CHANNEL,
            asterisk_id="00:00",
        )
    )
    assert isinstance(event, StasisStart)
    assert event.args == ("in", "c-1")
    assert event.application == "hotline"
    assert event.timestamp == datetime(2026, 11, 22, 0, 0, 0, 300_000, tzinfo=UTC)
    channel = event.channel
    assert (channel.id, channel.state) == ("leg-1", "Ring")
    assert (channel.caller.name, channel.caller.number) == ("张三", "13800000001")
    assert (channel.dialplan.context, channel.dialplan.exten) == ("calls", "12348")
    assert channel.channelvars == {"CALL": "c-1"}
    assert channel.creationtime == datetime(2026, 11, 22, 0, 0, 0, 250_000, tzinfo=UTC)


@pytest.mark.parametrize("kind", sorted(t.__name__ for t in ari_events.Event.__subclasses__()))
def test_every_type_we_declare_can_arrive_with_its_required_fields_only(kind: str) -> None:
    least = {
        "channel": {"id": "leg-1"},
        "peer": {"id": "leg-2"} if kind == "Dial" else {"peer_status": "Reachable"},
        "playback": {"id": "p"},
        "recording": {"name": "r"},
        "bridge": {"id": "b"},
        "endpoint": {"technology": "PJSIP", "resource": "8001"},
        "contact_info": {"uri": "sip:x", "contact_status": "Reachable", "aor": "8001"},
        "device_state": {"name": "PJSIP/8001", "state": "INUSE"},
        "digit": "5",
    }
    fields = {field.name for field in msgspec.structs.fields(getattr(ari_events, kind))}
    event = decode(line(type=kind, **{k: v for k, v in least.items() if k in fields}))
    assert type(event).__name__ == kind


def test_a_type_we_do_not_use_is_unknown() -> None:
    assert decode(line(type="ChannelVarset", channel=17)) == Unknown("ChannelVarset")


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"garbage",
        b"[]",
        b"{}",
        b'{"type": 17}',
        line(type="StasisEnd"),
        line(type="StasisEnd", channel={"id": 17}),
        b'{"type":"StasisEnd","channel":{"id":17,"name":"\xff"}}',
    ],
)
def test_a_broken_line_is_an_error_that_holds_no_value(broken: bytes) -> None:
    with pytest.raises(msgspec.DecodeError) as error:
        decode(broken)
    assert "17" not in str(error.value)


def test_a_name_that_is_not_utf8_costs_no_caller() -> None:
    event = decode(
        b'{"type":"StasisStart","channel":{"id":"leg-1","caller":{"name":"a\xff\xfeb"}}}'
    )
    assert isinstance(event, StasisStart)
    assert (event.channel.id, event.channel.caller.name) == ("leg-1", "a\ufffd\ufffdb")


def test_events_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Channel("leg-1").state = "Up"  # type: ignore[misc]
