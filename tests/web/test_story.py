"""A call in plain words: every fact has a sentence, and the sentences say what the facts say."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, get_args

import msgspec
import pytest

from config.policy import Policy
from config.words import TONGUES, Tongue, words
from queues.ticket import Ranking
from router import events as e
from router import facts as f
from router.engine import Engine, Step
from router.state import State
from tests.router.line import LINE
from tests.router.stage import played
from tests.store.days import a_day
from web.story import Tongue as Speech
from web.story import story

ZONE = timezone(timedelta(hours=8))
SEATS = {"8001": "一号坐席", "8002": "二号坐席"}
PEOPLE = {"p8001": "张三", "p8002": "李四"}


def speech(tag: Tongue) -> Speech:
    book = words(tag)

    def name(section: str, code: str) -> str:
        return book.entries.get(f"catalogue.{section}.{code}", code)

    def clock(at: float) -> str:
        return datetime.fromtimestamp(at, ZONE).strftime("%H:%M:%S")

    return Speech(book.text, name, clock, SEATS, PEOPLE)


def sample(hint: Any) -> Any:
    """A value of the type; of closed vocabularies the first word."""
    if typing.get_origin(hint) is typing.Literal:
        return get_args(hint)[0]
    if isinstance(hint, types.UnionType):
        return sample(get_args(hint)[0])
    if typing.get_origin(hint) is tuple:
        return tuple(sample(inner) for inner in get_args(hint) if inner is not ...)
    if hint is Ranking:
        return Ranking(0, 0.5, 0, 1_780_027_100.0, "8001")
    if typing.get_origin(hint) is dict:
        return {"lang:cmn": 2}
    if hint is Policy:
        return Policy(version="x")
    values: dict[Any, Any] = {str: "x", float: 75.0, int: 2, bool: True}
    return values[hint]


def made(kind: type[f.Body], **given: Any) -> f.Body:
    hints = typing.get_type_hints(kind)
    values = {name: sample(hints[name]) for name in kind.__struct_fields__}
    if "needs" in values:
        values["needs"] = "lang:cmn>=2 and (law:labour or not group:trainee)"
    body: f.Body = kind(**(values | given))
    return body


KINDS = get_args(f.Body)
CHOICES = [
    (kind, field, value)
    for kind in KINDS
    for field, hint in typing.get_type_hints(kind).items()
    if typing.get_origin(hint) is typing.Literal
    for value in get_args(hint)
]


def told(body: f.Body, tag: Tongue) -> str:
    (line,) = story([f.Fact(1, 1_780_027_200.0, body)], speech(tag))
    assert line.type == type(body).__name__
    return line.text


@pytest.mark.parametrize("tag", TONGUES)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_fact_has_a_sentence(kind: type[f.Body], tag: Tongue) -> None:
    whole(told(made(kind), tag), tag)


@pytest.mark.parametrize("tag", TONGUES)
@pytest.mark.parametrize(("kind", "field", "value"), CHOICES)
def test_every_word_of_a_fact_is_told(
    kind: type[f.Body], field: str, value: str, tag: Tongue
) -> None:
    whole(told(made(kind, **{field: value}), tag), tag)


def whole(sentence: str, tag: Tongue) -> None:
    assert sentence.endswith("。") if tag == "zh-CN" else sentence.endswith(".")
    assert not re.search(r"[{}]|None|\d\.\d", sentence), sentence
    codes = {str(v) for _, _, v in CHOICES if "_" in str(v)}
    assert not codes & set(re.findall(r"[a-z_]+", sentence)), sentence
    if tag == "en":
        assert not re.search(r"[一-鿿]", sentence), sentence


def test_days_are_told_without_a_gap() -> None:
    for seed in range(5):
        facts = a_day(seed)
        for tag in TONGUES:
            lines = story(facts, speech(tag))
            assert [line.seq for line in lines] == [fact.seq for fact in facts]


def a_call(steps: Callable[[Callable[[e.Event, float], None]], None]) -> list[f.Fact]:
    now = 1_780_027_200.0
    engine = Engine(LINE, State())
    facts: list[f.Fact] = []

    def take(step: Step) -> None:
        facts.extend(step.facts)

    def tell(event: e.Event, later: float) -> None:
        nonlocal now
        now += later
        take(engine.handle(event, now))

    take(engine.start(now))
    tell(e.PbxSeen(now, ()), 0.0)
    steps(tell)
    return [fact for fact in facts if getattr(fact.body, "call_id", "") == "a"]


def test_a_declined_call_is_told_with_its_reasons() -> None:
    def steps(tell: Callable[[e.Event, float], None]) -> None:
        for number in ("1", "2"):
            seat = f"800{number}"
            skills = {"lang:cmn": 3, "law:general": 3}
            skills |= {"lang:khg": 4} if number == "2" else {}
            tell(e.PhoneChanged(f"phone{number}", reachable=True), 0.0)
            tell(e.SignIn(seat, f"p{seat}", f"phone{number}", skills, "staff"), 0.0)
            tell(e.Ready(seat), 0.0)
        tell(e.CallArrived("a", "13800000001"), 90.0)
        tell(e.KeyPressed("a", "0"), 3.0)
        tell(e.LegRinging("a-L1"), 1.0)
        tell(e.LegEnded("a-L1", "rejected", 21), 4.0)
        tell(e.LegRinging("a-L2"), 1.0)
        tell(e.LegAnswered("a-L2"), 2.0)
        tell(e.CallerHungUp("a", 16), 200.0)

    lines = {(line.type, line.seat_id): line.text for line in story(a_call(steps), speech("zh-CN"))}
    able = "在能接这通来电的空闲坐席中，派给它"
    assert lines["Offered", "8001"] == (
        f"已等候 0 秒，向一号坐席（张三）派话。{able}不占用别的来电更需要的技能；"
        "条件相同时空闲最久者先接，它已空闲 1 分 33 秒。"
    )
    assert lines["OfferEnded", "8001"] == (
        "一号坐席（张三）拒接，振铃 4 秒；来电人保留原来的位置。12:02:08 前不再向该坐席派此来电。"
    )
    assert lines["Offered", "8002"] == (
        f"已等候 5 秒，向二号坐席（李四）派话。{able}占用的稀缺技能最少；"
        "条件相同时空闲最久者先接，它已空闲 1 分 38 秒；"
        "未派一号坐席：拒接，12:02:08 前不再派此来电。"
    )
    assert lines["Connected", "8002"] == "二号坐席（李四）接听，通话开始。共等候 8 秒。"
    assert lines["CallClosed", ""].endswith("全程 3 分 31 秒。结果：已接听。")


def told_of(name: str) -> list[tuple[str, str]]:
    """(type, sentence) of a story's facts about its call."""
    facts = [fact for fact in played(name, LINE) if getattr(fact.body, "call_id", "") == "A"]
    tongue = msgspec.structs.replace(speech("zh-CN"), people={"zhang": "张三", "li": "李四"})
    return [(line.type, line.text) for line in story(facts, tongue)]


