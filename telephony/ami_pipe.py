"""The bytes of an AMI connection, plain or TLS, for one reading and one writing thread.

Blocking sockets without a timeout: a timeout on an idle line is what kills the reader of the
package's own client. `hang_up` wakes both threads. This module must never let two threads into
OpenSSL at once on one connection, nor wait for the network while holding its lock.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
from contextlib import suppress

SEGMENT = 65536


class Pipe:
    """A plain connected socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(None)

    def greet(self) -> None:
        """Do what must precede the first byte: nothing on a plain socket."""

    def receive(self) -> bytes:
        """Wait for bytes; empty when the peer has ended the connection. Raises OSError."""
        return self._sock.recv(SEGMENT)

    def send(self, data: bytes) -> None:
        """Send all of `data`, waiting as long as the peer makes us. Raises OSError."""
        self._sock.sendall(data)

    def hang_up(self) -> None:
        """End the connection under whoever is waiting in `receive` or `send`."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the descriptor back, once no thread uses the pipe any more."""
        self._sock.close()


class TlsPipe(Pipe):
    """The same under TLS.

    One SSL object must not be read and written at the same time, and a reader that waits inside
    it would hold up every writer. So the socket does not block, calls are short and under a
    lock, and both threads wait in poll() outside it.
    """

    def __init__(
        self, sock: socket.socket, tls: ssl.SSLContext, host: str, handshake_within_s: float
    ) -> None:
        secured = tls.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
        super().__init__(secured)
        self._tls = secured
        self._lock = threading.Lock()
        secured.settimeout(handshake_within_s)

    def greet(self) -> None:
        self._tls.do_handshake()
        self._tls.setblocking(False)

    def receive(self) -> bytes:
        while True:
            try:
                with self._lock:
                    return self._tls.recv(SEGMENT)
            except ssl.SSLWantReadError:
                self._wait(select.POLLIN)
            except ssl.SSLWantWriteError:
                self._wait(select.POLLOUT)

    def send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                with self._lock:
                    rest = rest[self._tls.send(rest) :]
            except ssl.SSLWantWriteError:
                self._wait(select.POLLOUT)
            except ssl.SSLWantReadError:
                self._wait(select.POLLIN)

    def _wait(self, for_what: int) -> None:
        waiting = select.poll()
        waiting.register(self._tls, for_what)
        waiting.poll()
