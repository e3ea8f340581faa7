"""What a page's phone may say to Asterisk: what a browser says, and nothing in another's name."""

from __future__ import annotations

import pytest

from web.pipe import may_say

PHONE = "web0123456789abcdef0123"
OTHER = "web3210fedcba9876543210"
ME = f"<sip:{PHONE}@hotline-12348>"
CONTACT = "<sip:8kq2v1ns@b7k3.invalid;transport=ws>"


def request(start: str, sender: str = f"From: {ME};tag=a1", target: str = f"To: {ME}") -> str:
    lines = [f"{start} SIP/2.0", "Via: SIP/2.0/WS b7k3.invalid;branch=z9hG4bK1", sender, target]
    return "\r\n".join([*lines, "Call-ID: c1", "CSeq: 1 X", "Content-Length: 0", "", ""])


WITHIN = "To: <sip:12348@127.0.0.1>;tag=as7"

SAID = {
    "registration": request("REGISTER sip:hotline-12348"),
    "registration with a name": request(
        "REGISTER sip:hotline-12348", f'From: "张某" {ME};tag=a1', f'To: "张某" {ME}'
    ),
    "hang-up in a call that came": request("BYE sip:a@b", f"From: {CONTACT};tag=a1", WITHIN),
    "key in a call": request("INFO sip:a@b", f"From: {CONTACT};tag=a1", WITHIN),
    "offer in a call": request("INVITE sip:a@b", f"From: {CONTACT};tag=a1", WITHIN),
    "device check": request("INVITE sip:*43@hotline-12348", target="To: <sip:*43@hotline-12348>"),
    "end of the ringing": request("CANCEL sip:*43@hotline-12348", target="To: <sip:*43@h>"),
    "answer": "SIP/2.0 200 OK\r\nFrom: <sip:13800000001@h>;tag=1\r\nTo: x\r\n\r\n",
    "keep-alive": "\r\n\r\n",
}

NOT_SAID = {
    "a call to the line": request("INVITE sip:12348@h", target="To: <sip:12348@h>"),
    "a registration in another's name": request(
        "REGISTER sip:h", f"From: <sip:{OTHER}@h>;tag=a1", f"To: <sip:{OTHER}@h>"
    ),
    "a trunk's name": request("REGISTER sip:h", "From: <sip:trunk-1@h>;tag=a1"),
    "an alias in the display name": request(
        "REGISTER sip:h", f'From: "<sip:{PHONE}@h>" <sip:{OTHER}@h>;tag=a1'
    ),
    "two senders": request("REGISTER sip:h", f"From: {ME};tag=a1\r\nf: <sip:{OTHER}@h>;tag=a2"),
    "two senders by another line end": request(
        "REGISTER sip:h", f"From: {ME};tag=a1\nFROM : <sip:{OTHER}@h>;tag=a2"
    ),
    "a folded sender": request("REGISTER sip:h", f"From:\r\n <sip:{OTHER}@h>;tag=a1"),
    "an encoded sender": request("REGISTER sip:h", f"From: <sip:%77{PHONE[1:]}@h>;tag=a1"),
    "no sender": request("REGISTER sip:h", "Subject: x"),
    "two targets": request("INVITE sip:12348@h", target=f"To: <sip:12348@h>\r\nTo: {ME};tag=x"),
    "a tag inside the address": request("INVITE sip:12348@h", target="To: <sip:12348@h;tag=x>"),
    "a tag in the display name": request("INVITE sip:12348@h", target='To: ";tag=x" <sip:1@h>'),
    "a transfer": request("REFER sip:a@b", f"From: {CONTACT};tag=a1", WITHIN),
    "a message": request("MESSAGE sip:12348@h", target="To: <sip:12348@h>"),
    "a second request behind an empty line": "\r\n" + request("INVITE sip:12348@h"),
    "not SIP": "GET / HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("what", SAID)
def test_a_browser_may_say(what: str) -> None:
    assert may_say(SAID[what], PHONE)


@pytest.mark.parametrize("what", NOT_SAID)
def test_nobody_may_say(what: str) -> None:
    assert not may_say(NOT_SAID[what], PHONE)
