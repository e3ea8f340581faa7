"""Two kinds of phones: a person's own, and the one in the page of somebody who is signed in. PURE.

A browser's phone has an account that lives as long as a sign-in to the screens. Its name is drawn
by chance and tells the kind, so that nothing has to be remembered about it. No own phone may have
such a name, and no telephone number can be one.
"""

from __future__ import annotations

import re
from typing import Final, Literal

PhoneKind = Literal["own", "browser"]

BROWSER: Final = re.compile(r"web[0-9a-f]{20}")


def is_browser(phone: str) -> bool:
    return BROWSER.fullmatch(phone) is not None


def kind(phone: str) -> PhoneKind:
    return "browser" if is_browser(phone) else "own"
