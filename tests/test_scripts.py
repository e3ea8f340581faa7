"""The scripts can be started and read without a mistake of grammar."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPTS = sorted(
    path for path in [*(ROOT / "scripts").iterdir(), ROOT / ".ci" / "run"] if path.is_file()
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_executable_and_grammatical(script: Path) -> None:
    assert os.access(script, os.X_OK)
    text = script.read_text("utf-8")
    shebang = text.splitlines()[0]
    if "python" in shebang:
        compile(text, str(script), "exec")
    else:
        assert shebang == "#!/usr/bin/env bash"
        checked = subprocess.run(
            ["bash", "-n", script], check=False, capture_output=True, text=True
        )
        assert (checked.returncode, checked.stderr) == (0, "")


def test_the_scripts_that_the_house_promises_are_there() -> None:
    promised = {"run", "test", "check", "setup", "lock", "pbx", "ui"}
    assert promised <= {script.name for script in SCRIPTS}


@pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.lock")))
def test_a_lock_pins_hashes_and_names_no_index(lock: Path) -> None:
    lines = lock.read_text("utf-8").splitlines()
    pins = [number for number, line in enumerate(lines) if line[:1].isalnum()]
    assert pins
    for number in pins:
        assert "==" in lines[number], lines[number]
        assert "--hash=sha256:" in lines[number + 1], lines[number]
    assert not [line for line in lines if "://" in line or line.startswith(("-i", "--index"))]


def test_the_screens_lock_pins_hashes_and_holds_no_address() -> None:
    text = (ROOT / "web" / "ui" / "package-lock.json").read_text("utf-8")
    assert "://" not in text
    packages = {name: entry for name, entry in json.loads(text)["packages"].items() if name}
    assert len(packages) > 100
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []
    wanted = json.loads((ROOT / "web" / "ui" / "package.json").read_text("utf-8"))
    versions = wanted["dependencies"] | wanted["devDependencies"]
    assert [name for name, version in versions.items() if not version[0].isdigit()] == []


@pytest.mark.parametrize("argument", ["--unknown", "start"])
def test_set_up_refuses_what_it_does_not_know(argument: str) -> None:
    done = subprocess.run(
        [ROOT / "scripts" / "setup", argument],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 2
    assert argument in done.stdout


def test_the_screens_script_refuses_what_it_does_not_know() -> None:
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    script = [ROOT / "scripts" / "ui", "--watch"]
    done = subprocess.run(script, check=False, capture_output=True, text=True, env=env)
    assert (done.returncode, "--watch" in done.stdout) == (2, True)
