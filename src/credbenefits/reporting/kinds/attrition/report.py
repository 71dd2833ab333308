"""What an account of attrition gives to a brief: who was lost after each wave, and who is found again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from credbenefits.reporting import headings
from credbenefits.reporting.kinds import patterns
from credbenefits.reporting.kinds.attrition import retention
from credbenefits.reporting.kinds.tables import pandas_frame
from credbenefits.reporting.names import sentences, with_labels
from credbenefits.reporting.rounding import decimals, percent
from credbenefits.results.base import printed
from credbenefits.results.parts import Caution, Numbers, Parts, Table

if TYPE_CHECKING:
    from credbenefits.results.attrition.report import AttritionResult
    from credbenefits.results.parts import StudyWords

#: From this share of the first wave on, people who missed a wave and came back are worth a caution.
_MANY_RETURNERS = 0.05
#: Up to so many waves, every two of them are shown side by side.
_FEW_WAVES = 6
#: The columns of the funnel, as a page calls them.
_FUNNEL = {
    "people": "People",
    "ineligible": "Left the population",
    "not_invited": "Not invited",
    "asked": "Asked",
    "no_answer": "Silent",
    "answered": "Answered",
    "from_before": "Of these, answered the wave before",
    "returned": "Of these, came back",
    "new": "Of these, new",
    "lost_ineligible": "Lost: left the population",
    "lost_not_invited": "Lost: not invited",
    "lost_silent": "Lost: silent",
}


def parts(result: AttritionResult, words: StudyWords) -> Parts:
    """Return what ``attrition()`` gives to a brief."""
    made, answered = retention.parts(result.retention, words), patterns.parts(result.patterns, words)
    more = [_funnel(result, words), _classes(result, words)]
    if 2 < len(result.funnel) <= _FEW_WAVES:
        more.append(_overlap(result, words))
    return replace(
        made,
        tables=(*more, *answered.tables, *made.tables),
        cautions=(*made.cautions, *_returners(result, words), *answered.cautions),
        files={
            **made.files,
            **answered.files,
            "attrition_funnel": pandas_frame(result.funnel),
            "attrition_classes": pandas_frame(result.classes),
            "attrition_overlap": pandas_frame(result.overlap),
        },
        names={**made.names, **answered.names},
    )


def _funnel(result: AttritionResult, words: StudyWords) -> Table:
    """Show who was asked and answered, and what became of those who answered the wave before."""
    _, header, _, told = printed(result.funnel)
    shown = [name for name in header if name in _FUNNEL]
    rows = tuple(
        (
            words.label(row.wave),
            *("–" if not place and _is_later(name) else f"{getattr(row, name):,}" for name in shown),
        )
        for place, row in enumerate(result.funnel)
    )
    notes = [with_labels(note, [row.wave for row in result.funnel], words) for note in told]
    return Table(
        headings.TOOK_PART,
        "Who answered each wave, and whom of the wave before it lost",
        ("Wave", *(_FUNNEL[name] for name in shown)),
        rows,
        key="attrition funnel",
        after=sentences(notes),
    )


def _is_later(name: str) -> bool:
    """Tell whether a column of the funnel means nothing in the first wave."""
    return name in {"from_before", "returned", "new"} or name.startswith("lost_")


def _classes(result: AttritionResult, words: StudyWords) -> Table:
    """Show how people answered over all waves."""
    said = {
        "stayer": "answered every wave",
        "returner": "missed a wave and came back",
        "late entrant": "did not answer the first wave, but a later one",
        "never": "never answered",
    }
    n = sum(row.n for row in result.classes)
    rows = tuple(
        (
            said.get(row.kind, f"answered every wave up to “{words.label(row.last)}”, and none after"),
            f"{row.n:,}",
            Numbers("{}", (row.share,)),
        )
        for row in result.classes
        if row.n
    )
    return Table(
        headings.TOOK_PART,
        "How people answered over all waves",
        ("Who", "People", f"Share of {n:,}"),
        rows,
        key="attrition classes",
        base=n,
    )


def _overlap(result: AttritionResult, words: StudyWords) -> Table:
    """Show how many people every two waves have in common."""
    waves = [row.wave for row in result.funnel]
    found = {(row.wave, row.other): row.both for row in result.overlap}
    return Table(
        headings.TOOK_PART,
        "People who answered both of two waves",
        ("Wave", *map(words.label, waves)),
        tuple((words.label(a), *(f"{found[a, b]:,}" for b in waves)) for a in waves),
        key="attrition overlap",
    )


def _returners(result: AttritionResult, words: StudyWords) -> list[Caution]:
    """Say that many missed a wave and came back."""
    n = result.funnel.rows[0].answered
    [came_back] = [row.n for row in result.classes if row.kind == "returner"]
    if not n or came_back <= _MANY_RETURNERS * n:
        return []
    first = words.label(result.funnel.rows[0].wave)
    return [
        Caution(
            "Came back",
            f"{came_back:,} of the {n:,} people in “{first}” ({percent(came_back / n, decimals([n]))}) "
            "missed a wave and answered a later one. Weights chained from wave to wave leave them out. "
            "Weight the last wave to the first in one step.",
        )
    ]
