from __future__ import annotations

import pytest

from config.words import words
from tests.web.house import House
from web.route import Part


@pytest.mark.parametrize("tag", ["zh-CN", "en"])
async def test_the_front_page_says_what_this_is(house: House, tag: str) -> None:
    http = house.stranger().http
    async with http.get(house.address + "/", headers={"Accept-Language": tag}) as got:
        page = await got.text()
        assert got.status == 200
        assert got.headers["Content-Type"] == "text/html; charset=utf-8"
    assert words(tag).text("api.page.what") in page
    assert f'lang="{tag}"' in page
    assert 'href="/api/v1/openapi.json"' in page
    async with http.get(house.address + "/api/v1/openapi.json") as got:
        assert (await got.json())["openapi"] == "3.1.0"


async def test_health_is_as_good_as_the_worst_part(house: House) -> None:
    stranger = house.stranger()
    health = await stranger.get("/health")
    assert (health.status, health.json["status"]) == (200, "ok")
    assert health.json["parts"]["pbx"]["state"] == "ok"
    house.health["store"] = lambda: Part("degraded", behind=12)
    health = await stranger.get("/health")
    assert (health.status, health.json["status"]) == (200, "degraded")
    assert health.json["parts"]["store"] == {"state": "degraded", "behind": 12, "detail": ""}
    house.pbx.lose_connection()
    await house.until(lambda: not house.pump.snapshot().pbx_up)
    health = await stranger.get("/health")
    assert (health.status, health.json["status"]) == (503, "down")
