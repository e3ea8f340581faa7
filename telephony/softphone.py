"""A real SIP softphone (baresip) driven from Python: it registers, rings, talks and presses keys.

The demonstration, the tests and the bench use it to be a caller or a seat. One process per phone,
each with a private configuration, on loopback only: no STUN, no name look-ups, no sound card. It
must never touch a baresip that it did not start.

What it says is a steady tone from a file, what it hears is kept as wav files, so that a recording
of the call can be checked by tones (`telephony.tones`). A phone that must answer with a certain
SIP code, or not at all, is a `telephony.wirephone`: baresip 1.0 declines with 486 only.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from telephony.phonelog import Happened, PhoneError, PhoneLog
from telephony.tones import write_tone

_TONE_S = 300
"""Length of the tone; baresip 1.0 plays it once and drops the call at its end."""

_UDP, _TCP = socket.SOCK_DGRAM, socket.SOCK_STREAM
_PORTS = range(12000, 16000, 4)
_next_port = itertools.count(os.getpid() * 37)

_PLUGINS = ("aufile.so", "g711.so", "sndfile.so")
_APPLICATIONS = ("menu.so", "ctrl_tcp.so")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who the phone is. Without a password it does not register: a caller behind a trunk."""

    user: str
    server: str
    """`host:port`; the host is an address, names are never looked up."""
    password: str | None = None
    display: str = ""

    def line(self, answer: str) -> str:
        """The account in baresip's notation."""
        name = f'"{self.display}" ' if self.display else ""
        line = f"{name}<sip:{self.user}@{self.server}>;answermode={answer};audio_codecs=PCMA,PCMU"
        if self.password is None:
            return f"{line};regint=0"
        return f"{line};auth_user={self.user};auth_pass={self.password};regint=60"


