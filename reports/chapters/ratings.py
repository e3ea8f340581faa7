"""五 满意度: what was rated, how, and why the rest was not; not rated is never satisfied."""

from __future__ import annotations

from reports import cells
from reports.chapters.telling import Entry, Telling, counts_of
from reports.document import Cell, Row, Section, Table
from reports.indicators import RATED, SCORES, UNRATED, Counts


def ratings(telling: Telling) -> Section:
    counts = telling.now.counts
    share, satisfied = (cells.figure(one, counts) for one in ("rating_share", "satisfaction"))
    sentence = telling.say(
        "ratings.sentence",
        share=cells.written(share, telling.book),
        share_n=cells.beside(share),
        satisfied=cells.written(satisfied, telling.book),
        satisfied_n=cells.beside(satisfied),
    )
    return Section(
        "ratings",
        telling.say("section.ratings"),
        (sentence, telling.say("ratings.how")),
        (),
        (_scores(telling), _missing(telling), _by_service(telling)),
    )


def _scores(telling: Telling) -> Table:
    rated = int(telling.now.counts.sum_of(RATED))
    entries = [
        Entry(
            telling.name("score", str(score)),
            getattr(telling.now.counts, f"rated_{score}"),
            *telling.counted_then(f"rated_{score}"),
        )
        for score in SCORES
    ]
    then = [
        None if counts is None else int(counts.sum_of(RATED))
        for counts in (counts_of(telling.report.before), counts_of(telling.report.year))
    ]
    return telling.split(
        "scores",
        "score",
        entries,
        total=rated,
        totals=(then[0], then[1]),
        notes=(telling.say("ratings.note-rated", n=f"{rated:,}"),),
    )


def _missing(telling: Telling) -> Table:
    """Answered calls: rated, and by reason not rated; the reasons are never thrown together."""

    def without(counts: Counts | None) -> int | None:
        if counts is None:
            return None
        return counts.answered - int(counts.sum_of((*RATED, *UNRATED)))

    def rated(counts: Counts | None) -> int | None:
        return None if counts is None else int(counts.sum_of(RATED))

    now = telling.now.counts
    before, year = counts_of(telling.report.before), counts_of(telling.report.year)
    entries = [
        Entry(telling.say("ratings.rated"), rated(now) or 0, rated(before), rated(year)),
        *(
            Entry(
                telling.name("rating_missed", name.removeprefix("unrated_")),
                getattr(now, name),
                *telling.counted_then(name),
            )
            for name in UNRATED
        ),
        Entry(telling.say("ratings.no-record"), without(now) or 0, without(before), without(year)),
    ]
    return telling.split(
        "unrated",
        "rating",
        entries,
        total=now.answered,
        totals=telling.counted_then("answered"),
        notes=(telling.say("ratings.note-answered", n=f"{now.answered:,}"),),
    )


def _by_service(telling: Telling) -> Table:
    services = {code: counts for code, counts in telling.now.services.items() if counts.answered}
    ordered = sorted(services.items(), key=lambda item: (-item[1].answered, item[0]))
    rows = [Row(_service_cells(telling, telling.service(code), counts)) for code, counts in ordered]
    telling.tie(
        "satisfaction", telling.now.counts.answered, sum(c.answered for c in services.values())
    )
    rows.append(Row(_service_cells(telling, telling.say("total"), telling.now.counts), "total"))
    columns = ("service", "answered", "rating-share", "satisfaction", "dissatisfied")
    return Table(
        "satisfaction",
        telling.say("table.satisfaction"),
        tuple(telling.say(f"column.{name}") for name in columns),
        tuple(rows),
    )


def _service_cells(telling: Telling, name: str, counts: Counts) -> tuple[Cell, ...]:
    target = telling.report.targets.get("satisfaction")
    return (
        cells.text(name),
        cells.count(counts.answered),
        cells.figure("rating_share", counts),
        cells.figure("satisfaction", counts, target),
        cells.count(counts.rated_4 + counts.rated_5),
    )
