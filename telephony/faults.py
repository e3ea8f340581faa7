"""What can go wrong between us and Asterisk, by whose fault it is.

    PbxFault
    ├── AmiRefused    Asterisk understood the action and said no
    ├── AmiTimeout    Asterisk did not reply in time; the action may have been carried out
    ├── AmiLost       there is no connection, or it ended before the reply; likewise
    ├── AriRefused    Asterisk understood the request and said no
    ├── AriLost       there is no connection, or no reply in time; likewise
    └── AriReplaced   another program registered our application: it is the router now

A value that must not be sent (a line break inside a caller's name) is our own mistake and raises
ValueError before anything leaves. This module must never put a caller's data into a message.
"""

from __future__ import annotations

import traceback
from pathlib import Path


class PbxFault(Exception):
    """Anything Asterisk, or the way to it, did to us."""


class AmiRefused(PbxFault):
    """`Response: Error`: `message` is Asterisk's own sentence, in English."""

    def __init__(self, action: str, message: str) -> None:
        super().__init__(f"AMI {action} refused: {message}")
        self.action = action
        self.message = message


class AmiTimeout(PbxFault):
    """No reply within `within_s` seconds. Whether the action was carried out is not known."""

    def __init__(self, action: str, within_s: float) -> None:
        super().__init__(f"AMI {action}: no reply within {within_s:g} s")
        self.action = action
        self.within_s = within_s


class AmiLost(PbxFault):
    """No connection to the manager interface. What was under way may have been carried out."""


class AriRefused(PbxFault):
    """An HTTP status other than 2xx. `reason` is Asterisk's own sentence, in English."""

    def __init__(self, status: int, reason: str, method: str, path: str) -> None:
        super().__init__(f"ARI {method} {path} refused: {status} {reason}")
        self.status = status
        self.reason = reason
        self.method = method
        self.path = path


class AriLost(PbxFault):
    """No connection to ARI, or no reply in time. The request may have been carried out."""


class AriReplaced(PbxFault):
    """Another websocket registered our application; taking it back would start a tug of war."""


def described(error: BaseException) -> str:
    """Name an error for the log without its text, which may carry a caller's data.

    Our own faults and those of the operating system are written by us and by it, so they are
    quoted; of any other only the type and the place where it was raised are given.
    """
    if isinstance(error, (PbxFault, OSError)):
        return str(error) or type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    return f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"
