"""What the effect of weights gives to a brief: which findings stay unweighted, and what weighting moved."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from credbenefits.reporting import headings, names
from credbenefits.reporting import people as name_of
from credbenefits.reporting import words as say
from credbenefits.reporting.kinds.proportions import key_of
from credbenefits.reporting.kinds.tables import pandas_frame
from credbenefits.results.base import level_words
from credbenefits.results.parts import Figure, Numbers, Parts, Table

if TYPE_CHECKING:
    from collections.abc import Hashable

    from credbenefits.results.parts import Cell, StudyWords
    from credbenefits.results.weighing.effect import WeightEffect, WeightEffectResult

_VERDICTS = {
    "moved": "moved beyond chance",
    "not moved": "moved nothing beyond chance",
    "cannot tell": "the data cannot tell",
}


def parts(result: WeightEffectResult, words: StudyWords) -> Parts:
    """Return what the effect of weights gives to a brief."""
    population = name_of.population(result.population, words)
    return Parts(
        tables=(_table(result, words),),
        figures=(_figure(result, words),),
        methods=(_rule(result),),
        notes=names.sentences([note[:1].upper() + note[1:] for note in result.notes]),
        withheld={population: result.forbidden} if result.forbidden else {},
        unmoved=frozenset((population, key) for key in _unmoved(result)),
        files={"weight_effects": pandas_frame(result).assign(stands_for=result.population)},
        names=names.of_rows([row.row for row in result.rows], result.by, result.notes),
    )


def _unmoved(result: WeightEffectResult) -> list[Hashable]:
    """Return the keys of findings of which weighting moved no part."""
    found: dict[Hashable, list[bool]] = {}
    for row in result.rows:
        if row.n:
            by = tuple(column for column, _ in row.group)
            found.setdefault(key_of(row.row, by), []).append(row.verdict == "not moved")
    return [key for key, unmoved in found.items() if all(unmoved)]


def _rule(result: WeightEffectResult) -> str:
    """State the rule by which the top of the page is chosen."""
    level = level_words(result.confidence_level)
    return (
        f"What weighting changes: weighted less unweighted shares of the same people, with {level} "
        "intervals that know that both are of the same people. Where the interval excludes 0, weighting "
        "moved the share beyond chance. Where it includes 0 and lies within half the width of the unweighted "
        "interval to both sides, it moved nothing beyond chance, and the unweighted finding stands at the "
        "top. Otherwise the data cannot tell, and both stand there. No weighted finding stands at the top "
        "where an alert forbids it."
    )


def _table(result: WeightEffectResult, words: StudyWords) -> Table:
    level = level_words(result.confidence_level)
    trimmed = any(row.trim_shift for row in result.rows if not math.isnan(row.trim_shift))
    header = ("Reported", "Unweighted, same people", "Weighted", f"Difference ({level} interval)", "Verdict")
    return Table(
        headings.WEIGHTED,
        "What weighting changes, in percentage points",
        (*header, "Shift by trimming") if trimmed else header,
        tuple(_row(row, words, trimmed=trimmed) for row in result.rows),
        base=min((row.n for row in result.rows if row.n), default=0),
    )


def _row(row: WeightEffect, words: StudyWords, *, trimmed: bool) -> tuple[Cell, ...]:
    called = names.reported(row.row, words) + say.in_brackets(row.row, words)
    shift = Numbers("{}", (row.trim_shift,), "points") if not math.isnan(row.trim_shift) else "–"
    if not row.n:
        return (called, "no answers", "–", "–", "–", *(("–",) if trimmed else ()))
    moved: Cell = "none: nobody or everybody said yes"
    if not math.isnan(row.conf_low):
        moved = Numbers("{} ({} to {})", (row.difference, row.conf_low, row.conf_high), "points")
    return (
        called,
        Numbers(f"{{}} ({say.counted(row.row)})", (row.unweighted,)),
        Numbers("{}", (row.weighted,)),
        moved,
        _VERDICTS[row.verdict],
        *((shift,) if trimmed else ()),
    )


def _figure(result: WeightEffectResult, words: StudyWords) -> Figure:
    """Describe the plot in words, with its verdicts."""
    said = [
        f"{names.reported(row.row, words)}{say.in_brackets(row.row, words)}: {_VERDICTS[row.verdict]}"
        for row in result.rows
    ]
    alt = f"What weighting changes in each share, with intervals. {'; '.join(said)}."
    return Figure(headings.WEIGHTED, "What weighting changes", alt, result.plot)