class Softphone:
    """One running phone. Make it with `start`; `stop` ends its process and nothing else."""

    def __init__(
        self,
        directory: Path,
        account: Account,
        process: asyncio.subprocess.Process,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        sip_port: int,
    ) -> None:
        self.directory = directory
        self.account = account
        self.sip_port = sip_port
        self.log = PhoneLog(account.user)
        self._process = process
        self._reader, self._writer = streams
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._commands = 0
        self._gone = False
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(
        cls,
        directory: Path,
        *,
        account: Account,
        tone_hz: int = 440,
        answer: Literal["manual", "auto"] = "manual",
        rtp_ports: tuple[int, int] = (30000, 31999),
        deadline_s: float = 10.0,
    ) -> Softphone:
        """Start a phone whose files live in `directory` (made when missing).

        `tone_hz` is what it says, 0 for silence. Its ports are free ones. Raises PhoneError
        when baresip is missing or does not come up within `deadline_s`.
        """
        program = shutil.which("baresip")
        if program is None:
            raise PhoneError("baresip is not installed (Debian and Ubuntu: baresip-core)")
        modules = _modules_beside(Path(program))
        sip_port, control_port = _free_ports()
        directory.mkdir(parents=True, exist_ok=True)
        write_tone(directory / "tone.wav", tone_hz, _TONE_S)
        (directory / "config").write_text(
            _config(modules, sip_port, control_port, rtp_ports), encoding="utf-8"
        )
        with (directory / "baresip.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                program,
                "-f",
                str(directory.resolve()),
                cwd=directory,  # sndfile cuts file names at 127 bytes: all paths are relative
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            streams = await _connect(control_port, process, deadline_s)
        except (TimeoutError, PhoneError) as error:
            if process.returncode is None:
                process.kill()
                await process.wait()
            tail = (directory / "baresip.log").read_text(errors="replace")[-400:]
            raise PhoneError(f"baresip did not start: {error or 'too slow'}: {tail}") from error
        phone = cls(directory, account, process, streams, sip_port)
        try:
            # Not by an accounts file: the registration would be over before anybody listens.
            await phone._command("uanew", account.line(answer))
        except PhoneError:
            await phone.stop()
            raise
        return phone

    async def registered(self, deadline_s: float = 5.0) -> None:
        """Wait until the server has accepted the registration."""
        event = await self.expect("REGISTER_OK", "REGISTER_FAIL", deadline_s=deadline_s)
        if event.what == "REGISTER_FAIL":
            raise PhoneError(f"{self.account.user}: not registered: {event.detail.get('param')}")

    async def dial(self, target: str) -> None:
        """Call `user@host:port`; what comes of it arrives as events."""
        await self._command("dial", f"sip:{target}")

    async def press(self, keys: str) -> None:
        """Press telephone keys in the call, sent as RFC 4733 events within the audio."""
        for key in keys:
            await self._command("sndcode", key)

    async def answer(self) -> None:
        await self._command("accept")

    async def reject(self) -> None:
        """Decline the ringing call; baresip 1.0 says `486 Rejected`."""
        await self._command("hangup")

    async def hang_up(self) -> None:
        await self._command("hangup")

    async def expect(self, *kinds: str, deadline_s: float = 5.0) -> Happened:
        """The next of baresip's events of one of `kinds`; earlier ones are passed over for good.

        For example CALL_INCOMING, CALL_RINGING, CALL_ESTABLISHED, CALL_CLOSED, CALL_DTMF_START.
        Raises PhoneError, naming what happened instead, after `deadline_s`.
        """
        return await self.log.expect(*kinds, deadline_s=deadline_s)

    @property
    def heard(self) -> list[Path]:
        """What the phone heard, one wav per call in order of time; complete once a call closed."""
        return sorted(self.directory.glob("dump-*-dec.wav"))

    @property
    def pid(self) -> int:
        return self._process.pid

    async def stop(self) -> None:
        """End the process: politely (it unregisters), then for good."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(1):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        self._writer.close()
        await self._listening
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    async def _command(self, command: str, params: str | None = None) -> None:
        self._commands += 1
        token = str(self._commands)
        message = {"command": command, "token": token}
        if params is not None:
            message["params"] = params
        body = json.dumps(message, ensure_ascii=False).encode()
        if self._gone:
            raise PhoneError(f"{self.account.user}: the phone is gone")
        reply = self._replies[token] = asyncio.get_running_loop().create_future()
        self._writer.write(b"%d:%s," % (len(body), body))
        try:
            async with asyncio.timeout(5):
                await self._writer.drain()
                answer = await reply
        except (TimeoutError, ConnectionError) as error:
            raise PhoneError(f"{self.account.user}: {command}: no reply") from error
        finally:
            del self._replies[token]
        if not answer.get("ok"):
            raise PhoneError(f"{self.account.user}: {command}: {answer.get('data')}")

    async def _listen(self) -> None:
        try:
            while True:
                message = await _read_netstring(self._reader)
                if message.get("event"):
                    what = str(message.pop("type"))
                    self.log.add(what, {key: str(value) for key, value in message.items()})
                elif (waiting := self._replies.get(str(message.get("token")))) is not None:
                    waiting.set_result(message)
        except (asyncio.IncompleteReadError, ConnectionError):
            self._gone = True
            self.log.close()
            for waiting in self._replies.values():
                waiting.set_exception(ConnectionResetError("the phone is gone"))


def _config(modules: Path, sip_port: int, control_port: int, rtp_ports: tuple[int, int]) -> str:
    lines = [
        "poll_method epoll",
        f"sip_listen 127.0.0.1:{sip_port}",
        "net_interface 127.0.0.1",
        "dns_server 127.0.0.1:9",  # the discard port: a look-up fails instead of leaving
        "call_max_calls 1",
        "audio_source aufile,tone.wav",
        "audio_buffer 20-160",
        f"rtp_ports {rtp_ports[0]}-{rtp_ports[1]}",
        f"module_path {modules}",
        *(f"module {name}" for name in _PLUGINS),
        *(f"module_app {name}" for name in _APPLICATIONS),
        f"ctrl_tcp_listen 127.0.0.1:{control_port}",
    ]
    return "\n".join(lines) + "\n"


def _modules_beside(program: Path) -> Path:
    prefix = program.resolve().parent.parent
    for modules in (*prefix.glob("lib/baresip/modules"), *prefix.glob("lib/*/baresip/modules")):
        if all((modules / name).exists() for name in (*_PLUGINS, *_APPLICATIONS)):
            return modules
    raise PhoneError(f"baresip's modules {', '.join((*_PLUGINS, *_APPLICATIONS))} are not there")


def _free_ports() -> tuple[int, int]:
    """A SIP port, free for UDP and TCP and with its neighbour for TLS, and a control port.

    Below the ports that the system hands out by itself: those may be taken at any moment. Every
    phone of a process gets others, and processes begin in different places.
    """
    for _ in range((_PORTS.stop - _PORTS.start) // _PORTS.step):
        port = _PORTS[next(_next_port) % len(_PORTS)]
        wanted = ((_UDP, port), (_TCP, port), (_TCP, port + 1), (_TCP, port + 2))
        if all(_is_free(kind, number) for kind, number in wanted):
            return port, port + 2
    raise PhoneError(f"no free ports among {_PORTS.start}-{_PORTS.stop}")


def _is_free(kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


async def _connect(
    port: int, process: asyncio.subprocess.Process, deadline_s: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Its control port opens a moment after the start and tells nobody: try until it does."""
    async with asyncio.timeout(deadline_s):
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                if process.returncode is not None:
                    raise PhoneError(f"ended with status {process.returncode}") from None
                await asyncio.sleep(0.02)


async def _read_netstring(reader: asyncio.StreamReader) -> dict[str, Any]:
    size = int((await reader.readuntil(b":"))[:-1])
    body = (await reader.readexactly(size + 1))[:-1]
    # Display names arrive as the peer sent them: undecodable bytes must not end the phone.
    message: dict[str, Any] = json.loads(body.decode("utf-8", "replace"), strict=False)
    return message
