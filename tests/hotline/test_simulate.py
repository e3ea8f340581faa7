"""`hotline simulate` and `hotline staff`: what they print, write, draw and refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config.policyfile import PACKAGED
from config.words import TONGUES
from hotline.cli import DONE, FAILED, USAGE, main
from hotline.table import width
from router.sim import rosterfile
from tests.router.test_trial import ROSTER

Capture = pytest.CaptureFixture[str]
SMALL = ["--preset", "city", "--calls", "120", "--days", "1", "--seeds", "2"]


@pytest.fixture
def site(tmp_path: Path) -> list[str]:
    file = tmp_path / "hotline.toml"
    file.write_text(f'[paths]\ndata = "{tmp_path}/data"\n', "utf-8")
    return ["--settings", str(file)]


def written(path: Path, text: str) -> str:
    path.write_text(text, "utf-8")
    return str(path)


@pytest.mark.parametrize("tongue", TONGUES)
def test_two_rosters_in_eighty_columns(
    site: list[str], tmp_path: Path, capsys: Capture, tongue: str
) -> None:
    few = written(tmp_path / "few.toml", ROSTER)
    many = written(tmp_path / "many.toml", ROSTER.replace("count = 2", "count = 6"))
    data, picture = tmp_path / "a.json", tmp_path / "a.html"
    args = [*SMALL, "--roster", few, "--roster", many, "--json", str(data)]
    assert main([*site, "--lang", tongue, "simulate", *args, "--picture", str(picture)]) == DONE
    out = capsys.readouterr().out
    assert "few" in out
    assert "many" in out
    table = [line for line in out.splitlines() if "±" in line]
    assert len(table) > 20
    assert max(map(width, table)) <= 80
    found = json.loads(data.read_bytes())
    assert found["names"] == ["few", "many"]
    assert found["groups"][0]["difference"]["within_20"]["mean"] > 0
    assert found["hands"]
    page = picture.read_text("utf-8")
    assert "<svg" in page
    assert "±" in page


def test_a_picture_and_one_seed(site: list[str], tmp_path: Path, capsys: Capture) -> None:
    picture = tmp_path / "a.png"
    args = ["--preset", "burst", "--calls", "200", "--seeds", "1", "--picture", str(picture)]
    assert main([*site, "--lang", "en", "simulate", *args]) == DONE
    out = capsys.readouterr().out
    assert "One seed only" in out
    assert "burst, 30 min" in out
    assert "±" not in out.split("\n", 2)[2]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_policy_against_itself_moves_nobody(
    site: list[str], tmp_path: Path, capsys: Capture
) -> None:
    other = written(
        tmp_path / "then.toml", PACKAGED.read_text("utf-8").replace("packaged-1", "then-1")
    )
    args = [*SMALL, "--policy", str(PACKAGED), "--policy", other, "--whole"]
    assert main([*site, "--lang", "en", "simulate", *args]) == DONE
    assert "On average: 0 calls went to another seat, 0 were answered" in capsys.readouterr().out


def test_the_calls_of_the_store_once_more(site: list[str], capsys: Capture) -> None:
    poured = ["demo", "month", "--calls", "300", "--seed", "3", "--month", "2026-02"]
    assert main([*site, "--lang", "en", *poured]) == DONE
    capsys.readouterr()
    args = ["--recorded", "--from", "2026-02-01", "--days", "28", "--seeds", "2"]
    assert main([*site, "--lang", "en", "simulate", *args]) == DONE
    out = capsys.readouterr().out
    assert "28 days" in out
    assert "Mandarin" in out
    assert main([*site, "--lang", "en", "simulate", "--recorded", "--from", "2020-01-01"]) == FAILED
    assert "No recorded calls" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["--roster", "missing.toml"], FAILED, "missing.toml"),
        (["--policy", "missing.toml"], FAILED, "missing.toml"),
        (["--picture", "a.gif"], FAILED, "a.gif"),
        (["--policy", "a", "--policy", "b", "--policy", "c"], FAILED, "twice"),
    ],
)
def test_what_cannot_be_simulated_is_said(
    site: list[str], capsys: Capture, args: list[str], code: int, said: str
) -> None:
    assert main([*site, "--lang", "en", "simulate", *args]) == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("args", [["--seeds", "0"], ["--from", "today"], ["--days", "x"]])
def test_wrong_usage(site: list[str], args: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*site, "--lang", "en", "simulate", *args])
    assert left.value.code == USAGE


@pytest.mark.parametrize("tongue", TONGUES)
def test_seats_by_half_hour_and_their_roster(
    site: list[str], tmp_path: Path, capsys: Capture, tongue: str
) -> None:
    roster = tmp_path / "roster.toml"
    args = ["--preset", "city", "--seeds", "1", "--rounds", "2", "--out", str(roster)]
    assert main([*site, "--lang", tongue, "staff", *args]) == DONE
    out = capsys.readouterr().out
    rows = [line for line in out.splitlines() if line[2:5] in (":00", ":30")]
    assert [row[:5] for row in rows][:3] == ["00:00", "00:30", "01:00"]
    assert len(rows) == 48
    assert max(map(width, rows)) <= 80
    found = rosterfile.parse(roster.read_text("utf-8"))
    ten = sum(post.count for post in found.posts if post.begins <= "10:00" < post.ends)
    assert ten == int(rows[20].split()[3])
