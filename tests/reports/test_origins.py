"""Regions of numbers: from the real tables, by the first digits alone."""

from __future__ import annotations

import pytest

from config.divisions import divisions
from reports.origins import OriginsFailed, origins, region_code

PLACES = divisions("51")


@pytest.mark.parametrize(
    ("description", "code"),
    [
        ("四川省成都市", "5101"),
        ("四川省阿坝藏族羌族自治州", "5132"),
        ("四川甘孜", "5133"),
        ("四川省成都市、资阳市、眉山市", "51"),  # 028 is shared: the province only
        ("浙江省温州市", "33"),
        ("新疆乌鲁木齐市", "65"),
        ("北京市", "11"),
        ("中国", ""),
        ("", ""),
    ],
)
def test_a_description_is_a_division_as_far_as_it_goes(description: str, code: str) -> None:
    assert region_code(description, PLACES) == code


async def test_digits_are_placed_by_a_process_of_its_own() -> None:
    asked = ["13880000", "+861388000", "01388000", "08360000", "02888888", "05770000", "01012345",
             "+1202555", "95588", "12345678", "19900000", "anonymou", "", "١٣٨٨٠٠٠٠"]  # fmt: skip
    assert await origins("51", asked) == {
        "13880000": "5101",
        "+861388000": "5101",
        "01388000": "5101",
        "08360000": "5133",
        "02888888": "51",
        "05770000": "33",
        "01012345": "11",
        "+1202555": "abroad",
    }


async def test_its_failure_is_told() -> None:
    with pytest.raises(OriginsFailed, match="FileNotFoundError"):
        await origins("no-such-file", ["13880000"])
