"""The month's sums, asked of the database: GROUP BY there, so that no call is loaded here.

Only reads, through `Store.read`. Everything is of the calls opened in a span of time; what belongs
to them (slips, ratings, messages, rings) is found through them, the duty ledger by time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Integer,
    Label,
    Row,
    Select,
    Text,
    and_,
    case,
    cast,
    distinct,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from cases import tables as t
from reports.indicators import OUTCOMES, SCORES, UNRATED, WITHIN_S

QUARTER_S: Final = 900
"""Calls are counted by quarters of an hour since the epoch: every zone's hours are made of them."""

Rows = Sequence[Row[Any]]

_CALLS = t.calls.c
_ANSWERED = _CALLS.outcome == "answered"
_LEFT = _CALLS.outcome.in_(("abandoned_queue", "abandoned_ringing"))
_REACHED = t.calls.alias("reached")
"""The call by which the caller of a callback was rung and reached."""
_DIGITS_KEPT = 8
_DIGITS_KEPT_PLUS = 10
"""The region of a number can be told by these, and nobody: 138 1234 0, +86 138 1234."""


class Span(msgspec.Struct, frozen=True):
    """Begins ≤ opened_at < ends (epoch s); `default_*`: what is not a specialist's."""

    begins: float
    ends: float
    default_language: str = ""
    default_service: str = ""

    def calls(self) -> ColumnElement[bool]:
        """That came in: whom we rang back (`callback_id`) is not counted once more."""
        came = and_(_CALLS.opened_at >= self.begins, _CALLS.opened_at < self.ends)
        return and_(came, _CALLS.callback_id == "")


