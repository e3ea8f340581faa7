"""The packaged divisions of Sichuan: as many as there are, each inside another, none stale."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from config.divisions import ABROAD, UNKNOWN, divisions, names
from config.loader import SettingsError, load

SICHUAN = divisions("51")


def test_sichuan_is_whole() -> None:
    """21 prefectures and 183 counties, as the province's plan counts them (川办发〔2021〕87号)."""
    depths = Counter(len(d.code) for d in SICHUAN if d.code.startswith("51"))
    assert depths == {2: 1, 4: 21, 6: 183}
    provinces = [d for d in SICHUAN if len(d.code) == 2]
    assert len(provinces) == 34
    assert list(SICHUAN)[-2:] == [SICHUAN.get(ABROAD), SICHUAN.get(UNKNOWN)]


def test_every_division_lies_in_the_one_its_code_begins_with() -> None:
    seen: set[str] = set()
    for d in SICHUAN:
        assert d.parent == (d.code[:-2] if d.code.isdecimal() and len(d.code) > 2 else "")
        assert not d.parent or d.parent in seen
        assert d.code not in seen, "twice"
        assert d.name and d.english and d.initials.isascii()
        seen.add(d.code)


def test_counties_that_became_something_else_are_what_they_are_now() -> None:
    assert "513425" not in SICHUAN
    huili = SICHUAN.get("513402")
    assert huili is not None
    assert (huili.name, huili.valid_from) == ("会理市", "2021-01")
    for code, name in (("510117", "郫都区"), ("511083", "隆昌市"), ("510981", "射洪市")):
        assert SICHUAN.called(code, "zh-CN").endswith(name)


def test_a_place_is_called_with_its_prefecture() -> None:
    assert SICHUAN.called("513301", "zh-CN") == "甘孜藏族自治州康定市"
    assert SICHUAN.called("510107", "en") == "Wuhou District, Chengdu City"
    assert SICHUAN.called("5101", "zh-CN") == "成都市"
    assert SICHUAN.called("44", "en") == "Guangdong"
    assert SICHUAN.called("", "zh-CN") == SICHUAN.called("999999", "zh-CN") == ""


def test_a_file_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    file = tmp_path / "hotline.toml"
    file.write_text('[line.centre]\ndivisions = "51a"\n', "utf-8")
    try:
        load(file, {})
    except SettingsError as refused:
        (problem,) = refused.problems
    else:
        raise AssertionError("a centre without divisions")
    assert (problem.code, problem.place) == ("reference", ("line", "centre", "divisions"))
    assert problem.line == 2
    assert "51" in names()
