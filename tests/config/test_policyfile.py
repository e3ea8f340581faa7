"""Policies: what a site may write, and what it is told when calls cannot be served by it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from config.loader import SettingsError, load, policy_file
from config.policy import Policy
from config.policyfile import PACKAGED, packaged
from config.problems import Problem
from queues.policycheck import problems

HEAD = 'version = "test-1"\n'
FLOOR = "".join(
    f'language.floor.{one} = "lang:{one}"\n' for one in ("cmn", "bo", "khg", "adx", "jya", "ii")
)
ENGLISH = 'language.floor.en = "lang:en"\n'
BEGIN = HEAD + FLOOR + ENGLISH  # eight lines
ROWS = "".join(
    f'[[kinds]]\nservice = "{one}"\n'
    for one in ("general", "marriage", "contract", "aid", "migrant", "veteran", "guidance")
)
REST = ROWS + '[[kinds]]\nservice = "complaint"\n'
LABOUR = '[[kinds]]\nservice = "labour"\n'
"""Everything a policy must have but for the row of `labour`, which follows from line 9 on."""


def row(text: str) -> str:
    return BEGIN + LABOUR + text + REST


def wrong(tmp_path: Path, text: str) -> tuple[Problem, ...]:
    """What the loader says of a site whose policy is `text`."""
    (tmp_path / "policy.toml").write_text(text, "utf-8")
    site = tmp_path / "hotline.toml"
    site.write_text(f'[line]\npolicy = "{tmp_path}/policy.toml"\n', "utf-8")
    with pytest.raises(SettingsError) as caught:
        load(site, {}, check=problems)
    return caught.value.problems


WRONG: dict[str, tuple[str, str, str, int | None]] = {
    "not toml": ("version =\n", "not-toml", "", 1),
    "no version": (FLOOR + ENGLISH + LABOUR + REST, "missing", "version", None),
    "bad version": ('version = "a b"\n', "misfit", "version", 1),
    "the packaged version": ('version = "packaged-1"\n', "policy-version", "version", 1),
    "unknown key": (HEAD + "[queue]\n", "unknown", "queue", 2),
    "unknown key in a step": (
        row('relax = [\n  { after_s = 5, need = "aid" },\n]\n'),
        "unknown",
        "kinds[0].relax[0].need",
        12,
    ),
    "no such dimension": (
        row('[[kinds.relax]]\nafter_s = 5\ndimension = "price"\n'),
        "misfit",
        "kinds[0].relax[0].dimension",
        13,
    ),
    "not a requirement": (
        row('needs = "law:labour and"\n'),
        "requirement",
        "kinds[0].needs",
        11,
    ),
    "no such level": (row('needs = "law:labour>=6"\n'), "requirement", "kinds[0].needs", 11),
    "no such skill": (row('needs = "law:labor"\n'), "reference", "kinds[0].needs", 11),
    "no such region": (row('region = "region:9999"\n'), "region", "kinds[0].region", 11),
    "a call's region in a floor": (
        HEAD + FLOOR + 'language.floor.en = "region:here"\n' + LABOUR + REST,
        "region",
        "language.floor.en",
        8,
    ),
    "no such service": (
        row("") + '[[kinds]]\nservice = "labor"\n',
        "reference",
        "kinds[9].service",
        28,
    ),
    "no such language": (row('languages = ["zz"]\n'), "reference", "kinds[0].languages[0]", 11),
    "no such language of a pair": (
        row("") + '[pair]\nlanguages = ["khg", "zz"]\n',
        "reference",
        "pair.languages[1]",
        28,
    ),
    "floor of no language": (
        BEGIN + 'language.floor.zz = "lang:bo"\n' + LABOUR + REST,
        "reference",
        "language.floor.zz",
        9,
    ),
    "no such group": (
        row("")
        + '[order]\ngreatest_head_start_s = 9\n[[order.head_starts]]\nname = "x"\nseconds = 1\n'
        + 'when = { groups = ["elves"] }\n',
        "reference",
        "order.head_starts[0].when.groups[0]",
        32,
    ),
    "language without a floor": (
        HEAD + FLOOR + LABOUR + REST,
        "floor-missing",
        "language.floor",
        2,
    ),
    "service without a row": (BEGIN + REST, "kind-missing", "kinds", 9),
    "row that never counts": (
        row("") + LABOUR,
        "kind-twice",
        "kinds[9].service",
        28,
    ),
    "head start above the greatest": (
        row("")
        + '[order]\ngreatest_head_start_s = 9\n[[order.head_starts]]\nname = "x"\nseconds = 10\n'
        + 'when = { services = ["labour"] }\n',
        "head-start",
        "order.head_starts[0].seconds",
        31,
    ),
    "head start twice": (
        row("")
        + "[order]\ngreatest_head_start_s = 9\n"
        + '[[order.head_starts]]\nname = "x"\nseconds = 1\nwhen = {}\n' * 2,
        "twice",
        "order.head_starts[1].name",
        34,
    ),
    "step without what it needs": (
        row("relax = [{ after_s = 5 }]\n"),
        "step-lacks",
        "kinds[0].relax[0]",
        11,
    ),
    "step with what it has not": (
        row('relax = [{ after_s = 5, dimension = "interpreter", to = 1 }]\n'),
        "step-extra",
        "kinds[0].relax[0].to",
        11,
    ),
    "steps out of order": (
        row('relax = [\n{ after_s = 5, needs = "aid" },\n{ after_s = 5, needs = "complaint" }]\n'),
        "relax",
        "kinds[0].relax[1].after_s",
        13,
    ),
    "contradiction": (
        row('needs = "law:labour>=3 and not law:labour>=2"\n'),
        "never",
        "kinds[0].needs",
        11,
    ),
    "step against the floor": (
        row('needs = "law:labour"\nrelax = [{ after_s = 5, needs = "aid and not lang:khg" }]\n'),
        "floor-step",
        "kinds[0].relax[0].needs",
        12,
    ),
    "kind nobody can ever serve": (
        row('needs = "law:labour"\nregion = "not law:labour"\n'),
        "dead-kind",
        "kinds[0]",
        9,
    ),
    "step that lets nobody in": (
        row(
            'needs = "law:labour or aid"\nrelax = [\n{ after_s = 5, needs = "law:labour>=3" },\n]\n'
        ),
        "step-useless",
        "kinds[0].relax[0]",
        13,
    ),
    "level that is not lower": (
        row('needs = "law:labour>=2"\nrelax = [{ after_s = 5, dimension = "level", to = 2 }]\n'),
        "step-useless",
        "kinds[0].relax[0]",
        12,
    ),
    "step after everybody is let in": (
        row(
            'needs = "law:labour"\nrelax = [\n'
            '{ after_s = 5, dimension = "law", needs = "anybody" },\n'
            '{ after_s = 9, dimension = "level", to = 1 },\n]\n'
        ),
        "step-useless",
        "kinds[0].relax[1]",
        14,
    ),
    "interpreter for nobody": (
        row('relax = [{ after_s = 5, dimension = "interpreter" }]\n'),
        "step-useless",
        "kinds[0].relax[0]",
        11,
    ),
    "pair that contradicts itself": (
        row("") + '[pair]\nlanguages = ["ii"]\ninterpreter = "interpreter and not lang:ii"\n',
        "pair-never",
        "pair.languages[0]",
        28,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named_with_file_line_and_key(tmp_path: Path, name: str) -> None:
    text, code, key, line = WRONG[name]
    found = wrong(tmp_path, text)
    file = str(tmp_path / "policy.toml")
    assert (code, line) in [(p.code, p.line) for p in found], found
    (problem, *_) = [p for p in found if p.code == code]
    assert problem.source == (file if line is not None else "")
    for tongue in ("zh-CN", "en"):
        sentence = problem.text(tongue)
        where = f"{file}:{line}: " if line is not None else ""
        assert sentence.startswith(f"{where}{key}".rstrip(": ")), sentence


def test_a_mistake_is_told_once(tmp_path: Path) -> None:
    for name in ("contradiction", "step against the floor", "head start above the greatest"):
        assert len(wrong(tmp_path, WRONG[name][0])) == 1, name


def test_a_near_miss_is_suggested(tmp_path: Path) -> None:
    (problem,) = wrong(tmp_path, row('needs = "law:labor"\n'))
    assert "law:labour" in problem.text("en")


def test_a_skill_of_the_centres_own_is_known_once_it_is_listed(tmp_path: Path) -> None:
    text = row('needs = "law:grassland"\n')
    (problem,) = wrong(tmp_path, text)
    assert problem.code == "reference"
    (tmp_path / "policy.toml").write_text(
        text.replace(HEAD, HEAD + 'skills = ["law:grassland"]\n'), "utf-8"
    )
    assert load(tmp_path / "hotline.toml", {}, check=problems).line.policy.skills == (
        "law:grassland",
    )


def test_problems_of_settings_and_policy_come_together(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(HEAD + "nonsense = 1\n", "utf-8")
    site = tmp_path / "hotline.toml"
    site.write_text(f'[line]\npolicy = "{tmp_path}/policy.toml"\n[sip]\nport = 0\n', "utf-8")
    with pytest.raises(SettingsError) as caught:
        load(site, {}, check=problems)
    assert [(Path(p.source).name, p.line) for p in caught.value.problems] == [
        ("hotline.toml", 4),
        ("policy.toml", 2),
    ]


def test_one_key_never_means_two_things_to_who_waits(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(row("") + '[callback]\nkey = "1"\n', "utf-8")
    site = tmp_path / "hotline.toml"
    site.write_text(
        f'[line]\npolicy = "{tmp_path}/policy.toml"\n[sip]\noutbound = "192.0.2.9:5060"\n'
        "[line.callbacks]\noffered = true\n",
        "utf-8",
    )
    with pytest.raises(SettingsError) as caught:
        load(site, {}, check=problems)
    (problem,) = caught.value.problems
    assert (problem.code, problem.line) == ("key-twice", 28)
    assert "callback.key" in problem.text("en")
    site.write_text(site.read_text("utf-8").replace("true", "false"), "utf-8")
    assert load(site, {}, check=problems).line.policy.callback.key == "1"


def test_a_policy_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    site = tmp_path / "hotline.toml"
    site.write_text('[line]\npolicy = "/nowhere/policy.toml"\n', "utf-8")
    with pytest.raises(SettingsError) as caught:
        load(site, {})
    (problem,) = caught.value.problems
    assert (problem.code, problem.source) == ("no-policy", "/nowhere/policy.toml")
    assert "line.policy" in problem.text("en")


def test_the_policy_is_a_path_in_the_settings_and_never_a_table(tmp_path: Path) -> None:
    site = tmp_path / "hotline.toml"
    site.write_text('[line.policy]\nversion = "x"\n', "utf-8")
    with pytest.raises(SettingsError) as caught:
        load(site, {})
    (problem,) = caught.value.problems
    assert (problem.code, problem.line) == ("misfit", 1)


def test_the_packaged_policy_is_sound_and_what_is_loaded_without_another(tmp_path: Path) -> None:
    settings = load(None, {}, check=problems)
    assert settings.line.policy == packaged()
    assert policy_file(None, {}) == PACKAGED
    assert msgspec.json.decode(msgspec.json.encode(packaged()), type=Policy) == packaged()


def test_a_site_may_do_without_services_of_the_packaged_policy(tmp_path: Path) -> None:
    site = tmp_path / "hotline.toml"
    site.write_text(
        '[[line.languages]]\nid = "cmn"\nname = "普通话"\nskill = "lang:cmn"\n'
        '[[line.services]]\nid = "general"\nname = "综合"\n'
        '[line.menu]\nstart = ""\n[line.menu.nodes.language.keys]\n'
        '2 = { goto = "queue", language = "cmn" }\n',
        "utf-8",
    )
    with pytest.raises(SettingsError) as caught:
        load(site, {}, check=problems)
    assert {problem.place[:3] for problem in caught.value.problems} == {("line", "menu", "nodes")}


def test_the_environment_may_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(row(""), "utf-8")
    env = {"HOTLINE__LINE__POLICY": str(tmp_path / "mine.toml")}
    assert load(None, env, check=problems).line.policy.version == "test-1"
    assert policy_file(None, env) == tmp_path / "mine.toml"
