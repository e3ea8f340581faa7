"""Many callers at a steady rate, by SIPp: the load of the bench and of tests under load.

Every run is bounded in calls and in time, and goes to loopback only. Callers may send a tone:
without any sound a recording stays an empty file. What the seats do is a matter of their phones.
"""

from __future__ import annotations

import asyncio
import csv
import shutil
from dataclasses import dataclass
from pathlib import Path

from telephony.phonelog import PhoneError
from telephony.tones import write_alaw


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What the callers do. Times in seconds."""

    target: str
    """`host:port` of the exchange; the host is a loopback address."""
    number: str
    calls: int
    rate: float
    """New calls per second."""
    hold_s: float
    """A caller hangs up this long after the answer, unless hung up on before."""
    tone_hz: int = 0
    """0: a moment of silence only, which every phone sends and Asterisk's Answer() waits for."""
    callers: str = "1380000"
    """How every caller's number begins; the number of the call follows."""


@dataclass(frozen=True, slots=True)
class Result:
    """SIPp's own count."""

    succeeded: int
    failed: int
    retransmitted: int


async def run(directory: Path, load: Load, *, deadline_s: float) -> Result:
    """Place the calls and wait for their end; SIPp's files stay in `directory`.

    Raises PhoneError when SIPp is missing, tells an error of its own, or is not through within
    `deadline_s` (it is ended then).
    """
    program = shutil.which("sipp")
    if program is None:
        raise PhoneError("sipp is not installed (Debian and Ubuntu: sip-tester)")
    if not load.target.startswith("127."):
        raise PhoneError(f"sipp: {load.target} is not on loopback")
    directory.mkdir(parents=True, exist_ok=True)
    write_alaw(directory / "sound.alaw", load.tone_hz, 1.0 if load.tone_hz else 0.02)
    (directory / "caller.xml").write_text(scenario(load), encoding="utf-8")
    statistics = directory / "statistics.csv"
    with (directory / "sipp.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program, load.target,
            "-sf", "caller.xml", "-s", load.number,
            "-m", str(load.calls), "-r", str(load.rate), "-rp", "1000",
            "-l", str(load.calls), "-i", "127.0.0.1", "-mi", "127.0.0.1",
            "-nostdin", "-timeout", f"{deadline_s:.0f}",
            "-trace_stat", "-stf", statistics.name, "-fd", "1",
            "-trace_err", "-error_file", "errors.log",
            cwd=directory, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            async with asyncio.timeout(deadline_s + 5):
                status = await process.wait()
        except TimeoutError:
            raise PhoneError(f"sipp: not through within {deadline_s} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if status not in {0, 1}:  # 1: some calls failed, which the statistics say better
        tail = (directory / "sipp.log").read_text(errors="replace")[-400:]
        raise PhoneError(f"sipp ended with status {status}: {tail}")
    return _result(statistics)


def scenario(load: Load) -> str:
    """SIPp's scenario for one caller: call, stay, hang up unless hung up on."""
    times = -1 if load.tone_hz else 1
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<scenario name="caller">
<send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
{_head(load, "INVITE", 1, "")}
Contact: <sip:{load.callers}@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="183" optional="true"/>
<recv response="200" rrs="true"/>
<send><![CDATA[
ACK [next_url] SIP/2.0
{_head(load, "ACK", 1, "[peer_tag_param]")}
Content-Length: 0

]]></send>
<nop><action><exec rtp_stream="sound.alaw,{times},8,PCMA/8000"/></action></nop>
<recv request="BYE" timeout="{round(1000 * load.hold_s)}" ontimeout="leave"/>
<send next="end"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
<label id="leave"/>
<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
{_head(load, "BYE", 2, "[peer_tag_param]")}
Content-Length: 0

]]></send>
<recv response="200"/>
<label id="end"/>
</scenario>
"""


def _head(load: Load, method: str, cseq: int, their_tag: str) -> str:
    me = f"<sip:{load.callers}[call_number]@[local_ip]:[local_port]>"
    return f"""Via: SIP/2.0/UDP [local_ip]:[local_port];rport;branch=[branch]
From: {me};tag=c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>{their_tag}
Call-ID: [call_id]
CSeq: {cseq} {method}
Max-Forwards: 70"""


def _result(statistics: Path) -> Result:
    """The last line of SIPp's statistics: cumulated counts, under names ending in (C)."""
    with statistics.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    if not rows:
        raise PhoneError("sipp wrote no statistics")
    last = rows[-1]
    return Result(
        succeeded=int(last["SuccessfulCall(C)"]),
        failed=int(last["FailedCall(C)"]),
        retransmitted=int(last["Retransmissions(C)"]),
    )