class Sums:
    """What is asked in one transaction: every answer is of the same moment."""

    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def _rows(self, wanted: Select[Any]) -> Rows:
        found: Rows = (await self._conn.execute(wanted)).all()
        return found

    async def first_call(self) -> float | None:
        """When the first call there is began (epoch s)."""
        wanted = select(func.min(_CALLS.opened_at))
        first: float | None = (await self._conn.execute(wanted)).scalar_one()
        return first

    async def audit_head(self) -> tuple[int, str]:
        row = (await self._conn.execute(select(t.audit_head.c.seq, t.audit_head.c.hash))).one()
        return row.seq, row.hash

    async def demo(self, span: Span) -> bool:
        wanted = select(_CALLS.call_id).where(span.calls(), _CALLS.demo).limit(1)
        return (await self._conn.execute(wanted)).first() is not None

    async def calls(self, span: Span) -> Rows:
        """Counters of `Counts` by `language`, `service` and the `seat` that answered."""
        seat = case((_ANSWERED, _CALLS.seat_id)).label("seat")
        special = or_(
            _CALLS.language != span.default_language, _CALLS.service != span.default_service
        )
        queued = _CALLS.queued_at.is_not(None)
        counted: dict[str, ColumnElement[Any]] = {
            "offered": func.count(),
            "queued": _number(queued),
            "answered_purchased": _number(and_(_ANSWERED, _CALLS.provider == "purchased")),
            "specialist_queued": _number(and_(queued, special)),
            "specialist_answered": _number(and_(_ANSWERED, special)),
            "open": _number(_CALLS.outcome.is_(None)),
            **{outcome: _number(_CALLS.outcome == outcome) for outcome in OUTCOMES},
            "callbacks_answered": _number(_REACHED.c.outcome == "answered"),
            "callbacks_given_up": _number(t.callbacks.c.state == "given_up"),
            **{f"within_{s}": _number(and_(_ANSWERED, _CALLS.wait_s <= s)) for s in WITHIN_S},
            "entry_s": _sum(_ANSWERED, _CALLS.queued_at - _CALLS.opened_at),
            "wait_s": _sum(_ANSWERED, _CALLS.wait_s),
            "left_s": _sum(_LEFT, _CALLS.wait_s),
            "talk_s": _sum(_ANSWERED, _CALLS.talk_s),
        }
        wanted = (
            select(
                _CALLS.language,
                _CALLS.service,
                seat,
                *(column.label(name) for name, column in counted.items()),
            )
            .select_from(
                t.calls.outerjoin(t.callbacks, t.callbacks.c.call_id == _CALLS.call_id).outerjoin(
                    _REACHED, _REACHED.c.call_id == t.callbacks.c.reached_call_id
                )
            )
            .where(span.calls())
            .group_by(*_by(_CALLS.language, _CALLS.service, seat))
        )
        return await self._rows(wanted)

    async def ratings(self, span: Span) -> Rows:
        """Scores and why there is none, by `language`, `service`, `seat`.

        Of each call the last act's: whoever was before it lost the caller, who was not asked.
        """
        later = t.ratings.alias()
        last = ~exists().where(
            later.c.call_id == t.ratings.c.call_id,
            tuple_(later.c.at, later.c.leg_id) > tuple_(t.ratings.c.at, t.ratings.c.leg_id),
        )
        rated = {f"rated_{score}": _number(t.ratings.c.score == score) for score in SCORES}
        missed = {
            name: _number(t.ratings.c.missed == name.removeprefix("unrated_")) for name in UNRATED
        }
        wanted = (
            select(
                _CALLS.language,
                _CALLS.service,
                _CALLS.seat_id.label("seat"),
                *(column.label(name) for name, column in (rated | missed).items()),
            )
            .select_from(t.ratings.join(t.calls))
            .where(span.calls(), _ANSWERED, last)
            .group_by(_CALLS.language, _CALLS.service, _CALLS.seat_id)
        )
        return await self._rows(wanted)

    async def messages(self, span: Span) -> Rows:
        """`messages`, and `messages_handled` of them, by `language`, `service` and `why`."""
        by = (_CALLS.language, _CALLS.service, t.voicemails.c.why)
        handled = _number(t.voicemails.c.state == "handled").label("messages_handled")
        kept = t.voicemails.join(t.calls)
        return await self._grouped(span, by, kept, func.count().label("messages"), handled)

    async def after_queue(self, span: Span) -> Rows:
        """`n` calls that asked for a human, by `outcome`."""
        return await self._grouped(
            span, (_CALLS.outcome,), t.calls, where=_CALLS.queued_at.is_not(None)
        )

    async def slips(self, span: Span) -> Rows:
        """`n` calls by what their slips say: `kind`, `matter`, `emotion`."""
        slip = t.slips.c
        return await self._grouped(span, (slip.kind, slip.matter, slip.emotion), _with_slips())

    async def places(self, span: Span) -> Rows:
        return await self._grouped(span, (t.slips.c.place,), _with_slips())

    async def groups(self, span: Span) -> Rows:
        """`n` calls by the whole list of their caller groups, as JSON in `listed`."""
        return await self._grouped(
            span, (cast(t.slips.c.groups, Text).label("listed"),), _with_slips()
        )

    async def numbers(self, span: Span) -> Rows:
        """`n` calls by the first digits of the caller's number, in `digits`."""
        number = _CALLS.caller_number
        digits = case(
            (number.startswith("+"), func.substr(number, 1, _DIGITS_KEPT_PLUS)),
            else_=func.substr(number, 1, _DIGITS_KEPT),
        )
        return await self._grouped(span, (digits.label("digits"),), t.calls)

    async def callers(self, span: Span) -> tuple[int, int]:
        """Different numbers that called, and calls without one."""
        none = _CALLS.caller_number == ""
        wanted = select(
            func.count(distinct(case((none, None), else_=_CALLS.caller_number))),
            func.coalesce(_number(none), 0),
        ).where(span.calls())
        row = (await self._conn.execute(wanted)).one()
        return row[0], row[1]

    async def quarters(self, span: Span) -> Rows:
        """`n` calls and `answered` ones by `quarter` of an hour since the epoch."""
        quarter = _whole(self._conn, _CALLS.opened_at / QUARTER_S).label("quarter")
        answered = func.coalesce(_number(_ANSWERED), 0).label("answered")
        return await self._grouped(span, (quarter,), t.calls, answered)

    async def offers(self, span: Span) -> Rows:
        """`n` rings of seats by how they `end`ed."""
        return await self._grouped(span, (t.offers.c.end,), t.offers.join(t.calls))

    async def widened(self, span: Span) -> int:
        """Answered calls that a seat took after waiting had widened who may serve them."""
        wanted = (
            select(func.count(distinct(_CALLS.call_id)))
            .select_from(t.offers.join(t.calls))
            .where(span.calls(), _ANSWERED, t.offers.c.end == "answered", t.offers.c.rung > 0)
        )
        widened: int = (await self._conn.execute(wanted)).scalar_one()
        return widened

    async def tries(self, span: Span) -> Rows:
        """`n` answered calls by how many `offers` it took."""
        return await self._grouped(span, (_CALLS.offers,), t.calls, where=_ANSWERED)

    async def moved(self, span: Span) -> int:
        """Calls that talked to more than one seat."""
        several = (
            select(t.legs.c.call_id)
            .select_from(t.legs.join(t.calls))
            .where(span.calls(), t.legs.c.kind == "seat", t.legs.c.answered_at.is_not(None))
            .group_by(t.legs.c.call_id)
            .having(func.count(distinct(t.legs.c.seat_id)) > 1)
        )
        wanted = select(func.count()).select_from(several.subquery())
        return (await self._conn.execute(wanted)).scalar_one()

    async def spells(self, span: Span) -> Rows:
        """`seconds` of the span by `seat_id`, `provider`, `state`, `reason`."""
        spell = t.seat_spells.c
        ended = func.coalesce(spell.ended_at, span.ends)
        last = case((ended < span.ends, ended), else_=span.ends)
        first = case((spell.began_at > span.begins, spell.began_at), else_=span.begins)
        by = (spell.seat_id, spell.provider, spell.state, spell.reason)
        return await self._rows(
            select(*by, func.sum(last - first).label("seconds"))
            .where(spell.began_at < span.ends, ended > span.begins)
            .group_by(*by)
        )

    async def _grouped(
        self,
        span: Span,
        by: tuple[Any, ...],
        source: Any,
        *more: Any,
        where: ColumnElement[bool] | None = None,
    ) -> Rows:
        wanted = select(*by, func.count().label("n"), *more).select_from(source).where(span.calls())
        if where is not None:
            wanted = wanted.where(where)
        return await self._rows(wanted.group_by(*_by(*by)))


def _by(*columns: Any) -> list[Any]:
    """To group by: what has a name of its own by that name, so that its parameters stand once."""
    return [column.name if isinstance(column, Label) else column for column in columns]


def _number(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))


def _sum(condition: ColumnElement[bool], seconds: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((condition, seconds))), literal(0.0))


def _whole(conn: AsyncConnection, number: ColumnElement[Any]) -> ColumnElement[Any]:
    """Cut to a whole number: a cast does so on SQLite, and rounds on PostgreSQL."""
    if conn.dialect.name == "postgresql":
        number = func.floor(number)
    return cast(number, Integer)


def _with_slips() -> Any:
    return t.calls.outerjoin(t.slips, t.slips.c.call_id == t.calls.c.call_id)
