"""Why this seat and not the others, why the wait: each reason, and agreement with the decision."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues.explain import (
    Behind,
    Choice,
    Declined,
    Doing,
    Kept,
    Lacks,
    Moment,
    NotOwner,
    Passed,
    Reason,
    Seated,
    Standing,
    Taken,
    choice,
)
from queues.ladder import Ladder, Pair, Rung
from queues.needs import parse
from queues.plain import decide
from queues.rules import Rules, favoured
from queues.skills import Skills
from queues.ticket import Decision, Place, Ticket
from queues.waited import (
    AllBusy,
    Cause,
    Cut,
    ForOwner,
    ForPair,
    Idle,
    NobodyAble,
    Rings,
    ahead,
    cause,
    could_use,
    stretches,
)

NOW = 1000.0
CMN = parse("lang:cmn")
LABOUR = Ladder(
    "劳动",
    CMN,
    (
        Rung(0.0, parse("lang:cmn and law:labour>=3")),
        Rung(30.0, parse("lang:cmn and law:labour"), 1, ("level",)),
        Rung(60.0, parse("lang:cmn"), 2, ("law",)),
    ),
)
TIBETAN = Ladder(
    "藏语劳动",
    parse("lang:khg"),
    (
        Rung(0.0, parse("lang:khg and law:labour")),
        Rung(
            20.0,
            parse("lang:khg and law:labour"),
            1,
            ("interpreter",),
            Pair(parse("lang:cmn and law:labour"), parse("interpreter")),
        ),
    ),
)


def seated(
    id: str,
    skills: Skills,
    doing: Doing = "free",
    *,
    idle: float = 900.0,
    since: float = 950.0,
    reason: str = "",
    provider: str = "staff",
) -> Seated:
    place = Place(id, skills, provider, idle, doing == "free")
    return Seated(place, doing, since, reason)


def standing(
    ladder: Ladder = LABOUR, rung: int = 0, rings_at: str = "", **ticket: object
) -> Standing:
    known: dict[str, object] = {"entered_at": 980.0, "waits_from": 980.0}
    return Standing(Ticket("c1", ladder=ladder, **(known | ticket)), rung, rings_at)  # type: ignore[arg-type]


def decided(who: Standing, moment: Moment, rules: Rules | None = None) -> Decision:
    ticket = who.ticket
    (made,) = decide(
        [ticket],
        {ticket.call_id: who.rung},
        moment.places.values(),
        moment.now,
        rules or Rules("p1"),
        {},
    )
    return made


def explained(who: Standing, *seats: Seated, favoured: str | None = None) -> Choice:
    moment = Moment(NOW, seats, favoured)
    return choice(decided(who, moment), who, moment)


GOOD = {"lang:cmn": 3, "law:labour": 4}

WHY_NOT: list[tuple[str, Standing, Seated, Reason]] = [
    (
        "lacks the level, and waiting will do",
        standing(),
        seated("b", {"lang:cmn": 3, "law:labour": 2}),
        Lacks(("law:labour>=3",), from_s=30.0),
    ),
    (
        "lacks the law, and a later rung will do",
        standing(),
        seated("b", {"lang:cmn": 3}),
        Lacks(("law:labour>=3",), from_s=60.0),
    ),
    (
        "lacks the language, and no waiting will do",
        standing(rung=2),
        seated("b", {"lang:khg": 5, "law:labour": 5}),
        Lacks(("lang:cmn",), never=True),
    ),
    (
        "what it lacks is told even when it is busy: it would not have been asked free either",
        standing(),
        seated("b", {"lang:cmn": 3}, "talking"),
        Lacks(("law:labour>=3",), from_s=60.0),
    ),
    ("in a talk", standing(), seated("b", GOOD, "talking"), Kept("talking", 950.0)),
    (
        "not ready",
        standing(),
        seated("b", GOOD, "not_ready", reason="meal"),
        Kept("not_ready", 950.0, "meal"),
    ),
    ("phone gone", standing(), seated("b", GOOD, "unreachable"), Kept("unreachable", 950.0)),
    (
        "declined this call",
        standing(declined={"b": NOW + 20.0}),
        seated("b", GOOD),
        Declined(NOW + 20.0),
    ),
    (
        "a decline that is over says nothing",
        standing(declined={"b": NOW}),
        seated("b", GOOD, idle=901.0),
        Behind("idle_since", 900.0, 901.0, 0),
    ),
    (
        "dearer rung, however long idle",
        standing(rung=1),
        seated("b", {"lang:cmn": 3, "law:labour": 1}, idle=1.0),
        Behind("cost", 0, 1, 1),
    ),
    (
        "more scarce skill",
        standing(),
        seated("b", GOOD | {"lang:khg": 3}, idle=1.0),
        Behind("spare", 0.0, 1.0, 0),
    ),
    ("less idle", standing(), seated("b", GOOD, idle=950.0), Behind("idle_since", 900.0, 950.0, 0)),
    ("alike to the last", standing(), seated("b", GOOD), Behind("seat_id", "a", "b", 0)),
]


@pytest.mark.parametrize(
    ("who", "other", "why"), [row[1:] for row in WHY_NOT], ids=[r[0] for r in WHY_NOT]
)
def test_why_not_this_seat(who: Standing, other: Seated, why: Reason) -> None:
    made = explained(who, seated("a", GOOD), other)
    assert made.decision.seat_id == "a"
    assert [(one.seat_id, one.reason) for one in made.others] == [("b", why)]


def test_the_other_provider_is_behind_in_share() -> None:
    rules = Rules("p1", purchased_share=0.5)
    who = standing()
    seats = (seated("a", GOOD, idle=1.0), seated("b", GOOD, provider="purchased"))
    moment = Moment(NOW, seats, favoured(rules, {}))
    made = choice(decided(who, moment, rules), who, moment)
    assert made.decision.seat_id == "b"
    assert made.others[0].reason == Behind("share", 0, 1, 0)


def test_only_the_owner_is_asked_at_first() -> None:
    who = standing(owner="o", owner_until=NOW + 10.0)
    made = explained(who, seated("a", GOOD), seated("o", {"lang:cmn": 1}))
    assert (made.decision.seat_id, made.decision.rung) == ("o", -1)
    assert made.others[0].reason == NotOwner("o", NOW + 10.0)


def test_a_seat_given_to_the_caller_before_is_said_to_be() -> None:
    who = standing()
    moment = Moment(NOW, (seated("a", GOOD), seated("b", GOOD)), taken={"a": "c0"})
    left = Moment(NOW, moment.seats[1:])
    made = choice(decided(who, left), who, moment)
    assert made.others == (type(made.others[0])("a", Taken("c0")),)


def test_what_was_loosened_on_the_way_is_told() -> None:
    made = explained(standing(rung=2), seated("a", {"lang:cmn": 1}))
    assert (made.rung, made.needs, made.relaxes) == (2, "lang:cmn", ("level", "law"))
    nothing = explained(standing(rung=2), seated("a", GOOD))
    assert (nothing.decision.rung, nothing.relaxes) == (0, ())


def test_a_pair_is_laid_beside_its_own_kind() -> None:
    speaks = {"lang:khg": 3, "interpreter": 3}
    made = explained(
        standing(TIBETAN, 1),
        seated("s1", GOOD, idle=1.0),
        seated("s2", GOOD),
        seated("i1", speaks, idle=1.0),
        seated("i2", speaks),
        seated("x", {"lang:cmn": 1}),
        seated("s3", GOOD, "talking"),
    )
    assert (made.decision.seat_id, made.decision.interpreter) == ("s1", "i1")
    assert {one.seat_id: one.reason for one in made.others} == {
        "s2": Behind("idle_since", 1.0, 900.0, 1),
        "i2": Behind("idle_since", 1.0, 900.0, 1),
        "x": Lacks(("lang:khg",), never=True),
        "s3": Kept("talking", 950.0),
    }


# ---- why the wait ----

WAITS: list[tuple[str, Standing, tuple[Seated, ...], Cause]] = [
    ("rings", standing(rings_at="a"), (seated("a", GOOD, "offered"),), Rings("a")),
    (
        "all busy",
        standing(declined={"d": NOW + 5.0}),
        (
            seated("a", GOOD, "talking"),
            seated("b", GOOD, "talking"),
            seated("c", GOOD, "wrapup"),
            seated("d", GOOD),
            seated("e", {"lang:cmn": 3}),
        ),
        AllBusy(0, 4, {"talking": 2, "wrapup": 1}, 1),
    ),
    (
        "nobody able, though somebody is free",
        standing(),
        (seated("e", {"lang:cmn": 3}),),
        NobodyAble(0, "lang:cmn and law:labour>=3", 1),
    ),
    (
        "owner busy, though somebody is free",
        standing(owner="o", owner_until=NOW + 10.0),
        (seated("a", GOOD), seated("o", GOOD, "talking")),
        ForOwner("o", NOW + 10.0, "talking"),
    ),
    (
        "pair: the interpreter is busy",
        standing(TIBETAN, 1),
        (seated("s", GOOD), seated("i", {"lang:khg": 1, "interpreter": 1}, "talking")),
        ForPair(1, {"free": 1}, {"talking": 1}),
    ),
    ("a fault shows", standing(), (seated("a", GOOD),), Idle("a")),
]


@pytest.mark.parametrize(
    ("who", "seats", "why"), [row[1:] for row in WAITS], ids=[r[0] for r in WAITS]
)
def test_what_stands_in_the_way(who: Standing, seats: tuple[Seated, ...], why: Cause) -> None:
    assert cause(who, Moment(NOW, seats)) == why


def test_without_asterisk_nobody_is_rung() -> None:
    assert cause(standing(), Moment(NOW, (seated("a", GOOD),)), connected=False) == Cut()


def test_moments_become_stretches() -> None:
    busy, less = AllBusy(0, 3, {"talking": 3}), AllBusy(0, 3, {"talking": 2, "wrapup": 1})
    found = stretches(
        [
            (0.0, busy),
            (10.0, less),
            (20.0, Idle("a")),
            (20.0, Rings("a")),
            (32.0, AllBusy(1, 5, {"talking": 5})),
        ],
        90.0,
    )
    assert [(one.lasted_s, one.cause) for one in found] == [
        (20.0, busy),
        (12.0, Rings("a")),
        (58.0, AllBusy(1, 5, {"talking": 5})),
    ]


def test_who_was_ahead_and_why() -> None:
    mine = standing().ticket
    moment = Moment(NOW, (seated("a", GOOD),))
    assert could_use(standing(), moment.seats[0].place, moment)
    assert not could_use(standing(rings_at="b"), moment.seats[0].place, moment)
    green = Ticket("c2", 1000.0, 1000.0, LABOUR, 60.0, ("wages",))
    found = ahead(mine, green, "a", NOW)
    assert (found.earlier_s, found.head_start_s, found.first) == (-20.0, 60.0, True)
    assert not ahead(mine, Ticket("c3", 1000.0, 1000.0, LABOUR), "a", NOW).first


# ---- over random moments: the long form never contradicts the short one ----

SKILLS = st.dictionaries(
    st.sampled_from(["lang:cmn", "lang:khg", "law:labour", "interpreter"]), st.integers(1, 5)
)
SEATS = st.lists(
    st.tuples(
        SKILLS,
        st.sampled_from(["free", "free", "talking", "not_ready"]),
        st.sampled_from([1.0, 2.0, 3.0]),
        st.sampled_from(["staff", "purchased"]),
    ),
    min_size=1,
    max_size=8,
)


@given(
    SEATS,
    st.lists(
        st.tuples(
            st.sampled_from([LABOUR, TIBETAN]),
            st.integers(0, 1),
            st.dictionaries(st.sampled_from(["s0", "s1"]), st.sampled_from([NOW, NOW + 1.0])),
            st.sampled_from(["", "s0"]),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_the_long_form_agrees_with_the_decision(
    seats: list[tuple[dict[str, int], Doing, float, str]],
    callers: list[tuple[Ladder, int, dict[str, float], str]],
) -> None:
    rules = Rules("p1", purchased_share=0.5)
    sits = tuple(
        seated(f"s{n}", skills, doing, idle=idle, provider=provider)
        for n, (skills, doing, idle, provider) in enumerate(seats)
    )
    stands = {
        f"c{n}": Standing(
            Ticket(
                f"c{n}", float(n), float(n), ladder, declined=no, owner=own, owner_until=NOW + 1
            ),
            rung,
        )
        for n, (ladder, rung, no, own) in enumerate(callers)
    }
    made = decide(
        [one.ticket for one in stands.values()],
        {id: one.rung for id, one in stands.items()},
        [one.place for one in sits],
        NOW,
        rules,
        {},
    )
    taken: dict[str, str] = {}
    for decision in made:
        moment = Moment(NOW, sits, favoured(rules, {}), dict(taken))
        told = choice(decision, stands[decision.call_id], moment)
        reasons = [other.reason for other in told.others]
        assert not any(isinstance(reason, Passed) for reason in reasons)
        if not decision.interpreter:
            assert 1 + sum(isinstance(r, Behind) for r in reasons) == decision.able
        assert len(reasons) == len(sits) - 1 - bool(decision.interpreter)
        taken |= dict.fromkeys({decision.seat_id, decision.interpreter} - {""}, decision.call_id)
    left = Moment(NOW, [one for one in sits if one.place.seat_id not in taken])
    for id in stands.keys() - {decision.call_id for decision in made}:
        # Seats that rang meanwhile are on duty still, and busy.
        rung = [
            Seated(Place(s.place.seat_id, s.place.skills, free=False), "offered")
            for s in sits
            if s.place.seat_id in taken
        ]
        why = cause(stands[id], Moment(NOW, [*left.seats, *rung]))
        assert not isinstance(why, Idle)
