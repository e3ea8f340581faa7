"""Starts and stops our own Asterisk and its watchdog, and tells whether they run.

They are started apart from us, so that calls go on when the router dies or its terminal gets a
Ctrl-C; they are found again by their files under the data directory. An Asterisk that we did not
start is never touched. Everything here blocks, for a start a second or two: call it from a thread
where a loop runs.
"""

from __future__ import annotations

import errno
import os
import resource
import socket
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

import msgspec

from config.model import Settings
from telephony.amiline import AmiLine
from telephony.places import PROJECT, Places
from telephony.problem import PbxProblem
from telephony.process import Deadline, end, ended, pid_of, spawn
from telephony.program import Program
from telephony.provision import MODULES, PhoneAccount, render, to_reload, write
from telephony.secrets import Secrets
from telephony.watchdog import Task

_POLL_S = 0.05
_FILES = 65536
"""Open files Asterisk may have, where the machine allows it: a call takes about ten."""

Started = Literal["started", "running", "outdated"]
"""`outdated`: it ran already, with settings that only a restart can change."""


class PbxStatus(msgspec.Struct, frozen=True):
    """`pid` and `watchdog`: process ids, None when not running. `ready`: it lets us sign in."""

    pid: int | None
    watchdog: int | None
    ready: bool


class PrivatePbx:
    """The Asterisk of one data directory."""

    def __init__(
        self, settings: Settings, secrets: Secrets, places: Places, program: Program
    ) -> None:
        self.settings = settings
        self.secrets = secrets
        self.places = places
        self._program = program
        self._conf = places.etc / "asterisk.conf"
        self._watch = places.pbx / "watchdog.json"
        self._watchdog_pid_file = places.pbx / "run" / "watchdog.pid"

    def start(
        self,
        phones: Sequence[PhoneAccount],
        *,
        language: str = "zh-CN",
        watchdog: bool = True,
        within_s: float = 30.0,
    ) -> Started:
        """Write the files, start what does not run, and return when Asterisk is fully booted.

        Prompts and hold music must be in `places.sounds` and `places.moh` by now. Files that a
        running Asterisk can read again are reloaded. Raises PbxProblem.
        """
        deadline = Deadline(within_s)
        self._make_directories()
        texts = render(
            self.settings,
            self.secrets,
            phones,
            places=self.places,
            modules=self._program.modules,
            language=language,
            absent=[name for name in MODULES if not self._has(name)],
            addresses=_own_addresses(self.settings.sip.host),
        )
        pid = self.pid()
        if pid is None:
            self._check_ports()
            write(texts, self.places.etc)
            self._boot(deadline)
            started: Started = "started"
        else:
            started = self._refresh(write(texts, self.places.etc), deadline)
        if watchdog:
            self.start_watchdog()
        return started

    def stop(self, within_s: float = 10.0) -> bool:
        """End watchdog and Asterisk, which hangs up every call; False when neither ran."""
        watched = self.stop_watchdog(within_s)
        pid = self.pid()
        if pid is not None:
            end(pid, str(self._conf), within_s)
        return pid is not None or watched

    def status(self) -> PbxStatus:
        pid = self.pid()
        ready = False
        if pid is not None:
            try:
                with self._ami(Deadline(2.0)):
                    ready = True
            except OSError:
                ready = False
        return PbxStatus(pid=pid, watchdog=self.watchdog_pid(), ready=ready)

    def pid(self) -> int | None:
        """The running Asterisk of this data directory."""
        return pid_of(self.places.pbx / "run" / "asterisk.pid", str(self._conf))

    def watchdog_pid(self) -> int | None:
        return pid_of(self._watchdog_pid_file, str(self._watch))

    def start_watchdog(self) -> None:
        """Start the watchdog unless it runs. It needs nothing of us afterwards."""
        pbx = self.settings.pbx
        task = Task(
            host=pbx.host,
            http_port=pbx.http_port,
            ami_port=pbx.ami_port,
            app=pbx.app,
            ari_user=pbx.ari_user,
            ami_user=pbx.ami_user,
            orphan_s=pbx.orphan_s,
            secrets=str(self.places.secrets.absolute()),
            pid_file=str(self._watchdog_pid_file),
        )
        data = msgspec.json.format(msgspec.json.encode(task))
        same = self._watch.is_file() and self._watch.read_bytes() == data
        pid = self.watchdog_pid()
        if pid is not None:
            if same:
                return
            end(pid, str(self._watch), 5.0)
        self._watch.write_bytes(data)
        pid = spawn(
            (sys.executable, "-m", "telephony.watchdog", str(self._watch)),
            self.places.log / "watchdog.log",
            {**os.environ, "PYTHONPATH": str(PROJECT)},
        )
        # It writes this too, for when we die right here.
        self._watchdog_pid_file.write_text(f"{pid}\n")

    def stop_watchdog(self, within_s: float = 5.0) -> bool:
        """End the watchdog; False when none ran."""
        pid = self.watchdog_pid()
        if pid is not None:
            end(pid, str(self._watch), within_s)
        return pid is not None

    def _make_directories(self) -> None:
        pbx = self.places.pbx
        for name in ("etc", "lib/keys", "share", "cache", "spool", "run", "log", "sounds", "moh"):
            (pbx / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        pbx.chmod(0o700)  # prompts may have made it before us
        self.places.recordings.mkdir(parents=True, exist_ok=True, mode=0o700)
        _link(pbx / "share" / "documentation", self._program.share / "documentation")
        _link(pbx / "share" / "sounds", Path("../sounds"))
        # ARI records into <spool>/recording, and everything recorded is in one place.
        _link(pbx / "spool" / "recording", Path("../../recordings"))
        if not any(self.places.moh.iterdir()):
            raise PbxProblem("no-hold-music", directory=self.places.moh)

    def _has(self, module: str) -> bool:
        return (self._program.modules / f"{module}.so").exists()

    def _check_ports(self) -> None:
        sip, pbx = self.settings.sip, self.settings.pbx
        _check_port(socket.SOCK_DGRAM, "sip", sip.host, "port", sip.port)
        _check_port(socket.SOCK_STREAM, "pbx", pbx.host, "http_port", pbx.http_port)
        _check_port(socket.SOCK_STREAM, "pbx", pbx.host, "ami_port", pbx.ami_port)

    def _boot(self, deadline: Deadline) -> None:
        (self.places.pbx / "run" / "asterisk.pid").unlink(missing_ok=True)
        console = self.places.log / "console.log"
        argv = (*self._program.argv, "-C", str(self._conf), "-f", "-n")
        pid = spawn(argv, console, os.environ)
        try:
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            files = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (files, hard))
            self._until_booted(pid, deadline)
        except BaseException:
            end(pid, str(self._conf), 2.0)
            raise

    def _until_booted(self, pid: int, deadline: Deadline) -> None:
        while deadline.left():
            if ended(pid, _POLL_S):
                raise PbxProblem("died", last=_last_line(self.places.log / "console.log"))
            try:
                with self._ami(deadline):
                    return
            except OSError:
                continue
        raise PbxProblem(
            "too-slow", seconds=round(deadline.seconds), log=self.places.log / "messages"
        )

    def _refresh(self, changed: frozenset[str], deadline: Deadline) -> Started:
        modules = to_reload(changed)
        if modules is None:
            return "outdated"
        if modules:
            with self._ami(deadline) as line:
                for module in sorted(modules):
                    line.ask("Reload", Module=module)
        return "running"

    def _ami(self, deadline: Deadline) -> AmiLine:
        pbx = self.settings.pbx
        return AmiLine(pbx.host, pbx.ami_port, pbx.ami_user, self.secrets.ami_secret, deadline)


