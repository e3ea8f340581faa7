"""What the pages on policies show is what the loader takes, in both languages the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.loader import load, project_root
from config.policy import Dimension, Policy, When
from queues.policy import head_start, ladder
from queues.policycheck import problems

PAGES = ("docs/policy.md", "docs/policy.zh-CN.md")


def shown(page: str) -> str:
    text = (project_root() / page).read_text("utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    return str(example)


def loaded(page: str, folder: Path) -> Policy:
    (folder / "policy.toml").write_text(shown(page), "utf-8")
    env = {"HOTLINE__LINE__POLICY": str(folder / "policy.toml")}
    return load(None, env, check=problems).line.policy


@pytest.mark.parametrize("page", PAGES)
def test_the_example_is_a_whole_policy_that_checks(page: str, tmp_path: Path) -> None:
    policy = loaded(page, tmp_path)
    labour = ladder(policy, "khg", "labour")
    assert [rung.after_s for rung in labour.rungs] == [0, 15]
    assert labour.rungs[1].pair is not None
    assert [rung.cost for rung in ladder(policy, "cmn", "labour").rungs] == [0, 1, 2, 4]
    assert head_start(policy, "cmn", "migrant", gave_up_s=60) == (105, ("migrant", "repeat"))


def test_both_pages_show_the_same(tmp_path: Path) -> None:
    first, second = (loaded(page, tmp_path) for page in PAGES)
    assert first == second


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_is_spoken_of(page: str) -> None:
    text = (project_root() / page).read_text("utf-8")
    named = [*Dimension.__args__, *When.__struct_fields__, *Policy.__struct_fields__]  # type: ignore[attr-defined]
    assert [name for name in named if name not in text] == []
