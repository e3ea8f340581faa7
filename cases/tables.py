"""The tables. Only shapes; `cases.fold` says what goes in, `cases.access` what comes out.

Times are epoch seconds in UTC as 8-byte floats, as in the facts: one convention from the engine to
the report, the same on SQLite (which has no time type) and PostgreSQL; days and months are cut in
the centre's time zone by whoever counts. Texts have no length limit and hold any script (Tibetan
and Yi included). Kinds, states and outcomes are stable words, not numbers.

Tables marked W are written by the store's writer alone, from facts; I are only inserted by it and
changed by people or by `cases.recordings` afterwards. W rows refer to persons by id without a
foreign key: a fact must never be refused because a person was removed.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, *, null: bool = False, index: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null, index=index)


def _time(name: str, *, null: bool = True) -> Column[float]:
    return Column(name, Double, nullable=null)


def _of_call() -> Column[str]:
    return Column("call_id", Text, ForeignKey("calls.call_id"), nullable=False, index=True)


facts = Table(  # W
    "facts",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _time("at", null=False),
    _text("type"),
    _text("call_id", null=True, index=True),
    _text("seat_id", null=True),
    Column("body", JSON, nullable=False),
)

journal_position = Table(  # W: one row; facts up to `seq` are in this database
    "journal_position",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
)

states = Table(  # W: how the line stood after fact `seq`, now and then; see `cases.past`
    "states",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("demo", Boolean, nullable=False),
    Column("state", LargeBinary, nullable=False),
)

calls = Table(  # W
    "calls",
    metadata,
    Column("call_id", Text, primary_key=True),
    _text("caller_number", index=True),
    _text("number_region"),  # code of a division: where the number was given out
    _text("caller_name"),
    _text("dialled"),
    _text("ingress"),
    Column("within_hours", Boolean, nullable=False),
    _text("language"),
    _text("service"),
    _text("line_version"),
    _text("stage"),
    _text("outcome", null=True),
    _text("hangup_by", null=True),
    Column("cause", Integer, nullable=True),
    _text("talk_ended_by", null=True),
    _text("voicemail_why", null=True),
    _text("callback_id", index=True),  # we rang the caller, for this callback; empty: it came in
    _time("opened_at", null=False),
    _time("queued_at"),  # first asked for a human
    _time("ringing_at"),  # first rang a seat
    _time("answered_at"),  # first talked to a seat
    _time("ended_at"),
    # Raw seconds by stage; their sum is the length of the call. `counting` names the one that
    # runs since `counted_at`.
    _time("ivr_s", null=False),
    _time("queue_s", null=False),
    _time("ring_s", null=False),
    _time("talk_s", null=False),  # from the first word to the last, music on hold included
    _time("rating_s", null=False),
    _time("fallback_s", null=False),
    _time("voicemail_s", null=False),
    _text("counting", null=True),
    _time("counted_at", null=False),
    _time("hold_s", null=False),  # of talk_s, known when a talk ends
    _time("wait_s"),  # from asking for a human to the answer, the message or the end
    Column("offers", Integer, nullable=False),
    _text("seat_id", null=True),
    _text("person_id", null=True, index=True),
    _text("provider", null=True),
    Column("healed", Boolean, nullable=False),
    Column("fallback", Boolean, nullable=False),
    _text("fallback_by", null=True),
    Column("demo", Boolean, nullable=False),  # made by `hotline demo month`, see `cases.rows`
    Index(None, "opened_at", "call_id"),
)

legs = Table(  # W: the caller's (its id is the call's) and each seat's
    "legs",
    metadata,
    Column("leg_id", Text, primary_key=True),
    _of_call(),
    _text("kind"),
    _text("seat_id", null=True),
    _text("person_id", null=True, index=True),
    _text("phone", null=True),
    _time("started_at", null=False),
    _time("rang_at"),
    _time("answered_at"),
    _time("ended_at"),
    _text("ended_by", null=True),
    Column("cause", Integer, nullable=True),
)

offers = Table(  # W
    "offers",
    metadata,
    Column("offer_id", Text, primary_key=True),
    _of_call(),
    _text("leg_id"),
    _text("seat_id"),
    _text("person_id", index=True),
    _text("phone"),
    Column("rung", Integer, nullable=False),
    Column("ranking", JSON, nullable=False),
    Column("able", Integer, nullable=False),
    _text("policy"),
    _time("offered_at", null=False),
    _time("waited_s", null=False),
    _time("rang_at"),
    _time("ended_at"),
    _text("end", null=True),
    Column("cause", Integer, nullable=True),
    _time("rang_s"),
    _text("role"),  # of a pair: specialist or interpreter
)

ratings = Table(  # W: one per service act, never changed
    "ratings",
    metadata,
    Column("leg_id", Text, primary_key=True),
    _of_call(),
    _text("person_id", index=True),
    _time("at", null=False),
    Column("score", Integer, nullable=True),
    _text("missed", null=True),
)

callbacks = Table(  # W: callers who left the phone and kept their place
    "callbacks",
    metadata,
    Column("callback_id", Text, primary_key=True),
    _of_call(),  # the call that asked
    _text("state", index=True),  # waiting, reached, given_up
    _text("why", null=True),  # given up
    Column("attempts", Integer, nullable=False),
    _text("reached_call_id", null=True),  # the call that the caller answered
    _time("entered_at", null=False),
    _time("asked_at", null=False),
    _time("ended_at"),
)

callback_dials = Table(  # W: each time the caller was rung
    "callback_dials",
    metadata,
    Column("call_id", Text, primary_key=True),  # of the call that it became, had it been answered
    _text("callback_id", index=True),
    Column("attempt", Integer, nullable=False),
    _text("seat_id"),  # kept for it meanwhile
    _text("person_id"),
    _time("dialled_at", null=False),
    _time("ended_at"),
    _text("end", null=True),
    Column("cause", Integer, nullable=True),
)

seat_spells = Table(  # W: the duty ledger; `spell_id` is the number of the fact that began it
    "seat_spells",
    metadata,
    Column("spell_id", BigInteger, primary_key=True, autoincrement=False),
    _text("seat_id"),
    _text("person_id"),
    _text("provider"),
    _text("state"),
    _text("reason"),
    _time("began_at", null=False),
    _time("ended_at"),
    Index(None, "person_id", "began_at"),
    Index(None, "ended_at"),
)

recordings = Table(  # I
    "recordings",
    metadata,
    Column("recording_id", Text, primary_key=True),
    _of_call(),
    _text("kind"),
    _text("path"),  # relative to the recordings directory
    _text("status", index=True),
    _time("ended_at", null=False),
    _time("seconds"),
    _text("sha256", null=True),
    Column("bytes", BigInteger, nullable=True),
)

voicemails = Table(  # I
    "voicemails",
    metadata,
    Column("recording_id", Text, ForeignKey("recordings.recording_id"), primary_key=True),
    _of_call(),
    _text("why"),
    _time("seconds", null=False),
    _time("left_at", null=False),
    _text("state", index=True),
    _text("handled_by", null=True),
    _time("handled_at"),
)

slips = Table(  # I: exactly one per call
    "slips",
    metadata,
    Column("number", Text, primary_key=True),
    Column("call_id", Text, ForeignKey("calls.call_id"), nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    _text("kind"),
    _text("matter"),
    _text("place"),  # code of a division
    _text("place_detail"),
    _text("text"),
    Column("groups", JSON, nullable=False),
    Column("emotion", Integer, nullable=True),
    _text("kept_by", null=True),  # whose open case it is (首问负责)
    _time("open_until"),  # open until then; null: there is nothing left to do
    _time("created_at", null=False),
    _time("updated_at", null=False),
    _text("updated_by", null=True),
    Index(None, "open_until"),
)

slip_days = Table(  # W: the last running number given on a day (YYMMDD, centre's time zone)
    "slip_days",
    metadata,
    Column("day", Text, primary_key=True),
    Column("last", Integer, nullable=False),
)

reports = Table(  # versions of monthly reports: inserted, never changed
    "reports",
    metadata,
    Column("month", Text, primary_key=True),  # YYYY-MM, centre's time zone
    Column("version", Integer, primary_key=True, autoincrement=False),
    _time("made_at", null=False),
    _time("data_until", null=False),
    _text("made_by"),  # empty: the scheduler or the command line
    Column("demo", Boolean, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("model", JSON, nullable=False),  # `reports.model.Report`
)

people = Table(
    "people",
    metadata,
    Column("person_id", Text, primary_key=True),
    _text("name"),
    Column("username", Text, nullable=False, unique=True),
    _text("password_hash"),
    Column("must_change_password", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    _time("locked_until"),
    _text("role"),
    _text("provider"),
    Column("skills", JSON, nullable=False),
    Column("phone", Text, nullable=True, unique=True),
    _text("sip_ha1", null=True),
    Column("active", Boolean, nullable=False),
    _time("added_at", null=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person_id", Text, ForeignKey("people.person_id"), nullable=False, index=True),
    _time("opened_at", null=False),
    _time("seen_at", null=False),
    _time("expires_at", null=False),
    _time("revoked_at"),
)

browser_phones = Table(  # the name stays with the person; the sign-in that has the phone now
    "browser_phones",
    metadata,
    Column("person_id", Text, ForeignKey("people.person_id"), primary_key=True),
    Column("phone", Text, nullable=False, unique=True),
    _text("token_hash", null=True),  # of `sessions`; whose row may be gone by now
    _time("given_at", null=False),
)

audit = Table(  # append-only; each row's hash covers the row before
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _time("at", null=False),
    _text("person_id"),
    _text("action"),
    _text("object"),
    _text("prev_hash"),
    _text("hash"),
)

audit_head = Table(  # one row; locked while a row is added, and tells when the end was cut off
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    _text("hash"),
)
