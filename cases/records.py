"""What the case store hands out: frozen records, as the door (`cases.access`) lets them through.

Numbers and names of callers are masked here unless a field says otherwise. Times are epoch
seconds (UTC); durations seconds. None means that it has not happened or is not known.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from cases.vocabulary import EMOTIONS, GROUPS, KINDS, MATTERS, one_of
from router import facts as f

Role = Literal["seat", "supervisor", "analyst", "admin"]
Provider = Literal["staff", "purchased"]
RecordingKind = Literal["call", "voicemail"]
RecordingStatus = Literal["pending", "ready", "missing", "broken"]
VoicemailState = Literal["new", "handled"]
Reason = f.VoicemailWhy | Literal["fallback"]
"""Why a message was left; `fallback`: with the dialplan alone."""

_Kind = Annotated[str, one_of("", *KINDS)]
_Matter = Annotated[str, one_of("", *MATTERS)]
_Group = Annotated[str, one_of(*GROUPS)]
_Emotion = Annotated[int, one_of(*EMOTIONS)]


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Viewer(_Record, frozen=True):
    """Who looks. Comes from a verified session, never from a request's body."""

    person_id: str
    role: Role
    provider: Provider = "staff"


class Person(_Record, frozen=True):
    """`skills` maps skill → level 1-5; `phone` is the name of the SIP account."""

    id: str
    name: str
    username: str
    role: Role
    phone: str
    skills: dict[str, int]
    provider: Provider
    active: bool
    must_change_password: bool

    @property
    def viewer(self) -> Viewer:
        return Viewer(person_id=self.id, role=self.role, provider=self.provider)


class NewPerson(_Record, frozen=True):
    """Shown once: neither password can be read again. `sip_password` empty: no phone."""

    person: Person
    password: str
    sip_password: str


class PhoneAccount(_Record, frozen=True):
    """What the telephone exchange needs to let a person's phone in (`cases.people.phone_ha1`)."""

    phone: str
    person_id: str
    name: str
    ha1: str


class BrowserPhone(_Record, frozen=True):
    """The account of a phone in the browser, given to a sign-in that ends at `until`."""

    phone: str
    until: float


class CallRecord(_Record, frozen=True):
    """One call. `stage` is where it is, or where it ended; `outcome` None while it lives."""

    call_id: str
    slip_number: str
    caller_number: str
    caller_name: str
    number_region: str
    """Where the number was given out (code of a division): a hint; empty: unknown."""
    masked: bool
    dialled: str
    ingress: str
    within_hours: bool
    language: str
    service: str
    stage: f.Stage
    outcome: f.Outcome | None
    hangup_by: f.HangupParty | None
    talk_ended_by: f.HangupParty | None
    cause: int | None
    opened_at: float
    queued_at: float | None
    ringing_at: float | None
    answered_at: float | None
    ended_at: float | None
    ivr_s: float
    queue_s: float
    ring_s: float
    talk_s: float
    hold_s: float
    """Of `talk_s`: the caller heard music."""
    rating_s: float
    fallback_s: float
    voicemail_s: float
    wait_s: float | None
    offers: int
    seat_id: str | None
    person_id: str | None
    provider: Provider | None
    score: int | None
    line_version: str
    voicemail_why: f.VoicemailWhy | None
    callback_id: str
    """We rang the caller, for this callback; empty: the call came in."""
    healed: bool
    fallback: bool
    fallback_by: str | None
    person_name: str
    """Of the person who served it; empty: nobody did, or nobody of whom we know."""
    kind: _Kind
    matter: _Matter
    place: str
    """These three as on the call's slip."""
    filled: bool
    """Somebody has written on the slip."""
    recorded: bool
    """The recording can be heard."""
    demo: bool
    """Demonstration data (`hotline demo month`): no such call ever came in."""


class LegRecord(_Record, frozen=True):
    leg_id: str
    kind: Literal["caller", "seat", "interpreter"]
    seat_id: str | None
    person_id: str | None
    phone: str | None
    started_at: float
    rang_at: float | None
    answered_at: float | None
    ended_at: float | None
    ended_by: f.HangupParty | None
    cause: int | None


class RankingRecord(_Record, frozen=True):
    """Why a seat before the others, best criterion first (`queues.ticket.Ranking`)."""

    cost: int
    spare: float
    share: int
    idle_since: float


class OfferRecord(_Record, frozen=True):
    """`rung`: the lowest of the call's ladder that the seat meets, -1 for the owner of its case;
    `able`: free seats that could have been chosen; `policy`: the version that decided."""

    offer_id: str
    leg_id: str
    seat_id: str
    person_id: str
    phone: str
    rung: int
    ranking: RankingRecord
    able: int
    policy: str
    offered_at: float
    waited_s: float
    rang_at: float | None
    ended_at: float | None
    end: f.OfferEnd | None
    cause: int | None
    rang_s: float | None
    role: f.Role
    """As one of a pair; empty: rung for a call of its own."""


class RatingRecord(_Record, frozen=True):
    """Of one service act: `score` 1 very satisfied … 5 very dissatisfied, or why it is missing."""

    leg_id: str
    person_id: str
    at: float
    score: int | None
    missed: f.RatingMissedWhy | None


class RecordingRecord(_Record, frozen=True):
    """`seconds`, `sha256`, `bytes` once ready. Left: the caller; right: what the caller hears."""

    recording_id: str
    call_id: str
    kind: RecordingKind
    status: RecordingStatus
    path: str
    seconds: float | None
    sha256: str | None
    bytes: int | None


class VoicemailRecord(_Record, frozen=True):
    recording_id: str
    call_id: str
    slip_number: str
    caller_number: str
    why: Reason
    seconds: float
    left_at: float
    state: VoicemailState
    handled_by: str | None
    handled_at: float | None


