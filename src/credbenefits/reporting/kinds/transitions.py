"""What change between two waves gives to a brief: both shares of the same people, and what lies between."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from credbenefits.reporting import names
from credbenefits.reporting import words as say
from credbenefits.reporting.kinds import change_tables
from credbenefits.reporting.names import sentences, with_labels
from credbenefits.reporting.rounding import decimals, percent, points
from credbenefits.results.base import level_words, many, population_words
from credbenefits.results.parts import Caution, Dot, Figure, Finding, Parts, Stated, Strong

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits.results.output import DataFrame
    from credbenefits.results.parts import StudyWords, Text
    from credbenefits.results.transitions import Transition, TransitionsResult

#: Changes that a finding lists, or draws, one by one; the tables have all of them.
_MOST_LISTED = 24


def parts(result: TransitionsResult, words: StudyWords) -> Parts:
    """Return what a result of ``transitions`` gives to a brief."""
    if not len(result):
        return Parts()
    changes = change_tables.both_waves(result)
    findings = (_finding(changes, result, words),) if changes else ()
    asked, by = change_tables.question(result, words), names.columns(result.by, words)
    of = f"change in “{asked}” between {_between(result, words)}{f' by {by}' if by else ''}"
    return Parts(
        findings=findings,
        tables=change_tables.tables(result, words),
        figures=tuple(_figures(changes, result, words)),
        cautions=(*_doubt(result, words), *_flagged(changes, result, words), *_missing(result, of, words)),
        methods=_methods(result),
        notes=sentences([with_labels(note, result.waves, words) for note in result.notes]),
        stated=(
            Stated(
                f"weighted {of}" if result.weighted else of,
                f"{result.people} in both waves",
                result.confidence_level,
                weighted=result.weighted,
                population=result.population,
                design=say.sampling_words(result.procedure),
                size=result.n,
                keys=tuple(finding.key for finding in findings),
            ),
        ),
        files={"changes": _frame(result)},
    )
