"""What the live board shows and how it changes: the words on the wire of `/api/v1/live`.

Only shapes. Never holds a telephone number in full, a caller's name or a path of a file.
Times are epoch seconds.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec

from cases.records import Provider
from cases.vocabulary import one_of
from reports.indicators import Counts
from router.facts import SeatState, Stage
from router.phones import PhoneKind


class _View(msgspec.Struct, frozen=True):
    pass


InterpreterState = Literal["", "rung", "talking", "away", "left"]
"""`away`: its phone is gone, or rung anew. `left`: caller and specialist go on without."""


class SeatView(_View, frozen=True):
    """One seat place, signed in or not. `since` is None while nobody is signed in."""

    id: str
    name: str
    provider: Annotated[str, one_of(*get_args(Provider))]
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
    held: bool = False
    """The seat lets its caller wait to music."""
    away_until: float | None = None
    """In mid-talk the seat's phone is gone, or is rung anew; the caller hears music until then."""
    wants_not_ready: str = ""
    wrapup_until: float | None = None
    paused_until: float | None = None
    answered: int = 0
    talk_s: float = 0.0


class Outlook(_View, frozen=True):
    """How long a caller was expected to wait from `at` (epoch s) on: answered within `median_s` as
    likely as not, within `p90_s` nine times in ten (`queues.wait`)."""

    at: float
    median_s: float
    p90_s: float


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
    """The seat that is rung or talks; of an interpreted call the specialist's."""
    interpreter_id: str = ""
    """The seat that is rung to interpret, interprets, or did until it left; else empty."""
    interpreter: InterpreterState = ""
    picked_up: str = ""
    """The one of two seats that has answered and waits for the other."""
    outlook: Outlook | None = None
    """While it waits: what was last estimated; None: nothing yet, or nobody could say."""


class QueueView(_View, frozen=True):
    """Who waits for a human in one language for one service; a queue without anybody is not shown.

    A caller whose seat rings waits still.
    """

    key: str
    """`<language>/<service>`."""
    language: str
    service: str
    waiting: int
    ringing: int
    """Of those who wait: for whom a seat rings."""
    since: float
    """When the one who waits longest began to wait."""


class Figure(_View, frozen=True):
    """One indicator: `n` over `d`. `value` None: nothing to divide by yet."""

    n: float
    d: float | None
    value: float | None
    """A share 0-1, mean seconds, hours or a count, as `reports.indicators` says."""
    target: float | None = None


class Today(_View, frozen=True):
    """The calls that came on one local day of the centre, and what became of them up to now.

    `offered == sum of the outcomes + open` at every moment.
    """

    day: str
    counts: Counts
    figures: dict[str, Figure]
    """Indicator → its value, in the order of the dictionary."""
    whole: bool = True
    """False: the store could not be read when the board began; counts are of the time since."""


class Part(_View, frozen=True):
    """How one part of the house is. `down`: callers are not served as they should be."""

    state: Literal["ok", "degraded", "down"]
    behind: int | None = None
    """What waits: facts to be written, recordings to be finished; where that has a meaning."""
    detail: str = ""
    """A stable word or a version; never a sentence, an address or a secret."""


class Note(_View, frozen=True):
    """Something a supervisor wants to have seen pass by. `type` is the fact's name."""

    seq: int
    at: float
    type: str
    seat_id: str = ""
    person_name: str = ""
    """Who sat there then, as far as the name was known."""
    call_id: str = ""
    language: str = ""
    service: str = ""
    what: str = ""
    """Reason, outcome or thing, as the fact has it."""
    seconds: float | None = None
    """How long the caller had been there, a seat rung or a talk lasted, as the type has it."""


class BoardView(_View, frozen=True):
    """The whole board. `seq` is the number of the last fact that changed it."""

    seq: int
    pbx_up: bool
    seats: dict[str, SeatView]
    calls: dict[str, CallView]
    phones: dict[str, bool]
    """Phone → reachable. One in a browser stands only at the seat it is signed in at."""
    queues: dict[str, QueueView]
    """By key; those in which somebody waits."""
    seat_states: dict[SeatState, int]
    """Seats by state, every state there is."""
    parts: dict[str, Part]
    """How each part of the house is, `pbx` among them."""
    today: Today
    callbacks: int
    """Callers who have left the phone and are to be rung back, or are being rung."""
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


class QueueChanged(_Change, frozen=True, tag="queue"):
    queue: QueueView


class QueueLeft(_Change, frozen=True, tag="queue-left"):
    """Nobody waits there any more."""

    key: str


class CallbacksCounted(_Change, frozen=True, tag="callbacks"):
    waiting: int


class SeatsCounted(_Change, frozen=True, tag="seat-states"):
    states: dict[SeatState, int]


class PartChanged(_Change, frozen=True, tag="part"):
    name: str
    part: Part


class DayChanged(_Change, frozen=True, tag="today"):
    today: Today


class Noted(_Change, frozen=True, tag="note"):
    """To be appended to `notes`; the oldest beyond the limit fall off."""

    note: Note


Change = (
    SeatChanged
    | CallChanged
    | CallLeft
    | PhoneChanged
    | PbxChanged
    | QueueChanged
    | QueueLeft
    | SeatsCounted
    | CallbacksCounted
    | PartChanged
    | DayChanged
    | Noted
)
