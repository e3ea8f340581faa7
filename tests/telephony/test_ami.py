"""The AMI client against a byte-level server: every known defect of the stock client is absent."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from telephony import ami_pipe, ami_wire
from telephony.ami import Ami, AmiEvent
from telephony.ami_socket import AmiSocket
from telephony.faults import AmiLost, AmiRefused, AmiTimeout
from tests.telephony.ami_server import AmiServer, ami_server, refusal, silence, success

NEWCHANNEL = "Event: Newchannel\r\nCallerIDName: {}\r\nLinkedid: 1.1\r\n\r\n"


class Client:
    """An Ami with what it reported."""

    def __init__(self, ami: Ami, events: asyncio.Queue[AmiEvent]) -> None:
        self.ami = ami
        self.events = events

    async def event(self, name: str) -> AmiEvent:
        """Wait for the next event of this name."""
        async with asyncio.timeout(10):
            while True:
                event = await self.events.get()
                if event.name == name:
                    return event


@asynccontextmanager
async def running(
    server: AmiServer, on_event: Callable[[AmiEvent], None] | None = None, **settings: Any
) -> AsyncIterator[Client]:
    """Run a client until the block ends; then no thread and no task of it may be left."""
    threads = set(threading.enumerate())
    events: asyncio.Queue[AmiEvent] = asyncio.Queue()
    ami = Ami(
        "127.0.0.1",
        server.port,
        "tests",
        "secret",
        on_event=on_event or events.put_nowait,
        backoff_s=(0.01, 0.02),
        **settings,
    )
    run = asyncio.create_task(ami.run())
    try:
        yield Client(ami, events)
    finally:
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        # The loop's own pool resolves addresses and stays; the client's two threads must not.
        left = {t.name for t in set(threading.enumerate()) - threads}
        assert not {name for name in left if name.startswith("ami-")}
        ours = ("Link.", "Ami.run", "Ami._", "AmiSocket.")
        assert not [name for name in tasks_running() if name.startswith(ours)]


def tasks_running() -> list[str]:
    """Name the coroutines that run as tasks."""
    return [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]


@pytest.fixture
async def server() -> AsyncIterator[AmiServer]:
    async with ami_server() as served:
        yield served


async def test_it_signs_in_and_gets_replies(server: AmiServer) -> None:
    async with running(server) as client:
        await client.ami.up(5)
        assert client.ami.connected
        reply = await client.ami.request("Ping")
        assert reply.fields["Ping"] == "Pong"
        assert reply.events == ()
        login = dict(line.split(b": ") for line in server.actions[0].split(b"\r\n"))
        assert (login[b"Username"], login[b"Secret"]) == (b"tests", b"secret")
    assert not client.ami.connected


async def test_an_idle_line_outlives_every_timeout_of_sockets(
    server: AmiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Defect 1: the stock reader dies of its socket's timeout. A default timeout for all new
    # sockets stands in for it, and the idle time is several times as long.
    socket.setdefaulttimeout(0.05)
    try:
        async with running(server, ping_every_s=60) as client:
            await client.ami.up(5)
            await asyncio.sleep(0.3)
            assert (await client.ami.request("Ping")).fields["Ping"] == "Pong"
            assert len(server.connections) == 1
    finally:
        socket.setdefaulttimeout(None)


@pytest.mark.parametrize("end", [AmiServer.reset, AmiServer.hang_up])
async def test_it_connects_again_and_reads_the_state_again(
    server: AmiServer, end: Callable[[AmiServer], None]
) -> None:
    # Defect 2: the stock AutoReconnect never recovers from a reset.
    ups: asyncio.Queue[str] = asyncio.Queue()
    downs: list[bool] = []
    client: Client

    async def read_again() -> None:
        ups.put_nowait((await client.ami.request("Ping")).fields["Ping"])

    async with running(server, on_up=read_again, on_down=lambda: downs.append(True)) as client:
        for lost in range(3):
            assert await asyncio.wait_for(ups.get(), 5) == "Pong"
            await client.ami.up(5)
            assert len(downs) == lost
            end(server)
        assert await asyncio.wait_for(ups.get(), 5) == "Pong"
    assert len(downs) == 3


@pytest.mark.parametrize("end", [AmiServer.reset, AmiServer.hang_up])
async def test_a_loss_fails_what_waits_and_repeats_nothing(
    server: AmiServer, end: Callable[[AmiServer], None]
) -> None:
    server.answers["Originate"] = silence
    async with running(server) as client:
        await client.ami.up(5)
        waiting = asyncio.create_task(client.ami.request("Originate", timeout_s=60))
        await server.received("Originate")
        end(server)
        with pytest.raises(AmiLost):
            await asyncio.wait_for(waiting, 5)
        await server.received("Login")
        await client.ami.up(5)
        await client.ami.request("Ping")
    sent = b"".join(server.actions)
    assert sent.count(b"Action: Originate") == 1


async def test_without_a_connection_a_request_fails_at_once(server: AmiServer) -> None:
    ami = Ami("127.0.0.1", server.port, "tests", "secret", on_event=print)
    with pytest.raises(AmiLost, match="not connected"):
        await ami.request("Ping")


async def test_an_exception_in_a_listener_costs_one_log_line(server: AmiServer) -> None:
    # Defect 3. The text of the exception is the caller's name and stays out of the log.
    names: asyncio.Queue[str] = asyncio.Queue()

    def on_event(event: AmiEvent) -> None:
        if event.name == "Newchannel":
            names.put_nowait(event.keys["CallerIDName"])
            raise KeyError(event.keys["CallerIDName"])

    with capture_logs() as logs:
        async with running(server, on_event) as client:
            await client.ami.up(5)
            await server.say((NEWCHANNEL.format("张三") + NEWCHANNEL.format("李四")).encode())
            assert [await asyncio.wait_for(names.get(), 5) for _ in range(2)] == ["张三", "李四"]
            await client.ami.request("Ping")
    failed = [line for line in logs if line["event"] == "ami event callback failed"]
    assert len(failed) == 2
    assert "KeyError at test_ami.py" in failed[0]["error"]
    assert "张三" not in repr(logs)


async def test_an_abandoned_request_leaves_the_reader_alone(server: AmiServer) -> None:
    # Defects 4 and 12: what happens to one request (a callback that raises, a timeout, a
    # cancelled caller) is no matter of the reader's, and leaves nothing behind.
    server.answers["Slow"] = silence
    async with running(server) as client:
        await client.ami.up(5)
        given_up = asyncio.create_task(client.ami.request("Slow", timeout_s=60))
        await server.received("Slow")
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        with pytest.raises(AmiTimeout, match="Slow: no reply"):
            await client.ami.request("Slow", timeout_s=0.01)
        late = [dict(line.split(b": ") for line in a.split(b"\r\n")) for a in server.actions[-2:]]
        for action in late:
            await server.say(success()(action[b"ActionID"].decode()))
        assert (await client.ami.request("Ping")).fields["Ping"] == "Pong"
        assert client.ami._socket is not None
        assert not client.ami._socket._futures


@pytest.mark.parametrize("mark", ["\r\n\r\nAction: Command\r\nCommand: core stop now", "\n", "\0"])
async def test_an_action_cannot_be_smuggled_into_a_value(server: AmiServer, mark: str) -> None:
    # Defect 5.
    async with running(server) as client:
        await client.ami.up(5)
        for fields in ({"Value": f"x{mark}"}, {f"x{mark}": "y"}, {"Variable": ["A=1", f"x{mark}"]}):
            with pytest.raises(ValueError, match="AMI field"):
                await client.ami.request("Setvar", fields)
        await client.ami.request("Ping")
    names = [action.split(b"\r\n")[0] for action in server.actions]
    assert names == [b"Action: Login", b"Action: Ping"]


@pytest.mark.parametrize("mark", ["\u2028", "\x0b", "\x85", "\n"])
async def test_a_callers_name_overwrites_no_header(server: AmiServer, mark: str) -> None:
    # Defect 6.
    name = f"张{mark}Linkedid: spoofed"
    async with running(server) as client:
        await client.ami.up(5)
        await server.say(NEWCHANNEL.format(name).encode())
        event = await client.event("Newchannel")
    assert event.keys == {"CallerIDName": name, "Linkedid": "1.1"}


async def test_repeated_and_unspaced_headers_arrive(server: AmiServer) -> None:
    # Defect 7.
    server.answers["Getconfig"] = success("Line: a", "Line: b", "Tight:c", "Empty:")
    async with running(server) as client:
        await client.ami.up(5)
        await server.say(b"Event: X\r\nChanVariable: A=1\r\nChanVariable: B=2\r\nTight:c\r\n\r\n")
        event = await client.event("X")
        fields = (await client.ami.request("Getconfig")).fields
    assert event.keys.all("ChanVariable") == ["A=1", "B=2"]
    assert event.keys["Tight"] == "c"
    assert fields.all("Line") == ["a", "b"]
    assert (fields["Tight"], fields["Empty"]) == ("c", "")


def listing(*items: str) -> Callable[[str], bytes]:
    """Answer with a list of one event per item, then the event that completes it."""

    def answer(action_id: str) -> bytes:
        head = success("EventList: start")(action_id)
        members = "".join(
            f"Event: QueueMember\r\nName: {item}\r\nActionID: {action_id}\r\n\r\n" for item in items
        )
        tail = f"Event: QueueStatusComplete\r\nActionID: {action_id}\r\nEventList: Complete\r\n\r\n"
        return head + members.encode() + tail.encode()

    return answer


async def test_a_list_returns_with_its_reply_and_is_not_reported_as_events(
    server: AmiServer,
) -> None:
    # Defect 8.
    server.answers["QueueStatus"] = listing("张三", "李四")
    async with running(server) as client:
        await client.ami.up(5)
        reply = await client.ami.request("QueueStatus")
        await server.say(NEWCHANNEL.format("王五").encode())
        await client.event("Newchannel")
        assert [event.keys.get("Name") for event in reply.events] == ["张三", "李四", None]
        assert reply.events[-1].name == "QueueStatusComplete"
        assert client.events.empty()


async def test_two_lists_and_other_events_may_be_interleaved(server: AmiServer) -> None:
    server.answers["QueueStatus"] = silence
    async with running(server) as client:
        await client.ami.up(5)
        asked = [asyncio.create_task(client.ami.request("QueueStatus")) for _ in range(2)]
        ids = []
        for _ in asked:
            lines = (await server.received("QueueStatus")).split(b"\r\n")
            ids.append(lines[1].removeprefix(b"ActionID: ").decode())
        parts = [listing(f"list {n}")(i).split(b"\r\n\r\n") for n, i in enumerate(ids)]
        # Another program's dial with an id as plain as a counter's, which everyone is told of.
        plain = ids[0].rpartition("-")[2]
        foreign = f"Event: OriginateResponse\r\nActionID: {plain}\r\nResponse: Failure".encode()
        for first, second in zip(*parts, strict=True):
            await server.say(b"\r\n\r\n".join([part for part in (first, second, foreign) if part]))
            await server.say(b"\r\n\r\n")
        replies = await asyncio.gather(*asked)
        assert [[e.keys.get("Name") for e in r.events] for r in replies] == [
            ["list 0", None],
            ["list 1", None],
        ]
        for _ in parts[0][:-1]:
            assert (await client.event("OriginateResponse")).keys["ActionID"] == plain


async def test_a_cancelled_list_and_an_error_are_refusals(server: AmiServer) -> None:
    def cancelled(action_id: str) -> bytes:
        end = f"Event: End\r\nActionID: {action_id}\r\nEventList: cancelled\r\n\r\n"
        return success("EventList: start")(action_id) + end.encode()

    server.answers["Cancelled"] = cancelled
    server.answers["QueueAdd"] = refusal("Unable to add interface to queue: No such queue")
    async with running(server) as client:
        await client.ami.up(5)
        with pytest.raises(AmiRefused, match="list cancelled"):
            await client.ami.request("Cancelled")
        with pytest.raises(AmiRefused, match="No such queue") as refused:
            await client.ami.request("QueueAdd")
    assert (refused.value.action, refused.value.message) == (
        "QueueAdd",
        "Unable to add interface to queue: No such queue",
    )


async def test_a_large_action_leaves_whole_and_no_other_gets_into_it(server: AmiServer) -> None:
    # Defect 9: the stock client delivered 32,741 of 3,000,029 bytes and said nothing.
    async with running(server, ping_every_s=60) as client:
        await client.ami.up(5)
        server.reading.clear()
        await client.ami.request("Ping")
        large = {"Variable": [f"V{n}={'值' * 330}" for n in range(3000)]}
        first = asyncio.create_task(client.ami.request("Setvar", large, timeout_s=60))
        others = [asyncio.create_task(client.ami.request("Ping", timeout_s=60)) for _ in range(20)]
        # A cancelled caller must not cut short what is on its way either.
        second = asyncio.create_task(client.ami.request("Setvar", large, timeout_s=60))
        await asyncio.wait({first}, timeout=0.05)
        first.cancel()
        server.reading.set()
        await asyncio.gather(second, *others)
    sent = [action for action in server.actions if action.startswith(b"Action: Setvar")]
    assert len(sent) == 2
    for action in sent:
        assert len(action) > 2_900_000
        assert [line.split(b": ", 1)[1].decode() for line in action.split(b"\r\n")[2:]] == [
            *large["Variable"]
        ]


async def test_closing_does_not_wait_for_a_peer_that_does_not_read(server: AmiServer) -> None:
    async with running(server, ping_every_s=60) as client:
        await client.ami.up(5)
        server.reading.clear()
        await client.ami.request("Ping")
        large = {"Variable": ["x" * 1000] * 8000}
        stuck = asyncio.create_task(client.ami.request("Setvar", large, timeout_s=60))
        await asyncio.wait({stuck}, timeout=0.05)
        assert not stuck.done()
    with pytest.raises(AmiLost):
        await asyncio.wait_for(stuck, 5)
    server.reading.set()


async def test_a_four_megabyte_reply_arrives(server: AmiServer) -> None:
    # Defect 10; that it takes linear time is shown in test_ami_wire by counting steps.
    lines = [f"Output: {n:06} 张三{' ' * 30}" for n in range(85_000)]
    answer = success(*lines)
    assert len(answer("1")) > 4_000_000
    server.answers["Command"] = answer
    async with running(server) as client:
        await client.ami.up(5)
        output = (await client.ami.request("Command", timeout_s=30)).output
    assert len(output) == 85_000
    assert [output[0], output[-1]] == [lines[n].removeprefix("Output: ") for n in (0, -1)]


async def test_nothing_it_calls_is_deprecated(server: AmiServer) -> None:
    # Defect 11: under -W error the stock client's future deadlocks on notifyAll().
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        async with running(server) as client:
            await client.ami.up(5)
            await asyncio.gather(*(client.ami.request("Ping") for _ in range(5)))
    assert warned == []


async def test_a_program_that_makes_warnings_errors_gets_its_reply(server: AmiServer) -> None:
    program = f"""
