"""The indicator dictionary: what each figure of wall and report means, defined once. PURE.

`Counts` holds raw counters only; a share is never kept, it is asked of the dictionary, so that
wall and month cannot differ in what a percentage is of. Who counts (a fold of facts, rows of SQL)
is not known here. Names and definitions for people are in the catalogue `indicators`.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

WITHIN_S: Final = (15, 20, 30)
"""Seconds of the service levels: GB/T 33358-2016, the custom of the trade, 线上三十秒."""

SCORES: Final = (1, 2, 3, 4, 5)
"""Keys of the rating: 1 very satisfied … 5 very dissatisfied."""


class Counts(msgspec.Struct, frozen=True):
    """Raw counters of a day, a month or a part of one; they add up with `+`.

    Calls are counted once however often they were offered or moved. Waiting begins when a human
    is asked for (`calls.queued_at`) and, as `calls.wait_s`, ends with the answer.
    """

    offered: int = 0
    """Calls that came, those included that only the dialplan's fallback served."""
    queued: int = 0
    """Calls that asked for a human and stood in the router's queue."""
    answered: int = 0
    answered_purchased: int = 0
    """By seats of a purchased provider."""
    specialist_queued: int = 0
    """Of `queued`: for another service or language than the line's default ones."""
    specialist_answered: int = 0

    # The other outcomes (router.facts.Outcome), and calls that have not ended.
    abandoned_greeting: int = 0
    abandoned_menu: int = 0
    abandoned_queue: int = 0
    abandoned_ringing: int = 0
    voicemail: int = 0
    abandoned_voicemail: int = 0
    callback: int = 0
    """Left the phone to be rung back: neither answered nor given up at that moment."""
    fallback_answered: int = 0
    fallback_voicemail: int = 0
    fallback_abandoned: int = 0
    failed: int = 0
    open: int = 0

    within_15: int = 0
    """Answered calls that waited at most so many seconds; each contains the one before."""
    within_20: int = 0
    within_30: int = 0

    # Seconds, summed over calls.
    entry_s: float = 0.0
    """Answered calls: from the call's beginning until a human was asked for."""
    wait_s: float = 0.0
    """Answered calls: from asking for a human to the answer."""
    left_s: float = 0.0
    """Calls given up in queue or ringing: from asking for a human to the end."""
    talk_s: float = 0.0

    # One rating per service act; why there is none is kept apart, and none is never satisfied.
    rated_1: int = 0
    rated_2: int = 0
    rated_3: int = 0
    rated_4: int = 0
    rated_5: int = 0
    unrated_not_asked: int = 0
    unrated_hung_up: int = 0
    unrated_timeout: int = 0
    unrated_wrong_key: int = 0

    callbacks_answered: int = 0
    """Of `callback`: rung back since and served by a seat."""
    callbacks_given_up: int = 0
    """Of `callback`: not reached, or their turn did not come in time."""

    messages: int = 0
    """Messages kept, with those of the fallback."""
    messages_handled: int = 0

    seat_s: float = 0.0
    """Seconds in which seats were signed in."""
    seat_purchased_s: float = 0.0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            **{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__}
        )

    def sum_of(self, names: tuple[str, ...]) -> float:
        total: float = sum(getattr(self, name) for name in names)
        return total


OUTCOMES: Final = (
    "answered",
    "abandoned_greeting",
    "abandoned_menu",
    "abandoned_queue",
    "abandoned_ringing",
    "voicemail",
    "abandoned_voicemail",
    "callback",
    "fallback_answered",
    "fallback_voicemail",
    "fallback_abandoned",
    "failed",
)
"""Counters of the outcomes. With `open` they add up to `offered`, for calls counted as a whole."""

RATED: Final = tuple(f"rated_{score}" for score in SCORES)
UNRATED: Final = (
    "unrated_not_asked",
    "unrated_hung_up",
    "unrated_timeout",
    "unrated_wrong_key",
)

Unit = Literal["count", "share", "seconds", "hours"]


class Indicator(msgspec.Struct, frozen=True):
    """One figure: the sum of some counters, over the sum of others where it has a base.

    `share`: 0-1; `seconds`: a mean in seconds; `hours`: a sum of seconds told in hours.
    """

    id: str
    unit: Unit
    numerator: tuple[str, ...]
    denominator: tuple[str, ...] = ()
    target: str = ""
    """Key in the settings' `[targets]`; empty: nobody set one."""
    better: Literal["more", "less", ""] = ""
    source: str = ""
    """Where the definition is from; empty: a plain count of ours."""


class Value(msgspec.Struct, frozen=True):
    """`n` over `d`; `d` is None where there is no base, `value` None where the base is empty."""

    n: float
    d: float | None
    value: float | None


