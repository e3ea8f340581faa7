"""The facts of the policy in force: which one, with all it says, and what it made of who waits.

`router.facts` is the whole list; nobody else needs to look in here.
"""

from __future__ import annotations

from config.policy import Policy
from router.factbase import Body_


class PolicyAdopted(Body_, frozen=True):
    """From here on `policy` decides. The whole of it, so that every later decision can be derived
    again from the facts alone. `by`: who changed it; empty: the router began with it."""

    version: str
    policy: Policy
    by: str = ""


PolicyFact = PolicyAdopted
