"""Finds an Asterisk to run and says how: a private root or the machine's own.

A private root needs no chroot: its Asterisk is started through its own loader and libraries and
sees the machine's files. Nothing is installed here, and nothing is taken from an Asterisk's own
configuration.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import msgspec

from config.model import Settings
from telephony.places import PROJECT, Places
from telephony.problem import PbxProblem

OLDEST = 20
"""Asterisk 20 (Ubuntu 24.04) has all we use; 22 is what we measure with."""


class Program(msgspec.Struct, frozen=True):
    """How to run one Asterisk."""

    argv: tuple[str, ...]
    """The command up to, not including, Asterisk's own options."""
    modules: Path
    share: Path
    """Its data directory; holds `documentation`, without which modules refuse to load."""

    def version(self) -> str:
        """What `asterisk -V` says after the name. Raises PbxProblem when it cannot run."""
        try:
            said = subprocess.run(
                [*self.argv, "-V"], capture_output=True, text=True, timeout=20, check=True
            ).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise PbxProblem("cannot-run", program=self.argv[-1]) from error
        found = re.search(r"Asterisk (?:certified[/-])?(\S+)", said)
        return found[1] if found else said.strip()

    def checked(self) -> Program:
        """Itself, when it is new enough and complete. Raises PbxProblem otherwise."""
        version = self.version()
        major = re.match(r"\d+", version)
        if major and int(major[0]) < OLDEST:
            raise PbxProblem("too-old", program=self.argv[-1], version=version, oldest=OLDEST)
        if not (self.share / "documentation").is_dir():
            raise PbxProblem("incomplete", program=self.argv[-1], missing="documentation")
        return self


def find_program(settings: Settings, places: Places) -> Program:
    """The Asterisk to use: `paths.asterisk_root`, else the root made by set-up, else PATH.

    Raises PbxProblem when there is none, or it is too old or not complete.
    """
    if settings.paths.asterisk_root:
        return program_in(PROJECT / settings.paths.asterisk_root)
    if places.root.is_dir():
        return program_in(places.root)
    own = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/local/sbin:/usr/sbin")
    if own is None:
        raise PbxProblem("none-found")
    prefix = Path(own).parent.parent
    return Program(
        argv=(own,),
        modules=_one(prefix, own, "lib/*/asterisk/modules", "lib/asterisk/modules"),
        share=_one(Path("/"), own, f"{str(prefix)[1:]}/share/asterisk", "var/lib/asterisk"),
    ).checked()


def program_in(root: Path) -> Program:
    """The Asterisk of a private root. Raises PbxProblem when the root is not a whole one."""
    binary = _one(root, str(root), "usr/sbin/asterisk")
    modules = _one(root, str(root), "usr/lib/*/asterisk/modules")
    triplet = modules.parent.parent.name
    loader = _one(root, str(root), "lib64/ld-linux-*.so.*", "lib/ld-linux-*.so.*")
    libraries = f"{root}/usr/lib/{triplet}:{root}/lib/{triplet}"
    return Program(
        argv=(str(loader), "--library-path", libraries, str(binary)),
        modules=modules,
        share=_one(root, str(root), "usr/share/asterisk"),
    ).checked()


def _one(base: Path, program: str, *patterns: str) -> Path:
    """The first match of the first pattern that has one."""
    for pattern in patterns:
        for match in sorted(base.glob(pattern)):
            return match
    raise PbxProblem("incomplete", program=program, missing=patterns[0])
