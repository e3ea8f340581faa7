"""The types of single settings, shared by the settings model and the policy model.

Each says what it admits, and by `word` what a person is told who wrote something else.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

# `word` names what a field wants in the catalogue: `settings.expected.<word>` and `.hint.<word>`.
Key = Annotated[str, Meta(pattern="^[0-9*#]$", extra={"word": "key"})]
"""One telephone key: `0`-`9`, `*` or `#`."""
Name = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$", extra={"word": "name"})]
"""An identifier that is also safe in Asterisk's files, in addresses and in file names."""
Skill = Annotated[
    str, Meta(pattern="^[a-z][a-z0-9-]{0,19}(:[a-z0-9-]{1,20})?$", extra={"word": "skill"})
]
"""What a person can do: `lang:khg`, `law:labour`, `group:migrant`, `aid`."""
Level = Annotated[int, Meta(ge=1, le=5, extra={"word": "level"})]
Port = Annotated[int, Meta(ge=1, le=65535, extra={"word": "port"})]
Count = Annotated[int, Meta(ge=0, extra={"word": "count"})]
Wait = Annotated[float, Meta(ge=0, extra={"word": "seconds"})]
"""Seconds, 0 or more."""
Span = Annotated[float, Meta(gt=0, extra={"word": "some-seconds"})]
"""Seconds, more than 0."""
WholeSpan = Annotated[int, Meta(ge=1, extra={"word": "whole-seconds"})]
"""Whole seconds, 1 or more, where Asterisk takes no fractions."""
Some = Annotated[int, Meta(ge=1, extra={"word": "some"})]
Digits = Annotated[str, Meta(pattern="^[0-9]{3,15}$", extra={"word": "digits"})]
AreaCode = Annotated[str, Meta(pattern="^(0[0-9]{2,3})?$", extra={"word": "area-code"})]
Codec = Literal["alaw", "ulaw", "g722"]
StunUrl = Annotated[
    str, Meta(pattern="^stuns?:[A-Za-z0-9.:\\[\\]-]{1,200}$", extra={"word": "stun"})
]
"""`stun:host:port`."""
Clock = Annotated[
    str, Meta(pattern="^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", extra={"word": "clock"})
]
"""Local time `HH:MM`."""
Share = Annotated[float, Meta(ge=0, le=1, extra={"word": "share"})]
"""A part of a whole, 0 to 1."""
MonthText = Annotated[str, Meta(pattern="^([0-9]{4}-(0[1-9]|1[0-2]))?$", extra={"word": "month"})]
"""A month `YYYY-MM`, or empty."""
Weekday = Annotated[int, Meta(ge=1, le=7, extra={"word": "weekday"})]
