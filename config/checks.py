"""Rules that no single field can break: what the parts of the settings must say about each other.

Each rule names the sections it reads, so that it is left out when one of them could not be made.
Pure: no file is opened; the prompts that exist are handed in.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from config import menus
from config.model import Settings
from config.problems import Place, Problem

Rule = Callable[[Settings], Iterator[Problem]]

RESERVED = "demo-"
"""How ids of demonstration data begin; see `cases.rows.DEMO`."""


class Packaged(msgspec.Struct, frozen=True):
    """What is shipped that settings may name; None where there is nothing to compare with."""

    divisions: Collection[str]
    prompts: Collection[str] | None = None
    languages: Collection[str] | None = None


def crossed(settings: Settings, broken: Sequence[Place], packaged: Packaged) -> Iterator[Problem]:
    """Every broken rule among the sections that hold no place of `broken`."""

    def sound(*sections: str) -> bool:
        heads = [tuple(section.split(".")) for section in sections]
        return not any(p[: len(h)] == h[: len(p)] for p in broken for h in heads)

    for sections, rule in _RULES:
        if sound(*sections):
            yield from rule(settings)
    if sound("line.centre"):
        place: Place = ("line", "centre", "divisions")
        name = settings.line.centre.divisions
        yield from menus.known(name, packaged.divisions, place, "divisions")
    if packaged.prompts is not None and sound("line.menu"):
        yield from menus.prompts_exist(settings.line.menu, packaged.prompts)
    if packaged.languages is not None and sound("line.languages"):
        for i, language in enumerate(settings.line.languages):
            place = ("line", "languages", i, "prompts")
            yield from menus.known(language.prompts, packaged.languages, place, "prompt-language")


def _timezone(settings: Settings) -> Iterator[Problem]:
    name = settings.line.centre.timezone
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Problem(code="timezone", place=("line", "centre", "timezone"), fields={"found": name})


def _hours(settings: Settings) -> Iterator[Problem]:
    for i, hours in enumerate(settings.line.hours):
        if hours.open >= hours.close:
            fields = {"open": hours.open, "close": hours.close}
            yield Problem(code="hours", place=("line", "hours", i, "close"), fields=fields)


def _unique_ids(settings: Settings) -> Iterator[Problem]:
    lists: tuple[tuple[Place, list[str]], ...] = (
        (("line", "languages"), [language.id for language in settings.line.languages]),
        (("line", "services"), [service.id for service in settings.line.services]),
        (("seats",), [seat.id for seat in settings.seats]),
    )
    for place, ids in lists:
        seen: set[str] = set()
        for i, one in enumerate(ids):
            if one in seen:
                yield Problem(code="twice", place=(*place, i, "id"), fields={"found": one})
            seen.add(one)


def _reserved_ids(settings: Settings) -> Iterator[Problem]:
    """Ids that begin so mark demonstration data: nothing real may look like it."""
    ids: list[tuple[Place, str]] = [(("line", "centre", "id"), settings.line.centre.id)]
    ids += [(("seats", i, "id"), seat.id) for i, seat in enumerate(settings.seats)]
    for place, one in ids:
        if f"{one}-".startswith(RESERVED):
            yield Problem(code="reserved", place=place, fields={"found": one, "prefix": RESERVED})


def _default_language(settings: Settings) -> Iterator[Problem]:
    line = settings.line
    yield from menus.known(
        line.default_language,
        [language.id for language in line.languages],
        ("line", "default_language"),
        "language",
    )


def _default_service(settings: Settings) -> Iterator[Problem]:
    line = settings.line
    yield from menus.known(
        line.default_service,
        [service.id for service in line.services],
        ("line", "default_service"),
        "service",
    )


def _menu(settings: Settings) -> Iterator[Problem]:
    yield from menus.nodes_sound(settings.line.menu)


def _menu_language(settings: Settings) -> Iterator[Problem]:
    ids = [language.id for language in settings.line.languages]
    for place, key in menus.keys(settings.line.menu):
        if key.language is not None:
            yield from menus.known(key.language, ids, (*place, "language"), "language")


def _menu_service(settings: Settings) -> Iterator[Problem]:
    ids = [service.id for service in settings.line.services]
    for place, key in menus.keys(settings.line.menu):
        if key.service is not None:
            yield from menus.known(key.service, ids, (*place, "service"), "service")


def _voicemail(settings: Settings) -> Iterator[Problem]:
    voicemail = settings.line.voicemail
    if voicemail.min_s >= voicemail.max_s:
        fields = {"found": f"{voicemail.min_s:g}", "most": str(voicemail.max_s)}
        yield Problem(code="voicemail", place=("line", "voicemail", "min_s"), fields=fields)


def _ports(settings: Settings) -> Iterator[Problem]:
    ports: dict[Place, int] = {
        ("sip", "port"): settings.sip.port,
        ("pbx", "http_port"): settings.pbx.http_port,
        ("pbx", "ami_port"): settings.pbx.ami_port,
        ("web", "port"): settings.web.port,
    }
    uses = Counter(ports.values())
    for place, port in ports.items():
        others = [".".join(map(str, p)) for p, q in ports.items() if q == port and p != place]
        if uses[port] > 1:
            fields = {"found": str(port), "others": ", ".join(others)}
            yield Problem(code="port-twice", place=place, fields=fields)


def _rtp(settings: Settings) -> Iterator[Problem]:
    """Two ports (RTP, RTCP) for each of a call's two legs: fewer than 20 are five calls."""
    sip = settings.sip
    fields = {"first": str(sip.rtp_first), "last": str(sip.rtp_last), "sip": str(sip.port)}
    if sip.rtp_last - sip.rtp_first + 1 < 20 or sip.rtp_first < 1024:
        yield Problem(code="rtp-range", place=("sip", "rtp_last"), fields=fields)
    if sip.rtp_first <= sip.port <= sip.rtp_last:
        yield Problem(code="rtp-over-sip", place=("sip", "rtp_first"), fields=fields)


