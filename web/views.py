"""What the live board shows and how it changes: the words on the wire of `/api/v1/live`.

Only shapes. Never holds a telephone number in full, a caller's name or a path of a file.
Times are epoch seconds.
"""

from __future__ import annotations

import msgspec

from router.facts import Outcome, SeatState, Stage
from router.phones import PhoneKind


class _View(msgspec.Struct, frozen=True):
    pass


class SeatView(_View, frozen=True):
    """One seat place, signed in or not. `since` is None while nobody is signed in."""

    id: str
    name: str
    provider: str
    state: SeatState = "signed_out"
    since: float | None = None
    reason: str = ""
    person_id: str = ""
    person_name: str = ""
    phone: str = ""
    phone_kind: PhoneKind | None = None
    phone_reachable: bool = False
    call_id: str = ""
    """The call that is offered, talked or wrapped up."""
    wants_not_ready: str = ""
    wrapup_until: float | None = None
    paused_until: float | None = None
    answered: int = 0
    talk_s: float = 0.0


class CallView(_View, frozen=True):
    """One live call. `since`: when talk, ring, wait or the call itself began, by stage."""

    id: str
    stage: Stage
    number: str
    """Masked."""
    language: str
    service: str
    opened_at: float
    since: float
    entered_at: float | None = None
    """Waiting order counts from here."""
    position: int = 0
    """Place among all who wait (a caller whose seat rings waits still); 0: does not wait."""
    seat_id: str = ""
    """The seat that is rung or talks."""


class Today(_View, frozen=True):
    """What happened on one local day of the centre: calls that came, calls that ended how.

    `offered + open at midnight == sum(outcomes) + open now`. `queued`: asked for a human.
    """

    day: str
    offered: int = 0
    queued: int = 0
    outcomes: dict[Outcome, int] = {}
    whole: bool = True
    """False: the store could not be read when the board began; counts are of the time since."""


class Note(_View, frozen=True):
    """Something a supervisor wants to have seen pass by. `type` is the fact's name."""

    seq: int
    at: float
    type: str
    seat_id: str = ""
    call_id: str = ""
    what: str = ""
    """Reason, outcome or thing, as the fact has it."""


class BoardView(_View, frozen=True):
    """The whole board. `seq` is the number of the last fact that changed it."""

    seq: int
    pbx_up: bool
    seats: dict[str, SeatView]
    calls: dict[str, CallView]
    phones: dict[str, bool]
    """Phone → reachable. One in a browser stands only at the seat it is signed in at."""
    today: Today
    notes: tuple[Note, ...]
    """Newest last, at most `web.board.NOTES`."""


class _Change(_View, frozen=True, tag_field="what"):
    pass


class SeatChanged(_Change, frozen=True, tag="seat"):
    seat: SeatView


class CallChanged(_Change, frozen=True, tag="call"):
    call: CallView


class CallLeft(_Change, frozen=True, tag="call-left"):
    id: str


class PhoneChanged(_Change, frozen=True, tag="phone"):
    phone: str
    reachable: bool


class PbxChanged(_Change, frozen=True, tag="pbx"):
    up: bool


class DayChanged(_Change, frozen=True, tag="today"):
    today: Today


class Noted(_Change, frozen=True, tag="note"):
    """To be appended to `notes`; the oldest beyond the limit fall off."""

    note: Note


Change = SeatChanged | CallChanged | CallLeft | PhoneChanged | PbxChanged | DayChanged | Noted