def test_an_interpreted_call_is_told_with_both_seats() -> None:
    lines = told_of("pair-interpreter-never-returns")
    offers = [text for kind, text in lines if kind == "Offered"]
    assert offers[0].startswith(
        "已等候 6 秒，向一号坐席（张三）派话，担任专席，与担任口译的二号坐席同时振铃。"
    )
    assert offers[1] == "同时向二号坐席（李四）派话，担任口译，与担任专席的一号坐席同时振铃。"
    texts = dict(lines)
    assert texts["PickedUp"] == "一号坐席（张三）已接听，听着音乐等待另一席接听。"
    assert texts["InterpreterJoined"] == "二号坐席（李四）担任口译，三方通话。"
    assert texts["SeatAway"].startswith("口译二号坐席（李四）的话机中断，来电人与专席继续通话")
    assert texts["InterpreterLeft"] == (
        "口译二号坐席（李四）的话机中断后没有返回，口译 30 秒，来电人与专席继续通话。"
    )


def test_who_was_let_go_with_the_other_is_told_to_be_without_blame() -> None:
    ends = [text for kind, text in told_of("pair-one-does-not-answer") if kind == "OfferEnded"]
    assert ends == [
        "两席未能同时到位，一号坐席（张三）被释放，不记为未接；来电人位次不变。",
        "二号坐席（李四）无人接听，振铃 18 秒；来电人保留原来的位置。",
    ]
