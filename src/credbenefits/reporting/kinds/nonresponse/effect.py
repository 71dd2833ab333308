"""What the effect of weights gives to a brief: which findings stay unweighted, and what weighting moved."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from credbenefits.reporting import headings, names
from credbenefits.reporting import people as name_of
from credbenefits.reporting import words as say
from credbenefits.reporting.kinds import comparisons, transitions
from credbenefits.reporting.kinds.proportions import key_of
from credbenefits.reporting.kinds.tables import pandas_frame
from credbenefits.results.base import level_words
from credbenefits.results.comparisons import ComparisonResult, Contrast
from credbenefits.results.parts import Figure, Numbers, Parts, Table
from credbenefits.results.proportions import Proportion, ProportionsResult
from credbenefits.results.transitions import TransitionsResult

if TYPE_CHECKING:
    from collections.abc import Hashable

    from credbenefits._typing import EffectVerdict, Unit
    from credbenefits.results.parts import Cell, StudyWords
    from credbenefits.results.weighing.effect import WeightEffect, WeightEffectResult

#: The units of an estimate, and of what weighting changes in it.
_UNITS: dict[str, tuple[Unit, Unit]] = {
    "percent": ("percent", "points"),
    "points": ("points", "points"),
    "ratio": ("number", "number"),
}
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
        unmoved=frozenset((population, key) for key in _unmoved(result, words)),
        files={"weight_effects": pandas_frame(result).assign(stands_for=result.population)},
        names=_names(result),
    )


def _names(result: WeightEffectResult) -> dict[str, set[str]]:
    """Return what labels may name."""
    return names.of_rows(
        [row for of in result.results if not isinstance(of, TransitionsResult) for row in of.rows],
        result.by,
        result.notes,
    )


def _unmoved(result: WeightEffectResult, words: StudyWords) -> list[Hashable]:
    """Return the keys of findings of which weighting moved no part."""
    verdicts: dict[object, EffectVerdict] = {row.row: row.verdict for row in result.rows}
    found: dict[Hashable, list[Any]] = {}
    for of in result.results:
        if isinstance(of, ProportionsResult):
            for row in of.rows:
                found.setdefault(key_of(row, of.by), []).append(row)
        elif isinstance(of, ComparisonResult):
            found.update(comparisons.keys(of, words))
        else:
            found.update(transitions.keys(of, words))
    there = {key: [row for row in rows if row.n] for key, rows in found.items()}
    return [
        key for key, rows in there.items() if rows and all(verdicts.get(row) == "not moved" for row in rows)
    ]


def _rule(result: WeightEffectResult) -> str:
    """State the rule by which the top of the page is chosen."""
    level = level_words(result.confidence_level)
    return (
        "What weighting changes: weighted less unweighted estimates of the same people (of ratios, the one "
        f"over the other), with {level} intervals that know that both are of the same people. Where the "
        "interval excludes 0 (1), weighting moved the estimate beyond chance. Where it includes it and lies "
        "within half the width of the unweighted interval to both sides, it moved nothing beyond chance, and "
        "the unweighted finding stands at the top. Otherwise the data cannot tell, and both stand there. No "
        "weighted finding stands at the top where an alert forbids it."
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
    called = _called(row, words)
    share, moved_by = _UNITS[_unit(row)]
    shift = Numbers("{}", (row.trim_shift,), "number" if row.scale == "ratio" else "points")
    if not row.n:
        return (called, "no answers", "–", "–", "–", *(("–",) if trimmed else ()))
    moved: Cell = "none: nobody or everybody said yes"
    if not math.isnan(row.conf_low):
        moved = Numbers(
            "times {} ({} to {})" if row.scale == "ratio" else "{} ({} to {})",
            (row.difference, row.conf_low, row.conf_high),
            moved_by,
        )
    return (
        called,
        Numbers(f"{{}} ({_counted(row)})", (row.unweighted,), share),
        Numbers("{}", (row.weighted,), share),
        moved,
        _VERDICTS[row.verdict],
        *((shift if not math.isnan(row.trim_shift) else "–",) if trimmed else ()),
    )


def _unit(row: WeightEffect) -> str:
    """Return what kind of number an estimate is."""
    if row.scale == "ratio":
        return "ratio"
    return "points" if row.measure in {"difference", "net_change"} else "percent"


def _called(row: WeightEffect, words: StudyWords) -> str:
    """Name what an estimate is of: the answer, and the group or the groups that are compared."""
    of = row.row
    if isinstance(of, Proportion):
        return names.reported(of, words) + say.in_brackets(of, words)
    if isinstance(of, Contrast):
        return f"{names.reported(of, words)} ({of.group} against {of.reference})"
    group = ", ".join(f"{words.label(column)} = {value}" for column, value in of.group)
    called = row.label.replace(f": {row.measure}", f": {row.measure.replace('_', ' ')}")
    return called + (f" ({group})" if group else "")


def _counted(row: WeightEffect) -> str:
    """Write the people that an estimate is of."""
    of = row.row
    if isinstance(of, Proportion):
        return say.counted(of)
    if isinstance(of, Contrast):
        return f"{of.count:,} of {of.n:,}, {of.count_reference:,} of {of.n_reference:,}"
    return f"{row.n:,}" if row.measure == "net_change" else f"{row.count:,} of {row.n:,}"


def _figure(result: WeightEffectResult, words: StudyWords) -> Figure:
    """Describe the plot in words, with its verdicts."""
    said = [f"{_called(row, words)}: {_VERDICTS[row.verdict]}" for row in result.rows]
    alt = f"What weighting changes in each share, with intervals. {'; '.join(said)}."
    return Figure(headings.WEIGHTED, "What weighting changes", alt, result.plot)
