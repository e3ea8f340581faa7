"""Our own Asterisk: boots clean, is found again, ends, and never meets another program."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from config.model import Paths, Settings
from config.words import TONGUES
from telephony.pbx import PrivatePbx
from telephony.phonelog import PhoneError
from telephony.places import Places
from telephony.problem import PbxProblem
from telephony.process import end, ended, pid_of, runs, spawn
from telephony.program import find_program, program_in
from telephony.provision import PhoneAccount, apply_phones, phone_ha1
from telephony.secrets import kept_secrets
from telephony.softphone import Account
from telephony.wirephone import WirePhone
from tests.pbx import PHONES, RunningPbx, accounts, start_pbx, test_settings, until
from tests.telephony.callers import Callers

pytestmark = pytest.mark.pbx


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hotline-") as directory:
        yield Path(directory)


@pytest.fixture
def own(data: Path) -> Iterator[RunningPbx]:
    """An Asterisk of this test alone."""
    running = start_pbx(data)
    try:
        yield running
    finally:
        running.pbx.stop()


def test_it_boots_without_a_line_of_error_or_warning(own: RunningPbx) -> None:
    assert "WARNING" not in own.log()
    assert "ERROR" not in own.log()
    console = (own.places.log / "console.log").read_text()
    assert not re.search("WARNING|ERROR|Unable", console)


def test_every_application_and_function_of_the_dialplan_is_loaded(own: RunningPbx) -> None:
    dialplan = (own.places.etc / "extensions.conf").read_text()
    steps = re.findall(r"(?:=> n(?:\(\w+\))?|,1),(\w+)\(", dialplan)
    functions = re.findall(r"\$\{([A-Z_]+)\(", dialplan) + re.findall(r"Set\(([A-Z]+)\(", dialplan)
    assert {"Queue", "Record", "MixMonitor", "Stasis", "QueueLog"} <= set(steps)
    assert {"URIENCODE", "FILTER", "QUEUE_EXISTS"} <= set(functions)
    for step in sorted(set(steps)):
        assert "[Synopsis]" in _cli(own, f"core show application {step}"), step
    for function in sorted(set(functions)):
        assert "[Synopsis]" in _cli(own, f"core show function {function}"), function


def test_its_files_are_its_owners_only(own: RunningPbx) -> None:
    open_to_others = [
        path
        for path in (own.places.etc, own.places.pbx, own.places.recordings, own.places.log)
        if path.stat().st_mode & 0o077
    ]
    assert open_to_others == []


def test_a_second_start_finds_it_running(own: RunningPbx) -> None:
    pid = own.pbx.pid()
    assert own.pbx.status().ready
    (own.places.etc / "extensions.conf").unlink()  # the tests' own part of it
    assert _again(own.settings).start(accounts(PHONES), watchdog=False) == "outdated"
    assert _again(own.settings).start(accounts(PHONES), watchdog=False) == "running"
    assert own.pbx.pid() == pid


def test_a_settings_change_that_needs_a_restart_is_told(own: RunningPbx) -> None:
    own.pbx.start(accounts(PHONES), watchdog=False)
    queues = msgspec.structs.replace(
        own.settings, line=msgspec.structs.replace(own.settings.line, services=())
    )
    assert _again(queues).start(accounts(PHONES), watchdog=False) == "running"
    assert "q-labour" not in _cli(own, "queue show")
    codecs = msgspec.structs.replace(
        queues, sip=msgspec.structs.replace(queues.sip, codecs=("alaw",))
    )
    assert _again(codecs).start(accounts(PHONES), watchdog=False) == "outdated"


def test_a_killed_asterisk_is_noticed_and_started_again(own: RunningPbx) -> None:
    pid = own.pbx.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert ended(pid, 5.0)
    assert own.pbx.status().pid is None
    assert own.pbx.start(accounts(PHONES), watchdog=False) == "started"
    assert own.pbx.pid() != pid


def test_stop_ends_it_and_a_second_stop_finds_nothing(own: RunningPbx) -> None:
    pid = own.pbx.pid()
    assert pid is not None
    own.pbx.start_watchdog()
    watchdog = own.pbx.watchdog_pid()
    assert watchdog is not None
    assert own.pbx.stop()
    assert not Path(f"/proc/{pid}").exists()
    assert not Path(f"/proc/{watchdog}").exists()
    assert not own.pbx.stop()


def test_two_stand_side_by_side(own: RunningPbx) -> None:
    with tempfile.TemporaryDirectory(prefix="hotline-") as directory:
        other = start_pbx(Path(directory))
        try:
            assert other.pbx.pid() != own.pbx.pid()
        finally:
            other.pbx.stop()
    assert own.pbx.status().ready


def test_a_stale_pid_file_names_nobody(data: Path) -> None:
    pid_file = data / "asterisk.pid"
    for stale in (f"{os.getpid()}\n", "999999999\n", "x", ""):
        pid_file.write_text(stale)
        assert pid_of(pid_file, str(data / "asterisk.conf")) is None


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("sip.port", socket.SOCK_DGRAM),
        ("pbx.http_port", socket.SOCK_STREAM),
        ("pbx.ami_port", socket.SOCK_STREAM),
    ],
)
def test_a_taken_port_is_told_by_its_setting(
    data: Path, field: str, kind: socket.SocketKind
) -> None:
    section, key = field.split(".")
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        settings = test_settings(data)
        part = msgspec.structs.replace(getattr(settings, section), **{key: port})
        with pytest.raises(PbxProblem) as refused:
            _with_music(msgspec.structs.replace(settings, **{section: part})).start([])
    assert refused.value.code == "port-taken"
    for tongue in TONGUES:
        assert field in refused.value.text(tongue)
        assert str(port) in refused.value.text(tongue)


def test_an_address_of_another_machine_is_told(data: Path) -> None:
    settings = test_settings(data)
    sip = msgspec.structs.replace(settings.sip, host="192.0.2.1")
    with pytest.raises(PbxProblem, match=r"sip\.host") as refused:
        _with_music(msgspec.structs.replace(settings, sip=sip)).start([])
    assert refused.value.code == "no-address"


def test_without_hold_music_it_does_not_start(data: Path) -> None:
    settings = test_settings(data)
    with pytest.raises(PbxProblem) as refused:
        _again(settings).start([])
    assert refused.value.code == "no-hold-music"


def test_an_asterisk_that_ends_at_once_is_told_with_its_last_word(data: Path) -> None:
    pbx = _with_music(test_settings(data))
    broken = msgspec.structs.replace(
        pbx._program, argv=("/bin/sh", "-c", "echo this is why >&2; exit 1")
    )
    with pytest.raises(PbxProblem, match="this is why") as refused:
        PrivatePbx(pbx.settings, pbx.secrets, pbx.places, broken).start([])
    assert refused.value.code == "died"


def test_a_root_that_is_not_whole_is_told(data: Path) -> None:
    with pytest.raises(PbxProblem) as refused:
        program_in(data)
    assert refused.value.code == "incomplete"
    named = msgspec.structs.replace(test_settings(data), paths=Paths(asterisk_root=str(data)))
    with pytest.raises(PbxProblem):
        find_program(named, Places(data))


def test_an_asterisk_on_the_path_is_used_and_an_old_one_refused(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("sbin", "lib/asterisk/modules", "share/asterisk/documentation"):
        (data / part).mkdir(parents=True)
    asterisk = data / "sbin" / "asterisk"
    monkeypatch.setenv("PATH", f"{data / 'sbin'}:/usr/bin:/bin")
    settings = msgspec.structs.replace(test_settings(data), paths=Paths(data=str(data)))
    for version, code in (("20.6.0~dfsg", ""), ("18.9.0", "too-old"), ("certified/20.7", "")):
        asterisk.write_text(f"#!/bin/sh\necho Asterisk {version}\n")
        asterisk.chmod(0o755)
        if code:
            with pytest.raises(PbxProblem) as refused:
                find_program(settings, Places(data))
            assert refused.value.code == code
        else:
            program = find_program(settings, Places(data))
            assert program.argv == (str(asterisk),)
            assert program.modules == data / "lib/asterisk/modules"
    shutil.rmtree(data / "share" / "asterisk" / "documentation")
    with pytest.raises(PbxProblem) as refused:
        find_program(settings, Places(data))
    assert refused.value.code == "incomplete"


def test_only_our_own_process_is_ended(data: Path) -> None:
    mark = str(data / "mark")
    strange = subprocess.Popen(["sleep", "60"])
    try:
        end(strange.pid, mark, 1.0)
        assert strange.poll() is None
    finally:
        strange.kill()
        strange.wait()


def test_a_process_that_will_not_listen_is_killed(data: Path) -> None:
    mark = str(data / "mark")
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True)"
    log = data / "log"
    pid = spawn((sys.executable, "-c", f"{code}; signal.pause()", mark), log, os.environ)
    assert until(lambda: log.read_text() == "1\n")
    assert os.getsid(pid) == pid  # a Ctrl-C in our terminal does not reach it
    end(pid, mark, 0.2)
    assert not runs(pid, mark)
    assert not Path(f"/proc/{pid}").exists()


async def test_phones_come_and_go_while_it_runs(pbx: RunningPbx, tmp_path: Path) -> None:
    async with Callers(pbx, tmp_path) as line:

        async def request(action: str, fields: Any) -> None:
            line.ask(action, **fields)

        async def registers(password: str) -> bool:
            account = Account(user="wang", server=pbx.sip, password=password)
            phone = await WirePhone.start(account)
            try:
                await phone.register()
                await phone.register(0)
            except PhoneError:
                return False
            finally:
                await phone.stop()
            return True

        wang = PhoneAccount("wang", phone_ha1("wang", "right-one"), "王五")
        assert not await registers("right-one")
        assert await apply_phones([*accounts(PHONES), wang], pbx.places.etc, request)
        assert await registers("right-one")
        assert not await registers("wrong-one")
        assert await apply_phones(accounts(PHONES), pbx.places.etc, request)
        assert not await registers("right-one")


def test_the_products_own_account_has_no_right_to_run_commands(pbx: RunningPbx) -> None:
    line = Callers(pbx, pbx.places.data)
    with pytest.raises(ConnectionError):
        line.ask("Command", Command="core show version")
    with pytest.raises(ConnectionError):
        line.ask("Originate", Channel="Local/quiet@tests", Application="Wait", Data="1")


def _again(settings: Settings) -> PrivatePbx:
    """What another process of the same checkout would make."""
    places = Places.of(settings)
    secrets = kept_secrets(places.secrets)
    return PrivatePbx(settings, secrets, places, find_program(settings, places))


def _with_music(settings: Settings) -> PrivatePbx:
    moh = Places.of(settings).moh
    moh.mkdir(parents=True)
    (moh / "hold.sln").write_bytes(bytes(1600))
    return _again(settings)


def _cli(running: RunningPbx, command: str) -> str:
    program = find_program(running.settings, running.places)
    conf = str(running.places.etc / "asterisk.conf")
    return subprocess.run(
        [*program.argv, "-C", conf, "-rx", command], capture_output=True, text=True, check=True
    ).stdout
