"""Where our Asterisk's files are: the one list of paths under the data directory.

Nothing here is created or read.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from config.model import Settings

PROJECT = Path(__file__).resolve().parent.parent


class Places(msgspec.Struct, frozen=True):
    """Paths that follow from the data directory."""

    data: Path

    @classmethod
    def of(cls, settings: Settings) -> Places:
        """Relative data directories are taken from the project root."""
        return cls(PROJECT / settings.paths.data)

    @property
    def pbx(self) -> Path:
        """Everything Asterisk owns."""
        return self.data / "pbx"

    @property
    def etc(self) -> Path:
        """What `telephony.provision` writes."""
        return self.pbx / "etc"

    @property
    def log(self) -> Path:
        return self.pbx / "log"

    @property
    def sounds(self) -> Path:
        """Prompts in telephone formats, one directory per language."""
        return self.pbx / "sounds"

    @property
    def moh(self) -> Path:
        """Hold music in telephone formats."""
        return self.pbx / "moh"

    @property
    def recordings(self) -> Path:
        return self.data / "recordings"

    @property
    def ledger(self) -> Path:
        """What the dialplan notes of calls it served alone; see `telephony.fallback`."""
        return self.log / "fallback.log"

    @property
    def secrets(self) -> Path:
        return self.data / "secrets.toml"

    @property
    def root(self) -> Path:
        """The private Asterisk root that set-up makes where the machine has no Asterisk."""
        return self.data / "asterisk-root"
