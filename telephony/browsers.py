"""Phones in browsers, as Asterisk knows them: accounts in its memory, put there through ARI.

They are in no file, so a restart of Asterisk forgets them and the pages ask for them anew. Any
process that reaches ARI may admit and dismiss: the router need not be near. This module must
never decide who may have a phone, and never keep or log a password.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Final

import msgspec

from config.model import Settings
from router.phones import is_browser
from telephony.ari_events import Endpoint
from telephony.ari_pool import AriPool
from telephony.faults import AriRefused, PbxFault
from telephony.provision import OPUS, REALM, phone_ha1
from telephony.secrets import Secrets

MEDIA_LOST_S: Final = 5
"""A page that sends no sound for so long has gone; a muted microphone sends silence."""

REGISTERED_S: Final = (30, 120, 600)
"""Least, usual and longest time of a registration. A page that goes takes it along at once,
because the websocket ends; this is for machines that lose their network."""

_CONNECTIONS: Final = 4
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\"<>\\]")


class Browsers:
    """`async with` holds the connections. Implements `web.route.Browsers`."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        pbx = settings.pbx
        host = f"[{pbx.host}]" if ":" in pbx.host else pbx.host
        self.realm = REALM
        self.sip_url = f"ws://{host}:{pbx.http_port}/ws"
        self._sip = settings.sip
        self._ari = AriPool(
            pbx.host, pbx.http_port, pbx.ari_user, secrets.ari_password, connections=_CONNECTIONS
        )
        self._opus: bool | None = None

    async def __aenter__(self) -> Browsers:
        await self._ari.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._ari.__aexit__(kind, error, trace)

    async def admit(self, phone: str, password: str, display: str) -> None:
        """Let the phone in with this password from now on, also when it was let in before.

        Raises OSError when Asterisk cannot be told.
        """
        assert is_browser(phone), "another kind of phone stands in Asterisk's files"
        # What the endpoint names must be there before it is.
        try:
            await self._put("auth", phone, _auth(phone, password))
            if await self._knows(phone):
                return
            opus = await self._has_opus()
            await self._put("aor", phone, self._aor())
            await self._put("endpoint", phone, self._endpoint(phone, display, opus=opus))
        except PbxFault as fault:
            raise ConnectionError(str(fault)) from fault

    async def dismiss(self, phone: str) -> None:
        """Let the phone in no longer; not an error when it is not known. Raises OSError."""
        for kind in ("endpoint", "aor", "auth"):
            try:
                await self._ari.delete("asterisk", "config", "dynamic", "res_pjsip", kind, phone)
            except AriRefused as refused:
                if refused.status != 404:
                    raise ConnectionError(str(refused)) from refused
            except PbxFault as fault:
                raise ConnectionError(str(fault)) from fault

    async def admitted(self) -> frozenset[str]:
        """The browsers' phones that Asterisk lets in. Raises OSError."""
        try:
            told = await self._ari.get("endpoints", "PJSIP")
        except PbxFault as fault:
            raise ConnectionError(str(fault)) from fault
        endpoints = msgspec.convert(told, list[Endpoint])
        return frozenset(end.resource for end in endpoints if is_browser(end.resource))

    async def _knows(self, phone: str) -> bool:
        try:
            await self._ari.get("endpoints", "PJSIP", phone)
        except AriRefused as refused:
            if refused.status == 404:
                return False
            raise
        return True

    async def _put(self, kind: str, phone: str, fields: Mapping[str, str]) -> None:
        body: dict[str, Any] = {
            "fields": [{"attribute": name, "value": value} for name, value in fields.items()]
        }
        path = ("asterisk", "config", "dynamic", "res_pjsip", kind, phone)
        await self._ari.put(*path, body=body)

    async def _has_opus(self) -> bool:
        """Whether Asterisk can turn the browsers' favourite codec into the telephone's."""
        for module in OPUS if self._opus is None else ():
            try:
                await self._ari.get("asterisk", "modules", f"{module}.so")
            except AriRefused:
                continue
            self._opus = True
            break
        else:
            self._opus = bool(self._opus)
        return self._opus

    def _aor(self) -> dict[str, str]:
        least, usual, longest = REGISTERED_S
        return {
            "max_contacts": "1",
            "remove_existing": "yes",
            "minimum_expiration": str(least),
            "default_expiration": str(usual),
            "maximum_expiration": str(longest),
            "qualify_frequency": str(self._sip.qualify_s),
            "qualify_timeout": "2.0",
        }

    def _endpoint(self, phone: str, display: str, *, opus: bool) -> dict[str, str]:
        """As config/asterisk/pjsip.conf.tmpl has it for `Phone`, and what browsers need besides.

        `webrtc` stands for DTLS with a certificate made for the call, ICE, and RTP and RTCP on
        one port. Opus comes last: a caller from the telephone network needs no transcoding.
        """
        display = _NOT_SHOWN.sub(" ", display)[:64]
        fields = {
            "webrtc": "yes",
            "auth": phone,
            "aors": phone,
            "identify_by": "username",
            "context": "from-seat",
            "disallow": "all",
            "allow": ",".join([*self._sip.codecs, *(["opus"] if opus else [])]),
            "callerid": f'"{display}" <{phone}>',
            "dtmf_mode": "auto_info",
            "direct_media": "no",
            "rtp_symmetric": "yes",
            "force_rport": "yes",
            "rewrite_contact": "yes",
            "rtp_timeout": str(MEDIA_LOST_S),
            "device_state_busy_at": "1",
            "allow_subscribe": "no",
            "allow_overlap": "no",
            "allow_transfer": "no",
            "send_connected_line": "no",
            "trust_connected_line": "no",
        }
        if ip_address(self._sip.host).is_loopback:
            fields |= {"media_address": self._sip.host, "bind_rtp_to_media_address": "yes"}
        return fields


def _auth(phone: str, password: str) -> dict[str, str]:
    # Asterisk is told the digest, as for every phone: nobody can read the password there.
    return {
        "auth_type": "md5",
        "username": phone,
        "realm": REALM,
        "md5_cred": phone_ha1(phone, password),
    }
