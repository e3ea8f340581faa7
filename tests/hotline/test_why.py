"""`hotline why`: one call explained, and every decision of a month derived again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select, update

from cases import tables as t
from cases.store import Store, store_url
from hotline.cli import DONE, FAILED, USAGE, main

Capture = pytest.CaptureFixture[str]


class Site:
    """A data directory with a demonstration month in it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.file = folder / "hotline.toml"
        self.file.write_text(f'[paths]\ndata = "{self.data}"\n', "utf-8")
        month = ("demo", "month", "--calls", "250", "--seed", "3", "--month", "2026-02")
        assert self.run(*month) == DONE

    def run(self, *argv: str, tag: str = "en") -> int:
        return main(["--lang", tag, "--settings", str(self.file), *argv])

    def change(self, wanted: str, **fields: object) -> tuple[str, int]:
        """Change the newest fact of a type; its call, and its number."""

        async def changed() -> tuple[str, int]:
            store = await Store.open(store_url("", self.data))
            facts = t.facts.c
            async with store.write() as conn:
                newest = select(t.facts).where(facts.type == wanted).order_by(facts.seq.desc())
                row = (await conn.execute(newest.limit(1))).one()
                body = {**row.body, **fields}
                await conn.execute(update(t.facts).where(facts.seq == row.seq).values(body=body))
            await store.close()
            return row.call_id, row.seq

        return asyncio.run(changed())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("why"))


def test_a_call_is_explained_in_both_languages(site: Site, capsys: Capture) -> None:
    call, _ = site.change("Offered")
    assert site.run("why", call) == DONE
    said = capsys.readouterr().out
    assert "Why the wait of" in said
    assert "Derived again from what was recorded" in said
    assert site.run("why", call, "--lang", "zh-CN", tag="zh-CN") == DONE
    assert "为什么等了" in capsys.readouterr().out
    assert site.run("why", call, "--json") == DONE
    found = msgspec.json.decode(capsys.readouterr().out)
    assert found["account"]["waits"][0]["chosen"][0]["agrees"]
    assert found["words"]["questions"]


def test_every_decision_of_the_month_comes_out_the_same(site: Site, capsys: Capture) -> None:
    assert site.run("why", "--check") == DONE
    assert "(100.00%)" in capsys.readouterr().out
    assert site.run("why", "--check", "--since", "2026-02-15") == DONE
    assert "(100.00%)" in capsys.readouterr().out
    assert site.run("why", "--check", "--since", "2027-01-01") == DONE
    assert "Choices of a seat: 0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("no-such-call",), "There is no such call"),
        ((), "Name a call"),
        (("a-call", "--check"), "Name a call"),
        (("a-call", "--since", "2026-02-01"), "Name a call"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    site: Site, capsys: Capture, argv: tuple[str, ...], said: str
) -> None:
    assert site.run("why", *argv) == FAILED
    assert said in capsys.readouterr().err


def test_a_date_that_is_none_is_wrong_usage(site: Site, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        site.run("why", "--check", "--since", "yesterday")
    assert ended.value.code == USAGE
    assert "yesterday is no date" in capsys.readouterr().err


def test_a_decision_that_was_changed_afterwards_is_found_and_both_sides_are_shown(
    site: Site, capsys: Capture
) -> None:
    call, seq = site.change("Offered", able=99)
    assert site.run("why", "--check") == FAILED
    said = capsys.readouterr().out
    assert f"(fact {seq})" in said
    assert said.count(f"! offer {call}") == 2
    assert "able=99" in said
    assert site.run("why", call) == DONE
    assert "come out differently" in capsys.readouterr().out


def test_a_policy_that_is_gone_is_no_agreement(site: Site, capsys: Capture) -> None:
    site.change("Offered", policy="forgotten")
    assert site.run("why", "--check") == FAILED
    assert "no longer there" in capsys.readouterr().out
