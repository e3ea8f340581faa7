"""Reads a policy file: its text, its version's content and the line of everything in it.

A policy is whole: nothing is merged into it, and nothing of it comes from the environment. What
its requirements say is for `queues.policycheck` to judge; here it only has to fit the model.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from config import shape
from config.policy import SHIPPED, Policy
from config.problems import Problem, SettingsError
from config.sources import Source, from_toml, placed

PACKAGED: Final = Path(__file__).parent / "defaults" / "policy.toml"
_NAMED: Final = "config/defaults/policy.toml"


def read(file: Path) -> tuple[Policy, Source]:
    """The policy of `file` and where it says what. Raises SettingsError; never OSError."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fields = {"error": str(error)}
        problem = Problem(code="no-policy", place=(), fields=fields, source=str(file))
        raise SettingsError([problem]) from None
    return parsed(_NAMED if file == PACKAGED else str(file), text)


def parsed(name: str, text: str) -> tuple[Policy, Source]:
    """The same of a text; `name` stands in the problems. Raises SettingsError."""
    source = from_toml(name, text)
    policy, problems = shape.fitted(source.data, Policy)
    if problems:
        raise SettingsError(placed(problems, [source]))
    assert isinstance(policy, Policy)
    if policy.version.startswith(SHIPPED) and name != _NAMED:
        # A copy that was changed: whoever looks up that version later would find the other one.
        taken = Problem(code="policy-version", place=("version",), fields={"found": policy.version})
        raise SettingsError(placed([taken], [source]))
    return policy, source


@cache
def packaged() -> Policy:
    """The policy that is shipped."""
    return read(PACKAGED)[0]
