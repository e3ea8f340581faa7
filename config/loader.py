"""Reads the settings: packaged defaults, then the site's file, then the environment.

`load` either hands out a complete, checked `Settings` or raises with every problem there is. It
is the only reader of settings files; nothing is read again while the hotline runs.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from config import checks, divisions, policyfile, shape
from config.model import Line, Paths, Settings
from config.policy import Policy
from config.problems import Problem, SettingsError
from config.sources import Source, from_environment, from_toml, merged, placed

__all__ = ["FILE_VARIABLE", "SettingsError", "load", "policy_file", "project_root", "site_file"]

PolicyCheck = Callable[[Policy, Line], Sequence[Problem]]

FILE_VARIABLE: Final = "HOTLINE_SETTINGS"
_HERE: Final = Path(__file__).parent
_MANIFEST: Final = _HERE / "prompts" / "manifest.toml"


def project_root() -> Path:
    """The checkout, or the working directory where the packages were installed without one."""
    checkout = _HERE.parent
    return checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()


def site_file(env: Mapping[str, str]) -> Path | None:
    """`$HOTLINE_SETTINGS`, else `hotline.toml` in the project root where there is one."""
    if named := env.get(FILE_VARIABLE):
        return Path(named)
    usual = project_root() / "hotline.toml"
    return usual if usual.is_file() else None


def load(
    path: Path | None = None,
    env: Mapping[str, str] | None = None,
    *,
    check: PolicyCheck | None = None,
) -> Settings:
    """Settings of this site. `path` stands in for the site's file, `env` for the environment.

    Relative `paths` come back absolute, and `line.version` names the line's content unless the
    site gave it a name. `check` judges what the policy comes to (`queues.policycheck.problems`).
    Raises SettingsError with all problems; never OSError for a settings file.
    """
    sources, problems = _sources(path, env)
    table = merged(sources)
    policy: tuple[Policy, Source] | None = None
    elsewhere: list[Problem] = []
    try:
        policy = policyfile.read(_policy_file(table, sources))
    except SettingsError as error:
        elsewhere += error.problems
    settings, misfits = shape.fitted(table, Settings)
    assert isinstance(settings, Settings)
    packaged = _packaged(settings.paths.prompts)
    found = [*misfits, *checks.crossed(settings, [p.place for p in misfits], packaged)]
    if check is not None and policy is not None and not found:
        elsewhere += placed(check(policy[0], settings.line), [policy[1]])
    problems += [*placed(found, sources), *elsewhere]
    if problems or policy is None:
        raise SettingsError(problems)
    return _finished(settings, policy[0])


def policy_file(path: Path | None = None, env: Mapping[str, str] | None = None) -> Path:
    """The file that `load` reads the policy from. Raises SettingsError."""
    sources, problems = _sources(path, env)
    if problems:
        raise SettingsError(problems)
    return _policy_file(merged(sources), sources)


def _sources(
    path: Path | None, env: Mapping[str, str] | None
) -> tuple[list[Source], list[Problem]]:
    """What can be read, and what cannot."""
    env = os.environ if env is None else env
    sources = _defaults()
    problems: list[Problem] = []
    if file := path or site_file(env):
        try:
            sources.append(from_toml(str(file), file.read_text("utf-8")))
        except SettingsError as error:
            problems += error.problems
        except (OSError, UnicodeDecodeError) as error:
            problems.append(
                Problem(code="no-file", place=(), fields={"error": str(error)}, source=str(file))
            )
    return [*sources, *from_environment(env)], problems


def _defaults() -> list[Source]:
    files = sorted(set((_HERE / "defaults").glob("*.toml")) - {policyfile.PACKAGED})
    return [from_toml(f"config/defaults/{f.name}", f.read_text("utf-8")) for f in files]


def _packaged(folder: str) -> checks.Packaged:
    """What the files of divisions, the prompt manifest and the site's recordings in `folder` offer.

    A site records its own menu under a name of its own.
    """
    files = divisions.names()
    if not _MANIFEST.is_file():
        return checks.Packaged(divisions=files)
    manifest = tomllib.loads(_MANIFEST.read_text("utf-8"))
    ids = {prompt for texts in manifest["text"].values() for prompt in texts}
    if folder:
        ids |= {file.stem for file in (project_root() / folder).glob("*/*.*")}
    languages = list(manifest["languages"])
    return checks.Packaged(divisions=files, prompts=sorted(ids), languages=languages)


def _policy_file(table: dict[str, object], sources: Sequence[Source]) -> Path:
    """The file that `line.policy` names, which is taken out of `table`. Raises SettingsError."""
    line = table.get("line")
    if not isinstance(line, dict) or "policy" not in line:
        return policyfile.PACKAGED
    table["line"] = {key: value for key, value in line.items() if key != "policy"}
    named = line["policy"]
    if not isinstance(named, str):
        found = {"found": type(named).__name__}
        problem = Problem(
            code="misfit",
            place=("line", "policy"),
            fields=found,
            expected="policy-path",
            hint="policy-path",
        )
        raise SettingsError(placed([problem], sources))
    return project_root() / Path(named).expanduser() if named else policyfile.PACKAGED


def _finished(settings: Settings, policy: Policy) -> Settings:
    root = project_root()

    def absolute(path: str) -> str:
        return str(root / Path(path).expanduser()) if path else ""

    paths = Paths(
        **{name: absolute(value) for name, value in msgspec.structs.asdict(settings.paths).items()}
    )
    line = msgspec.structs.replace(settings.line, policy=policy)
    if line.version == Line().version:
        digest = hashlib.sha256(msgspec.json.encode(line, order="sorted")).hexdigest()
        line = msgspec.structs.replace(line, version=digest[:12])
    return msgspec.structs.replace(settings, line=line, paths=paths)
