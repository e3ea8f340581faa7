"""A ladder only ever widens, keeps its floor on every rung, and asks what the line asks today."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from config.policy import Floors, HeadStart, Kind, Order, Pairing, Policy, Step, When
from config.policyfile import packaged
from queues.logic import either, implies, lowered, possible
from queues.needs import ANYBODY, All, Any, Has, Need, Not, both, holds, parse, text
from queues.policy import head_start, ladder

SKILLS = ("law:labour", "law:general", "lang:khg", "lang:cmn", "interpreter", "region:51")

skills = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5))
needs: st.SearchStrategy[Need] = st.recursive(
    st.builds(Has, st.sampled_from(SKILLS), st.integers(1, 5)),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Any, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
requirement = needs.map(text)
times = st.integers(1, 60).map(float)
steps = st.one_of(
    st.builds(Step, after_s=times, dimension=st.just("law"), needs=requirement),
    st.builds(Step, after_s=times, dimension=st.just("region"), needs=requirement),
    st.builds(Step, after_s=times, dimension=st.just("level"), to=st.integers(1, 4)),
    st.builds(Step, after_s=times, dimension=st.just("interpreter")),
)
policies = st.builds(
    Policy,
    version=st.uuids().map(lambda u: f"v{u.hex}"),
    language=st.builds(Floors, floor=st.fixed_dictionaries({"khg": requirement})),
    pair=st.just(Pairing(languages=("khg",))),
    kinds=st.tuples(
        st.builds(
            Kind,
            service=st.just("labour"),
            needs=requirement,
            region=requirement,
            relax=st.lists(steps, max_size=5).map(tuple),
        )
    ),
)


@given(policies, skills, skills)
def test_each_rung_admits_whoever_the_one_before_did_and_the_floor_stands(
    policy: Policy, one: dict[str, int], other: dict[str, int]
) -> None:
    way = ladder(policy, "khg", "labour", "51")
    assert way.rungs[0].after_s == 0.0
    assert way.rungs[0].cost == 0
    for rung in way.rungs:
        assert not holds(rung.needs, one) or holds(way.floor, one)
        assert (
            rung.pair is None or not holds(rung.pair.interpreter, other) or holds(way.floor, other)
        )
    for before, after in zip(way.rungs, way.rungs[1:], strict=False):
        assert before.after_s < after.after_s
        assert before.cost < after.cost
        assert not holds(before.needs, one) or holds(after.needs, one)
        if before.pair is not None:
            assert after.pair is not None
            assert not holds(before.pair.specialist, one) or holds(after.pair.specialist, one)
            assert after.pair.interpreter == before.pair.interpreter


@given(needs, needs, skills)
def test_what_is_said_of_requirements_holds_for_everybody(
    one: Need, other: Need, somebody: dict[str, int]
) -> None:
    assert possible(one) or not holds(one, somebody)
    assert not implies(one, other) or not holds(one, somebody) or holds(other, somebody)
    assert holds(either(one, other), somebody) == (holds(one, somebody) or holds(other, somebody))
    assert not holds(one, somebody) or holds(lowered(one, 2), somebody)


def test_a_contradiction_is_seen() -> None:
    assert not possible(parse("lang:khg and not lang:khg"))
    assert not possible(parse("law:labour>=3 and not law:labour>=2"))
    assert possible(parse("law:labour>=2 and not law:labour>=3"))
    assert implies(parse("law:labour>=3"), parse("law:labour"))
    assert not implies(parse("law:labour"), parse("law:labour>=3"))
    assert either(parse("group:migrant and law:labour"), parse("law:labour")) == Has("law:labour")
    assert either(Has("a"), Not(Has("a"))) in (ANYBODY, Any((Has("a"), Not(Has("a")))))


def test_the_packaged_policy_asks_what_the_line_asks_today() -> None:
    """Seconds and needs of the services as they stood in the settings, the floor besides."""
    asked = {
        "general": [(0, "law:general")],
        "labour": [(0, "law:labour>=2"), (30, "law:general")],
        "marriage": [(0, "law:marriage>=2"), (30, "law:general")],
        "contract": [(0, "law:contract>=2"), (30, "law:general")],
        "aid": [(0, "aid"), (60, "law:general")],
        "migrant": [
            (0, "group:migrant and law:labour"),
            (20, "law:labour"),
            (40, "law:general"),
        ],
        "veteran": [(0, "group:veteran"), (20, "law:general")],
        "guidance": [(0, "law:general")],
        "complaint": [(0, "complaint"), (30, "law:general")],
    }
    for language in ("cmn", "bo", "khg", "adx", "jya", "ii", "en"):
        for service, wanted in asked.items():
            way = ladder(packaged(), language, service)
            assert way.floor == Has(f"lang:{language}")
            for after_s, need in wanted:
                rung = [r for r in way.rungs if r.after_s <= after_s][-1]
                assert implies(both(way.floor, parse(need)), rung.needs), (language, service)
                if after_s == 0:
                    assert implies(rung.needs, parse(need))
            assert (way.rungs[-1].pair is not None) == (language not in ("cmn", "en"))


def test_region_here_is_the_calls_own_and_anybodys_where_it_is_unknown() -> None:
    policy = Policy(
        version="regions",
        kinds=(
            Kind(
                service="labour",
                needs="law:labour",
                region="region:here",
                relax=(Step(after_s=20, dimension="region", needs="region:5101"),),
            ),
        ),
    )
    rungs = ladder(policy, "cmn", "labour", "5114").rungs
    assert [text(rung.needs) for rung in rungs] == [
        "lang:cmn and law:labour and region:5114",
        "lang:cmn and law:labour and (region:5114 or region:5101)",
    ]
    assert text(ladder(policy, "cmn", "labour").rungs[0].needs) == "lang:cmn and law:labour"


def test_a_row_for_the_language_goes_before_the_row_for_all() -> None:
    policy = Policy(
        version="rows",
        kinds=(
            Kind(service="labour", needs="law:labour>=4"),
            Kind(service="labour", languages=("ii",), needs="law:general"),
        ),
    )
    assert text(ladder(policy, "ii", "labour").rungs[0].needs) == "lang:ii and law:general"
    assert text(ladder(policy, "cmn", "labour").rungs[0].needs) == "lang:cmn and law:labour>=4"
    assert text(ladder(policy, "cmn", "unheard-of").rungs[0].needs) == "lang:cmn"


def test_head_starts_add_up_to_the_greatest_and_say_why() -> None:
    policy = Policy(
        version="order",
        order=Order(
            greatest_head_start_s=90,
            head_starts=(
                HeadStart(name="migrant", seconds=60, when=When(services=("migrant",))),
                HeadStart(name="repeat", seconds=45, when=When(repeat_within_s=600)),
                HeadStart(name="elderly", seconds=20, when=When(groups=("elderly",))),
                HeadStart(name="callback", seconds=30, when=When(callback=True)),
                HeadStart(name="khams", seconds=5, when=When(languages=("khg",))),
            ),
        ),
    )
    assert head_start(policy, "cmn", "general") == (0.0, ())
    assert head_start(policy, "khg", "general") == (5.0, ("khams",))
    assert head_start(policy, "cmn", "migrant", gave_up_s=600) == (90.0, ("migrant", "repeat"))
    assert head_start(policy, "cmn", "general", gave_up_s=601) == (0.0, ())
    assert head_start(policy, "cmn", "general", groups=["women", "elderly"]).seconds == 20
    assert head_start(policy, "cmn", "general", callback=True).why == ("callback",)
