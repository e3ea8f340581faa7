"""Passwords between our own parts: made once, kept in one file that only its owner can read.

They are not people's passwords and are never shown or logged.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from secrets import token_hex

import msgspec


class Secrets(msgspec.Struct, frozen=True):
    """Both are 32 hexadecimal digits when made here."""

    ari_password: str
    ami_secret: str

    def __repr__(self) -> str:
        return "Secrets(…)"


def kept_secrets(path: Path) -> Secrets:
    """Read the secrets, or make them (mode 0600) when there is no such file.

    Raises OSError, and ValueError (`tomllib.TOMLDecodeError`, `msgspec.ValidationError`) for a
    file that is not ours: it is never overwritten.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Secrets)
    except FileNotFoundError:
        pass
    made = Secrets(ari_password=token_hex(16), ami_secret=token_hex(16))
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        for name, value in msgspec.structs.asdict(made).items():
            file.write(f'{name} = "{value}"\n')
    try:
        os.link(draft, path)  # unlike a rename, never replaces what another process made first
    except FileExistsError:
        return kept_secrets(path)
    finally:
        draft.unlink()
    return made
