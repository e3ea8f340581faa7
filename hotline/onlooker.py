"""The running line as its own API shows it: watch the live board, and act at seats.

Used by the demonstration, by the end-to-end tests and by the bench, which all wait for what the
board shows instead of for time to pass. It is a client like any other: it never reaches into the
router and never opens the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
import msgspec

from cases.mask import mask_number
from web import views as v
from web.live import Beat, Delta, LiveBoard

_T = TypeVar("_T")
_MESSAGE = msgspec.json.Decoder(LiveBoard | Delta | Beat)


class LineError(Exception):
    """The line cannot be reached, refused a request, or something did not come true in time."""


class Refused(LineError):
    """An answer of 4xx or 5xx; `code` is the stable word in its body."""

    def __init__(self, path: str, status: int, code: str) -> None:
        super().__init__(f"{path}: {status} {code}")
        self.status = status
        self.code = code


async def answers(address: str) -> None:
    """Whether a line is there and serves callers. Raises LineError when not."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http,
            http.get(f"{address}/api/v1/health") as reply,
        ):
            if reply.status != 200:
                raise LineError(f"{address}: {await reply.text()}")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise LineError(str(error) or f"{address}: no answer") from error


class Onlooker:
    """A signed-in client that follows the live board. An asynchronous context."""

    def __init__(self, address: str, token: str) -> None:
        """`address`: `http://host:port` of the line; `token`: of a supervisor's session."""
        self._api = f"{address}/api/v1"
        self._token = token
        self.seats: dict[str, v.SeatView] = {}
        self.calls: dict[str, v.CallView] = {}
        self.phones: dict[str, bool] = {}
        self.pbx_up = False
        self.stages: dict[str, list[str]] = {}
        """Call → the stages it was seen in, in order."""
        self._ids: dict[str, str] = {}
        self._gone = False
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession()
        try:
            self._ws = await self._http.ws_connect(
                f"{self._api}/live/ws", headers=self._headers(self._token), timeout=_CLOSE
            )
            await self._take(await self._ws.receive(timeout=5))
        except (aiohttp.ClientError, TimeoutError, TypeError) as error:
            await self._http.close()
            raise LineError(f"{self._api}/live/ws: {error}") from error
        self._following = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._following.cancel()
        await asyncio.gather(self._following, return_exceptions=True)
        await self._ws.close()
        await self._http.close()

    # ---- looking ----

    async def until(self, what: str, look: Callable[[], _T], *, deadline_s: float = 10.0) -> _T:
        """Wait for a look at the board that shows something true.

        Raises LineError naming `what` after `deadline_s`, or at once when the line has gone.
        """
        try:
            async with asyncio.timeout(deadline_s), self._changed:
                while not (seen := look()):
                    if self._gone:
                        raise LineError(f"the line went away while waiting for {what}")
                    await self._changed.wait()
                return seen
        except TimeoutError:
            raise LineError(f"not within {deadline_s} s: {what}; {self._now()}") from None

    def call_of(self, number: str) -> str:
        """Id of the newest call from `number` that was seen; empty: none yet."""
        return self._ids.get(mask_number(number), "")

    async def arrived(self, number: str, *, deadline_s: float = 10.0) -> str:
        """The id of the call from `number`, once it is on the board."""
        return await self.until(
            f"a call from {mask_number(number)}",
            lambda: self.call_of(number),
            deadline_s=deadline_s,
        )

    async def stage(self, call_id: str, *stages: str, deadline_s: float = 10.0) -> v.CallView:
        """The call once it is at one of `stages`."""

        def look() -> v.CallView | None:
            call = self.calls.get(call_id)
            return call if call is not None and call.stage in stages else None

        what = f"call {call_id} at {' or '.join(stages)}, which was at {self.stages.get(call_id)}"
        seen = await self.until(what, look, deadline_s=deadline_s)
        assert seen is not None
        return seen

    async def left(self, call_id: str, *, deadline_s: float = 10.0) -> None:
        """Wait until a call that was seen has left the board."""
        await self.until(
            f"the end of call {call_id}",
            lambda: call_id in self.stages and call_id not in self.calls,
            deadline_s=deadline_s,
        )

    async def seat(self, seat_id: str, *states: str, deadline_s: float = 10.0) -> v.SeatView:
        """The seat once it is in one of `states`."""

        def look() -> v.SeatView | None:
            seat = self.seats[seat_id]
            return seat if seat.state in states else None

        seen = await self.until(
            f"seat {seat_id} in {' or '.join(states)}", look, deadline_s=deadline_s
        )
        assert seen is not None
        return seen

    # ---- acting ----

    async def post(self, path: str, token: str, body: object = None) -> Any:
        """POST to a path below `/api/v1` as whoever `token` belongs to; the decoded answer.

        Raises Refused, LineError.
        """
        return await self._ask("POST", path, token, body)

    async def patch(self, path: str, token: str, body: object) -> Any:
        """PATCH; see `post`."""
        return await self._ask("PATCH", path, token, body)

    async def get(self, path: str) -> Any:
        return await self._ask("GET", path, self._token, None)

    async def _ask(self, method: str, path: str, token: str, body: object) -> Any:
        try:
            async with self._http.request(
                method, f"{self._api}{path}", json=body, headers=self._headers(token)
            ) as reply:
                raw = await reply.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise LineError(f"{path}: {error}") from error
        answer = msgspec.json.decode(raw) if raw else None
        if reply.status >= 400:
            code = answer.get("code", "") if isinstance(answer, dict) else ""
            raise Refused(path, reply.status, code)
        return answer

    # ---- following ----

    async def _follow(self) -> None:
        try:
            async for message in self._ws:
                await self._take(message)
        finally:
            self._gone = True
            async with self._changed:
                self._changed.notify_all()

    async def _take(self, message: aiohttp.WSMessage) -> None:
        match _MESSAGE.decode(message.data):
            case LiveBoard(board=board):
                self.seats, self.calls = dict(board.seats), {}
                self.phones, self.pbx_up = dict(board.phones), board.pbx_up
                for call in board.calls.values():
                    self._saw(call)
            case Delta(changes=changes):
                for change in changes:
                    self._change(change)
        async with self._changed:
            self._changed.notify_all()

    def _change(self, change: v.Change) -> None:
        match change:
            case v.SeatChanged(seat):
                self.seats[seat.id] = seat
            case v.CallChanged(call):
                self._saw(call)
            case v.CallLeft(id):
                self.calls.pop(id, None)
            case v.PhoneChanged(phone, reachable):
                self.phones[phone] = reachable
            case v.PbxChanged(up):
                self.pbx_up = up
            case _:
                pass

    def _saw(self, call: v.CallView) -> None:
        self.calls[call.id] = call
        stages = self.stages.get(call.id)
        if stages is None:
            stages = self.stages[call.id] = []
            self._ids[call.number] = call.id
        if stages[-1:] != [call.stage]:
            stages.append(call.stage)

    def _now(self) -> str:
        calls = ", ".join(f"{call.id} {call.stage}" for call in self.calls.values())
        seats = ", ".join(f"{s.id} {s.state}" for s in self.seats.values() if s.person_id)
        return f"calls: {calls or 'none'}; seats: {seats or 'none'}"

    def _headers(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}", "Accept-Language": "en"}


_CLOSE = aiohttp.ClientWSTimeout(ws_close=2.0)
