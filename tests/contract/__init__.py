"""One suite that the fake exchange and the real Asterisk both pass."""

import pytest

pytest.register_assert_rewrite("tests.contract.stage")
