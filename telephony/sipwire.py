"""SIP messages as text: read one, answer one, prove who we are. For `wirephone` only; no sockets.

Just as much of RFC 3261 as a phone on loopback needs: no folded headers, no other transports.
"""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass

_REASONS = {
    180: "Ringing",
    200: "OK",
    481: "Call Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    501: "Not Implemented",
    603: "Decline",
}

_COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact"}


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a response; header names in small letters, compact forms spelt out."""

    start: str
    headers: list[tuple[str, str]]
    body: str = ""

    @classmethod
    def parse(cls, data: bytes) -> Message:
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        headers = []
        for line in lines:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            headers.append((_COMPACT.get(name, name), value.strip()))
        return cls(start, headers, body)

    def every(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def one(self, name: str) -> str:
        """The first header of that name, empty when there is none."""
        return next(iter(self.every(name)), "")

    @property
    def code(self) -> int:
        """Status of a response, 0 for a request."""
        return int(self.start.split(" ", 2)[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        return self.one("cseq").partition(" ")[2]

    @property
    def call_id(self) -> str:
        return self.one("call-id")


def compose(start: str, headers: list[str], body: str = "") -> bytes:
    if body:
        headers = [*headers, "Content-Type: application/sdp"]
    return "\r\n".join([start, *headers, f"Content-Length: {len(body)}", "", body]).encode()


def response(request: Message, code: int, *, tag: str, contact: str, body: str = "") -> bytes:
    """The answer to a request; `tag` marks our side of the dialog."""
    to = request.one("to")
    headers = [
        *(f"Via: {via}" for via in request.every("via")),
        *(f"Record-Route: {route}" for route in request.every("record-route")),
        f"From: {request.one('from')}",
        f"To: {to}" if "tag=" in to else f"To: {to};tag={tag}",
        f"Call-ID: {request.call_id}",
        f"CSeq: {request.one('cseq')}",
        f"Contact: <{contact}>",
    ]
    return compose(f"SIP/2.0 {code} {_REASONS.get(code, 'Declined')}", headers, body)


def address(header: str) -> str:
    """The address in a Contact header, without brackets and parameters."""
    bracketed = re.search(r"<([^>]+)>", header)
    return bracketed.group(1) if bracketed else header.partition(";")[0]


def sdp(port: int) -> str:
    """An offer or answer of G.711 at `port`."""
    lines = (
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        f"m=audio {port} RTP/AVP 8 0 101",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
    )
    return "".join(f"{line}\r\n" for line in lines)


def media_port(body: str) -> int:
    """Where an SDP body wants its sound; 0: nowhere."""
    found = re.search(r"^m=audio (\d+)", body, re.MULTILINE)
    return int(found.group(1)) if found else 0


def silence() -> bytes:
    """One RTP packet (RFC 3550): 20 ms of silence in A-law."""
    return struct.pack("!BBHII", 0x80, 0x80 | 8, 1, 160, 12348) + b"\xd5" * 160


def digest(challenge: str, user: str, password: str, *, method: str, uri: str, cnonce: str) -> str:
    """The Authorization header for a challenge; MD5 as Asterisk asks for it (RFC 2617)."""
    asked = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
    secret = _md5(f"{user}:{realm}:{password}")
    once = f"{nonce}:00000001:{cnonce}:auth" if "qop" in asked else nonce
    proof = _md5(f"{secret}:{once}:{_md5(f'{method}:{uri}')}")
    fields = [
        f'username="{user}"',
        f'realm="{realm}"',
        f'nonce="{nonce}"',
        f'uri="{uri}"',
        f'response="{proof}"',
        "algorithm=MD5",
    ]
    if "opaque" in asked:
        fields.append(f'opaque="{asked["opaque"]}"')
    if "qop" in asked:
        fields += ["qop=auth", "nc=00000001", f'cnonce="{cnonce}"']
    return "Authorization: Digest " + ",".join(fields)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