def _own_addresses(host: str) -> tuple[str, ...]:
    """The address Asterisk's media come from: `host`, or where that is any, the way out's."""
    if not ip_address(host).is_unspecified:
        return (host,)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as way_out:
        try:
            # Nothing is sent: the system only says which address it would send from.
            way_out.connect(("2001:db8::1" if ":" in host else "192.0.2.1", 9))
        except OSError:
            return ()
        return (str(way_out.getsockname()[0]),)


def _check_port(kind: socket.SocketKind, section: str, host: str, key: str, port: int) -> None:
    """Raise PbxProblem naming the setting when Asterisk could not listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as trial:
        if kind == socket.SOCK_STREAM:  # as Asterisk does: a closed connection is in nobody's way
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            address = f"{host}:{port}"
            if error.errno == errno.EADDRNOTAVAIL:
                raise PbxProblem("no-address", address=host, field=f"{section}.host") from error
            raise PbxProblem("port-taken", address=address, field=f"{section}.{key}") from error


def _link(path: Path, target: Path) -> None:
    """Make or correct a symbolic link of ours; a real directory in its place is left alone."""
    if path.is_symlink() and path.readlink() != target:
        path.unlink()
    if not path.is_symlink() and not path.exists():
        path.symlink_to(target)


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()
    return next((line for line in reversed(lines) if line.strip()), "")
