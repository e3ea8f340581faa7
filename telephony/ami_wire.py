"""AMI bytes to messages and back. Pure: no sockets, no clock.

Keeps the message types of the package asterisk-ami and replaces its reading and writing of them,
which let a caller's name overwrite headers (it splits lines at U+2028, \\x0b and \\x85), forgets
repeated headers, drops `Key:value` without a space and lets CR LF in a value start a second
action. This module must never split a line anywhere but at CR LF, and never write a CR, LF or NUL
it was given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asterisk.ami import Action, Event, Response

END = b"\r\n\r\n"

#: A message longer than this comes from something that is not Asterisk. `core show channels` of
#: a full exchange is a few megabytes; http.conf and AMI itself set no limit to copy.
LONGEST_MESSAGE = 64 * 1024 * 1024

#: What a field of an action may hold; a list is sent as repeated headers (`Variable`, …).
Field = str | Sequence[str]


class Headers(dict[str, str]):
    """Headers of one message: the first value of each name, and every value by `all`."""

    __slots__ = ("_repeated",)

    def __init__(self) -> None:
        super().__init__()
        self._repeated: dict[str, list[str]] = {}

    def add(self, name: str, value: str) -> None:
        if name not in self:
            self[name] = value
        else:
            self._repeated.setdefault(name, [self[name]]).append(value)

    def all(self, name: str) -> list[str]:
        """Every value of a repeated header (`ChanVariable`, `Output`), in the order sent."""
        if name in self._repeated:
            return list(self._repeated[name])
        return [self[name]] if name in self else []


class AmiEvent(Event):  # type: ignore[misc]  # the package carries no types
    """Something that happened in Asterisk: its name and headers."""

    name: str
    keys: Headers


class AmiResponse(Response):  # type: ignore[misc]  # idem
    """The answer to one action. `follows` holds lines that are no headers."""

    status: str
    keys: Headers
    follows: list[str]


@dataclass(frozen=True)
class Reply:
    """A granted action: the response's headers and, for a list action, the listed events.

    The event that closes the list (`QueueStatusComplete`, …) is the last of `events`.
    """

    fields: Headers
    events: tuple[AmiEvent, ...] = ()

    @property
    def output(self) -> list[str]:
        """Lines printed by the action `Command`."""
        return self.fields.all("Output")


class Cutter:
    """Finds the end of the last complete message in a stream of segments, in linear time."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, segment: bytes) -> bytes:
        """Take a segment; return all messages complete by now with their ends, or nothing.

        Raises ValueError when the peer sends on and on without ever ending a message.
        """
        # An end may straddle two segments, so the last three bytes are looked at again; what
        # lies before them never is, or a reply of n bytes would cost n² (4 MB took 14 s).
        start = max(0, len(self._held) - len(END) + 1)
        self._held += segment
        at = self._held.rfind(END, start)
        if at < 0:
            if len(self._held) > LONGEST_MESSAGE:
                raise ValueError("the peer does not speak AMI: its message never ends")
            return b""
        complete = bytes(self._held[: at + len(END)])
        del self._held[: at + len(END)]
        return complete


def parse(message: bytes) -> AmiEvent | AmiResponse | None:
    """Read one message without its end; None for what is neither a response nor an event.

    Bytes that are not UTF-8 become U+FFFD, not lone surrogates, which could not be written to
    JSON later. Only whole messages are decoded, so a character cut by a segment is never lost.
    """
    lines = message.decode("utf-8", "replace").removeprefix("\r\n").split("\r\n")
    kind, _, title = lines[0].partition(":")
    headers = Headers()
    follows: list[str] = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.add(name.strip(), value.removeprefix(" "))
        else:
            follows.append(line)
    match kind.strip().lower():
        case "event":
            return AmiEvent(title.strip(), headers)
        case "response":
            return AmiResponse(title.strip(), headers, follows)
        case _:
            return None


def action(name: str, fields: Mapping[str, Field]) -> Action:
    """An action of the package, ready for `encode`."""
    return Action(name, dict(fields))


def encode(asked: Action, action_id: str) -> bytes:
    """Write an action for the wire.

    ActionID comes right after the name: Asterisk refuses a line of more than 1024 bytes or a
    message of more than 128 lines, and its refusal carries the id only if it was read before.

    Raises ValueError, naming the field and never its content, for CR, LF or NUL in a name or
    value, a name that is empty or holds a colon, and text that is not Unicode.
    """
    lines = [_line("Action", asked.name), _line("ActionID", action_id)]
    for name, value in asked.keys.items():
        values = [value] if isinstance(value, str) else value
        lines.extend(_line(name, one) for one in values)
    for name, value in asked.variables.items():
        lines.append(_line("Variable", f"{name}={value}"))
    return "".join(lines).encode() + b"\r\n"


def _line(name: str, value: str) -> str:
    if not name or any(mark in name for mark in "\r\n\0:"):
        raise ValueError(f"AMI field {name!r}: not a possible name")
    if any(mark in value for mark in "\r\n\0"):
        raise ValueError(f"AMI field {name}: holds a line break or NUL, which would end it early")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"AMI field {name}: is not Unicode text") from None
    return f"{name}: {value}\r\n"