def _hosts(settings: Settings) -> Iterator[Problem]:
    """Asterisk is told addresses; names are for connecting to one that somebody else runs."""
    if settings.pbx.manage:
        for place, host in (
            (("sip", "host"), settings.sip.host),
            (("sip", "public"), settings.sip.public or settings.sip.host),
            (("pbx", "host"), settings.pbx.host),
        ):
            try:
                ipaddress.ip_address(host)
            except ValueError:
                yield Problem(code="host", place=place, fields={"found": host})


def _codecs(settings: Settings) -> Iterator[Problem]:
    if not settings.sip.codecs:
        yield Problem(code="empty", place=("sip", "codecs"))


def _trunks(settings: Settings) -> Iterator[Problem]:
    for i, trunk in enumerate(settings.sip.trunks):
        try:
            ipaddress.ip_network(trunk, strict=False)
        except ValueError:
            yield Problem(code="trunk", place=("sip", "trunks", i), fields={"found": trunk})


def _weights(settings: Settings) -> Iterator[Problem]:
    traffic = settings.traffic
    for name, weights, n in (("hours", traffic.hours, 24), ("weekdays", traffic.weekdays, 7)):
        if len(weights) != n or not any(weights):
            fields = {"n": str(n), "found": str(len(weights))}
            yield Problem(code="weights", place=("traffic", name), fields=fields)


_OUTBOUND = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):[0-9]{1,5}")


def _outbound(settings: Settings) -> Iterator[Problem]:
    if settings.sip.outbound and not _OUTBOUND.fullmatch(settings.sip.outbound):
        fields = {"found": settings.sip.outbound}
        yield Problem(code="outbound", place=("sip", "outbound"), fields=fields)


def _callbacks(settings: Settings) -> Iterator[Problem]:
    """Nobody may be promised a callback who cannot be rung."""
    if settings.line.callbacks.offered and not settings.sip.outbound:
        yield Problem(code="no-way-out", place=("line", "callbacks", "offered"))


def _redis(settings: Settings) -> Iterator[Problem]:
    """Never quotes the address: there may be a password in it."""
    if settings.redis.url:
        try:
            place = urlsplit(settings.redis.url)
            found = place.path if place.scheme == "unix" else place.hostname and place.port != 0
        except ValueError:  # a port that is none
            place, found = None, None
        if place is None or place.scheme not in ("redis", "rediss", "unix") or not found:
            yield Problem(code="redis-url", place=("redis", "url"))


_RULES: tuple[tuple[tuple[str, ...], Rule], ...] = (
    (("line.centre",), _timezone),
    (("line.hours",), _hours),
    (("line.menu",), _menu),
    (("line.menu", "line.languages"), _menu_language),
    (("line.menu", "line.services"), _menu_service),
    (("line.languages", "line.default_language"), _default_language),
    (("line.services", "line.default_service"), _default_service),
    (("line.languages", "line.services", "seats"), _unique_ids),
    (("line.centre", "seats"), _reserved_ids),
    (("line.voicemail",), _voicemail),
    (("sip", "pbx", "web"), _ports),
    (("sip",), _rtp),
    (("sip",), _trunks),
    (("sip",), _outbound),
    (("sip", "line"), _callbacks),
    (("sip",), _codecs),
    (("sip", "pbx"), _hosts),
    (("redis",), _redis),
    (("traffic",), _weights),
)
