"""Linking by names, birth dates and the like, through splink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from credbenefits import _progress
from credbenefits.errors import InputError
from credbenefits.frames.boundary import take
from credbenefits.frames.keys.codes import encode_elements, read_elements
from credbenefits.panel.matching.accept import AcceptRule, Fit
from credbenefits.panel.matching.likely import Likely
from credbenefits.panel.matching.splink import splink_candidates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import CodeDuplicateRule, IntArray
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.keys.codes import Codes
    from credbenefits.numerics.matching.candidates import Candidates


@dataclass(frozen=True, slots=True)
class NameOptions:
    """How columns are compared, where, and which pairs count."""

    compare: Mapping[str, Any]
    backend: Any
    duplicates: CodeDuplicateRule
    rule: AcceptRule


def read_names(
    frames: Mapping[str, NarwhalsFrame],
    columns: Mapping[str, list[str | None]],
    names: Sequence[str],
    options: NameOptions,
) -> Codes:
    """Read the columns, to tell blanks and repeats."""
    lacking = [wave for wave, c in columns.items() if None in c]
    if lacking or set(options.compare) != set(names):
        raise InputError(
            "compare",
            allowed="a kind of comparison for each column of `on`, which every wave has",
            received=f"{sorted(options.compare)} for {list(names)}",
            fix="For example on=['given', 'surname', 'born'], "
            "compare={'given': 'name', 'surname': 'name', 'born': 'date'}.",
        )
    return encode_elements(read_elements(frames, columns, names), ())


def how_names(
    frames: Mapping[str, NarwhalsFrame],
    columns: Mapping[str, list[str | None]],
    codes: Codes,
    options: NameOptions,
) -> Likely:
    """Return how waves are linked by names and the like."""

    def matched(rows: dict[str, IntArray]) -> tuple[Candidates, Fit]:
        sides = []
        for wave, some in rows.items():
            new = {str(old): name for old, name in zip(columns[wave], codes.names, strict=True)}
            sides.append(take(frames[wave].select(list(new)).rename(new), some).to_native())
        with _progress.showing(f"linking {' and '.join(rows)}") as tell:
            result = splink_candidates(
                sides[0], sides[1], options.compare, backend=options.backend, tell=tell
            )
        nothing = np.full(len(codes.names), np.nan)
        roles = ("used",) * len(codes.names)
        return result, Fit(roles, nothing, nothing, float(result.probability.sum()), True, ())

    return Likely("probabilistic", options.duplicates, options.rule, fewest=lambda asked: 1, matched=matched)
