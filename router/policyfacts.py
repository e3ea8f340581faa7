"""The facts of the policy in force: which one, with all it says, and what it made of who waits.

`router.facts` is the whole list; nobody else needs to look in here.
"""

from __future__ import annotations

from config.policy import Policy
from router.factbase import Body_, CallBody


class PolicyAdopted(Body_, frozen=True):
    """From here on `policy` decides. The whole of it, so that every later decision can be derived
    again from the facts alone. `by`: who changed it; empty: the router began with it.

    Whoever waits stands on the first rung of the new ladder until the facts that follow for it.
    """

    version: str
    policy: Policy
    by: str = ""


class Reruled(CallBody, frozen=True):
    """The policy changed while the call waited: place and waited time stay, the rest is anew.

    `needs`: of the first rung; facts that follow say how far up its waiting has come.
    """

    kind: str
    needs: str
    head_start_s: float
    head_start_why: tuple[str, ...]
    policy: str


PolicyFact = PolicyAdopted | Reruled
