"""The settings `[traffic]`: what `hotline simulate` and `hotline staff` take callers to be like.

Assumptions of a model that a site replaces by what it has measured; nothing on the line itself
reads them. Times are seconds. Weights need not add up to anything.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from config.fields import Some, Span

Weight = Annotated[float, Meta(ge=0, extra={"word": "weight"})]

HOURS = (
    0.45, 0.30, 0.20, 0.15, 0.15, 0.30, 0.70, 1.70, 5.60, 11.2, 11.6, 8.40,
    4.70, 5.60, 9.70, 10.0, 8.30, 5.50, 3.80, 3.70, 3.50, 2.50, 1.50, 0.80,
)  # fmt: skip
WEEKDAYS = (1.28, 1.12, 1.06, 1.03, 0.98, 0.60, 0.50)
LANGUAGES = {"cmn": 0.9345, "khg": 0.022, "adx": 0.013, "ii": 0.024, "jya": 0.0025, "en": 0.004}
SERVICES = {
    "general": 0.25, "labour": 0.18, "marriage": 0.155, "contract": 0.12, "aid": 0.085,
    "migrant": 0.085, "veteran": 0.02, "guidance": 0.08, "complaint": 0.025,
}  # fmt: skip


class Traffic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who calls, when, how patiently and for how long."""

    calls_a_year: Some = 258_000
    """Sichuan 2020 (shared domain notes 3f)."""
    hours: tuple[Weight, ...] = HOURS
    """By hour of the local day, 24 of them; the busiest holds about 12 % of a day (notes 3f)."""
    weekdays: tuple[Weight, ...] = WEEKDAYS
    """Monday first, 7 of them."""
    holiday: Weight = 0.42
    """In place of the weekday's."""
    uneven: Weight = 0.07
    """Spread (sigma) of a day's volume around what is usual."""
    languages: dict[str, Weight] = msgspec.field(default_factory=LANGUAGES.copy)
    """Language → weight; those the line does not have are left out."""
    services: dict[str, Weight] = msgspec.field(default_factory=SERVICES.copy)
    patience_median_s: Span = 95.0
    patience_sigma: Weight = 0.95
    patience_of_few: Span = 1.8
    """How many times more patience those have who do not speak the line's own language."""
    talk_mean_s: Span = 435.0
    """Sichuan 2020 sizing, notes 3f."""
    talk_sigma: Weight = 0.78
