"""One short, blocking conversation with the manager interface, for starting and stopping.

It exists because a start has no event loop to run `telephony.ami` in. It returns from opening only
when Asterisk says that it is fully booted. It must never be used on a call's path.
"""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self

from telephony.process import Deadline


class AmiLine:
    """A signed-in connection; a context. Everything here raises OSError when it fails."""

    def __init__(self, host: str, port: int, user: str, secret: str, deadline: Deadline) -> None:
        self._deadline = deadline
        self._buffer = b""
        self._socket = socket.create_connection((host, port), max(deadline.left(), 0.01))
        try:
            self.ask("Login", Username=user, Secret=secret)
            while b"Event: FullyBooted" not in self._block().split(b"\r\n"):
                pass
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._socket.close()

    def ask(self, action: str, **fields: str) -> None:
        """Send one action and wait for its `Success`. Values must not hold line breaks."""
        lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in fields.items())]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        while True:
            head, *_ = block = self._block().split(b"\r\n")
            if head.startswith(b"Asterisk Call Manager"):
                head = block[1]  # the greeting stands before the first reply, without a blank line
            if head.startswith(b"Response:"):
                break
        if head != b"Response: Success":
            raise ConnectionError(f"{action} was refused")

    def _block(self) -> bytes:
        while b"\r\n\r\n" not in self._buffer:
            self._socket.settimeout(max(self._deadline.left(), 0.01))
            more = self._socket.recv(4096)
            if not more:
                raise ConnectionError("Asterisk closed the connection")
            self._buffer += more
        block, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return block