import asyncio
from telephony.ami import Ami

async def main() -> None:
    ami = Ami("127.0.0.1", {server.port}, "tests", "secret", on_event=lambda event: None)
    run = asyncio.create_task(ami.run())
    await ami.up(10)
    print((await ami.request("Ping")).fields["Ping"])
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)

asyncio.run(main(), debug=True)
"""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-c", program),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, err.decode()
    assert b"Pong" in out


async def test_one_byte_segments_lose_no_character(
    server: AmiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_pipe, "SEGMENT", 1)
    server.answers["QueueStatus"] = listing("张三", "李四")
    async with running(server) as client:
        await client.ami.up(5)
        await server.say(NEWCHANNEL.format("张三李四𠮷").encode())
        assert (await client.event("Newchannel")).keys["CallerIDName"] == "张三李四𠮷"
        reply = await client.ami.request("QueueStatus")
    assert [event.keys.get("Name") for event in reply.events] == ["张三", "李四", None]


async def test_events_keep_their_order(server: AmiServer) -> None:
    async with running(server) as client:
        await client.ami.up(5)
        for block in range(20):
            names = (NEWCHANNEL.format(block * 500 + n) for n in range(500))
            await server.say("".join(names).encode())
        got = [(await client.event("Newchannel")).keys["CallerIDName"] for _ in range(10_000)]
    assert got == [str(n) for n in range(10_000)]


async def test_a_batch_wakes_the_loop_once() -> None:
    class Burst(ami_pipe.Pipe):
        """Gives a hundred segments at once and then the end."""

        def __init__(self) -> None:
            self.segments = [NEWCHANNEL.format(n).encode() for n in range(100)]

        def receive(self) -> bytes:
            return self.segments.pop(0) if self.segments else b""

        def hang_up(self) -> None:
            self.segments.clear()

        def close(self) -> None:
            pass

    events: list[AmiEvent] = []
    line = AmiSocket("127.0.0.1", 1, on_event=events.append)
    line._pipe = Burst()
    line._pipe.segments.insert(0, ami_wire.END.join([b"Asterisk Call Manager/11.0.0\r\n", b""]))
    woken: list[str] = []
    loop = asyncio.get_running_loop()
    real = loop.call_soon_threadsafe

    def counted(callback: Callable[..., Any], *args: Any, **options: Any) -> Any:
        woken.append(callback.__name__)
        return real(callback, *args, **options)

    loop.call_soon_threadsafe = counted  # type: ignore[method-assign,assignment]
    try:
        reader = threading.Thread(target=line.listen)
        reader.start()
        reader.join()  # the loop is held up meanwhile, as by a long step of the program
    finally:
        loop.call_soon_threadsafe = real  # type: ignore[method-assign]
    assert woken == ["_drain", "_ended"]
    with pytest.raises(AmiLost):
        await line.lost()
    line.disconnect()
    assert [event.keys["CallerIDName"] for event in events] == [str(n) for n in range(100)]


async def test_a_frozen_asterisk_is_noticed(server: AmiServer) -> None:
    server.answers["Ping"] = silence
    with capture_logs() as logs:
        async with running(server, ping_every_s=0.01, ping_within_s=0.05) as client:
            await client.ami.up(5)
            first = await server.received("Ping")
            while len(server.connections) < 2:
                await server.received("Login")
            assert first
    reasons = [line["reason"] for line in logs if line["event"] == "pbx link down"]
    assert reasons[0] == "AMI Ping: no reply within 0.05 s"


async def test_after_a_loss_it_is_not_up_and_tells_why_once(server: AmiServer) -> None:
    with capture_logs() as logs:
        async with running(server) as client:
            await client.ami.up(5)
            await server.received("Login")
            server.answers["Login"] = refusal("Authentication failed")
            server.reset()
            for _ in range(3):
                await server.received("Login")
            assert not client.ami.connected
            with pytest.raises(AmiLost, match="Authentication failed"):
                await client.ami.up(0.01)
            with pytest.raises(AmiLost, match="not connected"):
                await client.ami.request("Ping")
    reasons = [line["reason"] for line in logs if line["event"] == "pbx link down"]
    assert len(reasons) == 2
    assert reasons[1] == "AMI Login refused: Authentication failed"


async def test_a_refused_port_is_tried_again_until_it_opens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = AmiServer()
        closed.port = taken.getsockname()[1]
        async with running(closed) as client:
            with pytest.raises(AmiLost, match="Connect call failed"):
                await client.ami.up(0.05)


async def test_a_peer_that_is_not_ami_is_left(server: AmiServer) -> None:
    server.banner = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    async with running(server) as client:
        await server.received("Login")
        await server.received("Login")
        with pytest.raises(AmiLost, match="does not greet like AMI"):
            await client.ami.up(0.01)


async def test_a_peer_that_never_ends_a_message_is_left(
    server: AmiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_wire, "LONGEST_MESSAGE", 1000)
    async with running(server) as client:
        await client.ami.up(5)
        await server.received("Login")
        await server.say(b"x" * 2000)
        await server.received("Login")


async def test_it_is_up_only_when_asterisk_has_booted_and_the_state_is_read(
    server: AmiServer,
) -> None:
    server.answers["Login"] = success("Message: in")
    read = asyncio.Event()
    going = asyncio.Event()

    async def read_again() -> None:
        read.set()
        await going.wait()

    async with running(server, on_up=read_again) as client:
        await server.received("Login")
        await server.say(b"Event: Other\r\n\r\n")
        await client.event("Other")
        assert not client.ami.connected
        await server.say(b"Event: FullyBooted\r\n\r\n")
        await asyncio.wait_for(read.wait(), 5)
        assert client.ami.connected
        with pytest.raises(AmiLost):
            await client.ami.up(0.01)
        going.set()
        await client.ami.up(5)


@pytest.mark.parametrize("error", [AmiRefused("QueueStatus", "no"), KeyError("张三")])
async def test_a_state_that_could_not_be_read_is_read_again(
    server: AmiServer, error: Exception
) -> None:
    failures = [error, error]

    async def read_again() -> None:
        if failures:
            raise failures.pop()

    with capture_logs() as logs:
        async with running(server, on_up=read_again) as client:
            await client.ami.up(5)
    assert len(server.connections) == 3
    assert "张三" not in repr(logs)


async def test_an_error_in_on_down_does_not_end_the_reconnecting(server: AmiServer) -> None:
    def on_down() -> None:
        raise KeyError("x")

    async with running(server, on_down=on_down) as client:
        await client.ami.up(5)
        await server.received("Login")
        server.reset()
        await server.received("Login")
        await client.ami.up(5)


async def test_tls(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    making = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-nodes", "-subj", "/CN=pbx", "-addext", "subjectAltName=IP:127.0.0.1"),
        *("-days", "2", "-keyout", str(key), "-out", str(certificate)),
        stderr=subprocess.DEVNULL,
    )
    assert await making.wait() == 0
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with ami_server(ours) as server:
        server.answers["Command"] = success(*(f"Output: {n}" for n in range(100_000)))
        async with running(server, tls=trusting) as client:
            await client.ami.up(10)
            large = {"Variable": ["x" * 1000] * 3000}
            asked = [client.ami.request("Setvar", large, timeout_s=30)]
            asked += [client.ami.request("Command", timeout_s=30) for _ in range(3)]
            replies = await asyncio.gather(*asked)
            assert [len(reply.output) for reply in replies] == [0, 100_000, 100_000, 100_000]
        async with running(server, tls=ssl.create_default_context()) as distrusting:
            with pytest.raises(AmiLost, match="CERTIFICATE_VERIFY_FAILED"):
                await distrusting.ami.up(0.5)