class FactRecord(_Record, frozen=True):
    """One line of a call's time line; `body` as in `router.facts`, masked like the call."""

    seq: int
    at: float
    type: str
    body: dict[str, Any]


class SlipRecord(_Record, frozen=True):
    """The call slip (话务工单): exactly one per call. `version` counts from 1."""

    number: str
    call_id: str
    version: int
    kind: _Kind
    matter: _Matter
    place: str
    """Code of a division (`config.divisions`) where the matter lies; empty: not filled."""
    place_detail: str
    text: str
    groups: tuple[_Group, ...]
    emotion: _Emotion | None
    open: bool
    """There is something left to do: the caller will be back, or is to hear from us."""
    kept_by: str | None
    """Person who keeps the open case: a caller with one is put through to that person first."""
    open_until: float | None
    """The case is open until then; None: nothing is left to do."""
    created_at: float
    updated_at: float
    updated_by: str | None


class DialRecord(_Record, frozen=True):
    """The caller was rung, while `seat_id` was kept. `end` `answered`: it is a call of that id."""

    call_id: str
    attempt: int
    seat_id: str
    person_id: str
    dialled_at: float
    ended_at: float | None
    end: f.DialEnd | Literal["answered"] | None
    cause: int | None


class CallbackRecord(_Record, frozen=True):
    """A callback. `call_id` asked for it, `reached_call_id` is what came of it."""

    callback_id: str
    call_id: str
    state: Literal["waiting", "reached", "given_up"]
    why: f.CallbackGivenUpWhy | None
    attempts: int
    reached_call_id: str | None
    entered_at: float
    asked_at: float
    ended_at: float | None
    dials: tuple[DialRecord, ...]


class CallDetail(_Record, frozen=True):
    call: CallRecord
    slip: SlipRecord
    legs: tuple[LegRecord, ...]
    offers: tuple[OfferRecord, ...]
    ratings: tuple[RatingRecord, ...]
    recordings: tuple[RecordingRecord, ...]
    callbacks: tuple[CallbackRecord, ...]
    """That this call asked for, or came of."""
    timeline: tuple[FactRecord, ...]


class LiveCall(_Record, frozen=True):
    """A call as the router has it now, for the door alone: the number is in full.

    `people`: whose phones ring for it, or who talks to the caller; of a pair both.
    """

    call_id: str
    caller_number: str
    language: str
    service: str
    stage: f.Stage
    opened_at: float
    entered_at: float | None
    people: tuple[str, ...]


class EarlierCall(_Record, frozen=True):
    """A call that came from the same number before. `call_id` is empty where it is another's."""

    call_id: str
    opened_at: float
    outcome: f.Outcome | None
    service: str
    kind: _Kind
    matter: _Matter


Flag = Literal["frequent", "message_open", "dissatisfied", "agitated", "gave_up"]
"""Often in a week; a message waits; rated badly last; was agitated last; left waiting last."""


class Brief(_Record, frozen=True):
    """What a seat is told of a caller whose call it is offered or has."""

    call_id: str
    caller_number: str
    """Masked."""
    number_region: str
    language: str
    service: str
    stage: f.Stage
    opened_at: float
    wait_since: float | None
    """Since when the caller waits or waited for a human."""
    earlier: int
    """Calls that came from this number before."""
    last: tuple[EarlierCall, ...]
    """Newest first, at most `cases.callers.LAST`."""
    open_messages: int
    """Messages from this number that nobody has handled."""
    flags: tuple[Flag, ...]


class MyDay(_Record, frozen=True):
    """The calls one person answered since `since`, newest first."""

    since: float
    answered: int
    talk_s: float
    unfilled: int
    """Calls on whose slips nobody has written yet."""
    calls: tuple[CallRecord, ...]


class Told(_Record, frozen=True):
    """The facts of a call, numbers and names of callers masked; `people`: id → name."""

    facts: tuple[FactRecord, ...]
    people: dict[str, str]


class CallFilter(_Record, frozen=True):
    """Half-open in time: since ≤ opened_at < until. Empty tuples: no restriction."""

    since: float | None = None
    until: float | None = None
    outcomes: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    person_id: str | None = None
    seat_id: str | None = None
    live: bool | None = None
    """True: not ended yet; False: ended."""
    kinds: tuple[str, ...] = ()
    matters: tuple[str, ...] = ()
    """A heading stands for what lies under it: `A`, `A03`."""
    groups: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    """A division stands for what lies in it."""
    emotions: tuple[int, ...] = ()
    scores: tuple[int, ...] = ()
    recorded: bool | None = None
    demo: bool | None = None
    text: str | None = None
    """Part of a slip's text or place, or of its number."""
    number: str | None = None
    """The last digits of a caller's number; every search is an audit row."""


class CallPage(_Record, frozen=True):
    """Newest first. `next` is the cursor of the following page, None on the last one."""

    calls: tuple[CallRecord, ...]
    next: str | None


class SlipChange(_Record, frozen=True):
    """What to set; UNSET leaves a field as it is. Vocabulary: `cases.slips`."""

    kind: _Kind | msgspec.UnsetType = msgspec.UNSET
    matter: _Matter | msgspec.UnsetType = msgspec.UNSET
    place: str | msgspec.UnsetType = msgspec.UNSET
    place_detail: str | msgspec.UnsetType = msgspec.UNSET
    text: str | msgspec.UnsetType = msgspec.UNSET
    groups: tuple[_Group, ...] | msgspec.UnsetType = msgspec.UNSET
    emotion: _Emotion | msgspec.UnsetType | None = msgspec.UNSET
    open: bool | msgspec.UnsetType = msgspec.UNSET
    """The case is open and whoever says so keeps it (首问负责); False: it is closed."""
