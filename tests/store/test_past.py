"""Going back: the state as of any fact, whatever was kept on the way and whoever else has facts."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from sqlalchemy import delete, select, update

from cases import past
from cases import tables as t
from cases.ledger import Ledger
from cases.past import batch_of, line_at, recall
from cases.rows import DEMO
from cases.store import Store
from router import facts as f
from router.state import State
from tests.store.days import a_day
from tests.store.readback import ZONE


def as_demo(facts: list[f.Fact], after: int) -> list[f.Fact]:
    """The same day on the line of the demonstration, which has no facts of the house."""
    house = f.LineStarted | f.PbxUp | f.PbxDown | f.PhoneReachable | f.PhoneLost | f.Healed
    house |= f.PolicyAdopted
    ours = [fact for fact in facts if not isinstance(fact.body, house | f.CommandFailed)]
    found = []
    for seq, fact in enumerate(ours, start=after + 1):
        body = fact.body
        ids = {
            name: DEMO + getattr(body, name)
            for name in ("call_id", "seat_id")
            if getattr(body, name, "")
        }
        found.append(f.Fact(seq, fact.at, msgspec.structs.replace(body, **ids)))
    return found


def folded(facts: list[f.Fact], upto: int, *, demo: bool) -> State:
    state = State()
    state.pbx_up = demo
    for fact in facts:
        if fact.seq <= upto and past.is_demo(fact.body) == demo:
            state.seq = fact.seq - 1
            state.apply(fact)
    return state


def same(one: State, other: State) -> bool:
    mine, its = (msgspec.structs.replace(x.snapshot(), closed=()) for x in (one, other))
    return msgspec.msgpack.encode(mine) == msgspec.msgpack.encode(its)


@pytest.mark.parametrize("every", [1, 40, 10_000])
async def test_every_moment_can_be_gone_back_to(
    store: Store, every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "EVERY", every)
    monkeypatch.setattr(past, "_BATCH", 7)
    facts = a_day(1, 150)
    facts += as_demo(a_day(2, 100), len(facts))
    more = a_day(3, 80)
    facts += [msgspec.structs.replace(x, seq=x.seq + len(facts)) for x in more]
    chance, ledger, at = Random(1), Ledger(store, ZONE), 0
    while at < len(facts):
        at = await ledger.write(facts[: at + chance.randint(1, 40)])
        if chance.random() < 0.3:
            ledger = Ledger(store, ZONE)
    async with store.read() as conn:
        kept = (await conn.execute(select(t.states.c.demo))).scalars().all()
        assert (True in kept and False in kept) == (every < 100)
        for upto in chance.sample(range(len(facts) + 1), 25):
            for demo in (False, True):
                line = await conn.run_sync(line_at, demo, upto)
                assert same(line.state, folded(facts, upto, demo=demo))
        ours = await conn.run_sync(batch_of, True, 3, len(facts) - 3, 1000)
    assert ours == [fact for fact in facts[3:-3] if past.is_demo(fact.body)]


async def test_a_calls_waiting_is_recalled_from_its_beginning_to_its_end(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "EVERY", 60)
    monkeypatch.setattr(past, "_PIECE", 9)
    facts = a_day(6, 250)
    await Ledger(store, ZONE).write(facts)
    queued = [fact for fact in facts if isinstance(fact.body, f.Queued)]
    assert len(queued) > 5
    async with store.read() as conn:
        for begin in queued:
            found = await recall(conn, begin.body.call_id)  # type: ignore[union-attr]
            assert found.line.whole
            assert same(found.line.state, folded(facts, found.facts[0].seq - 1, demo=False))
            assert found.facts[0].body == begin.body
            assert list(found.facts) == facts[begin.seq - 1 : found.facts[-1].seq]
        nobody = await recall(conn, "no-such-call")
    assert nobody.facts == ()


async def test_facts_that_were_let_go_are_missed(store: Store) -> None:
    facts = a_day(7, 150)
    await Ledger(store, ZONE).write(facts)
    late = [fact.body.call_id for fact in facts if isinstance(fact.body, f.Queued)][-1]
    async with store.write() as conn:
        await conn.execute(delete(t.facts).where(t.facts.c.seq < 20))
    async with store.read() as conn:
        assert not (await recall(conn, late)).line.whole


async def test_a_state_of_another_version_is_passed_over(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "EVERY", 50)
    facts = a_day(4, 150)
    await Ledger(store, ZONE).write(facts)
    newest = select(t.states.c.seq).order_by(t.states.c.seq.desc()).limit(1).scalar_subquery()
    async with store.write() as conn:
        one = past.zlib.compress(msgspec.msgpack.encode({"seq": "no number"}))
        await conn.execute(update(t.states).where(t.states.c.seq == newest).values(state=one))
    async with store.read() as conn:
        line = await conn.run_sync(line_at, False, len(facts))
    assert same(line.state, folded(facts, len(facts), demo=False))


async def test_facts_of_another_version_do_not_stop_the_writing(store: Store) -> None:
    facts = a_day(5, 100)
    half = len(facts) // 2
    await Ledger(store, ZONE).write(facts[:half])
    async with store.write() as conn:
        await conn.execute(update(t.facts).where(t.facts.c.seq == 2).values(type="Unheard"))
        await conn.execute(delete(t.states))
    assert await Ledger(store, ZONE).write(facts[half:]) == len(facts)
