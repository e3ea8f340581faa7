"""The one font file that charts are lettered with: Noto Sans CJK, cut down to what they say.

Charts carry their letters as outlines, so that they look the same everywhere: from Noto Sans CJK,
which scripts/setup installs, in its simplified-Chinese forms.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection

FAMILY: Final = "Noto Sans CJK SC"
_FILE: Final = "NotoSansCJK-Regular.ttc"
_FOLDERS: Final = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
)
_FAMILY_NAME: Final = 1


class NoChartFont(Exception):
    """Noto Sans CJK is not on this machine: Debian's package fonts-noto-cjk, see scripts/setup."""


def chart_font(characters: set[str], folder: Path) -> Path:
    """A font file in `folder` with these characters. Raises NoChartFont."""
    found = next((path for top in _FOLDERS for path in sorted(top.rglob(_FILE))), None)
    if found is None:
        raise NoChartFont(_FILE)
    with TTCollection(found, lazy=True) as collection:
        face = next(f for f in collection.fonts if f["name"].getDebugName(_FAMILY_NAME) == FAMILY)
        subsetter = Subsetter(Options(notdef_outline=True, layout_features=[], hinting=False))
        subsetter.populate(text="".join(characters))
        subsetter.subset(face)
        path = folder / "chart.otf"
        face.save(path)
    return path
