"""The command `hotline`: what it prints, in which language, and its exit codes."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import msgspec
import pytest

from cases.people import People
from cases.store import Store, store_url
from config.loader import load
from config.policy import Policy
from config.policyfile import PACKAGED, packaged
from config.words import words
from hotline.cli import COMMANDS, DONE, FAILED, USAGE, main
from hotline.table import table, width

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file of its own, with a data directory of its own, that the environment names."""
    for name in [*os.environ]:
        if name in {"LC_ALL", "LC_MESSAGES"} or name.startswith("HOTLINE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    file = tmp_path / "hotline.toml"
    file.write_text(f'[paths]\ndata = "{tmp_path / "data"}"\n', "utf-8")
    monkeypatch.setenv("HOTLINE_SETTINGS", str(file))
    return file


# ---- usage and language ----


@pytest.mark.parametrize(("tag", "about"), [("zh-CN", "热线"), ("en", "hotline")])
def test_help_names_every_command_in_the_chosen_language(
    site: Path, capsys: Capture, tag: str, about: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--lang", tag, "--help"])
    assert ended.value.code == DONE
    said = capsys.readouterr().out
    assert about in said
    for name in COMMANDS:
        # argparse breaks lines where it likes: the beginning is enough.
        assert words(tag).text(f"cli.command.{name}")[:10] in said, name


@pytest.mark.parametrize(
    "argv", [[], ["unheard-of"], ["check", "extra"], ["--lang", "fr", "check"], ["pbx"], ["user"]]
)
def test_wrong_usage_is_two(site: Path, capsys: Capture, argv: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == USAGE
    assert "usage: hotline" in capsys.readouterr().err


def test_the_locale_chooses_the_language_and_lang_overrules_it(
    site: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["check"]) == DONE
    assert words("zh-CN").text("cli.check.good") in capsys.readouterr().out
    assert main(["--lang=en", "check"]) == DONE
    assert words("en").text("cli.check.good") in capsys.readouterr().out
    monkeypatch.setenv("LANG", "C.UTF-8")
    assert main(["check"]) == DONE
    assert words("en").text("cli.check.good") in capsys.readouterr().out


# ---- check ----


def test_check_names_every_problem_and_ends_with_two(site: Path, capsys: Capture) -> None:
    site.write_text("[sip]\nport = 0\n[web]\nprot = 1\n", "utf-8")
    assert main(["check"]) == USAGE
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(f"{site}:2: sip.port")
    assert said[1].startswith(f"{site}:4: web.prot")
    assert said[-1] == words("zh-CN").text("cli.settings-bad", n=2)


def test_check_refuses_what_asterisks_files_cannot_hold(site: Path, capsys: Capture) -> None:
    site.write_text('[paths]\ndata = "/tmp/a;b"\n', "utf-8")
    assert main(["--lang", "en", "check"]) == USAGE
    assert "paths.data" in capsys.readouterr().err


def test_check_says_which_file_it_read(site: Path, capsys: Capture) -> None:
    other = site.with_name("other.toml")
    other.write_text("", "utf-8")
    assert main(["check"]) == DONE
    assert str(site) in capsys.readouterr().out
    assert main(["--settings", str(other), "check"]) == DONE
    assert str(other) in capsys.readouterr().out


# ---- people and calls ----


def test_a_person_is_added_with_passwords_that_open_the_door(site: Path, capsys: Capture) -> None:
    argv = ["--lang", "en", "user", "add", "li", "--name", "李坐席", "--phone", "li"]
    assert main([*argv, "--skill", "lang:khg=3", "--skill", "aid=1"]) == DONE
    said = capsys.readouterr().out
    password = said.split("One-time password: ")[1].split()[0]
    assert "SIP password: " in said
    assert words("en").text("cli.user.phone-later") in said

    async def signs_in() -> dict[str, int]:
        store = await Store.open(store_url("", site.parent / "data"))
        try:
            return (await People(store).verify("li", password, now=0.0)).skills
        finally:
            await store.close()

    assert asyncio.run(signs_in()) == {"lang:khg": 3, "aid": 1}
    assert main(["user", "list"]) == DONE
    listed = capsys.readouterr().out
    assert "李坐席" in listed
    assert "aid=1 lang:khg=3" in listed
    assert password not in listed


@pytest.mark.parametrize(
    ("more", "field"),
    [
        (["--skill", "lang:khg"], "skill"),
        (["--skill", "lang:khg=9"], "skills"),
        (["--phone", "not a phone"], "phone"),
    ],
)
def test_a_person_who_cannot_be_added_is_refused_by_field(
    site: Path, capsys: Capture, more: list[str], field: str
) -> None:
    assert main(["--lang", "en", "user", "add", "li", "--name", "李", *more]) == FAILED
    said = capsys.readouterr()
    assert said.err.splitlines() == [words("en").text("cli.user.invalid.bad-format", field=field)]
    assert main(["--lang", "en", "user", "list"]) == DONE
    assert words("en").text("cli.user.nobody") in capsys.readouterr().out


def test_a_name_that_is_taken_is_refused(site: Path, capsys: Capture) -> None:
    assert main(["user", "add", "li", "--name", "李"]) == DONE
    assert main(["user", "add", "li", "--name", "黎"]) == FAILED
    assert "username" in capsys.readouterr().err


def test_a_line_without_calls_says_so(site: Path, capsys: Capture) -> None:
    assert main(["calls"]) == DONE
    assert capsys.readouterr().out.strip() == words("zh-CN").text("cli.calls.none")
    assert main(["calls", "--last", "1000"]) == FAILED


def test_a_database_that_is_none_is_named(
    site: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE__STORE__URL", "mysql://db/hotline")
    assert main(["--lang", "en", "calls"]) == FAILED
    assert "store.url" in capsys.readouterr().err


# ---- Asterisk ----


def test_an_asterisk_that_others_run_is_left_alone(
    site: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE__PBX__MANAGE", "false")
    for verb in ("up", "down", "status"):
        assert main(["--lang", "en", "pbx", verb]) == FAILED
        assert "pbx.manage" in capsys.readouterr().err


def test_an_asterisk_root_that_is_none_is_named(
    site: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = site.parent / "no-root"
    monkeypatch.setenv("HOTLINE__PATHS__ASTERISK_ROOT", str(root))
    assert main(["--lang", "en", "pbx", "status"]) == FAILED
    assert str(root) in capsys.readouterr().err


# ---- prompts ----


def test_prompts_shows_every_language_and_what_is_heard_meanwhile(
    site: Path, capsys: Capture
) -> None:
    assert main(["prompts"]) == DONE
    said = capsys.readouterr().out
    for language in load(None).line.languages:
        assert f"\n{language.prompts} " in said
    assert "bo → zh-CN" in said
    assert main(["prompts", "--language", "khg"]) == DONE
    assert "\nmenu-dialect " in capsys.readouterr().out


def test_an_unknown_language_of_prompts_is_named(site: Path, capsys: Capture) -> None:
    assert main(["--lang", "en", "prompts", "--language", "xx"]) == FAILED
    assert "xx" in capsys.readouterr().err


# ---- columns ----


def test_chinese_characters_take_two_columns() -> None:
    assert width("坐席8001") == 8
    assert width("བོད་སྐད") < len("བོད་སྐད")
    assert table([["姓名", "n"], ["Li", "12"]]) == ["姓名  n", "Li    12"]


# ---- the policy ----


def test_check_finds_callers_nobody_here_can_serve(site: Path, capsys: Capture) -> None:
    assert main(["--lang", "en", "check"]) == DONE
    said = capsys.readouterr().out
    assert words("en").text("cli.policy.nobody") in said
    spoken = [f"--skill=lang:{one}=3" for one in ("cmn", "bo", "khg", "adx", "jya", "ii")]
    add = ["user", "add", "li", "--name", "李坐席", "--skill=law:general=1", *spoken]
    assert main(add) == DONE
    capsys.readouterr()
    assert main(["--lang", "en", "check"]) == FAILED
    said = capsys.readouterr().err
    line = next(
        n
        for n, text in enumerate(PACKAGED.read_text("utf-8").splitlines(), 1)
        if text.startswith("en =")
    )
    assert said.startswith(f"config/defaults/policy.toml:{line}: language.floor.en: ")
    assert words("en").text("cli.policy.bad", n=1) in said
    add = ["user", "add", "wu", "--name", "吴坐席", "--skill=law:general=1", "--skill=lang:en=1"]
    assert main(add) == DONE
    assert main(["--lang", "en", "check"]) == DONE
    assert words("en").text("cli.policy.people", n=2) in capsys.readouterr().out


def test_a_policy_is_checked_before_it_is_put_in_place(site: Path, capsys: Capture) -> None:
    other = site.with_name("policy.toml")
    other.write_text(PACKAGED.read_text("utf-8").replace("packaged-1", "mine-1"), "utf-8")
    assert main(["--lang", "en", "policy", "check", str(other)]) == DONE
    assert words("en").text("cli.policy.good", version="mine-1") in capsys.readouterr().out
    other.write_text(PACKAGED.read_text("utf-8"), "utf-8")
    assert main(["policy", "check", str(other)]) == USAGE
    assert f"{other}:8：version" in capsys.readouterr().err.replace(": version", "：version")
    site.write_text(site.read_text("utf-8") + f'[line]\npolicy = "{other}"\n', "utf-8")
    assert main(["check"]) == USAGE
    assert str(other) in capsys.readouterr().err


def test_the_policy_is_shown_by_service(site: Path, capsys: Capture) -> None:
    assert main(["--lang", "en", "policy", "show", "--language", "khg"]) == DONE
    said = capsys.readouterr().out
    assert "lang:khg and law:labour>=2" in said
    assert "migrant 60 s" in said
    assert "lang:khg and interpreter" in said
    assert main(["policy", "show", "--json"]) == DONE
    policy = msgspec.json.decode(capsys.readouterr().out, type=Policy)
    assert policy == packaged()
    assert main(["policy", "show", "--language", "zz"]) == FAILED
    assert "zz" in capsys.readouterr().err


def test_reload_says_when_nobody_answers(
    site: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_PASSWORD", "made up")
    argv = ["--lang", "en", "policy", "reload", "--user", "chief", "--url"]
    assert main([*argv, "http://127.0.0.1:9"]) == FAILED
    assert "http://127.0.0.1:9" in capsys.readouterr().err
    assert main([*argv, "file:///etc"]) == FAILED
    assert "file:///etc" in capsys.readouterr().err