def _level(seconds: int, source: str) -> Indicator:
    return Indicator(
        f"service_level_{seconds}",
        "share",
        (f"within_{seconds}",),
        ("queued",),
        target=f"service_level_{seconds}",
        better="more",
        source=source,
    )


_DOMAIN: Final = "domain notes 2d"
_LEFT: Final = ("abandoned_queue", "abandoned_ringing")
_ENTRY: Final = ("abandoned_greeting", "abandoned_menu")
_FALLBACK: Final = ("fallback_answered", "fallback_voicemail", "fallback_abandoned")

INDICATORS: Final[dict[str, Indicator]] = {
    one.id: one
    for one in (
        Indicator("offered", "count", ("offered",), source=_DOMAIN),
        Indicator("queued", "count", ("queued",), source=_DOMAIN),
        Indicator("answered", "count", ("answered",), source=_DOMAIN),
        Indicator(
            "connect_rate",
            "share",
            ("answered",),
            ("queued",),
            target="connect_rate",
            better="more",
            source="GB/T 33358-2016",
        ),
        Indicator(
            "connect_rate_all",
            "share",
            ("answered",),
            ("offered",),
            better="more",
            source=_DOMAIN,
        ),
        Indicator(
            "specialist_connect_rate",
            "share",
            ("specialist_answered",),
            ("specialist_queued",),
            target="specialist_connect_rate",
            better="more",
            source="川办发〔2021〕87号",
        ),
        _level(15, "GB/T 33358-2016"),
        _level(20, _DOMAIN),
        _level(30, "domain notes R26"),
        Indicator("wait_mean", "seconds", ("wait_s",), ("answered",), "", "less", _DOMAIN),
        Indicator(
            "wait_mean_entry",
            "seconds",
            ("entry_s", "wait_s"),
            ("answered",),
            better="less",
            source=_DOMAIN,
        ),
        Indicator("talk_mean", "seconds", ("talk_s",), ("answered",), source=_DOMAIN),
        Indicator("talk_hours", "hours", ("talk_s",)),
        Indicator("abandoned", "count", (*_ENTRY, *_LEFT, "abandoned_voicemail"), source=_DOMAIN),
        Indicator("abandoned_entry", "count", _ENTRY, source=_DOMAIN),
        Indicator("abandoned_queue", "count", ("abandoned_queue",), source=_DOMAIN),
        Indicator("abandoned_ringing", "count", ("abandoned_ringing",), source=_DOMAIN),
        Indicator("abandoned_voicemail", "count", ("abandoned_voicemail",)),
        Indicator("abandonment_rate", "share", _LEFT, ("queued",), "", "less", _DOMAIN),
        Indicator("left_mean", "seconds", ("left_s",), _LEFT, source=_DOMAIN),
        Indicator("callbacks", "count", ("callback",)),
        Indicator(
            "callbacks_answered_share",
            "share",
            ("callbacks_answered",),
            ("callback",),
            better="more",
        ),
        Indicator("callbacks_given_up", "count", ("callbacks_given_up",), better="less"),
        Indicator("messages", "count", ("messages",), source=_DOMAIN),
        Indicator(
            "messages_handled_share", "share", ("messages_handled",), ("messages",), "", "more"
        ),
        Indicator("fallback", "count", _FALLBACK, better="less"),
        Indicator("failed", "count", ("failed",), better="less"),
        Indicator("unfinished", "count", ("open",)),
        Indicator("rated", "count", RATED, source=_DOMAIN),
        Indicator("rating_share", "share", RATED, ("answered",), "", "more", _DOMAIN),
        Indicator(
            "satisfaction",
            "share",
            ("rated_1", "rated_2"),
            RATED,
            target="satisfaction",
            better="more",
            source=_DOMAIN,
        ),
        Indicator(
            "purchased_share",
            "share",
            ("answered_purchased",),
            ("answered",),
            target="purchased_share",
            better="more",
            source="domain notes R7",
        ),
        Indicator("seat_hours", "hours", ("seat_s",), source="domain notes 1d"),
        Indicator("seat_hours_purchased", "hours", ("seat_purchased_s",), source="domain notes 1d"),
    )
}
"""Id → indicator, in the order in which a report lists them."""


def value(indicator: Indicator | str, counts: Counts) -> Value:
    """What the indicator is for these counts. Raises KeyError for an id that is not listed."""
    one = INDICATORS[indicator] if isinstance(indicator, str) else indicator
    n = counts.sum_of(one.numerator)
    if not one.denominator:
        return Value(n, None, n / 3600 if one.unit == "hours" else n)
    d = counts.sum_of(one.denominator)
    return Value(n, d, n / d if d else None)
