"""Which types the renderings use, as the settings name them."""

from __future__ import annotations

import msgspec

from config.model import Reports


class Fonts(msgspec.Struct, frozen=True):
    """Families by what they are for, the first that a machine has is taken."""

    title: tuple[str, ...]
    body: tuple[str, ...]
    heading: tuple[str, ...]
    table: tuple[str, ...]

    @classmethod
    def of(cls, settings: Reports) -> Fonts:
        return cls(
            settings.title_fonts,
            settings.body_fonts,
            settings.heading_fonts,
            settings.table_fonts,
        )
