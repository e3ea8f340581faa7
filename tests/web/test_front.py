"""What is at `/`: the built screens, or a sentence that they have not been built."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from config.words import words
from tests.web.house import House
from web import page
from web.route import Part


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built house with one page and one script, and a secret beside it."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>the page</title>")
    (folder / "assets" / "main-1a2b.js").write_text("script")
    (folder / "assets" / "main-1a2b.js.br").write_bytes(b"brotli")
    (folder / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(page, "DIST", folder)
    return folder


async def got(house: House, path: str, **headers: str) -> tuple[aiohttp.ClientResponse, bytes]:
    http = house.stranger().http
    async with http.get(house.address + path, headers=headers) as answer:
        return answer, await answer.read()


@pytest.mark.parametrize("tag", ["zh-CN", "en"])
async def test_screens_that_are_not_built_say_so(
    house: House, tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "DIST", tmp_path / "nothing")
    http = house.stranger().http
    async with http.get(house.address + "/", headers={"Accept-Language": tag}) as answer:
        text = await answer.text()
        assert answer.status == 503
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert words(tag).text("api.page.not-built") in text
    assert f'lang="{tag}"' in text
    assert 'href="/api/v1/openapi.json"' in text
    async with http.get(house.address + "/api/v1/openapi.json") as answer:
        assert (await answer.json())["openapi"] == "3.1.0"


@pytest.mark.usefixtures("dist")
@pytest.mark.parametrize(
    "path", ["/", "/wall", "/calls/C1", "/calls/1700000000.1", "/sign-in?next=/wall", "/apiary"]
)
async def test_every_address_of_the_screens_is_the_page(house: House, path: str) -> None:
    answer, body = await got(house, path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html")
    assert b"the page" in body
    assert answer.headers["Cache-Control"] == "no-cache"
    again, _ = await got(house, path, **{"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304


@pytest.mark.usefixtures("dist")
async def test_a_page_may_load_nothing_but_what_is_ours(house: House) -> None:
    answer, _ = await got(house, "/wall")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "//" not in policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert "microphone=(self)" in answer.headers["Permissions-Policy"]
    api, _ = await got(house, "/api/v1/health")
    assert "script-src" not in api.headers["Content-Security-Policy"]
    assert api.headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("dist")
async def test_a_built_file_is_kept_for_ever_and_sent_compressed(house: House) -> None:
    answer, body = await got(house, "/assets/main-1a2b.js", **{"Accept-Encoding": "identity"})
    assert (answer.status, body) == (200, b"script")
    assert answer.headers["Content-Type"].startswith(("text/javascript", "application/javascript"))
    assert "immutable" in answer.headers["Cache-Control"]
    http = aiohttp.ClientSession(auto_decompress=False)
    house.http.append(http)
    url = f"{house.address}/assets/main-1a2b.js"
    async with http.get(url, headers={"Accept-Encoding": "br"}) as answer:
        assert answer.headers["Content-Encoding"] == "br"
        assert await answer.read() == b"brotli"
    icon, _ = await got(house, "/favicon.svg")
    assert icon.headers["Content-Type"] == "image/svg+xml"


@pytest.mark.usefixtures("dist")
@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone-9f8e.js",
        "/assets/",
        "/assets/..%2F..%2Fsecret.txt",
        "/..%2Fsecret.txt",
        "/%2e%2e/secret.txt",
        "/favicon.ico",
        "/api",
        "/api/",
        "/api/v1/nowhere",
        "/api/v2/calls",
    ],
)
async def test_what_is_not_there_is_a_problem_and_not_the_page(house: House, path: str) -> None:
    answer, body = await got(house, path)
    assert answer.status == 404
    assert b'"route-unknown"' in body
    assert b"secret" not in body


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
