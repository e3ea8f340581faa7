"""Draws the pictures of docs/queues.md: the order of callers, and one caller's ladder."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib import pyplot as plt

from reports.charts import SETTINGS
from reports.lettering import chart_font

FOLDER: Final = Path(__file__).parents[2] / "docs" / "queues"

BLUE, GREEN, GREY, RED = "#2b6cb0", "#2f855a", "#a0aec0", "#c05621"

WORDS: Final[dict[str, dict[str, str]]] = {
    "zh-CN": {
        "order": "谁先接：来电时刻减去有上限的提前量",
        "plain": "王：10:00:00 来电，无提前量",
        "green": "李：10:00:40 来电，农民工欠薪，提前 60 秒",
        "late": "赵：10:01:10 来电，农民工欠薪，提前 60 秒",
        "counts": "按此时刻排队",
        "came": "来电时刻",
        "who": "先接李，再接王，最后接赵：提前量有上限，谁也不会被晚来一分钟以上的人超过",
        "seconds": "10:00 之后的秒数",
        "ladder": "一位讲康方言的欠薪来电人：要求随等候放宽，语言始终不放宽",
        "r0": "康方言＋劳动法 3 级＋欠薪专席",
        "r1": "康方言＋劳动法 1 级",
        "r2": "康方言＋任一律师",
        "r3": "或者：劳动法律师＋康方言口译，三方通话",
        "floor": "底线：听得懂康方言（本人或口译）",
        "waited": "已等候（秒）",
        "able": "可接的坐席",
    },
    "en": {
        "order": "Who is first: arrival minus a bounded head start",
        "plain": "Wang: calls at 10:00:00, no head start",
        "green": "Li: calls at 10:00:40, unpaid wages, head start 60 s",
        "late": "Zhao: calls at 10:01:10, unpaid wages, head start 60 s",
        "counts": "counts as",
        "came": "called",
        "who": "Li, Wang, Zhao: nobody is overtaken by who came more than a minute later",
        "seconds": "seconds after 10:00",
        "ladder": "A wage claim in Kham: needs are relaxed while waiting, the language never",
        "r0": "Kham + labour law 3 + wages desk",
        "r1": "Kham + labour law 1",
        "r2": "Kham + any lawyer",
        "r3": "or: labour lawyer + Kham interpreter, three-way",
        "floor": "Floor: Kham is understood (by the seat or an interpreter)",
        "waited": "waited (s)",
        "able": "who may serve",
    },
}


def _order(axes: Any, words: dict[str, str]) -> None:
    rows = (("late", 70, 60, GREEN), ("plain", 0, 0, BLUE), ("green", 40, 60, GREEN))
    for y, (name, came, ahead, colour) in enumerate(rows):
        counts = came - ahead
        axes.plot([counts, came], [y, y], color=colour, lw=5, alpha=0.35, solid_capstyle="butt")
        axes.plot([came], [y], "o", color=GREY, ms=7)
        axes.plot([counts], [y], "D", color=colour, ms=8)
        axes.text(-28, y + 0.28, words[name], fontsize=9)
    axes.plot([], [], "o", color=GREY, label=words["came"])
    axes.plot([], [], "D", color=BLUE, label=words["counts"])
    axes.legend(loc="lower right", frameon=False, fontsize=8)
    axes.axvline(0, color=GREY, lw=0.8, ls=":")
    axes.set(xlim=(-30, 100), ylim=(-0.5, 2.7), yticks=[], xlabel=words["seconds"])
    axes.set_title(words["order"], fontsize=11, loc="left")
    axes.text(0, -0.27, words["who"], transform=axes.transAxes, fontsize=9, color=RED)


def _ladder(axes: Any, words: dict[str, str]) -> None:
    rungs = ((0, "r0", 2), (20, "r1", 4), (40, "r2", 7), (60, "r3", 11))
    ends = [rung[0] for rung in rungs[1:]] + [95]
    for (begins, name, able), end in zip(rungs, ends, strict=True):
        axes.bar((begins + end) / 2, able, width=end - begins - 1, color=BLUE, alpha=0.25)
        axes.text(begins + 1, able + 0.25, words[name], fontsize=8.5)
    axes.axhline(0.9, color=RED, lw=2)
    axes.text(94, 1.0, words["floor"], fontsize=8.5, color=RED, ha="right")
    axes.set(xlim=(0, 120), ylim=(0, 13), yticks=[], xlabel=words["waited"])
    axes.set_xticks([0, 20, 40, 60, 90])
    axes.set_ylabel(words["able"])
    axes.set_title(words["ladder"], fontsize=11, loc="left")


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    characters = {c for words in WORDS.values() for text in words.values() for c in text}
    with tempfile.TemporaryDirectory() as folder:
        font = chart_font(characters | set("0123456789.,-−"), Path(folder))
        font_manager.fontManager.addfont(str(font))
        with mpl.rc_context(SETTINGS):
            for tongue, words in WORDS.items():
                for name, draw, size in (("order", _order, (7, 3)), ("ladder", _ladder, (7, 3.2))):
                    figure, axes = plt.subplots(figsize=size)
                    draw(axes, words)
                    path = FOLDER / f"{name}{'' if tongue == 'zh-CN' else '.' + tongue}.png"
                    figure.savefig(path, dpi=130, bbox_inches="tight")
                    plt.close(figure)
                    sys.stdout.write(f"{path.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
