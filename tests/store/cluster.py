"""A private PostgreSQL for one test session: own directory, own port on loopback, own end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PORTS = range(21500, 21600)
OWNER = "postgres"
"""PostgreSQL refuses to run as root; Debian's package brings this user."""


class NoPostgres(RuntimeError):
    """The machine has no PostgreSQL: install Debian's package `postgresql`."""


@contextmanager
def postgres() -> Iterator[str]:
    """Start a cluster; yields the URL of its server, without a database's name."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        raise NoPostgres("no PostgreSQL here: install the package postgresql")
    bin_dir = programs[-1].parent
    directory = Path(tempfile.mkdtemp(prefix="hotline-pg-"))
    try:
        become: list[str] = []
        if os.geteuid() == 0:
            owner = pwd.getpwnam(OWNER)
            os.chown(directory, owner.pw_uid, owner.pw_gid)
            become = ["runuser", "-u", OWNER, "--"]
        data = directory / "data"
        _run(
            *become, bin_dir / "initdb", "-D", data, "-U", OWNER, "-A", "trust",
            "-E", "UTF8", "--locale=C", "--no-sync",
        )  # fmt: skip
        port = _free_port()
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= "
            "-c fsync=off -c max_connections=60 -c shared_buffers=32MB"
        )
        control = (*become, bin_dir / "pg_ctl", "-D", data, "-w", "-t", "60")
        _run(*control, "-l", directory / "log", "-o", options, "start")
        try:
            yield f"postgresql://{OWNER}@127.0.0.1:{port}"
        finally:
            _run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _run(*command: object) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[-1]} of PostgreSQL failed: {done.stdout}")


def _free_port() -> int:
    for port in PORTS:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise RuntimeError(f"no free port in {PORTS}")
