"""State tells facts apart by type before it looks at them: no row of its table may be passed by."""

from __future__ import annotations

import ast
import inspect
import textwrap

from router import state
from router.state import State


def test_every_fact_with_a_row_in_state_is_looked_up_there() -> None:
    tree = ast.parse(textwrap.dedent(inspect.getsource(State.apply)))
    rows = {
        node.cls.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.MatchClass) and isinstance(node.cls, ast.Attribute)
    }
    assert len(rows) > 10
    assert rows <= {kind.__name__ for kind in state._WHOLE}
