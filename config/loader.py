"""Reads the settings: packaged defaults, then the site's file, then the environment.

`load` either hands out a complete, checked `Settings` or raises with every problem there is. It
is the only reader of settings files; nothing is read again while the hotline runs.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from config import checks, divisions, policyfile, shape
from config.model import Line, Paths, Settings
from config.policy import Policy
from config.problems import Problem, SettingsError
from config.sources import Source, from_environment, from_toml, merged, placed

__all__ = ["FILE_VARIABLE", "SettingsError", "load", "project_root", "site_file"]

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


def load(path: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """Settings of this site. `path` stands in for the site's file, `env` for the environment.

    Relative `paths` come back absolute, and `line.version` names the line's content unless the
    site gave it a name. Raises SettingsError with all problems; never OSError for a settings file.
    """
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
    sources += from_environment(env)

    table = merged(sources)
    policy: Policy | None = None
    elsewhere: list[Problem] = []
    try:
        policy = _policy(table)
    except SettingsError as error:
        elsewhere += error.problems
    settings, misfits = shape.fitted(table, Settings)
    assert isinstance(settings, Settings)
    packaged = _packaged(settings.paths.prompts)
    found = [*misfits, *checks.crossed(settings, [p.place for p in misfits], packaged)]
    problems += [*placed(found, sources), *elsewhere]
    if problems or policy is None:
        raise SettingsError(problems)
    return _finished(settings, policy)


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


def _policy(table: dict[str, object]) -> Policy:
    """The policy of the file that `line.policy` names, which is taken out of `table`.

    Raises SettingsError. What is no path is left where it is, to be found not to fit.
    """
    line = table.get("line")
    if not isinstance(line, dict) or not isinstance(line.get("policy", ""), str):
        return policyfile.packaged()
    named = line.pop("policy", "")
    return policyfile.read(project_root() / Path(named))[0] if named else policyfile.packaged()


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
