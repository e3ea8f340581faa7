"""The codes a slip is written in: kinds, matters, caller groups, emotions. PURE data.

Those of the trade (shared domain notes 3b, 3c, 3d); their names are in the catalogues. A code that
has been used stays for ever: slips and issued reports speak of it.
"""

from __future__ import annotations

import msgspec

KINDS = ("consultation", "help", "complaint", "report", "suggestion", "praise", "other")
"""诉求性质: 咨询 求助 投诉 举报 建议 表扬 其他."""

MATTERS = (
    *(f"A{number:02d}" for number in range(1, 20)),
    *(f"A03{number:02d}" for number in range(1, 6)),
    "A99",
    *(f"B{number:02d}" for number in range(1, 7)),
    *(f"C{number:02d}" for number in range(1, 7)),
    *(f"D{number:02d}" for number in range(1, 8)),
    "E",
    "Z",
)
"""Codes of the matter: A civil, B criminal, C administrative, D legal services, E other, Z void."""

MATTER_HEADS = ("A", "B", "C", "D")
"""What the matters lie under; none of them is a matter itself."""

GROUPS = (
    "migrant_worker",
    "new_employment",
    "disabled",
    "elderly",
    "women",
    "single_mother",
    "minor",
    "youth",
    "low_income",
    "out_of_poverty_unstable",
    "unemployed",
    "military_family",
    "veteran",
    "other_preferential",
    "martyr_family",
    "good_samaritan",
    "domestic_violence",
    "detainee_family",
    "inmate_or_released",
    "minority_language",
    "clergy",
    "foreigner",
    "enterprise",
    "other",
)
"""来电群体, several may be true of one caller."""

EMOTIONS = (1, 2, 3, 4)
"""情绪等级: 1 平稳, 2 焦虑, 3 激动, 4 极端."""


def one_of(*codes: object) -> msgspec.Meta:
    """Tells readers of the API's document which values there are; `cases.slips` decides."""
    return msgspec.Meta(extra_json_schema={"enum": list(codes)})
